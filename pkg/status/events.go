package status

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/lading-dev/lading/pkg/manifest"
)

// evidence returns the events about some objects, newest first. Events that
// say the same are one.
func (j *Judge) evidence(about ...types.UID) []Evidence {
	type same struct {
		object                     manifest.ID
		container, reason, message string
	}
	var all []Evidence
	at := map[same]int{}
	for _, uid := range about {
		for _, event := range j.Live.Events(uid) {
			e := EvidenceOf(event)
			key := same{e.Object, e.Container, e.Reason, e.Message}
			if i, ok := at[key]; ok {
				all[i] = joined(all[i], e)
				continue
			}
			at[key] = len(all)
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, newestFirst)
	return all
}

func joined(a, b Evidence) Evidence {
	a.Count += b.Count
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
	return a
}

// newestFirst orders events; the words decide between events of one moment.
func newestFirst(a, b Evidence) int {
	return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Message, b.Message))
}

// EvidenceOf reads an event of the core group or of events.k8s.io, which name
// the same things differently:
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/.
func EvidenceOf(event *unstructured.Unstructured) Evidence {
	e := fields(event.Object)
	regards := e.at("involvedObject").or(e.at("regarding"))
	return Evidence{
		Object:    regards.id(),
		Container: containerIn(regards.text("fieldPath")),
		Reason:    e.text("reason"),
		Message:   cmp.Or(e.text("message"), e.text("note")),
		Count:     int(cmp.Or(e.at("series").number("count"), e.number("count"), e.number("deprecatedCount"), 1)),
		Last: latest(e.at("series").text("lastObservedTime"), e.text("lastTimestamp"), e.text("deprecatedLastTimestamp"),
			e.text("eventTime"), event.GetCreationTimestamp().Format(time.RFC3339)),
	}
}

// containerIn returns the name in the path of a container:
// spec.containers{server}.
func containerIn(path string) string {
	_, rest, _ := strings.Cut(path, "{")
	return strings.TrimSuffix(rest, "}")
}

// latest returns the last of some times; those that are empty do not count.
func latest(times ...string) time.Time {
	var last time.Time
	for _, text := range times {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil && t.After(last) {
			last = t
		}
	}
	return last
}

// fields reads an object in the JSON data model, where what is missing or of
// another type is empty.
type fields map[string]any

func (f fields) at(key string) fields {
	m, _ := f[key].(map[string]any)
	return m
}

func (f fields) or(other fields) fields {
	if len(f) == 0 {
		return other
	}
	return f
}

func (f fields) text(key string) string {
	s, _ := f[key].(string)
	return s
}

func (f fields) number(key string) int64 {
	switch n := f[key].(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// id reads a reference to an object.
func (f fields) id() manifest.ID {
	version, _ := schema.ParseGroupVersion(f.text("apiVersion"))
	return manifest.ID{Group: version.Group, Kind: f.text("kind"), Namespace: f.text("namespace"), Name: f.text("name")}
}
