package gitops

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/settings"
)

// A fakeForge keeps pull requests in memory, beside a repository that is real.
type fakeForge struct {
	t        *testing.T
	repo     string
	requests []*forge.PullRequest
	heads    []string // the branch of each
	contents []forge.Content
	auto     map[int]bool
	most     int
	denied   error
	calls    []string
	// meanwhile happens once, after the next look at the pull request.
	meanwhile func()
}

func (f *fakeForge) Access(context.Context) error { return f.denied }

func (f *fakeForge) Latest(_ context.Context, head, _ string) (*forge.PullRequest, error) {
	if meanwhile := f.meanwhile; meanwhile != nil {
		f.meanwhile = nil
		defer meanwhile()
	}
	for i := len(f.requests) - 1; i >= 0; i-- {
		if f.heads[i] != head {
			continue
		}
		found := *f.requests[i]
		if tip, err := gittest.Try(f.repo, "rev-parse", "--verify", "--quiet", "refs/heads/"+head); err == nil && found.State == forge.Open {
			f.requests[i].Head, found.Head = tip, tip
		}
		return &found, nil
	}
	return nil, nil
}

func (f *fakeForge) Open(_ context.Context, head, _ string, c forge.Content) (*forge.PullRequest, error) {
	n := len(f.requests) + 1
	pr := &forge.PullRequest{Number: n, URL: fmt.Sprintf("https://git.example.com/pull/%d", n), State: forge.Open,
		Title: c.Title, Body: c.Body, Head: gittest.Git(f.t, f.repo, "rev-parse", "refs/heads/"+head)}
	f.requests, f.heads, f.contents = append(f.requests, pr), append(f.heads, head), append(f.contents, c)
	f.calls = append(f.calls, fmt.Sprintf("open %d", n))
	out := *pr
	return &out, nil
}

func (f *fakeForge) Update(_ context.Context, n int, c forge.Content) error {
	f.calls = append(f.calls, fmt.Sprintf("update %d", n))
	f.requests[n-1].Title, f.requests[n-1].Body, f.contents[n-1] = c.Title, c.Body, c
	return nil
}

func (f *fakeForge) Close(_ context.Context, n int, _ string) error {
	f.calls = append(f.calls, fmt.Sprintf("close %d", n))
	f.requests[n-1].State = forge.Closed
	return nil
}

func (f *fakeForge) SetAutoMerge(_ context.Context, n int, on bool) error {
	if f.auto == nil {
		return forge.ErrUnsupported
	}
	f.auto[n] = on
	return nil
}

func (f *fakeForge) DeleteBranch(_ context.Context, branch string) error {
	f.calls = append(f.calls, "delete "+branch)
	gittest.Git(f.t, f.repo, "update-ref", "-d", "refs/heads/"+branch)
	return nil
}

func (f *fakeForge) MaxBody() int {
	if f.most == 0 {
		return 60000
	}
	return f.most
}

// A world is a repository with a base branch, a forge and a project whose
// environment prod changes by pull request.
type world struct {
	t        *testing.T
	project  *settings.Project
	repo     string // a path
	location string // how it is reached
	forge    *fakeForge
	settings settings.PullRequest
}

const reviewHead = "lading/ml-platform/prod"

func newWorld(t *testing.T) *world {
	t.Helper()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, repo, "main", "Begin", map[string]string{"README": "ours\n"})
	w := &world{t: t, repo: repo, location: repo, forge: &fakeForge{t: t, repo: repo}}
	w.project = platform(func(p *settings.Project) {
		p.Spec.GitOps.GroupBy, p.Spec.GitOps.Review = byEnvironment, "pull-request"
		p.Spec.GitOps.Deletions = settings.Deletions{MaxObjects: 50, MaxPercent: 30}
	})
	return w
}

func (w *world) greet(value string) Rendered { return w.named("greet", value) }

func (w *world) named(name, value string) Rendered {
	return deployed(w.t, w.project, "prod", name, "ml", configMap(name, value))
}

// try proposes a run for all of prod.
func (w *world) try(run *Run) (*Reviewed, error) {
	return w.tryIn(run, Group{Environment: "prod", Kind: byEnvironment})
}

