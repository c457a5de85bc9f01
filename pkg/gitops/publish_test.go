package gitops_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/gitops"
)

var long = flag.Bool("long", false, "run 32 publishers with 20 commits each instead of fewer")

func open(t testing.TB, location string) *gitrepo.Repo {
	t.Helper()
	r, err := gitrepo.Open(context.Background(), location, gitrepo.Options{TempDir: t.TempDir(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// publication proposes the same files on whatever is there.
func publication(files map[string]string) gitops.Publication {
	who := gitrepo.Signature{Name: "Ann Author", Email: "ann@example.com", When: time.Unix(1700000000, 0).UTC()}
	return gitops.Publication{
		Branch: "main",
		Commit: gitrepo.CommitInfo{Author: who, Committer: who},
		Plan: func(context.Context, *gitrepo.Snapshot) (*gitops.Proposal, error) {
			p := &gitops.Proposal{Message: "publish\n"}
			for path, text := range files {
				c := gitops.Change{Path: path, After: []byte(text)}
				if text == "" {
					c.After = nil
				}
				p.Changes = append(p.Changes, c)
			}
			return p, nil
		},
		Within: 5 * time.Minute,
		Tries:  1000,
		Now:    time.Now,
		Random: rand.Float64,
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
}

// once runs something at the first planning only: what others do meanwhile.
func once(p gitops.Publication, what func()) gitops.Publication {
	plan, done := p.Plan, false
	p.Plan = func(ctx context.Context, s *gitrepo.Snapshot) (*gitops.Proposal, error) {
		proposal, err := plan(ctx, s)
		if !done {
			done = true
			what()
		}
		return proposal, err
	}
	return p
}

func TestPublishIsDoneWhereTheBranchHasItAll(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	tip := gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	got, err := gitops.Publish(context.Background(), open(t, repo), publication(map[string]string{"a/x": "1\n", "a/gone": ""}))
	if err != nil {
		t.Fatal(err)
	}
	want := &gitops.Published{Commit: tip, Before: tip, Tree: gittest.Git(t, repo, "rev-parse", "main^{tree}"), Tries: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	tip := gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	p := publication(map[string]string{"a/x": "2\n"})
	p.DryRun = true
	got, err := gitops.Publish(context.Background(), open(t, repo), p)
	if err != nil || !got.Changed || got.Commit != "" || len(got.Edits) != 1 {
		t.Errorf("dry run: %+v, %v", got, err)
	}
	if now := gittest.Git(t, repo, "rev-parse", "main"); now != tip {
		t.Errorf("a dry run moved main to %s", now)
	}
	if out := gittest.Git(t, repo, "count-objects"); !strings.HasPrefix(out, "4 objects") && !strings.HasPrefix(out, "3 objects") {
		t.Errorf("a dry run wrote objects: %s", out)
	}
}

func TestPublishPlansAgainWhenOthersWereThere(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	p := once(publication(map[string]string{"a/x": "2\n"}), func() {
		gittest.Commit(t, repo, "main", "theirs", map[string]string{"b/y": "1\n"})
	})
	var heard []error
	p.Notify = func(_ int, err error) { heard = append(heard, err) }
	got, err := gitops.Publish(context.Background(), open(t, repo), p)
	if err != nil {
		t.Fatal(err)
	}
	if got.Tries != 2 || !got.Changed || len(heard) != 1 {
		t.Errorf("published %+v after %v, want the second try", got, heard)
	}
	want := map[string]string{"a/x": "2\n", "b/y": "1\n"}
	if diff := cmp.Diff(want, gittest.Files(t, repo, "main")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestPublishStopsWhenItsOwnFilesWereChanged(t *testing.T) {
	t.Parallel()
	for _, owned := range [][]string{nil, {"a"}} {
		repo := gittest.Bare(t, t.TempDir(), "r.git")
		gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
		var theirs string
		p := once(publication(map[string]string{"a/x": "2\n"}), func() {
			theirs = gittest.Commit(t, repo, "main", "fix by hand", map[string]string{"a/x": "3\n"})
			gittest.Commit(t, repo, "main", "later", map[string]string{"b": "3\n"})
		})
		plan := p.Plan
		p.Plan = func(ctx context.Context, s *gitrepo.Snapshot) (*gitops.Proposal, error) {
			proposal, err := plan(ctx, s)
			proposal.Owned = owned
			return proposal, err
		}
		_, err := gitops.Publish(context.Background(), open(t, repo), p)
		var conflict *gitops.ConflictError
		if !errors.As(err, &conflict) || !strings.Contains(conflict.Message, theirs[:10]) ||
			!strings.Contains(conflict.Message, "Ann Author") {
			t.Errorf("owned %v: %v, want a conflict with %s", owned, err, theirs)
		}
	}
}

func TestPublishAgreesWithWhoWroteTheSame(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	p := publication(map[string]string{"a/x": "2\n"})
	var theirs string
	plan := p.Plan
	p.Plan = func(ctx context.Context, s *gitrepo.Snapshot) (*gitops.Proposal, error) {
		if theirs == "" {
			theirs = gittest.Commit(t, repo, "main", "the same", map[string]string{"a/x": "2\n"})
		} else if same, err := s.Same("a/x", []byte("2\n")); same || err != nil {
			return &gitops.Proposal{}, err
		}
		return plan(ctx, s)
	}
	got, err := gitops.Publish(context.Background(), open(t, repo), p)
	if err != nil || got.Changed || got.Commit != theirs {
		t.Errorf("published %+v, %v, want %s unchanged", got, err, theirs)
	}
}

func TestPublishStopsWhenTheBranchIsDeletedOrRewritten(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	base := gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	gittest.Commit(t, repo, "main", "tip", map[string]string{"a/x": "2\n"})
	_, err := gitops.Publish(context.Background(), open(t, repo), once(publication(map[string]string{"b": "2\n"}), func() {
		gittest.Git(t, repo, "update-ref", "refs/heads/main", base)
	}))
	var rewritten *gitrepo.RewrittenError
	if !errors.As(err, &rewritten) {
		t.Errorf("after a rewrite: %v", err)
	}
	_, err = gitops.Publish(context.Background(), open(t, repo), once(publication(map[string]string{"b": "2\n"}), func() {
		gittest.Git(t, repo, "update-ref", "-d", "refs/heads/main")
	}))
	var deleted *gitrepo.DeletedError
	if !errors.As(err, &deleted) {
		t.Errorf("after a deletion: %v", err)
	}
}

func TestPublishTellsWhatTheServerSays(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	repo := gittest.Bare(t, root, "r.git")
	gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	gittest.Hook(t, repo, "pre-receive", "echo 'main is protected, ask Paul' >&2; exit 1")
	server := gittest.HTTPServer(t, root, gittest.Options{})
	p := publication(map[string]string{"a/x": "2\n"})
	p.Sleep = func(context.Context, time.Duration) error { return nil }
	var tries int
	p.Notify = func(try int, _ error) { tries = try }
	_, err := gitops.Publish(context.Background(), open(t, server.URL+"/r.git"), p)
	var refused *gitrepo.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Words, "main is protected, ask Paul") ||
		!strings.Contains(refused.Hint(), "review: pull-request") {
		t.Errorf("push to a protected branch: %v", err)
	}
	if tries != 4 {
		t.Errorf("%d tries, want one and three quick ones", tries)
	}
}

func TestPublishSurvivesLostConversations(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]gittest.Options{
		"the connection ends in the middle of the pack": {DropAfter: 250},
		"the answer is lost":                            {DropReply: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			repo := gittest.Bare(t, root, "r.git")
			gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
			got, err := gitops.Publish(context.Background(), open(t, gittest.HTTPServer(t, root, o).URL+"/r.git"),
				publication(map[string]string{"a/x": strings.Repeat("2\n", 1000), "a/y": "3\n"}))
			if err != nil {
				t.Fatal(err)
			}
			if now := gittest.Git(t, repo, "rev-parse", "main"); now != got.Commit || !got.Changed {
				t.Errorf("main is %s, want %s", now, got.Commit)
			}
			if n := gittest.Git(t, repo, "rev-list", "--count", "main"); n != "2" {
				t.Errorf("%s commits, want 2", n)
			}
			gittest.Fsck(t, repo)
		})
	}
}

func TestPublishGivesUpInTime(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, repo, "main", "base", map[string]string{"a/x": "1\n"})
	p := publication(map[string]string{"a/x": "2\n"})
	n := 0
	plan := p.Plan
	p.Plan = func(ctx context.Context, s *gitrepo.Snapshot) (*gitops.Proposal, error) {
		n++
		gittest.Commit(t, repo, "main", "busy", map[string]string{"b": fmt.Sprint(n)})
		return plan(ctx, s)
	}
	var slept time.Duration
	start := time.Unix(0, 0)
	p.Now = func() time.Time { return start.Add(slept) }
	p.Sleep = func(_ context.Context, d time.Duration) error { slept += d; return nil }
	p.Random = func() float64 { return 1 }
	p.Tries, p.Within = 100, 3*time.Second
	_, err := gitops.Publish(context.Background(), open(t, repo), p)
	var busy *gitops.BusyError
	if !errors.As(err, &busy) || slept > p.Within {
		t.Errorf("slept %s: %v", slept, err)
	}
	p.Tries, p.Within = 3, time.Hour
	_, err = gitops.Publish(context.Background(), open(t, repo), p)
	if !errors.As(err, &busy) || busy.Tries != 3 {
		t.Errorf("after 3 tries: %v", err)
	}
}

// TestManyPublishersLoseNothing lets publishers and real git push to one
// branch at once.
func TestManyPublishersLoseNothing(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"local", "http"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			repo := gittest.Bare(t, root, "r.git")
			location, publishers, commits, gits := repo, 8, 10, 1
			if way == "http" {
				location = gittest.HTTPServer(t, root, gittest.Options{}).URL + "/r.git"
				publishers, commits = 6, 6
			}
			if *long {
				publishers, commits = 32, 20
			}
			gittest.Commit(t, repo, "main", "base", map[string]string{"base": "1\n"})
			var tries, worst atomic.Int64
			var group sync.WaitGroup
			for i := range publishers {
				group.Go(func() {
					for j := range commits {
						got, err := gitops.Publish(context.Background(), open(t, location), publication(map[string]string{
							fmt.Sprintf("dir%d/file%d", i, j): fmt.Sprintf("%d %d\n", i, j),
						}))
						if err != nil {
							t.Errorf("publisher %d, commit %d: %v", i, j, err)
							return
						}
						tries.Add(int64(got.Tries))
						for w := worst.Load(); int64(got.Tries) > w && !worst.CompareAndSwap(w, int64(got.Tries)); w = worst.Load() {
						}
					}
				})
			}
			for i := range gits {
				group.Go(func() { pushWithGit(t, repo, i, commits/2) })
			}
			group.Wait()
			t.Logf("%d commits, %d tries, at most %d for one", publishers*commits, tries.Load(), worst.Load())
			checkAll(t, repo, publishers, commits, gits, commits/2)
		})
	}
}

// checkAll checks that every file is there, one commit for each, in one line.
func checkAll(t *testing.T, repo string, publishers, commits, gits, pushes int) {
	t.Helper()
	want := map[string]string{"base": "1\n"}
	for i := range publishers {
		for j := range commits {
			want[fmt.Sprintf("dir%d/file%d", i, j)] = fmt.Sprintf("%d %d\n", i, j)
		}
	}
	for i := range gits {
		for j := range pushes {
			want[fmt.Sprintf("git%d-%d", i, j)] = "git\n"
		}
	}
	list := strings.Fields(gittest.Git(t, repo, "ls-tree", "-r", "--name-only", "main"))
	got := make(map[string]string, len(list))
	for _, name := range list {
		got[name] = want[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if n := gittest.Git(t, repo, "rev-list", "--count", "main"); n != fmt.Sprint(len(want)) {
		t.Errorf("%s commits, want %d", n, len(want))
	}
	if merges := gittest.Git(t, repo, "rev-list", "--min-parents=2", "main"); merges != "" {
		t.Errorf("history is not linear: %s", merges)
	}
	gittest.Fsck(t, repo)
}

// pushWithGit does what people do: pull, commit, push, and again where that
// was refused.
func pushWithGit(t *testing.T, repo string, who, pushes int) {
	clone := filepath.Join(t.TempDir(), "clone")
	if out, err := gittest.Try(".", "clone", "--quiet", repo, clone); err != nil {
		t.Errorf("git clone: %v %s", err, out)
		return
	}
	for j := range pushes {
		name := fmt.Sprintf("git%d-%d", who, j)
		if out, err := exec.Command("sh", "-c", "echo git >"+filepath.Join(clone, name)).CombinedOutput(); err != nil {
			t.Errorf("writing: %v %s", err, out)
		}
		_, _ = gittest.Try(clone, "add", name)
		_, _ = gittest.Try(clone, "commit", "--quiet", "-m", name)
		var out string
		err := errors.New("not tried")
		for range 500 {
			if out, err = gittest.Try(clone, "push", "--quiet", "origin", "HEAD:main"); err == nil {
				break
			}
			out, _ = gittest.Try(clone, "pull", "--quiet", "--rebase", "origin", "main")
		}
		if err != nil {
			t.Errorf("git push never came through: %s", out)
		}
	}
}
