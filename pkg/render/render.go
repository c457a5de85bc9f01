// Package render turns one deployment's settings into its Kubernetes objects.
//
// A render is a pure function: everything that it reads is named in [Input],
// and it looks at no clock, environment, network or file outside Input.Files.
// The stages stand one file each, in the order in which they run: context,
// core, extra, overlay, finish.
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
}

// A Renderer renders one deployment after the other and keeps what they
// share: the jsonnet VM with its parsed imports, parsed templates, built-in
// files. Create one per worker; it is not safe for concurrent use.
type Renderer struct {
	jsonnet *jsonnetEngine
}

// New returns a renderer. It is cheap: engines start when first used.
func New() *Renderer {
	return &Renderer{jsonnet: newJsonnetEngine()}
}

// Render renders one deployment. Every error names the file and, where known,
// the line that caused it.
func (r *Renderer) Render(ctx context.Context, in Input) (*Output, error) {
	out := &Output{}
	c, err := newContext(in)
	if err != nil {
		return nil, err
	}
	objects, err := r.core(ctx, c)
	if err != nil {
		return nil, err
	}
	extras, err := r.extra(ctx, c, out)
	if err != nil {
		return nil, err
	}
	objects, err = r.overlay(ctx, c, append(objects, extras...), out)
	if err != nil {
		return nil, err
	}
	out.Set, err = finish(c, objects, out)
	if err != nil {
		return nil, err
	}
	return out, nil
}
