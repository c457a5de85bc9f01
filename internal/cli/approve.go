// What a person says to a publish that would do damage: flags of their own, and
// tokens that approve deletions.

package cli

import (
	"errors"
	"fmt"
	"maps"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/gitops"
)

// approvalVariable names the environment variable with approvals, for CI
// systems in which a variable is easier to set than a flag.
const approvalVariable = "LADING_APPROVE_DELETIONS"

// guardFlags are the flags that allow what is refused otherwise.
type guardFlags struct {
	recreate, finishHandover bool
	approvals                []string
}

func (f *guardFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.recreate, "recreate", false,
		"accept changes for which the cluster must replace objects: of a deployment's id, of fields that no running object can change")
	flags.StringArrayVar(&f.approvals, "approve-deletions", nil, "token that a refusal printed; approves these deletions (repeatable)")
	flags.BoolVar(&f.finishHandover, "finish-handover", false, "leave spec.replicas to autoscalers that were added by an earlier publish")
}

// A guard decides whether plans may be published.
type guard struct {
	env *Env
	// dir is the root of the settings.
	dir      string
	approved gitops.Approvals
	// asked tells that the source commit was looked at.
	asked bool
}

func (f *guardFlags) guard(env *Env, dir string) (*guard, error) {
	g := &guard{env: env, dir: dir, approved: make(gitops.Approvals)}
	for _, token := range f.approvals {
		if err := g.approve(token, "--approve-deletions"); err != nil {
			return nil, err
		}
	}
	if err := g.approve(env.Getenv(approvalVariable), approvalVariable); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *guard) approve(token, from string) error {
	approved, err := gitops.ParseApprovals(token)
	if err != nil {
		return &usageError{fmt.Sprintf("%s: %s", from, err), "copy the whole word; run publish without it to see it again"}
	}
	maps.Copy(g.approved, approved)
	return nil
}

// check says why a plan must not be published. The source commit is read only
// where something would be refused.
func (g *guard) check(plan *gitops.Plan) error {
	err := plan.Guard(g.approved)
	if err == nil || g.asked {
		return err
	}
	g.asked = true
	for _, message := range sourceMessages(g.dir) {
		for _, token := range gitops.ApprovalTrailers(message) {
			if err := g.approve(token, "the source commit's "+gitops.ApprovalTrailer); err != nil {
				say(g.env, "warning: %s", err)
			}
		}
	}
	return plan.Guard(g.approved)
}

// sourceMessages are the messages of the commit that is checked out and of the
// branches that it merges. There are none outside of a repository, and those
// that a shallow clone lacks are left out.
func sourceMessages(dir string) []string {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return nil
	}
	head, err := repo.Head()
	if err != nil {
		return nil
	}
	commit, err := repo.CommitObject(head.Hash())
	if err != nil {
		return nil
	}
	messages := []string{commit.Message}
	err = commit.Parents().ForEach(func(parent *object.Commit) error {
		if parent.Hash != commit.ParentHashes[0] {
			messages = append(messages, parent.Message)
		}
		return nil
	})
	if err != nil && !errors.Is(err, object.ErrParentNotFound) {
		return messages // what is missing approves nothing
	}
	return messages
}
