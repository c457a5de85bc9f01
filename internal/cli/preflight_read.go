// Reading of a cluster what preflight judges.

package cli

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/parallel"
	"github.com/lading-dev/lading/internal/preflight"
	"github.com/lading-dev/lading/pkg/manifest"
)

// A preflightReader reads facts. What may not be read is noted as that; the
// error is for a cluster that cannot be asked at all.
type preflightReader struct {
	client *kube.Client
	// engine is nil where the engine's cluster cannot be reached.
	engine *kube.Client
	input  preflight.Input

	mu    sync.Mutex
	facts *preflight.Facts
}

// listsAtOnce bounds the requests under way.
const listsAtOnce = 8

func (r *preflightReader) read(ctx context.Context, needed []grant) error {
	version, err := r.client.Version(ctx)
	if err != nil {
		return err
	}
	r.facts.Version = version
	if err := r.kinds(ctx); err != nil {
		return err
	}
	if err := r.permissions(ctx, needed); err != nil {
		return err
	}
	wants := preflight.Wanted(r.input)
	return parallel.Each(len(wants), listsAtOnce, func(i int) error { return r.list(ctx, wants[i]) })
}

func (r *preflightReader) kinds(ctx context.Context) error {
	versions := preflight.Versions(r.input)
	r.facts.Kinds = make(map[string]map[string]string)
	return parallel.Each(len(versions), listsAtOnce, func(i int) error {
		kinds, err := r.client.Kinds(ctx, versions[i])
		if isOnly(err) {
			return nil // an aggregated API that does not answer
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.facts.Kinds[versions[i]] = kinds
		return err
	})
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
	if err != nil {
		return err
	}
	for i, p := range all {
		r.facts.Allowed = append(r.facts.Allowed, preflight.Allowed{Permission: p, Granted: granted[i]})
	}
	return nil
}

func (r *preflightReader) list(ctx context.Context, w preflight.Want) error {
	client := r.client
	if w.Engine {
		client = r.engine
	}
	if client == nil {
		return nil
	}
	items, err := client.Items(ctx, w.Collection)
	r.mu.Lock()
	defer r.mu.Unlock()
	var e *kube.Error
	switch {
	case err == nil:
		r.facts.Read(w.List, liveObjects(w, items))
	case !errors.As(err, &e):
		return err
	case w.Engine && e.Problem == kube.Absent:
		r.facts.EngineMissing = client.Name() + " does not serve " + w.APIVersion + ", which the engine's objects need"
	case isOnly(err):
		r.notRead(w, e)
	case w.Engine:
		r.facts.EngineProblem = e.Error()
	default:
		return err
	}
	return nil
}

// notRead notes why a list is missing. The cluster is named above all checks.
func (r *preflightReader) notRead(w preflight.Want, e *kube.Error) {
	next := e.Hint()
	if e.Problem == kube.Forbidden {
		next = "'lading rbac --env " + r.input.Environment + " --for preflight' prints the roles with which all can be read"
	}
	r.facts.NotRead(w.List, strings.TrimPrefix(e.Error(), e.Cluster+": "), next)
}

// isOnly tells of a failure that is about one thing and not the whole cluster.
func isOnly(err error) bool {
	var e *kube.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Problem {
	case kube.Forbidden, kube.Absent, kube.Busy, kube.Broken, kube.Other:
		return true
	}
	return false
}

// liveObjects gives items of a list the kind that the server leaves out.
func liveObjects(w preflight.Want, items []map[string]any) []*manifest.Object {
	objects := make([]*manifest.Object, len(items))
	for i, item := range items {
		item["apiVersion"], item["kind"] = w.APIVersion, w.Kind
		objects[i] = &manifest.Object{Body: item}
	}
	return objects
}
