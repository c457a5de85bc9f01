package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// extra renders the additional resources, in the order of the list and of
// their documents. Where they are strict every problem of every file is an
// error. Otherwise it is a warning, and what it spoils is left out: a file
// that cannot be read, rendered or parsed as a whole, of others the document
// that is no object.
func (r *Renderer) extra(ctx context.Context, c *renderContext) ([]*manifest.Object, error) {
	d := c.settings.Spec.Settings.Deployer
	var objects []*manifest.Object
	var wrong problems
	for i, file := range d.AdditionalResources {
		if message, hint := c.unusable(file); message != "" {
			wrong.add(c.at(fmt.Sprintf("settings.deployer.additional_resources[%d]", i)), message, hint)
			continue
		}
		made, err := r.resource(ctx, c, file)
		if ctx.Err() != nil {
			return nil, cmp.Or(err, context.Cause(ctx))
		}
		objects = append(objects, made...)
		wrong.addAll(c.in(file, 0), err)
	}
	if d.StrictAdditionalResources {
		return objects, wrong.err()
	}
	c.out.Incomplete = len(wrong) > 0
	for _, p := range wrong {
		left := *p
		left.Message = "left out: " + p.Message
		c.out.Warnings = append(c.out.Warnings, &left)
	}
	return objects, nil
}

// written prepares what templates wrote for those who change it: it decorates
// the objects and refuses what nobody may write, while it is still known who
// did.
func (c *renderContext) written(objects []*manifest.Object) ([]*manifest.Object, error) {
	var wrong problems
	objects = c.decorate(objects)
	c.refuseReservedKeys(objects, c.of, &wrong)
	return objects, wrong.err()
}

// unusable says why a file cannot be read, "" where it can.
func (c *renderContext) unusable(file settings.Path) (message, next string) {
	info, err := fs.Stat(c.files, string(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("file %s not found", c.files.Display(file)), ""
	case err != nil:
		return reason(err), hint.Of(err)
	case info.IsDir():
		return fmt.Sprintf("%s is a directory, want a file", c.files.Display(file)), ""
	}
	return "", ""
}

// resource returns the objects of one file and what is wrong with the others.
func (r *Renderer) resource(ctx context.Context, c *renderContext, file settings.Path) ([]*manifest.Object, error) {
	documents, err := r.documents(ctx, c, file)
	if err != nil {
		return nil, err
	}
	return c.objects(documents)
}

// addAll adds what an error tells, which is about a place where it does not
// say another.
func (ps *problems) addAll(at place, err error) {
	var one *settings.Problem
	var several settings.Problems
	switch {
	case err == nil:
	case errors.As(err, &one):
		*ps = append(*ps, one)
	case errors.As(err, &several):
		*ps = append(*ps, several...)
	default:
		ps.add(at, err.Error(), "")
	}
}
