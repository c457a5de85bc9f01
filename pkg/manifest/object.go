// Package manifest holds the vocabulary that every other package shares: a
// Kubernetes [Object], its [ID], where it came from ([Origin]), an ordered
// [Set] of objects without duplicates, and the canonical YAML bytes of each.
//
// It promises that the same objects give the same bytes on any machine. It
// knows nothing of settings, templates, Git or clusters, and imports none of
// lading's packages.
package manifest

import (
	"fmt"
	"strings"
)

// An Object is one Kubernetes object in the JSON data model.
type Object struct {
	// Body holds only nil, bool, string, int64, float64, []any and
	// map[string]any; [Normalize] brings any decoder's output to that form.
	Body map[string]any
	// Origin tells which file made the object and what changed it since.
	Origin Origin
}

// An ID names an object within one cluster. The API version is not part of
// it: apps/v1 and apps/v1beta1 address the same object.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/names/.
type ID struct {
	Group, Kind, Namespace, Name string
}

// String writes the ID the way kubectl users do: deployment.apps/prod/web,
// with the namespace left out where the object has none.
func (id ID) String() string {
	kind := strings.ToLower(id.Kind)
	if id.Group != "" {
		kind += "." + id.Group
	}
	if id.Namespace == "" {
		return kind + "/" + id.Name
	}
	return kind + "/" + id.Namespace + "/" + id.Name
}

// An Origin tells a reader where an object was written.
type Origin struct {
	// Source is the file below the project's root, slash-separated, or the
	// name of a built-in template such as "lading/deployment.libsonnet".
	Source string
	// Line is the 1-based line of the object's first key in Source, 0 where
	// it is not known.
	Line int
	// Overlays names the jsonnet hook, components and overlays that touched
	// the object, in the order in which they ran.
	Overlays []string
}

func (o Origin) String() string {
	if o.Line == 0 {
		return o.Source
	}
	return fmt.Sprintf("%s:%d", o.Source, o.Line)
}

// ID returns the object's identity; missing fields are empty.
func (o *Object) ID() ID {
	return ID{Group: o.Group(), Kind: o.Kind(), Namespace: o.Namespace(), Name: o.Name()}
}

// APIVersion returns the group and version, as in "apps/v1" or "v1".
func (o *Object) APIVersion() string { return text(o.Body["apiVersion"]) }

// Group returns the API group, empty for the core group.
func (o *Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion(), "/")
	if !found {
		return ""
	}
	return group
}

// Kind returns the object's kind, as in "Deployment".
func (o *Object) Kind() string { return text(o.Body["kind"]) }

// Name returns metadata.name.
func (o *Object) Name() string { return text(o.metadata()["name"]) }

// Namespace returns metadata.namespace, empty where there is none.
func (o *Object) Namespace() string { return text(o.metadata()["namespace"]) }

// Field returns the value at a path of mapping keys, and whether it is there.
func (o *Object) Field(path ...string) (any, bool) {
	var v any = o.Body
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[key]; !ok {
			return nil, false
		}
	}
	return v, true
}

// PodSpec returns the spec of a Pod, or of the pods that a workload makes, nil
// for what makes none. Workloads of other groups count when they look alike. See
// https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates.
func (o *Object) PodSpec() map[string]any {
	if o.Kind() == "Pod" && o.Group() == "" {
		spec, _ := o.Body["spec"].(map[string]any)
		return spec
	}
	for _, path := range [][]string{
		{"spec", "template", "spec"},
		{"spec", "jobTemplate", "spec", "template", "spec"},
	} {
		v, _ := o.Field(path...)
		if spec, _ := v.(map[string]any); spec["containers"] != nil {
			return spec
		}
	}
	return nil
}

func (o *Object) metadata() map[string]any {
	m, _ := o.Body["metadata"].(map[string]any)
	return m
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
