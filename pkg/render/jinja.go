package render

import (
	"context"
	"errors"
	"io/fs"

	"github.com/lading-dev/lading/internal/jinja"
	"github.com/lading-dev/lading/pkg/settings"
)

// A jinjaEngine renders Jinja2 templates.
type jinjaEngine struct {
	engine *jinja.Engine
}

func newJinjaEngine(l Limits) engine {
	return &jinjaEngine{jinja.NewWithLimits(jinja.Limits{Steps: l.Steps, Output: l.Output, Text: l.Output})}
}

// run implements [engine].
func (e *jinjaEngine) run(ctx context.Context, files fs.FS, j job) (*jobResult, error) {
	vars := jinjaValue(j.Vars).(*jinja.Dict)
	var (
		result *jinja.Result
		err    error
	)
	if j.Text == "" {
		result, err = e.engine.Render(ctx, files, string(j.File), vars)
	} else {
		result, err = e.engine.RenderText(ctx, string(j.File), j.Line, j.Text, vars)
	}
	if err != nil {
		return nil, jinjaProblem(files, err)
	}
	lines := make([]settings.Position, len(result.Lines))
	for i, source := range result.Lines {
		lines[i] = settings.Position{File: source.File, Line: source.Line}
	}
	return &jobResult{Text: result.Text, Lines: lines}, nil
}

// jinjaProblem names the template's file as the user would type it, and puts
// the line of the template below the message.
func jinjaProblem(files fs.FS, err error) error {
	var failed *jinja.Error
	if !errors.As(err, &failed) {
		return err
	}
	message := failed.Message
	if failed.Excerpt != "" {
		message += "\n" + failed.Excerpt
	}
	return &settings.Problem{
		Position: settings.Position{File: displayed(files, settings.Path(failed.File)), Line: failed.Line, Column: failed.Column},
		Message:  message,
		Hint:     failed.Hint,
	}
}
