package gitrepo_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

func TestFirstCommitMakesTheBranch(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		r := f.open(t)
		s := fetch(t, r, "main")
		if s.Commit() != "" || s.Tree() != "" {
			t.Fatalf("empty repository has commit %q, tree %q", s.Commit(), s.Tree())
		}
		if _, err := s.ReadFile("a"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reading from an empty snapshot: %v, want not exist", err)
		}
		if entries, err := s.ReadDir("."); err != nil || len(entries) != 0 {
			t.Errorf("root of an empty snapshot: %v, %v", entries, err)
		}
		c := commit(t, s, "first", write("prod/web/a.yaml", "a\n"), write("prod/web/b.yaml", "b\n"))
		if err := r.Push(context.Background(), "main", c); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"prod/web/a.yaml": "a\n", "prod/web/b.yaml": "b\n"}
		if diff := cmp.Diff(want, gittest.Files(t, f.path, "main")); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		if got := gittest.Git(t, f.path, "rev-parse", "main"); got != c.Hash() {
			t.Errorf("main is %s, want %s", got, c.Hash())
		}
		gittest.Fsck(t, f.path)
	})
}

func TestCommitsAreThoseThatGitWouldMake(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		gittest.Commit(t, f.path, "main", "base", map[string]string{"keep/x": "1\n", "a/b/c/d": "2\n", "a/b/e": "3\n", "a.b": "4\n", "a0": "5\n"})
		other := gittest.Bare(t, t.TempDir(), "other.git")
		gittest.Git(t, other, "fetch", "--quiet", f.path, "main:main")
		want := gittest.Commit(t, other, "main", "change", map[string]string{"a/b/c/d": "new\n", "a/b/e": "", "a/new/f": "6\n"})

		c := publish(t, f.open(t), "main", "change", write("a/b/c/d", "new\n"), write("a/b/e", ""), write("a/new/f", "6\n"))
		if c.Hash() != want {
			t.Errorf("commit differs from git's:\n%s\n%s", gittest.Git(t, f.path, "cat-file", "-p", c.Hash()),
				gittest.Git(t, other, "cat-file", "-p", want))
		}
		gittest.Fsck(t, f.path)
	})
}

func TestOneRepoPublishesAgainAndAgain(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		gittest.Commit(t, f.path, "main", "base", map[string]string{"x/keep": "1\n"})
		r := f.open(t)
		publish(t, r, "main", "one", write("a/1", "1\n"))
		gittest.Commit(t, f.path, "main", "theirs", map[string]string{"theirs/1": "t\n", "a/2": "t\n"})
		publish(t, r, "main", "two", write("a/1", "2\n"), write("a/3", "3\n"))
		s := fetch(t, r, "main")
		for path, want := range map[string]string{"a/1": "2\n", "a/2": "t\n", "a/3": "3\n", "theirs/1": "t\n", "x/keep": "1\n"} {
			if got, err := s.ReadFile(path); string(got) != want || err != nil {
				t.Errorf("%s = %q, %v, want %q", path, got, err, want)
			}
		}
		if got := gittest.Git(t, f.path, "rev-list", "--count", "main"); got != "4" {
			t.Errorf("%s commits, want 4", got)
		}
		gittest.Fsck(t, f.path)
	})
}

func TestSnapshotsReadWhatGitWrote(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		big := make([]byte, 0, 1<<20)
		for i := range 1 << 15 {
			big = append(big, "line of a long file "...)
			big = append(big, byte('a'+i%26), '\n')
		}
		gittest.Commit(t, f.path, "main", "one", map[string]string{"big": string(big), "d/e/f": "old\n"})
		gittest.Commit(t, f.path, "main", "two", map[string]string{"big": string(big) + "end\n", "d/e/f": "new\n"})
		gittest.Git(t, f.path, "repack", "-adq", "--depth=50") // deltas
		gittest.Git(t, f.path, "pack-refs", "--all", "--prune")
		s := fetch(t, f.open(t), "main")
		if got, err := s.ReadFile("big"); err != nil || string(got) != string(big)+"end\n" {
			t.Errorf("big file has %d bytes, %v", len(got), err)
		}
		if got, err := s.ReadFile("d/e/f"); err != nil || string(got) != "new\n" {
			t.Errorf("d/e/f = %q, %v", got, err)
		}
		if _, err := s.ReadFile("d/e"); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reading a directory: %v", err)
		}
		if _, err := s.ReadFile("d/e/f/g"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reading below a file: %v", err)
		}
		if _, err := s.ReadFile("../x"); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("reading outside: %v", err)
		}
		if got := s.Tip().Message; got != "two\n" {
			t.Errorf("message %q", got)
		}
	})
}

