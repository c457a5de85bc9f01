package kube

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/manifest"
)

func object(apiVersion, kind, namespace, name string) *manifest.Object {
	return &manifest.Object{Body: map[string]any{
		"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"namespace": namespace, "name": name}, "spec": map[string]any{"replicas": int64(1)},
	}}
}

func TestADryRunAppliesNothing(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	if errs, err := c.DryRuns(t.Context(), []*manifest.Object{object("apps/v1", "Deployment", "ml", "web")}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	requests := s.Requests()
	want := "PATCH /apis/apps/v1/namespaces/ml/deployments/web?dryRun=All&fieldManager=lading&force=true"
	if got := requests[len(requests)-1]; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if writes := s.Writes(); writes != nil {
		t.Errorf("it wrote %q", writes)
	}
}

func TestADryRunSaysWhyAnObjectIsRefused(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	s.Reject(func(o map[string]any) *kubetest.Refusal {
		switch fmt.Sprint(o["metadata"].(map[string]any)["name"]) {
		case "invalid":
			return &kubetest.Refusal{
				Status: 422, Reason: "Invalid", Message: "Deployment.apps is invalid: [...]",
				Causes: []kubetest.Cause{
					{Type: "FieldValueInvalid", Message: "Invalid value: -1: must be greater than or equal to 0", Field: "spec.replicas"},
					{Type: "FieldValueRequired", Message: "Required value", Field: "spec.selector"},
				},
			}
		case "denied":
			return &kubetest.Refusal{Status: 403, Reason: "Forbidden", Message: `admission webhook "policy.example" denied the request: no limits`}
		case "dead":
			return &kubetest.Refusal{Status: 500, Reason: "InternalError", Message: `failed calling webhook "policy.example": connection refused`}
		case "typo":
			return &kubetest.Refusal{Status: 500, Message: "failed to create typed patch object (ml/typo; /v1, Kind=ConfigMap): .dota: field not declared in schema"}
		case "broken":
			return &kubetest.Refusal{Status: 500, Reason: "InternalError", Message: "etcdserver: leader changed"}
		}
		return nil
	})
	var got []string
	errs, err := c.DryRuns(t.Context(), []*manifest.Object{
		object("apps/v1", "Deployment", "ml", "invalid"), object("apps/v1", "Deployment", "ml", "denied"), object("apps/v1", "Deployment", "ml", "dead"),
		object("apps/v1", "Deployment", "ml", "good"), object("acme.example/v1", "Thing", "ml", "x"), object("apps/v1beta1", "Deployment", "ml", "old"),
		object("apps/v1", "Deployment", "ml", "broken"), object("v1", "ConfigMap", "ml", "typo"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range errs {
		got = append(got, strings.ReplaceAll(fmt.Sprint(err), s.URL, "URL"))
	}
	want := []string{
		"deployment.apps/ml/invalid: the API server refuses it: spec.replicas: Invalid value: -1: must be greater than or equal to 0; spec.selector: Required value",
		`deployment.apps/ml/denied: the API server refuses it: admission webhook "policy.example" denied the request: no limits`,
		`deployment.apps/ml/dead: the API server refuses it: failed calling webhook "policy.example": connection refused`,
		"<nil>",
		"thing.acme.example/ml/x: the API server refuses it: the cluster serves no kind Thing.acme.example; install the CRD, or the operator that brings it",
		"deployment.apps/ml/old: the API server refuses it: the cluster serves apps/v1 of it, and not apps/v1beta1",
		`context "test" (URL): patch deployments.apps in namespace ml: the server fails (500): etcdserver: leader changed`,
		"configmap/ml/typo: the API server refuses it: failed to create typed patch object (ml/typo; /v1, Kind=ConfigMap): .dota: field not declared in schema",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADryRunThatIsForbiddenNamesTheRule(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	s.Deny(kubetest.Denial{Verb: "patch"})
	errs, err := c.DryRuns(t.Context(), []*manifest.Object{object("apps/v1", "Deployment", "ml", "web")})
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, errs[0], Forbidden)
	var e *Error
	if errors.As(errs[0], &e) && !strings.Contains(e.Hint(), `verbs: ["patch"]`) {
		t.Errorf("got hint %s", e.Hint())
	}
}
