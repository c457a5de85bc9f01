package gitrepo_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

func TestNotesMoveAsBranchesDo(t *testing.T) {
	const ref = "refs/notes/hydrator.metadata"
	everyWay(t, func(t *testing.T, f fixture) {
		first := gittest.Commit(t, f.path, "main", "base", map[string]string{"a": "1\n"})
		r := f.open(t)
		late := commit(t, fetch(t, r, ref), "late", write("0123", "x"))
		publish(t, r, ref, "note", write(first, "ours\n"))
		if got := gittest.Git(t, f.path, "notes", "--ref=hydrator.metadata", "show", first); got != "ours" {
			t.Errorf("git reads the note as %q", got)
		}
		var moved *gitrepo.MovedError
		if err := r.Push(context.Background(), ref, late); !errors.As(err, &moved) {
			t.Errorf("a late push: %v, want it to see that the ref moved", err)
		}
		second := gittest.Commit(t, f.path, "main", "next", map[string]string{"a": "2\n"})
		gittest.Git(t, f.path, "notes", "--ref=hydrator.metadata", "add", "-m", "theirs", second)
		notes := fetch(t, r, ref)
		for commit, want := range map[string]string{first: "ours\n", second: "theirs\n"} {
			if data, err := notes.ReadFile(commit); err != nil || string(data) != want {
				t.Errorf("note of %s: %q, %v; want %q", commit, data, err, want)
			}
		}
		if got := gittest.Git(t, f.path, "for-each-ref", "--format=%(refname)"); got != fmt.Sprintf("refs/heads/main\n%s", ref) {
			t.Errorf("refs are %s", got)
		}
		gittest.Fsck(t, f.path)
	})
}
