package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/nearest"
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

// chosenNothing is an error where flags choose what no branch has: a mistyped
// name must not pass for success. An environment that the project names may be
// empty, since nothing was published to it yet.
func (f *targetFlags) chosenNothing(ctx context.Context, targets []*committed.Target) error {
	switch {
	case len(f.reader.Names) > 0 || f.selects() && len(targets) > 0:
		return nil
	case f.selects():
		return f.selectedNothing()
	case f.reader.Project != nil:
		return nil
	}
	empty, err := f.reader.EmptyEnvironments(ctx)
	if err != nil || len(empty) == 0 {
		return err
	}
	e := empty[0]
	hint := nearest.Hint(e.Name, e.Others)
	switch {
	case hint == "" && len(e.Others) > 0:
		hint = "it has " + fewOf(e.Others, shownNames)
	case hint == "":
		hint = "check --env, --repository and --branch"
	}
	return &unread{fmt.Sprintf("branch %s has nothing of environment %s", e.Branch, cmp.Or(e.Name, `""`)), hint}
}

func (f *targetFlags) selectedNothing() error {
	flag := "--selector " + f.selector
	if f.selector == "" {
		flag = "--filename " + strings.Join(f.files, ", ")
	}
	hint := "nothing is published at all: lading publish"
	if there := f.reader.LeftOut(); len(there) > 0 {
		hint = "published are " + fewOf(there, shownNames)
	}
	return &unread{fmt.Sprintf("nothing that is published is chosen by %s", flag), hint}
}
