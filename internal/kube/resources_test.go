package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

func TestDiscoveryOfOldAndNewServersIsTheSame(t *testing.T) {
	t.Parallel()
	extra := append(kubetest.ArgoCD(),
		kubetest.Type{Group: "acme.example", Version: "v2", Kind: "Thing", Namespaced: true},
		kubetest.Type{Group: "acme.example", Version: "v1", Kind: "Thing", Namespaced: true},
		kubetest.Type{Group: "old.example", Version: "v1", Kind: "HorizontalPodAutoscaler"},
		kubetest.Type{Group: "broken.example", Version: "v1", Kind: "Silent", Broken: true})
	var found []*Resources
	for _, o := range []kubetest.Options{{}, {Legacy: true}, {Legacy: true, Plain: true}} {
		s, c := connected(t, o)
		s.Serve(extra...)
		r, err := c.Resources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if requests := len(s.Requests()); !o.Legacy && requests != 2 {
			t.Errorf("got %d requests, want 2", requests)
		}
		found = append(found, r)
	}
	if diff := cmp.Diff(found[0].kinds, found[1].kinds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(found[0].served, found[1].served); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]bool{{"broken.example": true}, {"broken.example": true}}, []map[string]bool{found[0].silent, found[1].silent}); diff != "" {
		t.Error(diff)
	}
	thing, _ := found[2].Find("acme.example", "Thing")
	verbs := []string{"create", "delete", "get", "list", "patch", "update", "watch"}
	if diff := cmp.Diff(Resource{"acme.example", "v2", "things", "Thing", true, verbs}, thing); diff != "" {
		t.Error(diff)
	}
}

func TestAutoscalersAreReadInTheVersionThatRulesNeed(t *testing.T) {
	t.Parallel()
	r := newResources()
	for _, version := range []string{"v1", "v2", "v2beta2"} {
		r.add(Resource{Group: "autoscaling", Version: version, Kind: "HorizontalPodAutoscaler", Verbs: []string{"list"}})
	}
	if found, _ := r.Find("autoscaling", "HorizontalPodAutoscaler"); found.Version != "v2" {
		t.Errorf("got %q, want v2", found.Version)
	}
}

func TestServesKnowsVersionsAndWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	s.Serve(kubetest.Type{Group: "metrics.k8s.io", Version: "v1beta1", Kind: "PodMetrics", Namespaced: true, Broken: true})
	r, err := c.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type answer struct{ served, known bool }
	for _, test := range []struct {
		apiVersion, kind string
		want             answer
	}{
		{"v1", "Pod", answer{true, true}},
		{"autoscaling/v1", "HorizontalPodAutoscaler", answer{true, true}},
		{"autoscaling/v2beta2", "HorizontalPodAutoscaler", answer{false, true}},
		{"autoscaling/v2", "PodAutoscaler", answer{false, true}},
		{"acme.example/v1", "Thing", answer{false, true}},
		{"metrics.k8s.io/v1beta1", "PodMetrics", answer{false, false}},
	} {
		served, known := r.Serves(test.apiVersion, test.kind)
		if got := (answer{served, known}); got != test.want {
			t.Errorf("%s %s: got %+v, want %+v", test.apiVersion, test.kind, got, test.want)
		}
	}
}

// A kind that can only be created is served, and cannot be listed.
func TestServesKnowsWhatCannotBeListed(t *testing.T) {
	t.Parallel()
	r := newResources()
	r.add(Resource{Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectAccessReview", Verbs: []string{"create"}})
	if served, _ := r.Serves("authorization.k8s.io/v1", "SelfSubjectAccessReview"); !served {
		t.Error("it is not served")
	}
	if _, found := r.Find("authorization.k8s.io", "SelfSubjectAccessReview"); found {
		t.Error("it can be listed")
	}
}
