package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/status"
)

// A harbour is a project, the repository that it publishes to, and the ways to
// reach that.
type harbour struct {
	desk
	bare string
	// local is the repository of this machine, repository the way to it.
	local, repository string
}

func newHarbour(t *testing.T) *harbour {
	t.Helper()
	root := t.TempDir()
	h := &harbour{bare: gittest.Bare(t, root, "r.git")}
	h.local = "file://" + filepath.ToSlash(h.bare)
	h.repository = h.local
	h.desk = desk{dir: t.TempDir(), now: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), getenv: func(string) string { return "" }}
	h.write(t, "lading.yaml", shop)
	return h
}

// publish publishes greet with a number of replicas and returns the commit.
func (h *harbour) publish(t *testing.T, replicas int, more ...string) string {
	t.Helper()
	h.write(t, "deployments/greet.yaml", strings.Replace(greet, "min_replicas: 1", fmt.Sprintf("min_replicas: %d", replicas), 1))
	h.run(t, done, append([]string{"publish", "--trust-inputs", "--repository", h.local}, more...)...)
	return h.git(t, "rev-parse", "main")
}

func (h *harbour) git(t *testing.T, args ...string) string {
	t.Helper()
	return gittest.Git(t, h.bare, args...)
}

// foreign commits a file of somebody else.
func (h *harbour) foreign(t *testing.T, branch string) string {
	t.Helper()
	return gittest.Commit(t, h.bare, branch, "other", map[string]string{"other/file.yaml": fmt.Sprint(time.Now().UnixNano())})
}

// squash commits the tree of a branch on top of main.
func (h *harbour) squash(t *testing.T, branch string) string {
	t.Helper()
	tree := h.git(t, "merge-tree", "--write-tree", "main", branch)
	commit := h.git(t, "commit-tree", tree, "-p", "main", "-m", "squashed")
	h.git(t, "update-ref", "refs/heads/main", commit)
	return commit
}

// read reads targets as a command would.
func (h *harbour) read(t *testing.T, revision string, names ...string) []*statusTarget {
	t.Helper()
	f := &targetFlags{revision: revision}
	f.repository = h.repository
	t.Cleanup(f.close)
	now := h.now
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: h.getenv, Dir: h.dir,
		Now: func() time.Time { now = now.Add(time.Minute); return now },
	}
	targets, err := f.targets(context.Background(), env, names)
	if err != nil {
		t.Fatal(err)
	}
	return targets
}

// one reads greet.
func (h *harbour) one(t *testing.T, revision string) *statusTarget {
	t.Helper()
	targets := h.read(t, revision, "greet")
	if len(targets) != 1 {
		t.Fatalf("got %d targets, want one", len(targets))
	}
	return targets[0]
}

// overWays runs a test on a repository of this machine, over http, and over
// http from a server that cannot leave objects out.
func overWays(t *testing.T, test func(t *testing.T, h *harbour)) {
	t.Helper()
	t.Parallel()
	for name, o := range map[string]*gittest.Options{"local": nil, "http": {}, "http without filter": {NoFilter: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarbour(t)
			if o != nil {
				h.repository = gittest.HTTPServer(t, filepath.Dir(h.bare), *o).URL + "/r.git"
			}
			test(t, h)
		})
	}
}

var relationNames = map[status.Relation]string{
	status.Unreadable: "unreadable", status.Unrelated: "unrelated", status.Older: "older", status.Same: "same", status.Newer: "newer",
}

// relations asks a target's history about commits by name.
func relations(t *statusTarget, commits map[string]string) map[string]string {
	out := make(map[string]string)
	for name, commit := range commits {
		out[name] = relationNames[t.history(commit)]
	}
	return out
}

func wantRelations(t *testing.T, target *statusTarget, commits, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, relations(target, commits)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestOtherPeoplesCommitsDoNotMoveTheTarget(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		between := h.foreign(t, "main")
		two := h.publish(t, 2)
		commits := map[string]string{"one": one, "between": between, "two": two}
		want := map[string]string{"one": "older", "between": "older", "two": "same"}
		for i := range 10 {
			name := fmt.Sprint("other ", i)
			commits[name], want[name] = h.foreign(t, "main"), "same"
		}
		wantRelations(t, h.one(t, ""), commits, want)
	})
}

func TestWhatIsPublishedLaterIsNewer(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		target := h.one(t, "")
		two := h.publish(t, 2)
		later := h.foreign(t, "main")
		back := h.publish(t, 1)
		wantRelations(t, target, map[string]string{"one": one, "two": two, "later": later, "back": back},
			map[string]string{"one": "same", "two": "newer", "later": "newer", "back": "same"})
	})
}

func TestASquashMergeIsTheSameContent(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		h.publish(t, 2, "--branch", "review")
		before := h.git(t, "rev-parse", "main")
		if before != one {
			t.Fatalf("main moved to %s", before)
		}
		h.git(t, "update-ref", "refs/heads/review", h.onTop(t, one, "review"))
		foreign := h.foreign(t, "main")
		target := h.one(t, "review")
		if relation, err := target.branch.present(target.content); err != nil || relation != status.Older {
			t.Errorf("before the merge the branch is %s, %v, want older", relationNames[relation], err)
		}
		squashed := h.squash(t, "review")
		if relation, err := target.branch.present(target.content); err != nil || relation != status.Same {
			t.Errorf("after the merge the branch is %s, %v, want same", relationNames[relation], err)
		}
		after := h.foreign(t, "main")
		three := h.publish(t, 3)
		back := h.publish(t, 1)
		wantRelations(t, target,
			map[string]string{"one": one, "foreign": foreign, "squashed": squashed, "after": after, "three": three, "back": back},
			map[string]string{"one": "older", "foreign": "older", "squashed": "same", "after": "same", "three": "newer", "back": "newer"})
	})
}