func (w *world) tryIn(run *Run, g Group) (*Reviewed, error) {
	w.t.Helper()
	a, err := Layout(run)
	if err != nil {
		w.t.Fatal(err)
	}
	branch := a.Branches[0].In(g)
	head, err := g.ReviewBranch(w.project, w.project.Spec.GitOps)
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.review(head, branch.Decides(run), func(ctx context.Context, present Tree) (*Plan, error) {
		return NewPlan(ctx, run, branch, present)
	})
	return w.propose(r)
}

func (w *world) review(head string, decides func(string, *Ledger) bool, plan func(context.Context, Tree) (*Plan, error)) Review {
	who := gitrepo.Signature{Name: "CI", Email: "ci@example.com"}
	return Review{
		Base: "main", Head: head, Owner: Owner{Project: "3k9x0q", Source: source}, Plan: plan, Decides: decides,
		Forge: w.forge, Settings: w.settings,
		Commit: gitrepo.CommitInfo{Author: who, Committer: who},
		Now:    func() time.Time { return time.Unix(1700000000, 0) }, Random: rand.Float64,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
}

func (w *world) propose(r Review) (*Reviewed, error) {
	w.t.Helper()
	var repos []*gitrepo.Repo
	for range 2 {
		repo, err := gitrepo.Open(context.Background(), w.location, gitrepo.Options{TempDir: w.t.TempDir(), Timeout: 20 * time.Second})
		if err != nil {
			w.t.Fatal(err)
		}
		defer repo.Close()
		repos = append(repos, repo)
	}
	return Propose(context.Background(), repos[0], repos[1], r)
}

// must proposes and checks what became of it.
func (w *world) must(run *Run, want string) *Reviewed {
	w.t.Helper()
	got, err := w.try(run)
	if err != nil {
		w.t.Fatal(err)
	}
	if got.Outcome != want {
		w.t.Fatalf("outcome is %s (calls %v), want %s", got.Outcome, w.forge.calls, want)
	}
	return got
}

func (w *world) git(args ...string) string { w.t.Helper(); return gittest.Git(w.t, w.repo, args...) }

// proposed lists the files that a review branch changes, without ledgers.
func (w *world) proposed(head string) []string {
	w.t.Helper()
	var files []string
	for line := range strings.Lines(w.git("diff", "--name-status", "main..."+head)) {
		if status, file, _ := strings.Cut(strings.TrimSpace(line), "\t"); !isLedger(file) {
			files = append(files, status+" "+path.Base(path.Dir(file))+"/"+path.Base(file))
		}
	}
	return files
}

// merge squashes a pull request, as most forges are told to.
func (w *world) merge(n int) {
	w.t.Helper()
	head := w.forge.heads[n-1]
	tree := w.git("merge-tree", "--write-tree", "main", head)
	commit := w.git("commit-tree", tree, "-p", "main", "-m", "Squashed")
	w.git("update-ref", "refs/heads/main", commit)
	w.forge.requests[n-1].State = forge.Merged
}

func TestAPullRequestFromItsFirstPushToItsMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := gittest.HTTPServer(t, filepath.Dir(w.repo), gittest.Options{})
	w.location = server.URL + "/r.git"
	base := w.git("rev-parse", "main")

	w.must(runOf(w.greet("1")), ReviewOpened)
	wantDiff(t, []string{"A greet/configmap-greet.yaml", "A greet/deployment.yaml"}, w.proposed(reviewHead))
	if now := w.git("rev-parse", "main"); now != base {
		t.Errorf("main moved to %s", now)
	}
	wantDiff(t, "Publish greet to prod", w.forge.requests[0].Title)

	tip := w.must(runOf(w.greet("1")), ReviewUnchanged).Commit
	later := runOf(w.greet("1"))
	later.Commit = "decade" // the same objects of another commit
	if again := w.must(later, ReviewUnchanged).Commit; again != tip || again != w.git("rev-parse", reviewHead) {
		t.Errorf("the same content was pushed again: %s, %s", tip, again)
	}

	w.must(runOf(w.greet("2")), ReviewUpdated)
	wantDiff(t, "1", w.git("rev-list", "--count", "main.."+reviewHead))
	if text := w.git("show", reviewHead+":prod/ml/greet/configmap-greet.yaml"); !strings.Contains(text, `"2"`) {
		t.Errorf("the branch has\n%s", text)
	}

	w.merge(1)
	w.must(runOf(w.greet("2")), ReviewNone)
	if out, err := gittest.Try(w.repo, "rev-parse", "--verify", "--quiet", reviewHead); err == nil {
		t.Errorf("the branch is left over at %s", out)
	}
	w.must(runOf(w.greet("3")), ReviewOpened)
	wantDiff(t, []string{"M greet/configmap-greet.yaml"}, w.proposed(reviewHead))
	wantDiff(t, []string{"open 1", "update 1", "delete " + reviewHead, "open 2"}, w.forge.calls)
	gittest.Fsck(t, w.repo)
}

