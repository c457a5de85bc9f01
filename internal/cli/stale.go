// What a person says of a render that may have come too late, or that is
// another's.

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
)

// staleFlags are the flags about whose render it is, and of which commit.
type staleFlags struct {
	allowUnmerged, allowOlder, takeOver bool
	expectTrees                         []string
}

func (f *staleFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.allowUnmerged, "allow-unmerged", false, "publish a commit that is not on gitops.source.branch")
	flags.BoolVar(&f.allowOlder, "allow-older", false, "publish a commit that is older than what is published")
	flags.BoolVar(&f.takeOver, "take-over", false, "make directories yours that another project, or another repository of settings, published")
	flags.StringArrayVar(&f.expectTrees, "expect-tree", nil, "publish only if the result is this tree, as --dry-run printed it (repeatable, one for each branch)")
}

// check refuses trees that are none.
func (f *staleFlags) check() error {
	for _, tree := range f.expectTrees {
		if !gitops.IsTree(tree) {
			return &usageError{fmt.Sprintf("--expect-tree is %q, want 64 hexadecimal digits", tree),
				"copy it from the line 'tree …' of publish --dry-run, or from \"tree\" of its JSON"}
		}
	}
	return nil
}

// apply gives a run what decides whether it came too late. The function that
// it returns ends the connection to the settings' repository.
func (f *staleFlags) apply(env *Env, fl *fleet, run *gitops.Run, author gitrepo.Signature) (func(), error) {
	run.AllowUnmerged, run.AllowOlder, run.TakeOver = f.allowUnmerged, f.allowOlder, f.takeOver
	run.Publisher = gitops.Person{Name: author.Name, Email: author.Email}
	if fl.source == nil {
		return func() {}, nil
	}
	history, err := fl.source.History(access(env))
	if err != nil {
		return nil, err
	}
	run.History = history
	return func() { _ = history.Close() }, nil
}
