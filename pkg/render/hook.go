package render

import (
	"context"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// hook hands the objects to the jsonnet file that the settings name, and goes
// on with those that it returns. What must hold after an overlay must hold
// after the hook too, and is looked at here, so that what the hook broke is
// not put down to an overlay.
func (r *Renderer) hook(ctx context.Context, c *renderContext, held contract, objects []*manifest.Object) ([]*manifest.Object, error) {
	file := c.settings.Spec.Jsonnet
	if file == "" {
		return objects, nil
	}
	result, err := r.run(ctx, c, job{Engine: "jsonnet", File: file, Context: c.argument, Objects: objects})
	if err != nil {
		return nil, c.unreadable(file, err)
	}
	list, ok := result.Value.([]any)
	if !ok {
		return nil, c.in(file, 0).problem("result of the hook must be the list of objects, got "+typeName(result.Value), "")
	}
	returned, err := c.hooked(file, list)
	if err != nil {
		return nil, err
	}
	objects = c.decorate(sameObjects(objects, returned, c.files.Display(file)))
	var wrong problems
	held.check(c, objects, c.in(file, 0), &wrong)
	return objects, wrong.err()
}

// hooked makes objects of what a hook returned.
func (c *renderContext) hooked(file settings.Path, list []any) ([]*manifest.Object, error) {
	documents, err := c.flatten(document{showIntegers(list), manifest.Origin{Source: string(file)}})
	if err != nil {
		return nil, err
	}
	return c.objects(documents)
}

// sameObjects puts the objects from before the hook in the places of those
// that it returned unchanged. Those that it changed keep the place where they
// were written and name the hook after it; the others are the hook's own.
func sameObjects(before, returned []*manifest.Object, hook string) []*manifest.Object {
	were := origins(before, returned)
	objects := make([]*manifest.Object, len(returned))
	for i, o := range returned {
		was := were[i]
		switch {
		case was == nil:
			o.Origin.Overlays = []string{hook}
		case sameValue(was.Body, o.Body):
			o = was
		default:
			o.Origin = was.Origin
			o.Origin.Overlays = append(was.Origin.Overlays[:len(was.Origin.Overlays):len(was.Origin.Overlays)], hook)
		}
		objects[i] = o
	}
	return objects
}

// origins returns, for each returned object, the one that it was before, nil
// for new ones. A hook returns plain values, so what an object was is told by
// its name, else by its kind: a hook that renames the Deployment has not added
// another one.
func origins(before, returned []*manifest.Object) []*manifest.Object {
	were := make([]*manifest.Object, len(returned))
	taken := map[*manifest.Object]bool{}
	for _, key := range []func(*manifest.Object) string{
		func(o *manifest.Object) string { return o.ID().String() },
		func(o *manifest.Object) string { return kindName(o) + "/" + o.Name() },
		kindName,
	} {
		left := map[string][]*manifest.Object{}
		for _, o := range before {
			if !taken[o] {
				left[key(o)] = append(left[key(o)], o)
			}
		}
		for i, o := range returned {
			if same := left[key(o)]; were[i] == nil && len(same) > 0 {
				were[i], left[key(o)] = same[0], same[1:]
				taken[same[0]] = true
			}
		}
	}
	return were
}
