// Reading of a cluster what preflight judges.

package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/preflight"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// A preflightReader reads facts. What may not be read is noted as that; the
// error is for a cluster that cannot be asked at all.
type preflightReader struct {
	client *kube.Client
	// resources are those of the environment's cluster.
	resources *kube.Resources
	// engine is nil where the engine's cluster cannot be reached.
	engine *kube.Client
	input  preflight.Input
	facts  *preflight.Facts
}

func (r *preflightReader) read(ctx context.Context, needed func(*kube.Resources) []grant) error {
	version, err := r.client.Version(ctx)
	if err != nil && !isOnly(err) {
		return err
	}
	r.facts.Version, r.facts.VersionProblem = version, r.problem(err)
	if r.resources, err = r.client.Resources(ctx); err != nil {
		return err
	}
	r.facts.Kinds = r.resources
	if err := r.permissions(ctx, needed(r.resources)); err != nil {
		return err
	}
	return r.lists(ctx)
}

// permissions asks for those in the environment's own cluster.
func (r *preflightReader) permissions(ctx context.Context, needed []grant) error {
	var own []grant
	for _, g := range needed {
		if !g.ofEngine {
			own = append(own, g)
		}
	}
	all := permissions(own)
	granted, err := r.client.Can(ctx, all...)
	if err != nil && !isOnly(err) {
		return err
	}
	r.facts.AllowedProblem = r.problem(err)
	for i := range granted {
		r.facts.Allowed = append(r.facts.Allowed, preflight.Allowed{Permission: all[i], Granted: granted[i]})
	}
	return nil
}

// lists reads what is wanted of each cluster.
func (r *preflightReader) lists(ctx context.Context) error {
	var own, ofEngine []preflight.Want
	for _, w := range preflight.Wanted(r.input) {
		if w.Engine {
			ofEngine = append(ofEngine, w)
		} else {
			own = append(own, w)
		}
	}
	if err := r.listsOf(ctx, r.client, own); err != nil {
		return err
	}
	if r.engine == nil || len(ofEngine) == 0 {
		return nil
	}
	err := r.listsOf(ctx, r.engine, ofEngine)
	var e *kube.Error
	if errors.As(err, &e) {
		r.facts.EngineProblem = e.Error()
		return nil
	}
	return err
}

func (r *preflightReader) listsOf(ctx context.Context, client *kube.Client, wanted []preflight.Want) error {
	wants := make([]kube.Want, len(wanted))
	for i, w := range wanted {
		wants[i] = kube.Want{Group: w.Group, Kind: w.Kind, Namespace: w.Namespace, OnlyMetadata: w.OnlyMetadata}
	}
	resources := r.resources
	if client != r.client {
		var err error
		if resources, err = client.Resources(ctx); err != nil {
			return err
		}
	}
	found, gaps, err := client.ListKnown(ctx, resources, wants)
	if err != nil {
		return err
	}
	objects := make(map[preflight.List][]*manifest.Object)
	for _, u := range found {
		o := &manifest.Object{Body: u.Object}
		l := preflight.List{Group: o.Group(), Kind: o.Kind(), Namespace: o.Namespace(), Engine: wanted[0].Engine}
		objects[l] = append(objects[l], o)
	}
	for _, w := range wanted {
		if gap := gapIn(gaps, w.List); gap != nil {
			r.gap(client, w.List, gap)
			continue
		}
		r.facts.Read(w.List, objects[w.List])
	}
	return nil
}

// gapIn finds why a list could not be read. A kind that is not served is not
// in any namespace.
func gapIn(gaps []status.Gap, l preflight.List) *status.Gap {
	for i, g := range gaps {
		if g.Group == l.Group && g.Kind == l.Kind && (g.Namespace == l.Namespace || g.Namespace == "") {
			return &gaps[i]
		}
	}
	return nil
}

// gap notes why a list is missing. The cluster is named above all checks.
func (r *preflightReader) gap(client *kube.Client, l preflight.List, gap *status.Gap) {
	message, next := strings.TrimPrefix(gap.Message, client.Name()+": "), gap.Next
	switch {
	case l.Engine && gap.Reason == status.KindNotServed:
		r.facts.EngineMissing = client.Name() + ": " + message
	case gap.Reason == status.Forbidden:
		next = "'lading rbac --env " + r.input.Environment + " --for preflight' prints the roles with which all can be read"
	}
	r.facts.NotRead(l, message, next)
}

// isOnly tells of a failure that is about one thing and not the whole cluster.
func isOnly(err error) bool {
	var e *kube.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Problem {
	case kube.Forbidden, kube.Absent, kube.Busy, kube.Broken:
		return true
	}
	return false
}

// problem says of a failure what goes without the name of the cluster.
func (r *preflightReader) problem(err error) string {
	if err == nil {
		return ""
	}
	return "could not be found out: " + strings.TrimPrefix(err.Error(), r.client.Name()+": ")
}
