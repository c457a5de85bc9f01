package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/gitops"
)

func newHistory(env *Env) *cobra.Command {
	var (
		f      deploymentFlags
		output string
		limit  int
	)
	cmd := &cobra.Command{
		Use:   "history NAME",
		Short: "List the revisions of a deployment's manifests",
		Example: `  lading history greet --env prod
  lading history greet --env prod --limit 0 -o json     # all of them`,
		Long: `History lists the commits that changed a deployment's manifests, the newest first,
with the commit of the settings that each was rendered from. It reads ledgers, so
that it does not matter how commits were merged. 'lading rollback' goes back to one.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return misuse(cmd, fmt.Errorf("--limit is %d, want 0 or more", limit))
			}
			return f.history(cmd.Context(), env, args[0], output, limit)
		},
	}
	f.add(cmd)
	outputFlag(cmd, &output, "table", "json")
	cmd.Flags().IntVar(&limit, "limit", 20, "how many revisions, 0 for all")
	return cmd
}

func (f *deploymentFlags) history(ctx context.Context, env *Env, name, output string, limit int) error {
	d, err := f.deployment(env, name)
	if err != nil {
		return err
	}
	repo, err := d.open(ctx, env)
	if err != nil {
		return err
	}
	defer repo.Close()
	tip, err := repo.Fetch(ctx, d.to.Branch)
	if err != nil {
		return err
	}
	found, err := gitops.Find(ctx, tip, d.name)
	if err != nil {
		return err
	}
	revisions, err := gitops.Revisions(ctx, repo, tip, found, limit)
	if err != nil {
		return err
	}
	if output == "json" {
		return printJSON(env, revisions)
	}
	return printRevisions(env, revisions)
}

func printRevisions(env *Env, revisions []gitops.Revision) error {
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COMMIT\tTIME\tAUTHOR\tSOURCE\tOBJECTS")
	for _, r := range revisions {
		source := ""
		if r.Source != nil {
			source = shortCommit(r.Source.Commit)
		}
		fmt.Fprintf(table, "%.10s\t%s\t%s\t%s\t%s\n", r.Commit, r.Time.UTC().Format(time.RFC3339), r.Author, source, whatChanged(r))
	}
	return table.Flush()
}

// shortCommit keeps the mark of a source that was not committed.
func shortCommit(commit string) string {
	name, isDirty := strings.CutSuffix(commit, gitops.DirtyMark)
	name = name[:min(10, len(name))]
	if isDirty {
		name += gitops.DirtyMark
	}
	return name
}

// whatChanged counts the changes of a revision, and says what is special in it.
func whatChanged(r gitops.Revision) string {
	words := []string{}
	if counts := countActions(r.Objects); counts != "" {
		words = append(words, counts)
	}
	switch {
	case r.Problem != "":
		words = append(words, "ledger unreadable")
	case r.Digest == "":
		words = append(words, "directory gone")
	case r.State != "":
		words = append(words, r.State)
	}
	if r.Pin != nil {
		words = append(words, fmt.Sprintf("pinned at %.10s (%s)", r.Pin.Commit, r.Pin))
	}
	if len(words) == 0 {
		words = append(words, "ledger only")
	}
	return strings.Join(words, "; ")
}
