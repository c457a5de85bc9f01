package main

import (
	"path"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// sync makes everything live, and the engine's objects say so.
func (w *world) sync() error {
	if err := w.rollOut(); err != nil {
		return err
	}
	return w.engineSays(w.commits[0], "Synced")
}

// fallBehind publishes once more; the engine has seen that and not begun.
func (w *world) fallBehind() error {
	if err := w.rollOut(); err != nil {
		return err
	}
	if err := w.publish(); err != nil {
		return err
	}
	return w.engineSays(w.commits[1], "OutOfSync")
}

// engineSays gives the engine's objects the status of a comparison with a
// commit.
func (w *world) engineSays(commit, state string) error {
	committed, err := w.committed()
	if err != nil {
		return err
	}
	for dir, units := range committed {
		if !strings.HasSuffix(dir, "/_engine") {
			continue
		}
		for _, unit := range units {
			switch spec := unit.Object["spec"].(map[string]any); unit.GetKind() {
			case "Application":
				source := spec["source"].(map[string]any)
				unit.Object["status"] = w.argocd(spec, resources(committed[source["path"].(string)], state), commit, state)
			case "Kustomization":
				unit.Object["status"] = flux(commit, resourcesIn(committed, spec["path"].(string)))
			case "GitRepository":
				unit.Object["status"] = map[string]any{"artifact": map[string]any{"revision": "main@sha1:" + commit}, "conditions": ready(commit)}
			}
			if err := w.cluster.Apply(unit); err != nil {
				return err
			}
		}
	}
	return nil
}

// argocd is the status of an Application whose last sync was of the first
// commit.
func (w *world) argocd(spec map[string]any, resources []any, commit, state string) map[string]any {
	now := time.Now().UTC().Format(time.RFC3339)
	synced := map[string]any{"revision": w.commits[0], "source": spec["source"]}
	return map[string]any{
		"sync": map[string]any{
			"status": state, "revision": commit,
			"comparedTo": map[string]any{"source": spec["source"], "destination": spec["destination"]},
		},
		"resources": resources, "reconciledAt": now, "health": map[string]any{"status": "Healthy"},
		"operationState": map[string]any{
			"phase": "Succeeded", "startedAt": now, "finishedAt": now, "syncResult": synced,
			"operation": map[string]any{"sync": map[string]any{"revision": w.commits[0]}},
		},
	}
}

func resources(objects []*unstructured.Unstructured, state string) []any {
	var list []any
	for _, o := range objects {
		gvk := o.GroupVersionKind()
		list = append(list, map[string]any{"group": gvk.Group, "version": gvk.Version, "kind": gvk.Kind, "namespace": o.GetNamespace(), "name": o.GetName(), "status": state})
	}
	return list
}

// flux is the status of a Kustomization that was applied.
func flux(commit string, entries []any) map[string]any {
	return map[string]any{
		"conditions": ready(commit), "inventory": map[string]any{"entries": entries},
		"lastAppliedRevision": "main@sha1:" + commit, "lastAttemptedRevision": "main@sha1:" + commit,
	}
}

func resourcesIn(committed map[string][]*unstructured.Unstructured, dir string) []any {
	var entries []any
	for _, o := range committed[path.Clean(dir)] {
		gvk := o.GroupVersionKind()
		entries = append(entries, map[string]any{"id": strings.Join([]string{o.GetNamespace(), o.GetName(), gvk.Group, gvk.Kind}, "_"), "v": gvk.Version})
	}
	return entries
}

func ready(commit string) []any {
	return []any{map[string]any{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "Applied revision: main@sha1:" + commit}}
}
