package status

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// renderedCases are the objects of every case of rendering.
func renderedCases(t *testing.T) []*manifest.Object {
	t.Helper()
	files, err := filepath.Glob("../../testdata/render/*/want.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases of rendering: %v", err)
	}
	var all []*manifest.Object
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range manifest.Documents(text) {
			if body, ok := doc.Value.(map[string]any); ok {
				all = append(all, &manifest.Object{Body: body, Origin: manifest.Origin{Source: file}})
			}
		}
	}
	return all
}

// stored sends an object through the API's own Go types, which normalise
// quantities and drop what is empty, as an API server does. Other kinds stay
// as they are.
func stored(t *testing.T, o *manifest.Object) map[string]any {
	t.Helper()
	text, err := json.Marshal(o.Body)
	if err != nil {
		t.Fatal(err)
	}
	if typed := apiType(o.Kind() + "." + o.Group()); typed != nil {
		if err := json.Unmarshal(text, typed); err != nil {
			t.Fatalf("%s of %s: %v", o.ID(), o.Origin, err)
		}
		if text, err = json.Marshal(typed); err != nil {
			t.Fatal(err)
		}
	}
	var live unstructured.Unstructured
	if err := live.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	return live.Object
}

func apiType(kind string) any {
	switch kind {
	case "Deployment.apps":
		return new(appsv1.Deployment)
	case "Service.":
		return new(corev1.Service)
	case "ConfigMap.":
		return new(corev1.ConfigMap)
	case "Secret.":
		return new(corev1.Secret)
	case "Namespace.":
		return new(corev1.Namespace)
	case "HorizontalPodAutoscaler.autoscaling":
		return new(autoscalingv2.HorizontalPodAutoscaler)
	case "Ingress.networking.k8s.io":
		return new(networkingv1.Ingress)
	case "PodDisruptionBudget.policy":
		return new(policyv1.PodDisruptionBudget)
	case "ClusterRole.rbac.authorization.k8s.io":
		return new(rbacv1.ClusterRole)
	}
	return nil
}

func TestCompareTakesWhateverIsRenderedForAppliedOnceStored(t *testing.T) {
	t.Parallel()
	for _, o := range renderedCases(t) {
		got := compareAll([]*manifest.Object{o}, NewLive([]*unstructured.Unstructured{{Object: stored(t, o)}}, nil))
		if got.Phase != Ready {
			t.Errorf("%s: %s", o.Origin, got.Message)
		}
	}
}

// Whichever rendered value is another one in the cluster, or is not there, it
// is noticed.
func TestCompareNoticesEveryOtherValue(t *testing.T) {
	t.Parallel()
	changes := 0
	for _, o := range append(renderedCases(t), &manifest.Object{Body: bodyOf(t, renderedWeb)}) {
		live := stored(t, o)
		for _, part := range []string{"spec", "data", "stringData", "rules", "metadata.labels", "metadata.annotations"} {
			path := strings.Split(part, ".")
			want, _ := o.Field(path...)
			got, _, _ := unstructured.NestedFieldNoCopy(live, path...)
			otherwise(want, got, func(what string) {
				changes++
				if compareAll([]*manifest.Object{o}, NewLive([]*unstructured.Unstructured{{Object: live}}, nil)).Phase == Ready {
					t.Errorf("%s: %s: %s%s goes unnoticed", o.Origin, o.ID(), part, what)
				}
			})
		}
	}
	if changes < 1000 {
		t.Errorf("only %d changes were tried", changes)
	}
}

// otherwise changes each value of the live object that the rendered one has as
// well, calls try, and changes it back.
func otherwise(want, got any, try func(string)) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for key, value := range w {
			have, there := g[key]
			if !there {
				continue
			}
			step := func(what string) { try("." + key + what) }
			if other := another(have); other != nil && !defaultedWhenEmpty[key] {
				g[key] = other
				step("")
				delete(g, key)
				step(" missing")
				g[key] = have
			}
			otherwise(value, have, step)
		}
	case []any:
		g, _ := got.([]any)
		for i, value := range w {
			step := func(what string) { try(fmt.Sprintf("[%d]%s", i, what)) }
			if other := another(g[i]); other != nil {
				have := g[i]
				g[i] = other
				step("")
				g[i] = have
			}
			otherwise(value, g[i], step)
		}
	}
}

// another is a value that differs, nil for what has parts of its own.
func another(v any) any {
	switch v := v.(type) {
	case string:
		return v + "9"
	case int64:
		return v + 1
	case bool:
		return !v
	}
	return nil
}
