package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

func TestEvidenceIsNewestFirstAndSaidOnce(t *testing.T) {
	t.Parallel()
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "namespace": "prod", "name": "web", "uid": "u"}
	core := func(name, message, last string, count int64) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Event", "metadata": map[string]any{"name": name, "namespace": "prod"},
			"involvedObject": pod, "reason": "Failed", "message": message, "count": count, "lastTimestamp": last,
		}}
	}
	series := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": map[string]any{"name": "d", "namespace": "prod"},
		"regarding": pod, "reason": "BackOff", "note": "later", "eventTime": "2026-03-01T11:00:00.000000Z",
		"series": map[string]any{"count": int64(7), "lastObservedTime": "2026-03-01T11:59:00.500000Z"},
	}}
	single := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": map[string]any{"name": "e", "namespace": "prod"},
		"regarding": pod, "reason": "Pulling", "note": "first", "eventTime": "2026-03-01T11:00:00.000000Z",
	}}
	sidecar := core("f", "another", "2026-03-01T11:53:00Z", 1)
	sidecar.Object["involvedObject"] = map[string]any{"kind": "Pod", "namespace": "prod", "name": "web", "uid": "u", "fieldPath": "spec.containers{proxy}"}
	judge := &Judge{Live: NewLive([]*unstructured.Unstructured{
		sidecar,
		single,
		core("a", "no such image", "2026-03-01T11:50:00Z", 2),
		core("b", "no such image", "2026-03-01T11:52:00Z", 3),
		core("c", "another", "2026-03-01T11:52:00Z", 1),
		series,
	}, nil)}
	about := manifest.ID{Kind: "Pod", Namespace: "prod", Name: "web"}
	at := func(minute, second, milli int) time.Time {
		return time.Date(2026, 3, 1, 11, minute, second, milli*1e6, time.UTC)
	}
	want := []Evidence{
		{about, "", "BackOff", "later", 7, at(59, 0, 500)},
		{about, "proxy", "Failed", "another", 1, at(53, 0, 0)},
		{about, "", "Failed", "another", 1, at(52, 0, 0)},
		{about, "", "Failed", "no such image", 5, at(52, 0, 0)},
		{about, "", "Pulling", "first", 1, at(0, 0, 0)},
	}
	if diff := cmp.Diff(want, judge.evidence("u")); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if others := judge.evidence("other"); len(others) > 0 {
		t.Errorf("evidence about another object: %+v", others)
	}
}
