package gitrepo_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

// revised is what a revision has at a path, and its subject.
type revised struct{ Subject, Content string }

func revisions(t *testing.T, r *gitrepo.Repo, path string, limit int) []revised {
	t.Helper()
	list, err := r.Revisions(context.Background(), fetch(t, r, "main"), path, limit)
	if err != nil {
		t.Fatal(err)
	}
	var out []revised
	for _, s := range list {
		text, err := s.ReadFile(path)
		if err != nil {
			text = []byte("absent")
		}
		out = append(out, revised{firstLine(s.Tip().Message), string(text)})
	}
	return out
}

func firstLine(message string) string {
	for i, c := range message {
		if c == '\n' {
			return message[:i]
		}
	}
	return message
}

// eventful makes a branch on which a/b/file has a history, and returns the
// commits by subject.
func eventful(t *testing.T, path string) map[string]string {
	t.Helper()
	commits := make(map[string]string)
	step := func(subject string, files map[string]string) {
		commits[subject] = gittest.Commit(t, path, "main", subject, files)
	}
	step("begin", map[string]string{"README": "x"})
	step("one", map[string]string{"a/b/file": "1"})
	step("other", map[string]string{"a/other": "o", "c": "c"})
	step("two", map[string]string{"a/b/file": "2"})
	step("gone", map[string]string{"a/b/file": ""})
	step("other again", map[string]string{"a/other": "p"})
	step("back", map[string]string{"a/b/file": "1"})
	step("last", map[string]string{"c": "d"})
	return commits
}

func TestRevisionsAreTheCommitsThatChangedAPath(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		eventful(t, f.path)
		r := f.open(t)
		all := []revised{{"back", "1"}, {"gone", "absent"}, {"two", "2"}, {"one", "1"}}
		if diff := cmp.Diff(all, revisions(t, r, "a/b/file", 0)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff(all[:2], revisions(t, r, "a/b/file", 2)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if got := revisions(t, r, "never/there", 0); got != nil {
			t.Errorf("a path that never was has revisions %v", got)
		}
	})
}

