package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/gitops"
)

func newDelete(env *Env) *cobra.Command {
	var (
		f        editFlags
		undelete bool
	)
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Remove a deployment's manifests from the branch, so that the engine removes it",
		Example: `  lading delete greet --env prod --dry-run     # what would be removed
  lading delete greet --env prod
  lading delete greet --env prod --undelete    # let it be rendered again`,
		Long: `Delete removes all manifests of one deployment in one commit, whether or not the
settings still have it. Its ledger stays and says so: publish refuses to render the
deployment again until it is gone from the settings, or until --undelete.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.remove(cmd.Context(), env, args[0], undelete)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&undelete, "undelete", false, "let a deployment that was deleted be rendered again")
	return cmd
}

func (f *editFlags) remove(ctx context.Context, env *Env, name string, undelete bool) error {
	d, err := f.deployment(env, name)
	if err != nil {
		return err
	}
	repo, err := d.open(ctx, env)
	if err != nil {
		return err
	}
	defer repo.Close()
	removal := gitops.Removal{
		Name: d.name, Destination: d.to, Owner: d.owner,
		Tool: gitops.Tool{Version: toolVersion()}, Engine: d.engine, Now: env.Now(),
	}
	return f.commit(ctx, env, d, repo, func(ctx context.Context, present gitops.Tree) (*gitops.Plan, error) {
		if undelete {
			return gitops.PlanRestoration(ctx, removal, present)
		}
		return gitops.PlanRemoval(ctx, removal, present)
	})
}