func TestPrefetchBringsWhatIsReadLater(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		gittest.Commit(t, f.path, "main", "base", map[string]string{
			"prod/a/.lading": "la\n", "prod/a/x.yaml": "xa\n", "prod/b/deep/.lading": "lb\n", "dev/c/.lading": "lc\n", "top": "t\n",
		})
		s := fetch(t, f.open(t), "main")
		var seen []string
		err := s.Prefetch([]string{"prod", "missing/dir", "top", "dev/c"}, func(path string) bool {
			seen = append(seen, path)
			return path != "prod/a/x.yaml"
		})
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{"prod/a/.lading": "la\n", "prod/b/deep/.lading": "lb\n", "dev/c/.lading": "lc\n", "prod/a/x.yaml": "xa\n"} {
			if got, err := s.ReadFile(path); string(got) != want || err != nil {
				t.Errorf("%s = %q, %v, want %q", path, got, err, want)
			}
		}
		if len(seen) != 4 {
			t.Errorf("asked about %q, want the 4 files below the directories", seen)
		}
	})
}

func TestPushOfAnOldTipIsRefusedAndLosesNothing(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		base := gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
		r := f.open(t)
		c := commit(t, fetch(t, r, "main"), "mine", write("a", "1\n"))
		theirs := gittest.Commit(t, f.path, "main", "theirs", map[string]string{"y": "1\n"})
		err := r.Push(context.Background(), "main", c)
		want := &gitrepo.MovedError{Branch: "main", Was: base, Now: theirs}
		var moved *gitrepo.MovedError
		if !errors.As(err, &moved) || *moved != *want {
			t.Fatalf("push: %v, want %v", err, want)
		}
		if got := gittest.Git(t, f.path, "rev-parse", "main"); got != theirs {
			t.Errorf("main is %s, want %s", got, theirs)
		}
	})
}

func TestPushTellsARewrittenBranchFromADeletedOne(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		base := gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
		tip := gittest.Commit(t, f.path, "main", "tip", map[string]string{"x": "2\n"})
		r := f.open(t)
		c := commit(t, fetch(t, r, "main"), "mine", write("a", "1\n"))
		gittest.Git(t, f.path, "update-ref", "refs/heads/main", base)
		forced := gittest.Commit(t, f.path, "main", "forced", map[string]string{"x": "3\n"})
		err := r.Push(context.Background(), "main", c)
		var rewritten *gitrepo.RewrittenError
		filters := true
		if moved := new(gitrepo.MovedError); errors.As(err, &moved) {
			filters = false // a server that sends files with commits is asked for few of them
		}
		if filters && (!errors.As(err, &rewritten) || *rewritten != gitrepo.RewrittenError{Branch: "main", Was: tip, Now: forced}) {
			t.Errorf("push to a rewritten branch: %v", err)
		}
		gittest.Git(t, f.path, "update-ref", "-d", "refs/heads/main")
		err = r.Push(context.Background(), "main", c)
		var deleted *gitrepo.DeletedError
		if !errors.As(err, &deleted) || *deleted != (gitrepo.DeletedError{Branch: "main", Was: tip}) {
			t.Errorf("push to a deleted branch: %v", err)
		}
	})
}

func TestPushThatArrivedIsASuccess(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
		r := f.open(t)
		c := publish(t, r, "main", "mine", write("a", "1\n"))
		if err := r.Push(context.Background(), "main", c); err != nil {
			t.Errorf("pushing again: %v", err)
		}
		gittest.Commit(t, f.path, "main", "on top", map[string]string{"y": "1\n"})
		if err := r.Push(context.Background(), "main", c); err != nil {
			t.Errorf("pushing what somebody built on: %v", err)
		}
		if err := r.Check(context.Background(), "main", c); err != nil {
			t.Errorf("check: %v", err)
		}
	})
}

func TestBranchesStandBesideEachOther(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
		r := f.open(t)
		c := publish(t, r, "env/prod", "first of prod", write("a", "1\n"))
		if c.Parent() != "" {
			t.Errorf("a new branch begins with %s, want nothing", c.Parent())
		}
		c = commit(t, fetch(t, r, "env"), "in the way", write("a", "1\n"))
		var refused *gitrepo.RefusedError
		if err := r.Push(context.Background(), "env", c); !errors.As(err, &refused) {
			t.Errorf("push of branch env beside env/prod: %v, want a refusal", err)
		}
		gittest.Fsck(t, f.path)
	})
}

func TestLastChangeNamesTheCommit(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		gittest.Commit(t, f.path, "main", "base", map[string]string{"d/x": "1\n", "d/y": "1\n"})
		r := f.open(t)
		from := fetch(t, r, "main")
		if _, err := from.ReadFile("d/x"); err != nil {
			t.Fatal(err)
		}
		gittest.Commit(t, f.path, "main", "other", map[string]string{"d/y": "2\n"})
		changed := gittest.Commit(t, f.path, "main", "changed x", map[string]string{"d/x": "2\n"})
		tip := gittest.Commit(t, f.path, "main", "another", map[string]string{"d/y": "3\n"})
		c, err := r.LastChange(context.Background(), from, fetch(t, r, "main"), "d/x")
		if err != nil {
			t.Fatal(err)
		}
		if c.Hash() != changed && c.Hash() != tip {
			t.Errorf("last change %s (%s), want %s", c.Hash(), c.Message, changed)
		}
	})
}