func TestWhatWaitsForReviewIsKeptByRunsThatDoNotRenderIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(partOf(w.named("one", "1")), ReviewOpened)
	gittest.Commit(t, w.repo, "main", "Others work", map[string]string{"other": "x\n"})
	w.must(partOf(w.named("two", "1")), ReviewUpdated)
	wantDiff(t, []string{"A one/configmap-one.yaml", "A one/deployment.yaml", "A two/configmap-two.yaml", "A two/deployment.yaml"},
		w.proposed(reviewHead))
	wantDiff(t, "Publish 2 deployments to prod", w.forge.requests[0].Title)

	// A run that knows all of it, and drops one, takes that out of the proposal.
	w.must(runOf(w.named("two", "1")), ReviewUpdated)
	wantDiff(t, []string{"A two/configmap-two.yaml", "A two/deployment.yaml"}, w.proposed(reviewHead))

	// What the base changed as well is not overwritten, and the user hears of it.
	w.merge(1)
	w.must(partOf(w.named("two", "2")), ReviewOpened)
	file := "prod/ml/two/configmap-two.yaml"
	gittest.Commit(t, w.repo, "main", "By hand", map[string]string{file: "by: hand\n"})
	got := w.must(partOf(w.named("three", "1")), ReviewUpdated)
	if len(got.Notices) != 1 || !strings.Contains(got.Notices[0], "prod/ml/two in the pull request is given up, since main changed it") {
		t.Errorf("notices: %q", got.Notices)
	}
	wantDiff(t, "by: hand\n", w.git("show", reviewHead+":"+file)+"\n")
}

func TestContentThatTheBaseHasClosesThePullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(runOf(w.greet("1")), ReviewOpened)
	w.merge(1)
	w.must(runOf(w.greet("2")), ReviewOpened)
	back := runOf(w.greet("1"))
	back.Commit = "decade" // which a ledger must not be rewritten for
	w.must(back, ReviewClosed)
	wantDiff(t, []string{"open 1", "open 2", "close 2", "delete " + reviewHead}, w.forge.calls)
	w.must(runOf(w.greet("1")), ReviewNone)
}

func TestWhatTheBaseTookBackIsNotProposedByRunsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(partOf(w.named("one", "1")), ReviewOpened)
	w.merge(1)
	before := w.git("rev-parse", "main^^{tree}")
	w.git("update-ref", "refs/heads/main", w.git("commit-tree", before, "-p", "main", "-m", "Revert"))
	w.must(partOf(w.named("two", "1")), ReviewOpened)
	wantDiff(t, []string{"A two/configmap-two.yaml", "A two/deployment.yaml"}, w.proposed(reviewHead))
}

func TestSharedObjectsLeaveTheProposalWithTheLastThatNeedsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	needs := deployed(t, w.project, "prod", "one", "ml", namespaceText)
	w.must(runOf(needs), ReviewOpened)
	wantDiff(t, []string{"A _shared/namespace-ml.yaml", "A one/deployment.yaml"}, w.proposed(reviewHead))
	w.must(partOf(w.named("two", "1")), ReviewUpdated)
	if got := w.proposed(reviewHead); len(got) != 4 || got[0] != "A _shared/namespace-ml.yaml" {
		t.Errorf("proposed: %v", got)
	}
	none := runOf()
	none.Environments = []Environment{completeEnvironment(w.project, "prod")}
	w.must(none, ReviewClosed)
}

