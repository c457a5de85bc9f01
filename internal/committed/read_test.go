package committed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
		h.run(t, "delete", "greet", "--env", "prod", "--repository", h.local)
		deleted := h.git(t, "rev-parse", "main")
		target := h.one(t, "")
		var kinds []string
		for _, o := range target.Objects {
			kinds = append(kinds, o.Kind())
		}
		if diff := cmp.Diff([]string{"Deployment", "Service"}, kinds); diff != "" || !target.Deleted {
			t.Errorf("deleted: %v, -want +got\n%s", target.Deleted, diff)
		}
		wantRelations(t, target, map[string]string{"one": one, "deleted": deleted, "after": h.foreign(t)},
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
	h.run(t, "publish", "--trust-inputs", "--repository", h.local)
	targets := h.read(t, "", "other")
	if len(targets) != 1 || !targets[0].Deleted {
		t.Fatalf("got %v, want one that was deleted", targets)
	}
}
