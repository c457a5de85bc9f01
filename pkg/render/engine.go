package render

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// engines lists every engine by the name that jobs use.
var engines = map[string]func(Limits) engine{
	"jinja":     newJinjaEngine,
	"jsonnet":   newJsonnetEngine,
	"kustomize": newKustomizeEngine,
}

// An engine runs templates of one language. It keeps what it has parsed, is
// used by one goroutine, reads nothing but files, and names the file and line
// in its errors.
type engine interface {
	run(ctx context.Context, files fs.FS, j job) (*jobResult, error)
}

// A job is one piece of work for an engine. It holds plain data only, so that
// it can be handed to another process.
type job struct {
	// Engine is a name in engines.
	Engine string
	// File is the template or directory to run; Builtin tells that it is one
	// of lading's own, as in "lading/main.jsonnet".
	File    settings.Path
	Builtin bool
	// Text is a template that stands inside File, from Line on; empty where
	// the whole file is the template. Only jinja has such templates.
	Text string
	Line int
	// Vars are the template variables, in order: what jinja sees.
	Vars settings.Map
	// Context is the argument of jsonnet templates.
	Context map[string]any
	// Objects are what an overlay or a jsonnet hook is laid over.
	Objects []*manifest.Object
}

// A jobResult is what an engine answers; which field holds it depends on the
// engine.
type jobResult struct {
	// Text is what a jinja template printed, and Lines[i] the place in a
	// template that printed line i+1 of it.
	Text  string
	Lines []settings.Position
	// Value is what a jsonnet template returned, its numbers floats.
	Value any
	// Objects are what an overlay made of the job's objects.
	Objects []*manifest.Object
	// Warnings are what the user should know.
	Warnings settings.Problems
}

// run runs a job, in a worker where it is of the user and there are workers.
func (r *Renderer) run(ctx context.Context, c *renderContext, j job) (*jobResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	run := r.runHere
	if r.remote != nil && !j.Builtin {
		run = r.remote.run
	}
	result, err := run(ctx, c.files, j)
	if err != nil {
		return nil, err
	}
	c.out.Warnings = append(c.out.Warnings, result.Warnings...)
	return result, nil
}

// runHere hands a job to its engine and starts the engine on its first job.
func (r *Renderer) runHere(ctx context.Context, files fs.FS, j job) (*jobResult, error) {
	e, ok := r.running[j.Engine]
	if !ok {
		start, known := engines[j.Engine]
		if !known {
			return nil, fmt.Errorf("%s: no engine is called %q", j.File, j.Engine)
		}
		e = start(r.limits)
		r.running[j.Engine] = e
	}
	return e.run(ctx, files, j)
}