func TestWhatWasClosedWithoutAMergeIsNotProposedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(runOf(w.greet("1")), ReviewOpened)
	w.forge.requests[0].State = forge.Closed
	w.must(runOf(w.greet("1")), ReviewDeclined)
	w.git("update-ref", "-d", "refs/heads/"+reviewHead)
	w.must(runOf(w.greet("1")), ReviewDeclined)
	w.must(runOf(w.greet("2")), ReviewOpened)
	wantDiff(t, []string{"open 1", "open 2"}, w.forge.calls)
}

func TestWhatWasReviewedIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(partOf(w.greet("1"), w.named("other", "1")), ReviewOpened)
	first := w.git("rev-parse", reviewHead)
	w.forge.requests[0].Reviewed = true
	w.must(runOf(w.greet("2")), ReviewUpdated)
	wantDiff(t, first, w.git("rev-parse", reviewHead+"^"))
	wantDiff(t, []string{"A greet/configmap-greet.yaml", "A greet/deployment.yaml"}, w.proposed(reviewHead))
	w.must(runOf(w.greet("2")), ReviewUnchanged)
}

func TestCommitsOfOthersOnTheReviewBranchAreAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(runOf(w.greet("1")), ReviewOpened)
	theirs := gittest.Commit(t, w.repo, reviewHead, "Fix it here", map[string]string{"prod/ml/greet/fix.yaml": "a: b\n"})
	_, err := w.try(runOf(w.greet("2")))
	wantError[*ConflictError](t, err, theirs[:10], "Ann Author", "Fix it here", "lading overwrites nobody's work")
	wantDiff(t, theirs, w.git("rev-parse", reviewHead))
}

func TestNothingIsPushedWithoutAccessToTheForge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.forge.denied = errors.New("no token")
	if _, err := w.try(runOf(w.greet("1"))); !errors.Is(err, w.forge.denied) {
		t.Errorf("error is %v", err)
	}
	if out := w.git("for-each-ref", "--format=%(refname)"); out != "refs/heads/main" {
		t.Errorf("refs: %s", out)
	}
}

func TestRunsAtTheSameTimeLoseNothing(t *testing.T) {
	t.Parallel()
	for _, http := range []bool{false, true} {
		w := newWorld(t)
		if http {
			w.location = gittest.HTTPServer(t, filepath.Dir(w.repo), gittest.Options{}).URL + "/r.git"
		}
		w.must(partOf(w.named("one", "1")), ReviewOpened)
		w.forge.meanwhile = func() { w.must(partOf(w.named("two", "1")), ReviewUpdated) }
		w.must(partOf(w.named("three", "1")), ReviewUpdated)
		if got := w.proposed(reviewHead); len(got) != 6 {
			t.Errorf("proposed: %v", got)
		}

		// Merged, and its branch deleted, while a change was on its way.
		w.forge.meanwhile = func() {
			w.merge(1)
			w.git("update-ref", "-d", "refs/heads/"+reviewHead)
		}
		w.must(partOf(w.named("three", "2")), ReviewOpened)
		wantDiff(t, []string{"M three/configmap-three.yaml"}, w.proposed(reviewHead))
	}
}

func TestARunThatDiedBeforeThePullRequestIsMadeGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(partOf(w.named("one", "1")), ReviewOpened)
	w.forge.requests, w.forge.heads = nil, nil
	w.must(partOf(w.named("one", "1")), ReviewOpened)
	w.forge.requests, w.forge.heads = nil, nil
	w.must(partOf(w.named("two", "1")), ReviewOpened)
	if got := w.proposed(reviewHead); len(got) != 4 {
		t.Errorf("proposed: %v", got)
	}
}

func TestAutoMergeIsForWhatNobodyChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.AutoMerge = true
	if got := w.must(runOf(w.greet("1")), ReviewOpened); len(got.Notices) != 1 {
		t.Errorf("a forge without auto-merge: %q", got.Notices)
	}
	w.merge(1)
	w.forge.auto = make(map[int]bool)
	w.must(runOf(w.greet("2")), ReviewOpened)
	wantDiff(t, map[int]bool{2: true}, w.forge.auto)
	w.must(runOf(w.greet("2")), ReviewUnchanged)
	wantDiff(t, map[int]bool{2: true}, w.forge.auto)
	w.must(runOf(w.greet("3")), ReviewUpdated)
	wantDiff(t, map[int]bool{2: false}, w.forge.auto)
}

func TestDeletionsComeFirstAndAreLabelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings = settings.PullRequest{Labels: []string{"rendered"}, Reviewers: []string{"ada"}, Draft: true, AutoMerge: true}
	w.forge.auto = make(map[int]bool)
	w.must(runOf(w.greet("1"), w.named("gone", "1")), ReviewOpened)
	wantDiff(t, []string{"rendered"}, w.forge.contents[0].Labels)
	w.merge(1)
	run := runOf()
	run.Environments = []Environment{completeEnvironment(w.project, "prod")}
	got := w.must(run, ReviewOpened) // the environment would be empty
	c := w.forge.contents[1]
	wantDiff(t, []string{"rendered", "lading/deletes"}, c.Labels)
	wantDiff(t, true, c.Draft)
	wantDiff(t, false, w.forge.auto[2])
	if len(got.Notices) != 1 || !strings.Contains(got.Notices[0], "auto-merge is off") {
		t.Errorf("notices: %q", got.Notices)
	}
	if deleted, diff := strings.Index(c.Body, "### Deleted (4)"), strings.Index(c.Body, "### Diff"); deleted < 0 || diff < deleted {
		t.Errorf("body:\n%s", c.Body)
	}
	// A later run of one deployment leaves label and deletion where they are.
	w.must(partOf(w.named("new", "1")), ReviewUpdated)
	wantDiff(t, []string{"rendered", "lading/deletes"}, w.forge.contents[1].Labels)
}

func TestThePullRequestSaysAsMuchAsTheForgeTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := w.named("long", strings.Repeat("`````long ", 500))
	run := runOf(w.greet("1"), long)
	var whole string
	for _, most := range []int{60000, 4000, 700, 300} {
		w.forge.most = most
		w.must(run, ReviewOpened)
		n := len(w.forge.requests)
		body := w.forge.requests[n-1].Body
		if whole == "" {
			whole = body
		}
		if len(body) > most || markerIn(body).digest == "" {
			t.Errorf("%d of %d bytes:\n%s", len(body), most, body)
		}
		if cut := len(body) < len(whole); cut != (strings.Contains(body, "longer than the forge takes")) {
			t.Errorf("of %d bytes:\n%s", most, body)
		}
		if most > 4000 && (strings.Count(body, "\n``````diff\n") != 1 || strings.Count(body, "\n``````\n") != 1) {
			t.Errorf("the diff ends early:\n%s", body)
		}
		w.forge.requests, w.forge.heads, w.forge.contents = nil, nil, nil
		w.git("update-ref", "-d", "refs/heads/"+reviewHead)
	}
}

func TestEachGroupHasAPullRequestOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.project.Spec.GitOps.GroupBy = byDeployment
	run := runOf(w.named("one", "1"), w.named("two", "1"))
	one, two := Group{"prod", byDeployment, "one"}, Group{"prod", byDeployment, "two"}
	for _, g := range []Group{one, two} {
		if got, err := w.tryIn(run, g); err != nil || got.Outcome != ReviewOpened {
			t.Fatalf("%s: %+v, %v", g, got, err)
		}
	}
	wantDiff(t, []string{"A one/configmap-one.yaml", "A one/deployment.yaml"}, w.proposed(reviewHead+"/one"))
	wantDiff(t, []string{"A two/configmap-two.yaml", "A two/deployment.yaml"}, w.proposed(reviewHead+"/two"))
	w.merge(1)
	w.merge(2)

	// One goes: its group removes it, and no other does.
	left := runOf(w.named("two", "1"))
	if got, err := w.tryIn(left, two); err != nil || got.Outcome != ReviewNone {
		t.Errorf("two: %+v, %v", got, err)
	}
	if got, err := w.tryIn(left, one); err != nil || got.Outcome != ReviewOpened {
		t.Fatalf("one: %+v, %v", got, err)
	}
	wantDiff(t, []string{"D one/configmap-one.yaml", "D one/deployment.yaml"}, w.proposed(reviewHead+"/one"))
}

