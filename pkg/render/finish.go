package render

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// finish makes a set of the objects: it sees to what Kubernetes and the GitOps
// engines demand of them all, whichever stage they come from.
func finish(c *renderContext, held contract, objects []*manifest.Object) (*manifest.Set, error) {
	var wrong problems
	if spec := c.settings.Spec; len(spec.Components)+len(spec.Overlays) > 0 {
		objects = c.checkShapes(objects, &wrong)
	}
	if len(wrong) > 0 {
		return nil, wrong.err()
	}
	namespace := held.check(c, objects, c.lastLayer(), &wrong)
	if len(wrong) > 0 {
		return nil, wrong.err()
	}
	c.renameNamespace(objects, namespace)
	c.setNamespaces(objects, namespace)
	c.decorate(objects)
	c.settleReplicas(objects, &wrong)
	c.refuseReservedKeys(objects, c.changed, &wrong)
	c.inOrder(objects, namespace)
	set := &manifest.Set{}
	for _, o := range objects {
		dropOptOut(o)
		if err := set.Add(o); err != nil {
			wrong.addDuplicate(c, o, err)
		}
	}
	return set, wrong.err()
}

// checkShapes brings what overlays made to the form that all other objects
// have already.
func (c *renderContext) checkShapes(objects []*manifest.Object, wrong *problems) []*manifest.Object {
	var checked []*manifest.Object
	for _, o := range objects {
		made, p := c.object(document{o.Body, o.Origin})
		if p != nil {
			wrong.add(c.changed(o), p.Message, p.Hint)
			continue
		}
		checked = append(checked, made)
	}
	return checked
}

// refuseReservedKeys refuses labels and annotations of the GitOps engines, on
// the objects and on their pods, wherever they come from. Whose they are is for
// who asks to say.
func (c *renderContext) refuseReservedKeys(objects []*manifest.Object, whose func(*manifest.Object) place, wrong *problems) {
	for _, o := range objects {
		for _, key := range reservedIn(o.Body) {
			wrong.add(whose(o), fmt.Sprintf("%s %s: %q is reserved for the GitOps engine, want another key", o.Kind(), o.Name(), key), "remove it")
		}
	}
}

// reservedIn returns the reserved keys of all metadata in a value: that of the
// object, of its pods, jobs and volume claims.
func reservedIn(v any) []string {
	var found []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			found = append(found, reservedIn(item)...)
		}
	case map[string]any:
		metadata, _ := v["metadata"].(map[string]any)
		for _, field := range []string{"labels", "annotations"} {
			keys, _ := metadata[field].(map[string]any)
			for _, key := range reservedKeys {
				if _, ok := keys[key]; ok {
					found = append(found, key)
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, reservedIn(v[key])...)
		}
	}
	return slices.Compact(found)
}

// addDuplicate reports two objects of one name, at the second of them.
func (ps *problems) addDuplicate(c *renderContext, second *manifest.Object, err error) {
	var duplicate *manifest.DuplicateError
	if !errors.As(err, &duplicate) {
		ps.add(c.of(second), err.Error(), "")
		return
	}
	first := c.of(&manifest.Object{Origin: duplicate.First})
	hint := duplicate.Hint()
	if kindName(second) == "Namespace" {
		hint = "remove it, or set namespaces: {manage: false} to write it yourself"
	}
	ps.add(c.of(second), fmt.Sprintf("%s is already written by %s, want one object per name", duplicate.ID, first), hint)
}
