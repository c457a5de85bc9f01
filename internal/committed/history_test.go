package committed_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/status"
)

var relationNames = map[status.Relation]string{
	status.Unreadable: "unreadable", status.Unrelated: "unrelated", status.Older: "older", status.Same: "same", status.Newer: "newer",
}

// relations asks a target's history about commits by name.
func relations(of *committed.Target, commits map[string]string) map[string]string {
	out := make(map[string]string)
	for name, commit := range commits {
		out[name] = relationNames[of.History(commit)]
	}
	return out
}

func wantRelations(t *testing.T, of *committed.Target, commits, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, relations(of, commits)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestOtherPeoplesCommitsDoNotMoveTheTarget(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		between := h.foreign(t)
		two := h.publish(t, 2)
		commits := map[string]string{"one": one, "between": between, "two": two}
		want := map[string]string{"one": "older", "between": "older", "two": "same"}
		for i := range 10 {
			name := fmt.Sprint("other ", i)
			commits[name], want[name] = h.foreign(t), "same"
		}
		wantRelations(t, h.one(t, ""), commits, want)
	})
}

func TestWhatIsPublishedLaterIsNewer(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		one := h.publish(t, 1)
		target := h.one(t, "")
		two := h.publish(t, 2)
		later := h.foreign(t)
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
		h.git(t, "update-ref", "refs/heads/review", gittest.OnTop(t, h.bare, one, "review"))
		foreign := h.foreign(t)
		target := h.one(t, "review")
		if relation, err := target.Branch.Present(target.Content); err != nil || relation != status.Older {
			t.Errorf("before the merge the branch is %s, %v, want older", relationNames[relation], err)
		}
		squashed := gittest.Squash(t, h.bare, "main", "review")
		if relation, err := target.Branch.Present(target.Content); err != nil || relation != status.Same {
			t.Errorf("after the merge the branch is %s, %v, want same", relationNames[relation], err)
		}
		after := h.foreign(t)
		three := h.publish(t, 3)
		back := h.publish(t, 1)
		wantRelations(t, target,
			map[string]string{"one": one, "foreign": foreign, "squashed": squashed, "after": after, "three": three, "back": back},
			map[string]string{"one": "older", "foreign": "older", "squashed": "same", "after": "same", "three": "newer", "back": "newer"})
	})
}

func TestContentThatComesBackInAReviewIsNotMerged(t *testing.T) {
	overWays(t, func(t *testing.T, h *harbour) {
		h.publish(t, 2)
		one := h.publish(t, 1)
		h.git(t, "update-ref", "refs/heads/review", gittest.OnTop(t, h.bare, one, "main~1"))
		foreign := h.foreign(t)
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
		h.run(t, "rollback", "greet", "--env", "prod", "--to", one, "--reason", "x", "--repository", h.local)
		pinned := h.git(t, "rev-parse", "main")
		h.run(t, "rollback", "greet", "--env", "prod", "--unpin", "--repository", h.local)
		wantRelations(t, h.one(t, ""), map[string]string{"pinned": pinned, "one": one},
			map[string]string{"pinned": "same", "one": "same"})
	})
}
