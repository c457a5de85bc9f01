package status

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A selector chooses objects by their labels:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors.
// It reads objects where they lie.
type selector struct {
	labels      []label
	expressions []fields
}

type label struct {
	key   string
	value any
}

// selectorIn reads a selector as policies and workloads have it.
func selectorIn(f fields) selector {
	return selector{labelsIn(f.at("matchLabels")), f.list("matchExpressions")}
}

// labelsIn returns labels in the order of their keys.
func labelsIn(f fields) []label {
	all := make([]label, 0, len(f))
	for _, key := range slices.Sorted(maps.Keys(f)) {
		all = append(all, label{key, f[key]})
	}
	return all
}

// isEmpty tells that the selector asks for nothing, so that all objects fit.
func (s selector) isEmpty() bool { return len(s.labels) == 0 && len(s.expressions) == 0 }

// matches looks at the last label first: those of lading tell deployments apart
// by zenml-deployment-id, which comes behind managed-by.
func (s selector) matches(labels fields) bool {
	for i := len(s.labels) - 1; i >= 0; i-- {
		if has, ok := labels[s.labels[i].key]; !ok || !s.labels[i].is(has) {
			return false
		}
	}
	for _, e := range s.expressions {
		if !fits(e, labels) {
			return false
		}
	}
	return true
}

// selects does the same as [selectorIn] and matches for a single object.
func selects(f, labels fields) bool {
	for key, want := range f.at("matchLabels") {
		if has, ok := labels[key]; !ok || !(label{key, want}).is(has) {
			return false
		}
	}
	return !slices.ContainsFunc(f.list("matchExpressions"), func(e fields) bool { return !fits(e, labels) })
}

// is compares two values; what is no text is no label.
func (l label) is(value any) bool {
	want, ok := l.value.(string)
	has, text := value.(string)
	return ok && text && has == want
}

func fits(expression, labels fields) bool {
	value, has := labels[expression.text("key")]
	switch expression.text("operator") {
	case "In":
		return oneOf(expression, value)
	case "NotIn":
		return !has || !oneOf(expression, value)
	case "Exists":
		return has
	case "DoesNotExist":
		return !has
	}
	return false
}

func oneOf(expression fields, value any) bool {
	return slices.ContainsFunc(asList(expression["values"]), func(v any) bool { return label{value: v}.is(value) })
}

// String writes the selector as kubectl's -l takes it.
func (s selector) String() string {
	var parts []string
	for _, l := range s.labels {
		text, _ := l.value.(string)
		parts = append(parts, l.key+"="+text)
	}
	for _, e := range s.expressions {
		var values []string
		for _, v := range asList(e["values"]) {
			text, _ := v.(string)
			values = append(values, text)
		}
		key, list := e.text("key"), " ("+strings.Join(values, ",")+")"
		parts = append(parts, map[string]string{
			"In": key + " in" + list, "NotIn": key + " notin" + list, "Exists": key, "DoesNotExist": "!" + key,
		}[e.text("operator")])
	}
	return strings.Join(parts, ",")
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// labelsOf returns an object's labels without copying them.
func labelsOf(o *unstructured.Unstructured) fields {
	return fields(o.Object).at("metadata").at("labels")
}

// chosen returns the objects of one kind in one namespace that the selector
// fits. The last label finds them, so that a thousand Services do not look at a
// thousand pods each.
func (s selector) chosen(l *Live, group, kind, namespace string) []*unstructured.Unstructured {
	in := kindIn{group, kind, namespace}
	all := l.byKind[in]
	if n := len(s.labels); n > 0 {
		value, _ := s.labels[n-1].value.(string) // what is no text fits nothing, see is
		all = l.labelled(in, s.labels[n-1].key, value)
	}
	var out []*unstructured.Unstructured
	for _, o := range all {
		if s.matches(labelsOf(o)) {
			out = append(out, o)
		}
	}
	return out
}

// workloads are the kinds that make pods.
var workloads = []manifest.ID{
	{Group: "apps", Kind: "Deployment"}, {Group: "apps", Kind: "StatefulSet"}, {Group: "apps", Kind: "DaemonSet"},
	{Group: "apps", Kind: "ReplicaSet"}, {Group: "batch", Kind: "Job"},
}

// workloadsFor returns the live workloads whose pods a selector would choose.
func (j *Judge) workloadsFor(s selector, namespace string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, kind := range workloads {
		for _, o := range j.Live.All(kind.Group, kind.Kind, namespace) {
			if s.matches(fields(o.Object).at("spec").at("template").at("metadata").at("labels")) {
				found = append(found, o)
			}
		}
	}
	return found
}
