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

// trials are what dry runs have told. Each target is tried once: what it
// consists of does not change.
type trials struct {
	tried    map[*committed.Target]bool
	refusals map[*committed.Target][]*kube.RefusedError
}

func newTrials() *trials {
	return &trials{make(map[*committed.Target]bool), make(map[*committed.Target][]*kube.RefusedError)}
}

// dryRun lets API servers judge the objects of targets that are not synced, or
// of which no engine says that they are, and notes in their reports what they
// refuse.
func (l *Looker) dryRun(ctx context.Context, reports []status.Report) error {
	for _, one := range l.clusters.pods.all {
		if one.lost != nil {
			continue
		}
		if err := l.try(ctx, one, reports); err != nil {
			return err
		}
	}
	for i, t := range l.Targets {
		if !isPending(t, reports[i].Sync) {
			continue
		}
		for _, no := range l.trials.refusals[t] {
			reports[i] = reports[i].Refused(no.Object, no.Error(), "")
		}
	}
	return nil
}

// isPending tells that a target may yet have to be applied.
func isPending(t *committed.Target, s status.Sync) bool {
	return !t.Deleted && (s.Phase != status.Ready || s.Compared != nil)
}

// try asks a cluster about the targets that it was not asked about.
func (l *Looker) try(ctx context.Context, one *cluster, reports []status.Report) error {
	var objects []*manifest.Object
	var of []*committed.Target
	for i, t := range l.Targets {
		if l.clusters.pods.of[t.Environment] != one || l.trials.tried[t] || !isPending(t, reports[i].Sync) {
			continue
		}
		for _, o := range t.Objects {
			objects, of = append(objects, o), append(of, t)
		}
	}
	answers, err := one.client.DryRuns(ctx, objects)
	if err != nil {
		return err
	}
	refused := make([]*kube.RefusedError, len(answers))
	for i, answer := range answers {
		if answer != nil && !errors.As(answer, &refused[i]) {
			return answer
		}
	}
	for i, t := range of {
		l.trials.tried[t] = true
		if refused[i] != nil {
			l.refuse(t, refused[i])
		}
	}
	return nil
}

// refuse remembers a refusal.
func (l *Looker) refuse(t *committed.Target, no *kube.RefusedError) {
	if bringsFirst(t, no) {
		l.warnf("%s/%s: a dry run cannot tell about %s yet: %s", t.Environment, t.Deployment, no.Object, no.Message)
		return
	}
	l.trials.refusals[t] = append(l.trials.refusals[t], no)
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
