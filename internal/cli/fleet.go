package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/source"
	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

// A fleet is what the commands that render work on: everything that was
// loaded, and how it went for each deployment.
type fleet struct {
	loaded *settings.Loaded
	// source is the repository of the settings, nil where they lie in none.
	source   *source.Repo
	rendered []rendered
	// failures are the errors of the deployments that could not be rendered.
	failures errorList
}

// A rendered is one deployment in one environment; output is nil where the
// render failed.
type rendered struct {
	settings *settings.Resolved
	output   *render.Output
}

// renderFlags are the flags of the commands that render.
type renderFlags struct {
	inputFlags
	sandboxFlags
	keepGoing bool
}

func (f *renderFlags) add(cmd *cobra.Command) {
	f.inputFlags.add(cmd)
	f.sandboxFlags.add(cmd)
	cmd.Flags().BoolVar(&f.keepGoing, "keep-going", false, "go on with the deployments that can be rendered although others fail")
}

// render loads and renders. Where a deployment fails the others are rendered all
// the same, so that every error is reported; the error is nil only where the
// caller may write: nothing failed, or --keep-going.
func (f *renderFlags) render(ctx context.Context, env *Env) (*fleet, error) {
	loaded, err := f.load(env)
	if err != nil {
		return nil, err
	}
	fl := &fleet{loaded: loaded, rendered: make([]rendered, len(loaded.Resolved))}
	inputs := make([]render.Input, len(loaded.Resolved))
	for i, r := range loaded.Resolved {
		fl.rendered[i].settings = r
		inputs[i] = render.Input{Settings: r, Files: loaded.Root}
	}
	bar := newProgress(env, "rendering", len(inputs))
	var warnings settings.Problems
	render.All(ctx, inputs, f.options(), func(i int, out *render.Output, err error) {
		bar.increment()
		if err != nil {
			fl.fail(inputs[i].Settings, err)
			return
		}
		fl.rendered[i].output = out
		warnings = append(warnings, out.Warnings...)
	})
	bar.finish()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	warn(env, warnings)
	if len(fl.failures) > 0 && !f.keepGoing {
		return nil, fl.failures
	}
	return fl, nil
}

// fail notes why a deployment was not rendered, each problem by itself, so that
// each is told with its hint.
func (fl *fleet) fail(r *settings.Resolved, err error) {
	for _, e := range problemsOf(err) {
		fl.failures = append(fl.failures, fmt.Errorf("%s: %w", label(r), e))
	}
}

// err returns what went wrong, for the exit status of a run that went on.
func (fl *fleet) err() error {
	if len(fl.failures) == 0 {
		return nil
	}
	return fl.failures
}

// label names a deployment in its environment in messages and comments.
func label(r *settings.Resolved) string {
	return r.EnvironmentName() + "/" + r.Name
}