func TestOnlyTheLineOfFirstParentsCounts(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		base := gittest.Commit(t, f.path, "main", "base", map[string]string{"file": "1"})
		gittest.Git(t, f.path, "branch", "side", base)
		gittest.Commit(t, f.path, "side", "on the side", map[string]string{"file": "2"})
		side := gittest.Commit(t, f.path, "side", "more on the side", map[string]string{"file": "3"})
		merge := gittest.Git(t, f.path, "commit-tree", "-m", "merge", "-p", base, "-p", side, side+"^{tree}")
		gittest.Git(t, f.path, "update-ref", "refs/heads/main", merge)
		want := []revised{{"merge", "3"}, {"base", "1"}}
		if diff := cmp.Diff(want, revisions(t, f.open(t), "file", 0)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func TestALongHistoryIsReadAsFarAsItMatters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := gittest.Bare(t, dir, "r.git")
	stream := "commit refs/heads/main\ncommitter C <c@example.com> 1700000000 +0000\ndata 3\nold\nM 100644 inline file\ndata 1\n1\n"
	for range 1200 {
		stream += "commit refs/heads/main\ncommitter C <c@example.com> 1700000000 +0000\ndata 5\nnoise\nM 100644 inline noise\ndata 1\n1\n"
	}
	gittest.Input(t, path, stream, "fast-import", "--quiet")
	server := gittest.HTTPServer(t, dir, gittest.Options{})
	for name, where := range map[string]string{"local": path, "http": server.URL + "/r.git"} {
		f := fixture{path, where, gitrepo.Options{TempDir: t.TempDir()}}
		if diff := cmp.Diff([]revised{{"old", "1"}}, revisions(t, f.open(t), "file", 0)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	if n := server.Requests(); n > 30 {
		t.Errorf("%d requests, want few", n)
	}
}

func TestAShallowCloneHasTheHistoryThatItHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := gittest.Bare(t, dir, "r.git")
	eventful(t, path)
	gittest.Git(t, dir, "clone", "--quiet", "--bare", "--depth", "5", "file://"+path, "shallow.git")
	f := fixture{path, dir + "/shallow.git", gitrepo.Options{}}
	want := []revised{{"back", "1"}, {"gone", "absent"}, {"two", "2"}}
	if diff := cmp.Diff(want, revisions(t, f.open(t), "a/b/file", 0)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRevisionsHaveManyNames(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		commits := eventful(t, f.path)
		gittest.Git(t, f.path, "tag", "light", commits["two"])
		gittest.Git(t, f.path, "tag", "-a", "-m", "tag", "heavy", commits["two"])
		gittest.Git(t, f.path, "branch", "topic", commits["two"])
		gittest.Git(t, f.path, "update-ref", "refs/merge-queue/7", commits["two"])
		for _, name := range []string{"light", "heavy", "topic", "refs/heads/topic", "refs/tags/heavy",
			"refs/merge-queue/7", commits["two"], commits["two"][:9]} {
			s, err := f.open(t).FetchRevision(context.Background(), "main", name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			text, err := s.ReadFile("a/b/file")
			if s.Commit() != commits["two"] || string(text) != "2" || err != nil {
				t.Errorf("%s is %s with %q (%v), want %s with 2", name, s.Commit(), text, err, commits["two"])
			}
		}
		if s, err := f.open(t).FetchRevision(context.Background(), "main", "HEAD"); err != nil || s.Commit() != commits["last"] {
			t.Errorf("HEAD is %v (%v), want %s", s, err, commits["last"])
		}
		for _, name := range []string{"nobody", "", "-x", "refs/heads/nobody", "refs/..", "0123456", "HEAD~1"} {
			_, err := f.open(t).FetchRevision(context.Background(), "main", name)
			if want := new(gitrepo.RevisionError); !errors.As(err, &want) {
				t.Errorf("%q: error is %v, want a RevisionError", name, err)
			}
		}
	})
}

func TestAnAncestorIsInTheHistoryOfItsTip(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		commits := eventful(t, f.path)
		side := gittest.Commit(t, f.path, "side", "side", map[string]string{"file": "s"})
		r := f.open(t)
		s, err := r.Ancestor(context.Background(), fetch(t, r, "main"), commits["one"][:8])
		if err != nil || s.Commit() != commits["one"] {
			t.Fatalf("ancestor is %v (%v), want %s", s, err, commits["one"])
		}
		if text, err := s.ReadFile("a/b/file"); string(text) != "1" {
			t.Errorf("file is %q (%v), want 1", text, err)
		}
		_, err = r.Ancestor(context.Background(), fetch(t, r, "main"), side)
		if want := new(gitrepo.RevisionError); !errors.As(err, &want) {
			t.Errorf("error is %v, want a RevisionError", err)
		}
	})
}

func TestHEADIsWhatIsCheckedOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := gittest.Bare(t, dir, "r.git")
	commits := eventful(t, path)
	gittest.Git(t, dir, "clone", "--quiet", path, "clone")
	gittest.Git(t, dir+"/clone", "checkout", "--quiet", "--detach", commits["two"])
	gittest.Git(t, dir+"/clone", "worktree", "add", "--quiet", "--detach", dir+"/tree", commits["one"])
	for place, want := range map[string]string{"clone": "two", "tree": "one", "r.git": "last"} {
		f := fixture{path, dir + "/" + place, gitrepo.Options{}}
		s, err := f.open(t).FetchRevision(context.Background(), "main", "HEAD")
		if err != nil || s.Commit() != commits[want] {
			t.Errorf("HEAD of %s is %v (%v), want %s", place, s, err, commits[want])
		}
	}
}

func TestBehindIsACommitAndItsAncestors(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		commits := eventful(t, f.path)
		r := f.open(t)
		found, complete, err := r.Behind(context.Background(), commits["last"], 0)
		if err != nil {
			t.Fatal(err)
		}
		want := make(map[string]bool)
		for _, commit := range commits {
			want[commit] = true
		}
		if diff := cmp.Diff(want, found); diff != "" || !complete {
			t.Errorf("complete: %v, -want +got\n%s", complete, diff)
		}
		found, complete, err = r.Behind(context.Background(), commits["last"], 2)
		if err != nil || !found[commits["last"]] || !complete && found[commits["begin"]] {
			t.Errorf("two generations are %v, %v, %v", found, complete, err)
		}
	})
}
