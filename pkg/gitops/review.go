// What is to be done about a pull request, given how things stand. Nothing is
// read or written here.

package gitops

import "github.com/lading-dev/lading/pkg/gitops/forge"

// A branchState says what a review branch has on top of its base.
type branchState string

const (
	noBranch      branchState = "absent"
	oursBranch    branchState = "ours"    // only commits that lading made
	foreignBranch branchState = "foreign" // somebody else's commits as well
)

// noPullRequest is the state of a pull request that never was.
const noPullRequest forge.State = "none"

// A reviewState is how things stand before a proposal is made.
type reviewState struct {
	Branch branchState
	// PullRequest is the newest one from the branch into its base.
	PullRequest forge.State
	// Reviewed tells that somebody looked at the open pull request.
	Reviewed bool
	// Empty tells that the proposal is what the base has.
	Empty bool
	// Same tells that the branch holds the proposal, on a base that has not
	// moved under it.
	Same bool
	// Told tells that the newest pull request is about this very proposal.
	Told bool
}

// A reviewAction is what is to be done.
type reviewAction string

const (
	doNothing  reviewAction = "nothing"
	doClose    reviewAction = "close"    // the pull request, and delete the branch
	doDelete   reviewAction = "delete"   // the branch that is left over
	doConflict reviewAction = "conflict" // leave all as it is, and say so
	doDecline  reviewAction = "decline"  // the same was closed before
	doOpen     reviewAction = "open"     // push, and open a pull request
	doRebuild  reviewAction = "rebuild"  // replace the branch by one commit
	doAppend   reviewAction = "append"   // a commit on top of what was reviewed
	doRetell   reviewAction = "retell"   // only the text is out of date
	doAnnounce reviewAction = "announce" // open one for a branch that is right
)

// decide chooses what is to be done. The order of the rules: commits of others
// are nobody's to touch; what the base has already needs no pull request; what
// people declined is not proposed again; what people looked at is only added to.
func decide(s reviewState) reviewAction {
	open := s.PullRequest == forge.Open
	switch {
	case s.Branch == foreignBranch && (!s.Empty || open):
		return doConflict
	case s.Empty && open:
		return doClose
	case s.Empty && s.Branch == oursBranch:
		return doDelete
	case s.Empty:
		return doNothing
	case s.PullRequest == forge.Closed && s.Told:
		return doDecline
	case !open && s.Same:
		return doAnnounce
	case !open:
		return doOpen
	case s.Same && s.Told:
		return doNothing
	case s.Same:
		return doRetell
	case s.Reviewed:
		return doAppend
	}
	return doRebuild
}