// onTop makes a commit of a branch's tree on top of another commit.
func (h *harbour) onTop(t *testing.T, parent, branch string) string {
	t.Helper()
	return h.git(t, "commit-tree", branch+"^{tree}", "-p", parent, "-m", "review")
}

func TestContentThatComesBackInAReviewIsNotMerged(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		h.publish(t, 2)
		one := h.publish(t, 1)
		h.git(t, "update-ref", "refs/heads/review", h.onTop(t, one, "main~1"))
		foreign := h.foreign(t, "main")
		wantRelations(t, h.one(t, "review"), map[string]string{"foreign": foreign, "one": one},
			map[string]string{"foreign": "older", "one": "older"})
	})
}

func TestARewrittenBranchIsUnrelated(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		two := h.publish(t, 2)
		h.git(t, "update-ref", "refs/heads/old", two)
		root := h.git(t, "commit-tree", "main^{tree}", "-m", "rewritten")
		h.git(t, "update-ref", "refs/heads/main", root)
		three := h.publish(t, 3)
		wantRelations(t, h.one(t, ""),
			map[string]string{"one": one, "root": root, "two": two, "three": three, "nobody's": strings.Repeat("12", 20)},
			map[string]string{"one": "unrelated", "root": "older", "two": "older", "three": "same", "nobody's": "unreadable"})
	})
}

func TestAPinChangesNothingThatIsApplied(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		h.publish(t, 2)
		h.run(t, done, "rollback", "greet", "--env", "prod", "--to", one, "--reason", "x", "--repository", h.local)
		pinned := h.git(t, "rev-parse", "main")
		h.run(t, done, "rollback", "greet", "--env", "prod", "--unpin", "--repository", h.local)
		wantRelations(t, h.one(t, ""), map[string]string{"pinned": pinned, "one": one},
			map[string]string{"pinned": "same", "one": "same"})
	})
}

func TestPullRequestsAreFoundByNumber(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		h.publish(t, 1)
		h.publish(t, 2, "--branch", "review")
		review := h.git(t, "rev-parse", "review")
		for ref, revision := range map[string]string{
			"refs/pull/7/head": "7", "refs/merge-requests/8/head": "#8",
			"refs/pull-requests/9/from": "9", "refs/pull/1234567/merge": "1234567",
		} {
			h.git(t, "update-ref", ref, review)
			if got := h.one(t, revision); got.Commit != review || got.Objects[0].Name() != got.ResourceName {
				t.Errorf("%s is commit %s, want %s", revision, got.Commit, review)
			}
		}
		h.git(t, "update-ref", "refs/heads/7", h.git(t, "rev-parse", "main"))
		if got := h.one(t, "7"); got.Commit == review {
			t.Error("a branch is called 7 and the pull request was taken")
		}
		if got := h.one(t, "#7"); got.Commit != review {
			t.Error("#7 is not the pull request")
		}
	})
}

func TestADeletedDeploymentIsFoundInHistory(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		h.run(t, done, "delete", "greet", "--env", "prod", "--repository", h.local)
		deleted := h.git(t, "rev-parse", "main")
		target := h.one(t, "")
		var kinds []string
		for _, o := range target.Objects {
			kinds = append(kinds, o.Kind())
		}
		if diff := cmp.Diff([]string{"Deployment", "Service"}, kinds); diff != "" || !target.Deleted {
			t.Errorf("deleted: %v, -want +got\n%s", target.Deleted, diff)
		}
		wantRelations(t, target, map[string]string{"one": one, "deleted": deleted, "after": h.foreign(t, "main")},
			map[string]string{"one": "older", "deleted": "same", "after": "same"})
		if all := h.read(t, ""); len(all) != 0 {
			t.Errorf("without names there are %d targets, want none", len(all))
		}
	})
}

func TestWhatThePublishOfAWholeEnvironmentRemovedIsFoundInHistory(t *testing.T) {
	t.Parallel()
	h := newHarbour(t)
	h.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	h.publish(t, 1)
	h.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "another"))
	h.run(t, done, "publish", "--trust-inputs", "--repository", h.local)
	targets := h.read(t, "", "other")
	if len(targets) != 1 || !targets[0].Deleted {
		t.Fatalf("got %v, want one that was deleted", targets)
	}
}

func TestSettingsOnlySayHowToWait(t *testing.T) {
	t.Parallel()
	h := newHarbour(t)
	h.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	h.publish(t, 1)
	h.write(t, "deployments/other.yaml", "kind: [")
	for _, broken := range []bool{true, false} {
		if !broken {
			h.write(t, "deployments/other.yaml", strings.ReplaceAll(
				strings.ReplaceAll(greet, "greet", "other"),
				"settings: {", "settings: {deployer: {lcm_timeout: 30, strict_additional_resources: false, wait_for_load_balancer_timeout: 0}, "))
		}
		targets := h.read(t, "", "other")
		want := []any{600 * time.Second, 150 * time.Second, false}
		if !broken {
			want = []any{30 * time.Second, time.Duration(0), true}
		}
		got := []any{targets[0].Timeout, targets[0].LoadBalancerTimeout, targets[0].Lenient}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("broken %v: -want +got\n%s", broken, diff)
		}
	}
}
