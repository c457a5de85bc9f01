// Package render turns one deployment's settings into its Kubernetes objects.
//
// A render is a pure function: everything that it reads is named in [Input],
// and it looks at no clock, environment, network or file outside Input.Files.
// The stages stand one file each, in the order in which they run: context,
// core, extra, hook, overlay, finish. What templates need is computed by the
// context; what Kubernetes and the GitOps engines demand of the result is seen
// to by the finish.
package render

import (
	"context"
	"io/fs"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// An Input is the whole truth about one render.
type Input struct {
	// Settings is the deployment in its environment.
	Settings *settings.Resolved
	// Files holds every file that the settings may name, confined to the
	// project's root; paths are those of [settings.Path].
	Files fs.FS
}

// An Output is what a render gives: the objects and what the user should know.
type Output struct {
	Set      *manifest.Set
	Warnings settings.Problems
	// Incomplete tells that an additional resource that is not strict was left
	// out, wholly or in part.
	Incomplete bool
	// Inputs maps every file that was read to its digest, "sha256:<hex>".
	Inputs map[string]string
}

// A Renderer renders one deployment after the other and keeps what they
// share: the jsonnet VM with its parsed imports, parsed templates, built-in
// files. Create one per worker; it is not safe for concurrent use.
type Renderer struct {
	limits  Limits
	running map[string]engine // by name, those that have been used
	remote  *remote           // nil where all runs in this process
}

// Options say how to render; the result does not depend on them. The zero
// value is ready for use.
type Options struct {
	// Limits bound each render.
	Limits Limits
	// Spawn starts a process that runs [Serve]. Templates, jsonnet files and
	// overlays of the user then run there; where it is nil, everything runs
	// in this process, which cannot stop what does not stop by itself.
	Spawn func(Limits) (Worker, error)
	// Workers is how many deployments [All] renders at a time; 1 where it is
	// less.
	Workers int
}

// New returns a renderer. It is cheap: engines start when first used. Close it
// where Spawn is set.
func New(o Options) *Renderer {
	r := &Renderer{limits: o.Limits.withDefaults(), running: map[string]engine{}}
	if o.Spawn != nil {
		r.remote = &remote{spawn: o.Spawn, limits: r.limits}
	}
	return r
}

// Close ends the renderer's worker process, if there is one.
func (r *Renderer) Close() {
	if r.remote != nil {
		r.remote.close()
	}
}

// Render renders one deployment. Every error names the file and, where known,
// the line that caused it.
func (r *Renderer) Render(ctx context.Context, in Input) (*Output, error) {
	ctx, cancel := r.limits.bound(ctx)
	defer cancel()
	out := &Output{}
	c, err := newContext(in, out)
	if err != nil {
		return nil, err
	}
	objects, err := r.core(ctx, c)
	if err != nil {
		return nil, err
	}
	extras, err := r.extra(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := r.limits.count(len(objects) + len(extras)); err != nil {
		return nil, err // before anything is done to so many
	}
	objects, err = c.written(append(objects, extras...))
	if err != nil {
		return nil, err
	}
	held := contractOf(c, objects)
	objects, err = r.hook(ctx, c, held, objects)
	if err != nil {
		return nil, err
	}
	objects, err = r.overlay(ctx, c, objects)
	if err != nil {
		return nil, err
	}
	if out.Set, err = finish(c, held, objects); err != nil {
		return nil, err
	}
	if err := r.limits.check(out.Set); err != nil {
		return nil, err
	}
	out.Inputs = c.files.read
	return out, nil
}
