package source

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/gitops"
)

// A world is a repository of settings on a server, with a history.
type world struct {
	dir, bare string
	commits   map[string]string // by name
}

// newWorld makes base ← s1 ← … ← s4 on main, side on s2 beside it, merged into
// main as m, and s5 on top.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), commits: make(map[string]string)}
	w.bare = gittest.Bare(t, w.dir, "settings.git")
	for _, name := range []string{"base", "s1", "s2", "s3", "s4"} {
		w.commit(t, "main", name, map[string]string{"lading.yaml": name, "deployments/greet/deployment.yaml": "v1"})
	}
	gittest.Git(t, w.bare, "update-ref", "refs/heads/side", w.commits["s2"])
	w.commit(t, "side", "side", map[string]string{"side.yaml": "x"})
	tree := gittest.Git(t, w.bare, "rev-parse", "main^{tree}")
	w.commits["m"] = gittest.Git(t, w.bare, "commit-tree", "-m", "merge", "-p", w.commits["s4"], "-p", w.commits["side"], tree)
	gittest.Git(t, w.bare, "update-ref", "refs/heads/main", w.commits["m"])
	w.commit(t, "main", "s5", map[string]string{"deployments/greet/deployment.yaml": "v2", "new/a.yaml": "1"})
	gittest.Git(t, w.bare, "update-ref", "refs/heads/topic", w.commits["s3"])
	w.commit(t, "topic", "topic", map[string]string{"topic.yaml": "x"})
	return w
}

func (w *world) commit(t *testing.T, branch, name string, files map[string]string) {
	t.Helper()
	w.commits[name] = gittest.Commit(t, w.bare, branch, name, files)
}

// clone clones the settings with git, and checks a commit out, as CI does.
func (w *world) clone(t *testing.T, url, commit string, args ...string) *Repo {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	gittest.Git(t, w.dir, append(append([]string{"clone", "--quiet"}, args...), url, dir)...)
	gittest.Git(t, dir, "checkout", "--quiet", "--detach", w.commits[commit])
	return find(t, dir)
}

func find(t *testing.T, dir string) *Repo {
	t.Helper()
	r, err := Find(dir)
	if err != nil || r == nil {
		t.Fatalf("repository of %s: %v, %v", dir, r, err)
	}
	return r
}

func history(t *testing.T, r *Repo) *History {
	t.Helper()
	h, err := r.History(gitrepo.Options{TempDir: t.TempDir(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func (w *world) relation(t *testing.T, h *History, a, b string) gitops.Relation {
	t.Helper()
	name := func(n string) string {
		if c := w.commits[n]; c != "" {
			return c
		}
		return n
	}
	got, err := h.Relation(context.Background(), name(a), name(b))
	if err != nil {
		t.Fatalf("%s to %s: %v", a, b, err)
	}
	return got
}

var relations = []struct {
	a, b string
	want gitops.Relation
}{
	{"s5", "s5", gitops.Same},
	{"s5", "s1", gitops.Descendant},
	{"s5", "side", gitops.Descendant},
	{"s5", "topic", gitops.Diverged},
	{"s5", strings.Repeat("ab", 20), gitops.Unknown},
}

// Each way to get at the history gives the same answers.
func TestRelationsAreTheSameHoweverTheCloneWasMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	http := gittest.HTTPServer(t, w.dir, gittest.Options{})
	old := gittest.HTTPServer(t, w.dir, gittest.Options{Version0: true})
	plain := gittest.HTTPServer(t, w.dir, gittest.Options{NoFilter: true})
	for situation, c := range map[string]struct {
		url  string
		args []string
	}{
		"whole, over http":               {http.URL + "/settings.git", nil},
		"whole, one branch":              {http.URL + "/settings.git", []string{"--single-branch"}},
		"shallow, over http":             {http.URL + "/settings.git", []string{"--depth=1"}},
		"shallow, a path":                {"file://" + w.bare, []string{"--depth=1"}},
		"shallow, version 0":             {old.URL + "/settings.git", []string{"--depth=1"}},
		"whole, a server without filter": {plain.URL + "/settings.git", nil},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			h := history(t, w.clone(t, c.url, "s5", c.args...))
			tip, err := h.Tip(context.Background(), "main")
			if err != nil || tip.Commit != w.commits["s5"] {
				t.Fatalf("tip is %v, %v", tip, err)
			}
			for _, r := range relations {
				if got := w.relation(t, h, r.a, r.b); got != r.want {
					t.Errorf("%s to %s is %v, want %v", r.a, r.b, got, r.want)
				}
			}
		})
	}
}

func TestALateJobLearnsOfNewerCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := gittest.HTTPServer(t, w.dir, gittest.Options{})
	for _, args := range [][]string{nil, {"--depth=1"}, {"--filter=tree:0"}} {
		h := history(t, w.clone(t, server.URL+"/settings.git", "s5", args...))
		was := w.commits["s5"]
		for i := range 3 {
			w.commit(t, "main", fmt.Sprint("later", i), map[string]string{"new/a.yaml": fmt.Sprint("x", i), "new/b.yaml": "1", "lading.yaml": ""})
		}
		tip, err := h.Tip(context.Background(), "main")
		if err != nil || tip.Commit != w.commits["later2"] {
			t.Fatalf("tip is %v, %v", tip, err)
		}
		if got := w.relation(t, h, "s5", "s1"); got != gitops.Descendant {
			t.Errorf("%v: relation to an old one is %v", args, got)
		}
		if got := w.relation(t, h, "s5", "later2"); got != gitops.Ancestor {
			t.Errorf("%v: relation is %v", args, got)
		}
		paths := []string{"deployments/greet/deployment.yaml", "gone/x.yaml", "lading.yaml", "new/a.yaml", "new/b.yaml"}
		changed, err := h.Changed(context.Background(), was, tip.Commit, paths)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"lading.yaml", "new/a.yaml", "new/b.yaml"}, changed); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
		w = newWorld(t)
		server = gittest.HTTPServer(t, w.dir, gittest.Options{})
	}
}

