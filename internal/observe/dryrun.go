// What API servers would refuse, where nothing was applied yet.

package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// DryRun lets API servers judge the objects of targets that are not synced, or
// of which no engine says that they are, and notes in their reports what they
// refuse. It tells whether they refused anything.
func (l *Looker) DryRun(ctx context.Context, reports []status.Report) (refused bool, err error) {
	for _, c := range distinct(l.clusters.pods) {
		objects, of := l.notApplied(c, reports)
		answers, err := c.client.DryRuns(ctx, objects)
		if err != nil {
			return refused, err
		}
		for i, answer := range answers {
			var no *kube.RefusedError
			t, r := l.Targets[of[i]], &reports[of[i]]
			switch {
			case errors.As(answer, &no) && bringsFirst(t, no):
				l.warnf("%s/%s: a dry run cannot tell about %s yet: %s", t.Environment, t.Deployment, no.Object, no.Message)
			case errors.As(answer, &no):
				refused = true
				*r = r.Refused(objects[i].ID(), no.Error(), "")
			case answer != nil:
				return refused, answer
			}
		}
	}
	return refused, nil
}

// notApplied returns the objects for a cluster that an engine may yet have to
// apply, and of which targets they are.
func (l *Looker) notApplied(c *cluster, reports []status.Report) (objects []*manifest.Object, of []int) {
	for i, t := range l.Targets {
		if l.clusters.pods[t.Environment] != c || t.Deleted || reports[i].Sync.Phase == status.Ready && l.engineLive(t) != nil {
			continue
		}
		for _, o := range t.Objects {
			objects, of = append(objects, o), append(of, i)
		}
	}
	return objects, of
}

// bringsFirst tells that an object is refused only for want of its namespace or
// of its kind, and that the target has these: engines apply them before it.
func bringsFirst(t *committed.Target, no *kube.RefusedError) bool {
	id := no.Object
	return slices.ContainsFunc(slices.Concat(t.Shared, t.Objects), func(o *manifest.Object) bool {
		switch o.Kind() {
		case "Namespace":
			return o.Name() == id.Namespace && no.Message == fmt.Sprintf("namespaces %q not found", id.Namespace)
		case "CustomResourceDefinition":
			group, _ := o.Field("spec", "group")
			kind, _ := o.Field("spec", "names", "kind")
			return group == id.Group && kind == id.Kind && no.Err == nil // it was not even asked
		}
		return false
	})
}
