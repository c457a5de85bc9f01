// Commits that a person asks for, of one deployment.

package cli

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
)

// editFlags are those of the commands that change one deployment.
type editFlags struct {
	deploymentFlags
	commitFlags
	output string
	dryRun bool
}

func (f *editFlags) add(cmd *cobra.Command) {
	f.deploymentFlags.add(cmd)
	f.commitFlags.add(cmd)
	outputFlag(cmd, &f.output, "text", "json")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print what would change, change nothing; exits 3 when there is something")
}

// A planner plans an edit on the present state of the branch.
type planner func(ctx context.Context, present gitops.Tree) (*gitops.Plan, error)

// commit brings the plan of an edit to its branch and prints what became of it.
func (f *editFlags) commit(ctx context.Context, env *Env, d *deployment, repo *gitrepo.Repo, plans planner) error {
	info, err := f.info(env, f.dryRun)
	if err != nil {
		return err
	}
	if f.reviewed(d.gitops) && !f.dryRun {
		return f.commitByReview(ctx, env, d, repo, plans, info)
	}
	var plan *gitops.Plan
	published, err := gitops.Publish(ctx, repo, gitops.Publication{
		Branch: d.to.Branch,
		Plan: func(ctx context.Context, present *gitrepo.Snapshot) (*gitops.Proposal, error) {
			if plan, err = plans(ctx, present); err != nil {
				return nil, err
			}
			return &gitops.Proposal{Changes: plan.Changes, Message: plan.Message(), Owned: plan.Owned()}, nil
		},
		Commit: info,
		DryRun: f.dryRun,
		Tries:  f.tries,
		Within: f.within,
		Now:    env.Now,
		Sleep:  env.Sleep,
		Random: env.Random,
	})
	if err != nil {
		return err
	}
	notice(env, plan)
	if published.Changed && !f.dryRun {
		noteNobody(env, info.Author)
	}
	r := branchResult{
		Repository: repo.Name(), Branch: d.to.Branch, Changed: published.Changed,
		Commit: published.Commit, Before: published.Before,
		Deployments: plan.Touched, plan: plan,
	}
	if err := f.print(env, r); err != nil {
		return err
	}
	if f.dryRun && r.Changed {
		return errDiffers
	}
	return nil
}

func (f *editFlags) print(env *Env, r branchResult) error {
	if f.output == "json" {
		return printJSON(env, r)
	}
	var b bytes.Buffer
	if err := r.print(&b, f.dryRun); err != nil {
		return err
	}
	if !f.dryRun {
		for _, t := range r.Deployments {
			for _, o := range t.Objects {
				fmt.Fprintf(&b, "    %-8s %s\n", o.Action, o.File)
			}
		}
	}
	_, err := env.Stdout.Write(b.Bytes())
	return err
}