func TestAForcePushedBranchLeavesOldCommitsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := gittest.HTTPServer(t, w.dir, gittest.Options{})
	h := history(t, w.clone(t, server.URL+"/settings.git", "s5"))
	gittest.Git(t, w.bare, "update-ref", "refs/heads/main", w.commits["s4"])
	w.commit(t, "main", "instead", map[string]string{"lading.yaml": "instead"})
	if tip, err := h.Tip(context.Background(), "main"); err != nil || tip.Commit != w.commits["instead"] {
		t.Fatalf("tip is %v, %v", tip, err)
	}
	if got := w.relation(t, h, "s5", "instead"); got != gitops.Diverged {
		t.Errorf("the replaced commit is %v", got)
	}
	if got := w.relation(t, h, "s4", "instead"); got != gitops.Ancestor {
		t.Errorf("what both build on is %v", got)
	}
}

func TestAShallowCloneNamesTheSettingOfCI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := gittest.HTTPServer(t, w.dir, gittest.Options{NoFilter: true})
	h := history(t, w.clone(t, server.URL+"/settings.git", "s5", "--depth=1"))
	_, err := h.Relation(context.Background(), w.commits["s5"], w.commits["s1"])
	var shallow *ShallowError
	if !errors.As(err, &shallow) || !strings.Contains(shallow.Hint(), "fetch-depth: 0") || !strings.Contains(shallow.Hint(), "GIT_DEPTH: 0") {
		t.Fatalf("error is %v", err)
	}
	if text := err.Error(); !strings.Contains(text, w.commits["s5"][:10]) || !strings.Contains(text, "cannot send commits without their files") {
		t.Errorf("error is %s", text)
	}
	cut := w.clone(t, "file://"+w.bare, "s5", "--depth=1")
	gittest.Git(t, cut.Dir, "remote", "remove", "origin")
	if _, err := history(t, find(t, cut.Dir)).Relation(context.Background(), w.commits["s5"], w.commits["s1"]); !errors.As(err, &shallow) {
		t.Errorf("without an origin: %v", err)
	}
}

func TestNoAnswerIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(t, "file://"+w.bare, "s5")
	gittest.Git(t, r.Dir, "remote", "set-url", "origin", "http://127.0.0.1:1/settings.git")
	_, err := history(t, find(t, r.Dir)).Tip(context.Background(), "main")
	var silent *gitrepo.UnreachableError
	if !errors.As(err, &silent) {
		t.Errorf("error is %v", err)
	}
}

func TestWithoutARemoteTheLocalBranchCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(t, "file://"+w.bare, "s3")
	gittest.Git(t, r.Dir, "remote", "remove", "origin")
	h := history(t, find(t, r.Dir))
	tip, err := h.Tip(context.Background(), "main")
	if err != nil || tip != (gitops.Tip{Commit: w.commits["s5"]}) {
		t.Errorf("tip is %v, %v", tip, err)
	}
	if got := w.relation(t, h, "s3", "s5"); got != gitops.Ancestor {
		t.Errorf("relation is %v", got)
	}
	tip, err = h.Tip(context.Background(), "trunk")
	if err != nil || tip.Commit != "" || !strings.Contains(tip.Off, "no branch trunk") {
		t.Errorf("tip is %v, %v", tip, err)
	}
}

func TestABranchThatOriginLacksIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := history(t, w.clone(t, "file://"+w.bare, "s5"))
	if tip, err := h.Tip(context.Background(), "trunk"); err != nil || tip != (gitops.Tip{}) {
		t.Errorf("tip is %v, %v", tip, err)
	}
}

func TestFindReadsWhatIsCheckedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(t, "file://"+w.bare, "s2")
	gittest.Git(t, r.Dir, "remote", "set-url", "origin", "https://git.example.com/settings.git")
	gittest.Git(t, r.Dir, "config", "url.https://token@mirror.example.com/.insteadOf", "https://git.example.com/")
	r = find(t, filepath.Join(r.Dir, "deployments"))
	got := []string{r.Commit, r.Subject, r.Author.Name, r.Author.Email, r.URL, r.access}
	want := []string{w.commits["s2"], "s2", "Ann Author", "ann@example.com", "https://git.example.com/settings.git", "https://token@mirror.example.com/settings.git"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if nowhere, err := Find(t.TempDir()); nowhere != nil || err != nil {
		t.Errorf("outside of a repository: %v, %v", nowhere, err)
	}
}

func TestARelativeOriginLiesBesideTheClone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := filepath.Join(w.dir, "clone")
	gittest.Git(t, w.dir, "clone", "--quiet", w.bare, dir)
	gittest.Git(t, dir, "remote", "set-url", "origin", "../settings.git")
	if tip, err := history(t, find(t, dir)).Tip(context.Background(), "main"); err != nil || tip.Commit != w.commits["s5"] {
		t.Errorf("tip is %v, %v", tip, err)
	}
}

// A server of the old protocol gives what its branches lead to, and no other
// commit by its name.
func TestAnOldServerIsAskedForItsBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := gittest.SSHServer(t, w.dir, gittest.Options{Version0: true})
	r := w.clone(t, "file://"+w.bare, "s5", "--depth=1")
	gittest.Git(t, r.Dir, "remote", "set-url", "origin", server.URL+"/settings.git")
	w.commit(t, "main", "later", map[string]string{"lading.yaml": "later"})
	variables := map[string]string{"LADING_SSH_KEY": server.Key, "LADING_SSH_KNOWN_HOSTS": server.KnownHosts}
	h, err := find(t, r.Dir).History(gitrepo.Options{Timeout: 20 * time.Second, Getenv: func(name string) string { return variables[name] }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if _, err := h.Tip(context.Background(), "main"); err != nil {
		t.Fatal(err)
	}
	if got := w.relation(t, h, "s5", "s1"); got != gitops.Descendant {
		t.Errorf("relation is %v", got)
	}
}

func TestWhatBecomesADirectoryHasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gittest.Git(t, w.bare, "update-ref", "refs/heads/odd", w.commits["s5"])
	w.commit(t, "odd", "odd", map[string]string{"lading.yaml": "", "lading.yaml/x": "1", "deployments/greet/deployment.yaml": "", "deployments": "a file"})
	h := history(t, w.clone(t, "file://"+w.bare, "odd"))
	paths := []string{"deployments/greet/deployment.yaml", "lading.yaml", "new/a.yaml"}
	changed, err := h.Changed(context.Background(), w.commits["s5"], w.commits["odd"], paths)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(paths[:2], changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}
