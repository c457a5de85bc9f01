package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/status"
)

// statusFlags say what to look at, and how long to wait for it.
type statusFlags struct {
	targetFlags
	output                           string
	wait, probe, serverDryRun        bool
	syncTimeout, timeout, noActivity time.Duration
}

func newStatus(env *Env) *cobra.Command {
	var f statusFlags
	cmd := &cobra.Command{
		Use:   "status [NAME...]",
		Short: "Tell whether what was committed is live and ready, and if not, why",
		Example: `  lading status --env prod                          # every deployment that the branch has
  lading status greet --env prod --wait             # until it is ready, or cannot become so
  lading status greet --env prod --revision '#7'    # of a pull request
  lading status --env prod --wait -o junit > status.xml`,
		Long: `Status compares the tip of the environment's branch, or --revision, with the cluster:
has the GitOps engine applied that content, and are its pods ready? Where not it tells
the reason, what shows it, and the next step. Nothing is changed.

The content counts, not the commit: merges, squashes and commits to other directories
make no difference. Without an engine that can be asked, the live objects are compared
with the committed ones.

With --wait two clocks run for each deployment: --sync-timeout until its content is
applied, then --timeout until it is ready. What cannot become ready without somebody's
help ends the wait at once.

Exit status: 0 ready or gone; 3 not synced, progressing, missing or superseded; 5 failed
or degraded; 1 unknown, or the cluster or repository cannot be read.`,
		Args: anyNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := f.check(cmd); err != nil {
				return misuse(cmd, err)
			}
			return f.status(cmd.Context(), env, names)
		},
	}
	f.targetFlags.add(cmd)
	outputFlag(cmd, &f.output, statusFormats...)
	flags := cmd.Flags()
	flags.BoolVar(&f.wait, "wait", false, "wait until all are ready, or cannot become so")
	flags.DurationVar(&f.syncTimeout, "sync-timeout", 10*time.Minute, "with --wait: how long until the engine has applied it")
	flags.DurationVar(&f.timeout, "timeout", 0, "with --wait: how long from there until it is ready (default: settings.deployer.lcm_timeout)")
	flags.DurationVar(&f.noActivity, "no-activity-timeout", 0, "with --wait: give up when nothing changes for so long (default: never)")
	flags.BoolVar(&f.probe, "probe", false, "ready deployments must answer the readiness path on their URL with 200 as well")
	flags.BoolVar(&f.serverDryRun, "server-dry-run", false, "ask the API server whether it would take what is not applied yet; needs the patch verb")
	return cmd
}

// anyNames wants no empty name.
func anyNames(cmd *cobra.Command, names []string) error {
	for _, name := range names {
		if name == "" {
			return misuse(cmd, errors.New("a name is empty, want names of deployments"))
		}
	}
	return nil
}

func (f *statusFlags) check(cmd *cobra.Command) error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"sync-timeout", f.syncTimeout}, {"timeout", f.timeout}, {"no-activity-timeout", f.noActivity}} {
		if !cmd.Flags().Changed(d.name) {
			continue
		}
		if d.value <= 0 {
			return fmt.Errorf("--%s is %s, want more than 0", d.name, d.value)
		}
		if !f.wait {
			return fmt.Errorf("--%s bounds a wait, want --wait too", d.name)
		}
	}
	return nil
}

func (f *statusFlags) status(ctx context.Context, env *Env, names []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	targets, err := f.targets(ctx, env, names)
	defer f.close()
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		say(env, "note: nothing is published yet")
		return printReports(env, nil, f.output)
	}
	l, err := f.look(env, targets)
	if err != nil {
		return err
	}
	defer l.Close()
	if f.probe {
		l.Probe()
	}
	if f.serverDryRun {
		l.DryRun()
	}
	return f.tell(ctx, l)
}

// tell prints what was seen, also where looking ended with an error.
func (f *statusFlags) tell(ctx context.Context, l *looking) error {
	reports, err := f.reports(ctx, l)
	if f.output != "table" && f.output != "wide" {
		reports = l.orUnread(reports, err)
	}
	rows := l.rows(reports)
	if len(reports) > 0 {
		l.addLogs(ctx, rows)
		if printed := printReports(l.env, rows, f.output); printed != nil {
			return printed
		}
	}
	if err != nil {
		return err
	}
	return reportsStatus(reports)
}

// reports looks once, or until there is nothing to wait for.
func (f *statusFlags) reports(ctx context.Context, l *looking) ([]status.Report, error) {
	if !f.wait {
		return l.Once(ctx)
	}
	progress := newStatusProgress(l.env)
	defer progress.finish()
	l.note = progress.note
	w := f.waiter(l)
	w.Each = progress.show
	w.Trouble = func(err error) { l.warn(err.Error() + "; still trying") }
	return w.Wait(ctx)
}

func (f *statusFlags) waiter(l *looking) *status.Waiter {
	w := &status.Waiter{
		Looker: l, Now: l.env.Now, Sleep: l.env.Sleep, Interval: l.interval(),
		SyncTimeout: f.syncTimeout, NoActivity: f.noActivity,
	}
	if f.timeout > 0 {
		w.Timeout = func(status.Report) time.Duration { return f.timeout }
	}
	return w
}
