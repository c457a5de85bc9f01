package gitrepo

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
)

// commitOn makes a commit of one file on top of a branch, without pushing it.
func commitOn(t *testing.T, r *Repo, branch, text string) *Commit {
	t.Helper()
	s, err := r.Fetch(context.Background(), branch)
	if err != nil {
		t.Fatal(err)
	}
	staged, err := s.Splice([]Change{{Path: "a/file", Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	who := Signature{Name: "Ann", Email: "ann@example.com", When: time.Unix(1700000000, 0)}
	c, err := staged.Commit(CommitInfo{Author: who, Committer: who, Message: text})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestABranchIsReplacedOnlyWhereItIsWhereItWas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, remote := range []bool{false, true} {
		repo := gittest.Bare(t, t.TempDir(), "r.git")
		base := gittest.Commit(t, repo, "main", "base", map[string]string{"x": "1\n"})
		location := repo
		if remote {
			location = gittest.HTTPServer(t, filepath.Dir(repo), gittest.Options{}).URL + "/r.git"
		}
		open := func() *Repo {
			r, err := Open(ctx, location, Options{TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Close() })
			return r
		}
		r := open()
		first, second := commitOn(t, r, "main", "first\n"), commitOn(t, r, "main", "second\n")
		if err := r.Replace(ctx, "review/x", "", first); err != nil {
			t.Fatal(err)
		}
		if err := open().Replace(ctx, "review/x", first.Hash(), second); err != nil {
			t.Fatal(err)
		}
		if now := gittest.Git(t, repo, "rev-parse", "review/x"); now != second.Hash() {
			t.Errorf("the branch is at %s, want %s", now, second.Hash())
		}
		var moved *MovedError
		if err := open().Replace(ctx, "review/x", base, first); !errors.As(err, &moved) || moved.Now != second.Hash() {
			t.Errorf("a branch that is elsewhere: %v", err)
		}
		if err := open().Replace(ctx, "review/x", "", first); !errors.As(err, &moved) {
			t.Errorf("a branch that should not exist: %v", err)
		}
		var deleted *DeletedError
		if err := open().Replace(ctx, "review/y", base, first); !errors.As(err, &deleted) {
			t.Errorf("a branch that is gone: %v", err)
		}
		gittest.Fsck(t, repo)
	}
}

func TestTheCommitsOfABranchAreThoseThatItsBaseHasNot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, o := range []*gittest.Options{nil, {}, {NoFilter: true}} {
		repo := gittest.Bare(t, t.TempDir(), "r.git")
		gittest.Commit(t, repo, "main", "old", map[string]string{"x": "0\n"})
		fork := gittest.Commit(t, repo, "main", "base", map[string]string{"x": "1\n"})
		gittest.Git(t, repo, "branch", "review", "main")
		one := gittest.Commit(t, repo, "review", "one", map[string]string{"a/file": "1\n"})
		two := gittest.Commit(t, repo, "review", "two", map[string]string{"a/file": "2\n"})
		gittest.Commit(t, repo, "main", "others", map[string]string{"y": "1\n"})
		location := repo
		if o != nil {
			location = gittest.HTTPServer(t, filepath.Dir(repo), *o).URL + "/r.git"
		}
		var snapshots []*Snapshot
		var heads *Repo
		for _, branch := range []string{"main", "review"} {
			r, err := Open(ctx, location, Options{TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			s, err := r.Fetch(ctx, branch)
			if err != nil {
				t.Fatal(err)
			}
			heads, snapshots = r, append(snapshots, s)
		}
		line, err := heads.Since(ctx, snapshots[0], snapshots[1])
		if err != nil {
			t.Fatal(err)
		}
		if len(line) != 2 || line[0].Hash() != two || line[1].Hash() != one || line[1].Parent() != fork {
			t.Errorf("%+v: %d commits: %v", o, len(line), line)
		}
	}
}
