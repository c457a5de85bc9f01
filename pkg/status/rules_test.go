package status

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/lading-dev/lading/pkg/manifest"
)

// Every reason that a rule of this package gives for something other than pods
// and what makes them is shown by a situation too.
func TestReasonsOfServicesAndOtherObjectsAreShown(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, file := range situationFiles(t) {
		want, _ := readSituationFile(t, file)
		for _, w := range want.Results {
			shown = append(shown, w.Reason)
		}
	}
	for _, r := range slices.Concat(serviceReasons, objectReasons) {
		if !slices.Contains(shown, string(r.Code)) {
			t.Errorf("no situation shows reason %s", r.Code)
		}
	}
}

// ruinous are values that no field expects at once.
var ruinous = []any{nil, "x", int64(-1), 1.5, true, []any{"x", nil}, map[string]any{"x": []any{nil}}}

// What a webhook or an old controller leaves in an object may be anything: each
// field of each situation is replaced by a value of another type.
func TestRulesSurviveFieldsOfAnyType(t *testing.T) {
	t.Parallel()
	for _, file := range situationFiles(t) {
		_, judge := readSituationFile(t, file)
		for id, o := range judge.Live.byID {
			if _, typedRule := rules[o.GroupVersionKind().GroupKind()]; typedRule && !slices.Contains([]string{"Service", "Ingress", "HTTPRoute", "HorizontalPodAutoscaler", "PodDisruptionBudget", "PersistentVolumeClaim", "Namespace"}, id.Kind) {
				continue
			}
			target := &Target{ResourceName: id.Name, Objects: []*manifest.Object{{Body: o.Object}}}
			eachField(o.Object, func(replace func(any)) {
				for _, v := range ruinous {
					replace(v)
					judge.Object(id)
					judge.URLs(target)
				}
			})
		}
	}
}

// eachField calls a function for each value below an object with what replaces
// it, and puts the value back.
func eachField(v any, visit func(replace func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for key, old := range v {
			if key == "apiVersion" || key == "kind" {
				continue
			}
			visit(func(other any) { v[key] = other })
			v[key] = old
			eachField(old, visit)
		}
	case []any:
		for i, old := range v {
			visit(func(other any) { v[i] = other })
			v[i] = old
			eachField(old, visit)
		}
	}
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	labels := fields{"app": "web", "tier": "front"}
	for _, c := range []struct {
		selector, text string
		want           bool
	}{
		{`{}`, "", true},
		{`{matchLabels: {app: web}}`, "app=web", true},
		{`{matchLabels: {tier: back, app: web}}`, "app=web,tier=back", false},
		{`{matchLabels: {missing: ""}}`, "missing=", false},
		{`{matchExpressions: [{key: tier, operator: In, values: [back, front]}]}`, "tier in (back,front)", true},
		{`{matchExpressions: [{key: none, operator: In, values: [a]}]}`, "none in (a)", false},
		{`{matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}`, "tier notin (front)", false},
		{`{matchExpressions: [{key: none, operator: NotIn, values: [a]}]}`, "none notin (a)", true},
		{`{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}`, "app=web,tier", true},
		{`{matchExpressions: [{key: tier, operator: DoesNotExist}]}`, "!tier", false},
		{`{matchExpressions: [{key: tier, operator: Odd}]}`, "", false},
	} {
		raw := situationObject(t, `{apiVersion: v1, kind: Selector, selector: `+c.selector+`}`).Object["selector"].(map[string]any)
		s := selectorIn(raw)
		if diff := cmp.Diff([]any{c.text, c.want, c.want}, []any{s.String(), s.matches(labels), selects(raw, labels)}); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.selector, diff)
		}
	}
}

// Services, budgets and addresses of a thousand deployments in one namespace.
func BenchmarkAThousandServices(b *testing.B) {
	const n = 1000
	var live []*unstructured.Unstructured
	var targets []*Target
	add := func(apiVersion, kind, name string, labels, spec, status map[string]any) {
		live = append(live, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": apiVersion, "kind": kind, "spec": spec, "status": status,
			"metadata": map[string]any{"name": name, "namespace": "prod", "uid": kind + name, "labels": labels},
		}})
	}
	for i := range n {
		name := fmt.Sprintf("web-%04d", i)
		chosen := map[string]any{"managed-by": "zenml", "zenml-deployment-id": name}
		add("v1", "Pod", name, chosen, nil, map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}})
		add("v1", "Service", name, chosen, map[string]any{"type": "ClusterIP", "selector": chosen, "ports": []any{map[string]any{"port": int64(8000), "targetPort": int64(8000)}}}, nil)
		add("discovery.k8s.io/v1", "EndpointSlice", name, map[string]any{"kubernetes.io/service-name": name}, nil, nil)
		add("policy/v1", "PodDisruptionBudget", name, chosen, map[string]any{"selector": map[string]any{"matchLabels": chosen}},
			map[string]any{"observedGeneration": int64(0), "expectedPods": int64(2), "currentHealthy": int64(2), "disruptionsAllowed": int64(1)})
		live[len(live)-2].SetOwnerReferences([]metav1.OwnerReference{{Kind: "Service", UID: types.UID("Service" + name)}})
		target := &Target{ResourceName: name}
		for _, o := range live[len(live)-4:] {
			if o.GetKind() == "Service" || o.GetKind() == "PodDisruptionBudget" {
				target.Objects = append(target.Objects, &manifest.Object{Body: o.Object})
			}
		}
		targets = append(targets, target)
	}
	judge := &Judge{Live: NewLive(live, nil)}
	b.ReportAllocs()
	for b.Loop() {
		for _, t := range targets {
			for _, o := range t.Objects {
				judge.Object(o.ID())
			}
			judge.URLs(t)
		}
	}
}
