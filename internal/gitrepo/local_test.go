package gitrepo_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

func openAt(t testing.TB, location string, o gitrepo.Options) *gitrepo.Repo {
	t.Helper()
	return fixture{location: location, options: o}.open(t)
}

func hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

func TestInitMakesARepositoryThatCanBeCloned(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(path string) error{
		"nothing there":      func(string) error { return nil },
		"an empty directory": func(path string) error { return os.MkdirAll(path, 0o755) },
	} {
		path := filepath.Join(t.TempDir(), "new", "r.git")
		if err := prepare(path); err != nil {
			t.Fatal(err)
		}
		if _, err := gitrepo.Open(context.Background(), path, gitrepo.Options{}); !strings.Contains(hint(err), "--init") {
			t.Errorf("%s: opening without init: %v, hint %q", name, err, hint(err))
		}
		r := openAt(t, path, gitrepo.Options{Init: true})
		publish(t, r, "env/prod", "first", write("a", "1\n"))
		publish(t, r, "other", "second branch", write("a", "1\n"))
		clone := filepath.Join(t.TempDir(), "clone")
		if out := gittest.Git(t, ".", "clone", path, clone); strings.Contains(out, "warning") {
			t.Errorf("%s: %s", name, out)
		}
		if got := gittest.Git(t, clone, "branch", "--show-current"); got != "env/prod" {
			t.Errorf("%s: the clone is on %q, want the branch that was published first", name, got)
		}
		gittest.Fsck(t, path)
	}
}

func TestInitLeavesARepositoryAlone(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, path, "main", "base", map[string]string{"x": "1\n"})
	publish(t, openAt(t, path, gitrepo.Options{Init: true}), "other", "mine", write("a", "1\n"))
	if got := gittest.Git(t, path, "symbolic-ref", "HEAD"); got != "refs/heads/main" {
		t.Errorf("HEAD is %s, want refs/heads/main", got)
	}
}

