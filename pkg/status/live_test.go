package status

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestLabelsFindWhatASearchFinds(t *testing.T) {
	t.Parallel()
	var objects []*unstructured.Unstructured
	for i := range 60 {
		labels := map[string]any{"app": fmt.Sprint("a", i%3), "tier": fmt.Sprint("t", i%5)}
		switch {
		case i%7 == 0:
			labels["tier"] = int64(1) // no text, as no API server would have it
		case i%11 == 0:
			delete(labels, "tier")
		}
		objects = append(objects, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": []string{"Pod", "Service"}[i%2],
			"metadata": map[string]any{"name": fmt.Sprint("o", i), "namespace": fmt.Sprint("n", i%2+i%4/2), "labels": labels},
		}})
	}
	live := NewLive(objects, nil)
	for _, labels := range []fields{nil, {"app": "a1"}, {"app": "a1", "tier": "t2"}, {"tier": "t2"}, {"tier": int64(1)}, {"tier": ""}, {"none": "x"}} {
		s := selector{labels: labelsIn(labels)}
		var want []*unstructured.Unstructured
		for _, o := range live.All("", "Pod", "n0") {
			if s.matches(labelsOf(o)) {
				want = append(want, o)
			}
		}
		if diff := cmp.Diff(want, s.chosen(live, "", "Pod", "n0")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", s, diff)
		}
	}
	if got := len((selector{labels: labelsIn(fields{"app": "a1"})}).chosen(live, "", "Pod", "n0")); got == 0 {
		t.Error("nothing has app=a1")
	}
}
