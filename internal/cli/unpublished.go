package cli

import (
	"fmt"
	"slices"

	"github.com/lading-dev/lading/internal/committed"
)

// A noBranchError reports a branch that the repository does not have, where
// nothing else is there to tell of.
type noBranchError struct{ committed.MissingBranch }

func (e *noBranchError) Error() string {
	return fmt.Sprintf("%s has no branch %q, so nothing is published for environment %s", e.Repository, e.Branch, e.Environment)
}

// Hint says how it gets there.
func (e *noBranchError) Hint() string {
	return fmt.Sprintf("the first publish makes it: lading publish --env %s; or correct --branch or gitops.branch", shellWord(e.Environment))
}

// unpublished tells of what the settings have and the branches have not, which
// would otherwise just not be there. Where no branch is there either, nothing
// can be said to be well.
func (f *targetFlags) unpublished(env *Env, targets []*committed.Target) error {
	if len(f.reader.Names) > 0 || f.revision != "" {
		return nil
	}
	without := f.reader.MissingBranches()
	if len(without) > 0 && len(targets) == 0 {
		return &noBranchError{without[0]}
	}
	for _, b := range without {
		say(env, "note: %s: %v", b.Environment, &noBranchError{b})
	}
	for _, e := range f.reader.Environments {
		isBranchless := func(b committed.MissingBranch) bool { return b.Environment == e.Name }
		names := f.reader.Unpublished(e.Name)
		if len(names) == 0 || slices.ContainsFunc(without, isBranchless) {
			continue
		}
		say(env, "note: %s: not published yet: %s; publish with 'lading publish --env %s', or merge the pull request that has it", e.Name, fewOf(names, shownNames), shellWord(e.Name))
	}
	return nil
}