func TestAlternatesAreRead(t *testing.T) {
	t.Parallel()
	for _, relative := range []bool{false, true} {
		root := t.TempDir()
		origin := gittest.Bare(t, root, "origin.git")
		gittest.Commit(t, origin, "main", "base", map[string]string{"d/x": "1\n"})
		gittest.Git(t, origin, "repack", "-adq")
		middle, path := filepath.Join(root, "middle.git"), filepath.Join(root, "r.git")
		gittest.Git(t, root, "clone", "--quiet", "--bare", "--shared", origin, middle)
		gittest.Commit(t, middle, "main", "more", map[string]string{"d/y": "2\n"})
		gittest.Git(t, root, "clone", "--quiet", "--bare", "--shared", middle, path)
		if relative {
			file := filepath.Join(path, "objects", "info", "alternates")
			if err := os.WriteFile(file, []byte("# a comment\n../../middle.git/objects\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r := openAt(t, path, gitrepo.Options{})
		publish(t, r, "main", "mine", write("d/z", "3\n"))
		want := map[string]string{"d/x": "1\n", "d/y": "2\n", "d/z": "3\n"}
		if diff := cmp.Diff(want, gittest.Files(t, path, "main")); diff != "" {
			t.Errorf("relative %v (-want +got):\n%s", relative, diff)
		}
		gittest.Fsck(t, path)
	}
}

func TestCheckedOutBranchIsNotMoved(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	tree, linked := filepath.Join(root, "tree"), filepath.Join(root, "linked")
	gittest.Git(t, root, "init", "--quiet", tree)
	gittest.Git(t, tree, "commit", "--quiet", "--allow-empty", "-m", "base")
	gittest.Git(t, tree, "worktree", "add", "--quiet", "-b", "dev", linked)
	for _, at := range []string{tree, filepath.Join(tree, ".git"), linked} {
		for _, branch := range []string{"main", "dev"} {
			r := openAt(t, at, gitrepo.Options{})
			err := r.Push(context.Background(), branch, commit(t, fetch(t, r, branch), "mine", write("a", "1\n")))
			var refused *gitrepo.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "checked out in") ||
				!strings.Contains(hint(err), "receive.denyCurrentBranch") {
				t.Errorf("pushing %s to %s: %v, hint %q", branch, at, err, hint(err))
			}
		}
		publish(t, openAt(t, at, gitrepo.Options{}), "free", "mine", write(fmt.Sprintf("a%d", len(at)), "1\n"))
	}
	if got := gittest.Git(t, tree, "reflog", "show", "--format=%gs", "free"); got != "push\npush\npush: created" {
		t.Errorf("reflog:\n%s", got)
	}
	gittest.Git(t, tree, "config", "receive.denyCurrentBranch", "ignore")
	publish(t, openAt(t, tree, gitrepo.Options{}), "main", "mine", write("a", "1\n"))
	gittest.Fsck(t, tree)
}

func TestUnbornAndDetachedRepositoriesAreFine(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	unborn := filepath.Join(root, "unborn")
	gittest.Git(t, root, "init", "--quiet", unborn)
	publish(t, openAt(t, unborn, gitrepo.Options{}), "rendered", "first", write("a", "1\n"))
	detached := filepath.Join(root, "detached")
	gittest.Git(t, root, "init", "--quiet", detached)
	gittest.Git(t, detached, "commit", "--quiet", "--allow-empty", "-m", "base")
	gittest.Git(t, detached, "checkout", "--quiet", "--detach")
	publish(t, openAt(t, detached, gitrepo.Options{}), "main", "mine", write("a", "1\n"))
	gittest.Fsck(t, unborn)
	gittest.Fsck(t, detached)
}

func TestBranchThatIsAnotherNameMovesTheOther(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, path, "main", "base", map[string]string{"x": "1\n"})
	gittest.Git(t, path, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
	c := publish(t, openAt(t, path, gitrepo.Options{}), "alias", "mine", write("a", "1\n"))
	if got := gittest.Git(t, path, "rev-parse", "main"); got != c.Hash() {
		t.Errorf("main is %s, want %s", got, c.Hash())
	}
	if got := gittest.Git(t, path, "symbolic-ref", "refs/heads/alias"); got != "refs/heads/main" {
		t.Errorf("alias is %s", got)
	}
}

func TestPackedRefsCountAsRefs(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, path, "env/prod", "base", map[string]string{"x": "1\n"})
	gittest.Git(t, path, "pack-refs", "--all", "--prune")
	r := openAt(t, path, gitrepo.Options{})
	c := publish(t, r, "env/prod", "mine", write("a", "1\n"))
	if got := gittest.Git(t, path, "rev-parse", "env/prod"); got != c.Hash() {
		t.Errorf("env/prod is %s, want %s", got, c.Hash())
	}
	gittest.Git(t, path, "pack-refs", "--all", "--prune")
	for _, branch := range []string{"env", "env/prod/x"} {
		err := r.Push(context.Background(), branch, commit(t, fetch(t, r, branch), "mine", write("a", "1\n")))
		var refused *gitrepo.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "refs/heads/env/prod") {
			t.Errorf("branch %s beside env/prod: %v", branch, err)
		}
	}
	gittest.Git(t, path, "update-ref", "-d", "refs/heads/env/prod")
	publish(t, r, "env", "in the place of an empty directory", write("a", "1\n"))
	gittest.Fsck(t, path)
}