func TestADeletionThatWaitsIsNotTakenBackByAPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(runOf(w.greet("1")), ReviewOpened)
	w.merge(1)
	removal := Removal{Name: Name{Environment: "prod", Deployment: "greet", Project: w.project},
		Destination: Destination{Branch: "main"}, Owner: Owner{Project: "3k9x0q", Source: source}, Tool: Tool{Version: "v0.1.0"}}
	got, err := w.propose(w.review(reviewHead, nil, func(ctx context.Context, present Tree) (*Plan, error) {
		return PlanRemoval(ctx, removal, present)
	}))
	if err != nil || got.Outcome != ReviewOpened {
		t.Fatalf("%+v, %v", got, err)
	}
	tip := w.git("rev-parse", reviewHead)
	_, err = w.try(runOf(w.greet("1")))
	wantError[*SafetyError](t, err, "deleted")
	wantDiff(t, tip, w.git("rev-parse", reviewHead))
}

func TestReviewBranchesAreNamedAfterTheirGroup(t *testing.T) {
	t.Parallel()
	p := platform()
	prod := Group{Environment: "prod", Kind: byEnvironment}
	greet := Group{"prod", byDeployment, "greet"}
	for _, c := range []struct {
		group    Group
		project  *settings.Project
		template string
		want     string
	}{
		{prod, p, "", "lading/ml-platform/prod"},
		{greet, p, "", "lading/ml-platform/prod/greet"},
		{Group{"default", byDeployment, "greet"}, nil, "", "lading/default/greet"},
		{greet, p, "render/{{environment}}", "render/prod/greet"},
		{greet, p, "render-{{deployment}}-to-{{environment}}", "render-greet-to-prod"},
	} {
		got, err := c.group.ReviewBranch(c.project, settings.GitOps{ReviewBranch: c.template})
		if err != nil || got != c.want {
			t.Errorf("%+v with %q: %q, %v, want %q", c.group, c.template, got, err, c.want)
		}
	}
	for _, template := range []string{"{{nothing}}", "lading//x", "a..b", "-x"} {
		if got, err := prod.ReviewBranch(p, settings.GitOps{ReviewBranch: template}); err == nil {
			t.Errorf("%q is a review branch: %q", template, got)
		}
	}
}

func TestAnOverlayIsTheTreeItWouldBecome(t *testing.T) {
	t.Parallel()
	base := mapTree{"a/x": "1", "a/y": "2", "b/z": "3"}
	files := map[string][]byte{"a/x": nil, "a/n/deep": []byte("4"), "b/z": []byte("5"), "c/w": []byte("6")}
	want := base.with(mapTree{"a/x": "", "a/n/deep": "4", "b/z": "5", "c/w": "6"})
	o := over(base, files)
	for name, text := range want {
		if data, err := o.ReadFile(name); err != nil || string(data) != text {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, dir := range []string{".", "a", "a/n", "b", "c"} {
		got, err := o.ReadDir(dir)
		wanted, wantErr := want.ReadDir(dir)
		if err != nil || wantErr != nil {
			t.Fatal(err, wantErr)
		}
		var a, b []string
		for i := range got {
			a = append(a, got[i].Name()+fmt.Sprint(got[i].IsDir()))
		}
		for i := range wanted {
			b = append(b, wanted[i].Name()+fmt.Sprint(wanted[i].IsDir()))
		}
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v, want %v", dir, a, b)
		}
	}
	if _, err := o.ReadFile("a/x"); err == nil {
		t.Error("a/x is still there")
	}
}
