package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
)

// previous is the revision before the present one.
const previous = "previous"

// rollbackFlags say where to go back to.
type rollbackFlags struct {
	editFlags
	to, until, reason string
	unpin             bool
}

func newRollback(env *Env) *cobra.Command {
	var f rollbackFlags
	cmd := &cobra.Command{
		Use:   "rollback NAME",
		Short: "Restore an earlier revision of a deployment's manifests, and keep it",
		Example: `  lading rollback greet --env prod --to previous --reason "errors since the release"
  lading rollback greet --env prod --to 4f2c1ab --until 24h --reason "waiting for a fix"
  lading rollback greet --env prod --unpin     # let publish go on`,
		Long: `Rollback makes a new commit in which the deployment's directory is what it was at
an earlier commit of the branch, and pins it: publish passes it over, with a notice,
until --unpin or the time of --until. 'lading history' lists the revisions.

It is refused where that state needs more than the directory to change: another id,
selector or shared object.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return misuse(cmd, err)
			}
			return f.rollback(cmd.Context(), env, args[0])
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "commit of the branch to restore, or previous")
	flags.StringVar(&f.until, "until", "", "when the pin ends: a time as in 2026-02-01T12:00:00Z, or a duration as in 24h or 3d (default: at --unpin)")
	flags.StringVar(&f.reason, "reason", "", "why, for those who find the pin")
	flags.BoolVar(&f.unpin, "unpin", false, "end the pin of the deployment, nothing else")
	return cmd
}

func (f *rollbackFlags) check() error {
	switch {
	case f.unpin && (f.to != "" || f.until != "" || f.reason != ""):
		return errors.New("want --unpin alone, without --to, --until and --reason")
	case f.unpin:
		return nil
	case f.to == "":
		return errors.New("want --to with a commit or previous, or --unpin")
	case strings.TrimSpace(f.reason) == "":
		return errors.New("want --reason, for those who find the pin")
	}
	return nil
}

func (f *rollbackFlags) rollback(ctx context.Context, env *Env, name string) error {
	until, err := endOf(f.until, env.Now())
	if err != nil {
		return err
	}
	d, err := f.deployment(env, name)
	if err != nil {
		return err
	}
	repo, err := d.open(ctx, env)
	if err != nil {
		return err
	}
	defer repo.Close()
	r := gitops.Rollback{
		Name: d.name, Destination: d.to, Owner: d.owner,
		Tool: gitops.Tool{Version: toolVersion()}, Pin: gitops.Pin{Reason: f.reason, Until: until},
	}
	if f.unpin {
		return f.commit(ctx, env, d, repo, func(ctx context.Context, present gitops.Tree) (*gitops.Plan, error) {
			return gitops.PlanUnpin(ctx, r, present)
		})
	}
	then, err := f.then(ctx, repo, d)
	if err != nil {
		return err
	}
	r.Commit, r.Then = then.Commit(), then
	return f.commit(ctx, env, d, repo, func(ctx context.Context, present gitops.Tree) (*gitops.Plan, error) {
		return gitops.PlanRollback(ctx, r, present)
	})
}

// then returns the state to go back to. It is chosen once, so that others who
// push meanwhile do not change what "previous" is.
func (f *rollbackFlags) then(ctx context.Context, repo *gitrepo.Repo, d *deployment) (*gitrepo.Snapshot, error) {
	tip, err := repo.Fetch(ctx, d.to.Branch)
	if err != nil {
		return nil, err
	}
	if f.to != previous {
		return repo.Ancestor(ctx, tip, f.to)
	}
	found, err := gitops.Find(ctx, tip, d.name)
	if err != nil {
		return nil, err
	}
	return gitops.Previous(ctx, repo, tip, found)
}

// endOf reads a time or a duration from now, and writes it as ledgers do.
func endOf(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		var d time.Duration
		if d, err = parseDays(text); err != nil {
			return "", &usageError{fmt.Sprintf("--until is %q, want a time or a duration", text), "write 2026-02-01T12:00:00Z, 24h or 3d"}
		}
		end = now.Add(d)
	}
	if !end.After(now) {
		return "", &usageError{fmt.Sprintf("--until is %s, which is past", end.UTC().Format(time.RFC3339)), "give a time to come"}
	}
	return end.UTC().Format(time.RFC3339), nil
}

// parseDays reads durations in which days may stand alone.
func parseDays(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}