func TestLockOfAnotherProgramIsNamed(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, path, "main", "base", map[string]string{"x": "1\n"})
	lock := filepath.Join(path, "refs", "heads", "main.lock")
	if err := os.WriteFile(lock, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := openAt(t, path, gitrepo.Options{})
	err := r.Push(context.Background(), "main", commit(t, fetch(t, r, "main"), "mine", write("a", "1\n")))
	var locked *gitrepo.LockedError
	if !errors.As(err, &locked) || locked.File != lock || !strings.Contains(hint(err), "remove that file") {
		t.Errorf("push to a locked branch: %v", err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("the lock of another program is gone: %v", err)
	}
	if records, _ := os.ReadDir(filepath.Join(path, "lading")); len(records) > 0 {
		t.Errorf("%d records were left behind", len(records))
	}
}

func TestHooksThatDoNotRunAreNamed(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	if got := openAt(t, path, gitrepo.Options{}).Warnings(); got != nil {
		t.Errorf("warnings about sample hooks: %q", got)
	}
	gittest.Hook(t, path, "pre-receive", "exit 1")
	gittest.Hook(t, path, "post-receive", "exit 1")
	got := strings.Join(openAt(t, path, gitrepo.Options{}).Warnings(), "\n")
	if !strings.Contains(got, "pre-receive, post-receive") || !strings.Contains(got, "use its URL") {
		t.Errorf("warnings: %q", got)
	}
}

func TestRepositoriesOfOtherKindsAreRefused(t *testing.T) {
	t.Parallel()
	config := func(text string) func(t *testing.T, dir string) string {
		return func(t *testing.T, dir string) string {
			path := gittest.Bare(t, dir, "r.git")
			data := "[core]\n\tbare = true\n" + text
			if err := os.WriteFile(filepath.Join(path, "config"), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	extension := func(line string) func(t *testing.T, dir string) string {
		return config("\trepositoryformatversion = 1\n[extensions]\n\t" + line + "\n")
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string) string
		want string
	}{
		"sha256": {func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "init", "--quiet", "--bare", "--object-format=sha256", filepath.Join(dir, "r.git"))
			return filepath.Join(dir, "r.git")
		}, "SHA-256"},
		"reftable":      {extension("refStorage = reftable"), "keeps its refs as reftable"},
		"partial clone": {extension("partialClone = origin"), "partial clone"},
		"the future":    {extension("shining = bright"), "extension shining = bright"},
		"format 2":      {config("\trepositoryformatversion = 2\n"), "format version 2"},
		"broken config": {config("[core\n"), "reading its config"},
		"a file": {func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "file")
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			return path
		}, "is a file, want a Git repository"},
		"a directory of something else": {func(t *testing.T, dir string) string {
			if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "is a directory, but no Git repository"},
		"a .git file that leads nowhere": {func(t *testing.T, dir string) string {
			if err := os.WriteFile(filepath.Join(dir, ".git"), []byte("gitdir: ../gone\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "leads to no repository"},
	} {
		path := c.make(t, t.TempDir())
		_, err := gitrepo.Open(context.Background(), path, gitrepo.Options{Init: true})
		if err == nil || !strings.Contains(err.Error(), c.want) || hint(err) == "" {
			t.Errorf("%s: %v, want %q and a hint, got %q", name, err, c.want, hint(err))
		}
	}
}

func TestSHA256IsRefusedByServersToo(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	gittest.Git(t, root, "init", "--quiet", "--bare", "--object-format=sha256", filepath.Join(root, "r.git"))
	for _, o := range []gittest.Options{{}, {Version0: true}} {
		server := gittest.HTTPServer(t, root, o)
		_, err := openAt(t, server.URL+"/r.git", gitrepo.Options{}).Fetch(context.Background(), "main")
		var unsupported *gitrepo.UnsupportedError
		if !errors.As(err, &unsupported) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSharedRepositoriesStayShared(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := filepath.Join(root, "r.git")
	gittest.Git(t, root, "init", "--quiet", "--bare", "--shared=group", path)
	publish(t, openAt(t, path, gitrepo.Options{}), "a/b", "mine", write("x", "1\n"))
	err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || strings.HasPrefix(file, filepath.Join(path, "hooks")) {
			return err
		}
		info, err := d.Info()
		if err == nil && (info.Mode()&0o040 == 0 || info.IsDir() && info.Mode()&0o020 == 0) {
			t.Errorf("%s has mode %s, want it shared with the group", strings.TrimPrefix(file, path), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
