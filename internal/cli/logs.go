package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/observe"
)

// logsFlags choose a deployment and which lines of its logs are read.
type logsFlags struct {
	targetFlags
	environment                  string
	container                    string
	tail                         int64
	since                        time.Duration
	follow, previous, timestamps bool
}

func newLogs(env *Env) *cobra.Command {
	var f logsFlags
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print the logs of a deployment's pods",
		Example: `  lading logs greet --env prod --tail 100
  lading logs greet --env prod -f --since 10m       # until the deployment is deleted
  lading logs greet --env prod --previous           # why did it crash?`,
		Long: `Logs prints what the containers of all pods of a deployment have written, those that
initialise a pod included, each line behind [POD/CONTAINER]. Pods of the newest content
come first, and of those the oldest.

With --follow lines come as they are written, new pods are picked up, and where a
connection breaks it goes on behind the last line. It ends when the deployment and its
pods are gone. Containers that have no log yet are named on standard error.

On a terminal control characters are shown as escapes; a pipe gets them as they are.
Lines longer than 1 MiB are cut.`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return misuse(cmd, err)
			}
			return f.logs(cmd.Context(), env, args[0])
		},
	}
	f.add(cmd)
	return cmd
}

// add has -f for what it means to 'kubectl logs'; settings files are not read.
func (f *logsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(&single{&f.environment}, "env", "environment (default: the only one that has the deployment)")
	flags.StringVar(&f.project, "project", "", "project file or its directory (default: searched upward)")
	flags.BoolVar(&f.noProject, "no-project", false, "ignore any project file")
	flags.StringVarP(&f.container, "container", "c", "", "name of the container (default: all of them)")
	flags.Int64Var(&f.tail, "tail", -1, "how many lines from the end of each log, -1 for all")
	flags.DurationVar(&f.since, "since", 0, "only lines that are not older, as in 10m (default: all)")
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with lines as they are written")
	flags.BoolVarP(&f.previous, "previous", "p", false, "read the run before the present one of each container")
	flags.BoolVar(&f.timestamps, "timestamps", false, "print the time of each line")
	f.locationFlags.add(cmd)
	f.clusterFlags.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("project", "no-project")
	cmd.MarkFlagsMutuallyExclusive("follow", "previous")
}

func (f *logsFlags) check() error {
	if f.tail < -1 {
		return fmt.Errorf("--tail is %d, want 0 or more, or -1 for all lines", f.tail)
	}
	if f.since < 0 {
		return fmt.Errorf("--since is %s, want a time that is not negative", f.since)
	}
	return nil
}

func (f *logsFlags) logs(ctx context.Context, env *Env, name string) error {
	t, err := f.one(ctx, env, name)
	if err != nil {
		return err
	}
	client, err := f.connect(env, t.EnvironmentSpec, t.DeployerConfig)
	if err != nil {
		return err
	}
	p := newLogPrinter(env, f.timestamps, f.follow)
	tail := kube.Tail{
		Namespace: t.Namespace, Labels: observe.Managed + ",zenml-deployment-id=" + t.DeploymentID,
		Container: f.container, Previous: f.previous, Tail: f.tail, Since: f.since,
		Line: p.line, Note: p.note,
	}
	read := client.Tail
	if f.follow {
		read = client.Follow
	}
	err = read(ctx, tail)
	if flushing := p.out.Flush(); err == nil {
		err = flushing
	}
	return f.explain(t, err)
}

// one returns the one deployment of that name. The repository tells its
// namespace, which overlays may have changed.
func (f *logsFlags) one(ctx context.Context, env *Env, name string) (*committed.Target, error) {
	if f.environment != "" {
		f.environments = []string{f.environment}
	}
	targets, err := f.targets(ctx, env, []string{name})
	defer f.close()
	if err != nil {
		return nil, err
	}
	if len(targets) != 1 {
		var names []string
		for _, t := range targets {
			names = append(names, t.Environment)
		}
		return nil, &usageError{fmt.Sprintf("%s is in %d environments", name, len(targets)), "choose one with --env: " + strings.Join(names, ", ")}
	}
	return targets[0], nil
}

// explain adds to a failure what the deployment is called here.
func (f *logsFlags) explain(t *committed.Target, err error) error {
	var (
		silent  *kube.NoLogError
		unnamed *kube.NoContainerError
	)
	called := t.Environment + "/" + t.Deployment
	switch {
	case errors.As(err, &unnamed):
		return &usageError{called + ": " + err.Error(), "leave --container out for all of them"}
	case !errors.As(err, &silent):
		return err
	case silent.Pods == 0:
		return &unread{
			fmt.Sprintf("%s has no pods in namespace %s", called, t.Namespace),
			fmt.Sprintf("see why: lading status %s --env %s", shellWord(t.Deployment), shellWord(t.Environment)),
		}
	case f.previous:
		return &unread{called + ": " + strings.Join(silent.Reasons, "\n"+called+": "), "leave --previous out for the present run"}
	}
	return &unread{
		called + ": " + strings.Join(silent.Reasons, "\n"+called+": "),
		fmt.Sprintf("see why: lading describe %s --env %s", shellWord(t.Deployment), shellWord(t.Environment)),
	}
}

// An unread is a failure that leaves nothing to print.
type unread struct{ message, hint string }

func (e *unread) Error() string { return e.message }
func (e *unread) Hint() string  { return e.hint }

// A logPrinter prints lines behind the names of their containers.
type logPrinter struct {
	env        *Env
	out        *bufio.Writer
	timestamps bool
	// immediate prints each line at once, escaped shows control characters.
	immediate, escaped bool
}

func newLogPrinter(env *Env, timestamps, immediate bool) *logPrinter {
	return &logPrinter{env, bufio.NewWriter(env.Stdout), timestamps, immediate, isTerminal(env.Stdout)}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (p *logPrinter) line(l kube.Line) error {
	fmt.Fprintf(p.out, "[%s/%s] ", l.Pod, l.Container)
	if p.timestamps && !l.Time.IsZero() {
		p.out.WriteString(l.Time.UTC().Format(time.RFC3339Nano) + " ")
	}
	if p.escaped {
		p.out.WriteString(visible(string(l.Text)))
	} else {
		p.out.Write(l.Text)
	}
	if err := p.out.WriteByte('\n'); err != nil || !p.immediate {
		return err
	}
	return p.out.Flush()
}

func (p *logPrinter) note(text string) {
	p.out.Flush() // what fails here fails again at the next line
	say(p.env, "note: %s", text)
}
