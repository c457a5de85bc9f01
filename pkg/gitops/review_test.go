package gitops

import (
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

func TestWhatIsDoneAboutAPullRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		situation string
		state     reviewState
		want      reviewAction
	}{
		{"a first proposal is pushed and a pull request opened",
			reviewState{Branch: noBranch, PullRequest: noPullRequest}, doOpen},
		{"nothing to propose and nothing there is nothing to do",
			reviewState{Branch: noBranch, PullRequest: noPullRequest, Empty: true}, doNothing},
		{"a run that died between push and pull request is made good",
			reviewState{Branch: oursBranch, PullRequest: noPullRequest, Same: true}, doAnnounce},
		{"after a merge the next change is a new pull request on a new branch",
			reviewState{Branch: oursBranch, PullRequest: forge.Merged}, doOpen},
		{"the branch that a merge left over is deleted",
			reviewState{Branch: oursBranch, PullRequest: forge.Merged, Empty: true}, doDelete},

		{"the same run again changes nothing",
			reviewState{Branch: oursBranch, PullRequest: forge.Open, Same: true, Told: true}, doNothing},
		{"a run that died between push and text puts the text right",
			reviewState{Branch: oursBranch, PullRequest: forge.Open, Same: true}, doRetell},
		{"what nobody looked at yet is replaced",
			reviewState{Branch: oursBranch, PullRequest: forge.Open}, doRebuild},
		{"what somebody looked at is added to",
			reviewState{Branch: oursBranch, PullRequest: forge.Open, Reviewed: true}, doAppend},
		{"a branch that was deleted by hand is pushed again",
			reviewState{Branch: noBranch, PullRequest: forge.Open}, doRebuild},
		{"content equal to the base closes the pull request",
			reviewState{Branch: oursBranch, PullRequest: forge.Open, Empty: true}, doClose},
		{"also where it was reviewed",
			reviewState{Branch: oursBranch, PullRequest: forge.Open, Empty: true, Reviewed: true}, doClose},

		{"what was closed without a merge is not proposed again",
			reviewState{Branch: oursBranch, PullRequest: forge.Closed, Told: true, Same: true}, doDecline},
		{"nor after its branch was deleted",
			reviewState{Branch: noBranch, PullRequest: forge.Closed, Told: true}, doDecline},
		{"something else than what was closed is",
			reviewState{Branch: oursBranch, PullRequest: forge.Closed}, doOpen},
		{"what was merged and then reverted is proposed again",
			reviewState{Branch: noBranch, PullRequest: forge.Merged, Told: true}, doOpen},

		{"commits of others are left alone",
			reviewState{Branch: foreignBranch, PullRequest: forge.Open}, doConflict},
		{"also where the pull request would be closed",
			reviewState{Branch: foreignBranch, PullRequest: forge.Open, Empty: true}, doConflict},
		{"and where there is no pull request",
			reviewState{Branch: foreignBranch, PullRequest: noPullRequest}, doConflict},
		{"but are in nobody's way where there is nothing to do",
			reviewState{Branch: foreignBranch, PullRequest: forge.Merged, Empty: true}, doNothing},
	} {
		if got := decide(c.state); got != c.want {
			t.Errorf("%s: %+v: got %s, want %s", c.situation, c.state, got, c.want)
		}
	}
}
