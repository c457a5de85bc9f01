// Package cli is the command line: it reads flags, gives the libraries the
// world they need ([Env]), prints what they answer and turns their errors
// into a message, a hint and an exit status.
//
// What goes where: results to standard output; progress, warnings and errors
// to standard error, each line behind "lading: ". A command that has nothing
// to say says nothing.
package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// Env is the world outside, as the commands see it. Nothing else in lading
// reads the clock, the environment or the standard streams.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	// Sleep waits, but not longer than the context lives.
	Sleep func(context.Context, time.Duration) error
	// Random returns numbers from 0 to 1.
	Random func() float64
	// Forge returns the forge that has a repository, for pull requests.
	Forge func(forge.Options) (forge.Forge, error)
	// Dir is the working directory, absolute.
	Dir string
	// StderrIsTerminal decides whether progress is shown.
	StderrIsTerminal bool
}

// System returns the world of the running process.
func System() *Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return &Env{
		Stdin:            os.Stdin,
		Stdout:           os.Stdout,
		Stderr:           os.Stderr,
		Getenv:           os.Getenv,
		Now:              time.Now,
		Sleep:            sleep,
		Random:           rand.Float64,
		Forge:            forge.For,
		Dir:              dir,
		StderrIsTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Main runs one command and returns its exit status.
func Main(env *Env, args []string) int {
	ctx, stop := withSignals(context.Background())
	defer stop()
	root := newRoot(env)
	strictHelp(root)
	root.SetArgs(args)
	help := &sink{to: env.Stdout}
	root.SetOut(help)
	started := noteStart(root)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !*started {
		err = misuse(cmd, err) // flags that exclude each other, and the like
	}
	if cause := interruption(ctx); cause != nil {
		err = cause
	}
	return int(report(env, cmp.Or(err, help.err)))
}

// A sink keeps the error of writing. Help and versions are printed by cobra, which
// does not return it.
type sink struct {
	to  io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.to.Write(p)
	}
	return len(p), nil
}

// noteStart makes each command of the tree tell when it begins its work: what
// goes wrong before is wrong use.
func noteStart(cmd *cobra.Command) *bool {
	started := new(bool)
	var wrap func(*cobra.Command)
	wrap = func(c *cobra.Command) {
		if run := c.RunE; run != nil {
			c.RunE = func(cmd *cobra.Command, args []string) error {
				*started = true
				return run(cmd, args)
			}
		}
		for _, sub := range c.Commands() {
			wrap(sub)
		}
	}
	wrap(cmd)
	return started
}

// newRoot builds the tree of commands.
func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "lading",
		Short: "Render pipeline deployments to Kubernetes manifests and commit them for GitOps",
		Example: `  lading init --one-file greet.yaml     # a first settings file
  lading render -f greet.yaml           # look at the manifests
  lading publish -f greet.yaml --repository ./rendered.git --init`,
		Long: `lading compiles pipeline-deployment settings through jsonnet and kustomize into
Kubernetes manifests and commits them to the Git repository that Argo CD or Flux
syncs. It never applies anything to a cluster.

` + statusTable(),
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return misuse(cmd, err) })
	root.CompletionOptions.HiddenDefaultCmd = false
	for _, newCommand := range commands {
		root.AddCommand(newCommand(env))
	}
	root.PersistentPreRunE = noEmptyFlags
	root.Version = toolVersion()
	root.SetVersionTemplate(versionLine())
	return root
}

// strictHelp makes 'lading help' refuse what is no command.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		panic(err) // the command was added two lines above
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		found, rest, err := root.Find(args)
		if err == nil && len(rest) > 0 {
			return unknownCommand(found, rest[0])
		}
		return err
	}
}

// An interrupted run remembers the signal that ended it.
type interrupted struct{ signal syscall.Signal }

func (e *interrupted) Error() string {
	name := "SIGTERM"
	if e.signal == syscall.SIGINT {
		name = "SIGINT"
	}
	return fmt.Sprintf("stopped by %s; nothing more was written", name)
}

// withSignals returns a context that ends at the first interrupt or
// termination signal; a second one kills the process as usual.
func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&interrupted{signal: s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// interruption returns the *interrupted that ended ctx, or nil.
func interruption(ctx context.Context) error {
	if cause, ok := context.Cause(ctx).(*interrupted); ok {
		return cause
	}
	return nil
}

// helpTemplate shows the example before anything else.
const helpTemplate = `{{with .Short}}{{.}}.

{{end}}{{if .HasExample}}{{.Example}}

{{end}}{{with .Long}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`
