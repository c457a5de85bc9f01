package kube

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/status"
)

var pods = []Want{{Kind: "Pod"}}

func TestListReadsPages(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	for i := range 1203 {
		put(t, s, podIn("ml", fmt.Sprintf("p%04d", i)))
	}
	found, gaps, err := c.List(t.Context(), pods)
	if err != nil || gaps != nil {
		t.Fatal(err, gaps)
	}
	if got := named(found); len(got) != 1203 || !slices.IsSorted(got) {
		t.Errorf("got %d objects, want 1203 in order", len(got))
	}
	var lists []string
	for _, r := range s.Requests() {
		if strings.Contains(r, "/pods") {
			lists = append(lists, r)
		}
	}
	if len(lists) != 3 || lists[0] != "GET /api/v1/pods?limit=500" {
		t.Errorf("got requests %q, want 3 pages", lists)
	}
}

func TestListKnownDiscoversNothing(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	resources, err := c.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.Requests())
	found, gaps, err := c.ListKnown(t.Context(), resources, []Want{{Kind: "Pod"}, {Group: "example.com", Kind: "Thing"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Pod/ml/a"}, named(found)); diff != "" {
		t.Error(diff)
	}
	if len(gaps) != 1 || gaps[0].Reason != status.KindNotServed {
		t.Errorf("got gaps %v, want one of a kind that is not served", gaps)
	}
	if diff := cmp.Diff([]string{"GET /api/v1/pods?limit=500"}, s.Requests()[before:]); diff != "" {
		t.Error(diff)
	}
}

func TestListSelects(t *testing.T) {
	t.Parallel()
	_, c := connected(t, kubetest.Options{},
		podIn("ml", "a", "labels: {app: web}"), podIn("ml", "b", "labels: {app: db}"), podIn("other", "c", "labels: {app: web}"))
	for _, test := range []struct {
		want  Want
		names []string
	}{
		{Want{Kind: "Pod"}, []string{"Pod/ml/a", "Pod/ml/b", "Pod/other/c"}},
		{Want{Kind: "Pod", Namespace: "ml"}, []string{"Pod/ml/a", "Pod/ml/b"}},
		{Want{Kind: "Pod", Labels: "app=web"}, []string{"Pod/ml/a", "Pod/other/c"}},
		{Want{Kind: "Pod", Labels: "app in (web,db)", Fields: "metadata.name=b"}, []string{"Pod/ml/b"}},
		{Want{Kind: "Pod", Namespace: "nowhere"}, []string{}},
	} {
		found, gaps, err := c.List(t.Context(), []Want{test.want})
		if err != nil || gaps != nil {
			t.Fatal(err, gaps)
		}
		if diff := cmp.Diff(test.names, named(found)); diff != "" {
			t.Errorf("%+v: %s", test.want, diff)
		}
	}
}

func TestListGivesEachObjectOnceInTheOrderOfTheWants(t *testing.T) {
	t.Parallel()
	_, c := connected(t, kubetest.Options{}, podIn("b", "x"), podIn("a", "x"),
		"{apiVersion: v1, kind: Namespace, metadata: {name: a}}")
	found, _, err := c.List(t.Context(), []Want{{Kind: "Namespace"}, {Kind: "Pod", Namespace: "b"}, {Kind: "Pod"}, {Kind: "Pod", Namespace: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Namespace//a", "Pod/b/x", "Pod/a/x"}, named(found)); diff != "" {
		t.Error(diff)
	}
}

func TestListedObjectsHaveWhatIsJudgedAndNoMore(t *testing.T) {
	t.Parallel()
	_, c := connected(t, kubetest.Options{}, `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: ml, name: web, uid: u,
		annotations: {keep: me, kubectl.kubernetes.io/last-applied-configuration: "{}"}, managedFields: [{manager: x}]},
		spec: {replicas: 3, ratio: 0.5}}`)
	found, _, err := c.List(t.Context(), []Want{{Group: "apps", Kind: "ReplicaSet"}})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	want := map[string]any{
		"apiVersion": "apps/v1", "kind": "ReplicaSet",
		"metadata": map[string]any{
			"namespace": "ml", "name": "web", "uid": "u", "resourceVersion": "1001", "creationTimestamp": "2026-01-02T03:04:05Z",
			"annotations": map[string]any{"keep": "me"},
		},
		"spec": map[string]any{"replicas": int64(3), "ratio": 0.5},
	}
	if diff := cmp.Diff(want, found[0].Object); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeReadIsAGap(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	s.Serve(kubetest.Type{Group: "metrics.k8s.io", Version: "v1beta1", Kind: "PodMetrics", Namespaced: true, Broken: true})
	s.Deny(kubetest.Denial{Group: "apps", Resource: "deployments", Namespace: "ml"})
	s.Fail(kubetest.Fault{
		Refusal: kubetest.Refusal{Status: 500, Reason: "InternalError", Message: "conversion webhook failed"},
		Match:   func(_, path string) bool { return strings.HasSuffix(path, "/jobs") },
	})
	found, gaps, err := c.List(t.Context(), []Want{
		{Group: "apps", Kind: "Deployment", Namespace: "ml"}, {Group: "argoproj.io", Kind: "Application"}, {Group: "acme.example", Kind: "Thing"},
		{Group: "metrics.k8s.io", Kind: "PodMetrics"}, {Group: "batch", Kind: "Job"}, {Kind: "Pod"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Pod/ml/a"}, named(found)); diff != "" {
		t.Error(diff)
	}
	at := c.Name() + ": "
	want := []status.Gap{
		{
			Group: "apps", Kind: "Deployment", Namespace: "ml", Reason: status.Forbidden,
			Message: at + "ada may not list deployments.apps in namespace ml",
			Next: `a Role in namespace ml with this rule would allow it: {apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"]}; ` +
				"'lading rbac --env prod' prints all that is needed",
		},
		{
			Group: "argoproj.io", Kind: "Application", Reason: status.KindNotServed, Message: "the cluster serves no kind Application.argoproj.io",
			Next: "install Argo CD, or name the cluster that it runs in with engine.context",
		},
		{
			Group: "acme.example", Kind: "Thing", Reason: status.KindNotServed, Message: "the cluster serves no kind Thing.acme.example",
			Next: "install the CRD, or the operator that brings it",
		},
		{
			Group: "metrics.k8s.io", Kind: "PodMetrics", Reason: status.Unreachable,
			Message: "the aggregated API metrics.k8s.io does not answer, and it serves PodMetrics", Next: "see which is not available: kubectl get apiservices",
		},
		{
			Group: "batch", Kind: "Job", Reason: status.Unreachable,
			Message: at + "list jobs.batch: the server fails (500): conversion webhook failed",
			Next:    "try again later, and see whether 'kubectl get --raw /readyz?verbose' says why",
		},
	}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Error(diff)
	}
}

// Secrets are read without their values, and so is what a watch brings.
func TestOnlyMetadataLeavesValuesWhereTheyAre(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, "{apiVersion: v1, kind: Secret, metadata: {namespace: ml, name: a, labels: {app: web}}, data: {key: czNjcmV0}}")
	secrets := []Want{{Kind: "Secret", Namespace: "ml", OnlyMetadata: true}}
	o := observing(t, c, secrets)
	put(t, s, "{apiVersion: v1, kind: Secret, metadata: {namespace: ml, name: b}, data: {key: czNjcmV0}}")
	comes(t, o, "a Secret is new", o.has("Secret/ml/a", "Secret/ml/b"))
	listed, gaps, err := c.List(t.Context(), secrets)
	if err != nil || gaps != nil {
		t.Fatal(err, gaps)
	}
	watched, _ := o.Live()
	if diff := cmp.Diff(listed, watched); diff != "" {
		t.Error(diff)
	}
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"metadata": map[string]any{
			"namespace": "ml", "name": "a", "uid": "uid-secret-ml-a", "resourceVersion": "1001",
			"creationTimestamp": "2026-01-02T03:04:05Z", "labels": map[string]any{"app": "web"},
		},
	}
	if diff := cmp.Diff(want, listed[0].Object); diff != "" {
		t.Error(diff)
	}
}

func TestListOutlivesWhatPasses(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kubetest.Fault{
		"too many requests": {Refusal: kubetest.Refusal{Status: 429, Reason: "TooManyRequests", RetryAfter: 1}, Times: 1},
		"unavailable":       {Refusal: kubetest.Refusal{Status: 503, Reason: "ServiceUnavailable"}, Times: 3},
		"a reset":           {Reset: true, Times: 3}, // two are on connections of before, which http tries again by itself
		"a reset of HTTP/2": {Reset: true, Times: 1},
		"an expired list":   {Refusal: kubetest.Refusal{Status: 410, Reason: "Expired"}, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, at := range []string{"/api/v1/pods", "/apis"} {
				if name == "an expired list" && at == "/apis" {
					continue
				}
				s, c := connected(t, kubetest.Options{Plain: name == "a reset"}, podIn("ml", "a"))
				fault.Match = func(_, path string) bool { return path == at }
				s.Fail(fault)
				found, gaps, err := c.List(t.Context(), pods)
				if err != nil || gaps != nil || len(found) != 1 {
					t.Errorf("%s: got %v, gaps %v, error %v; want the pod", at, named(found), gaps, err)
				}
			}
		})
	}
}

func TestListFailsWhereNothingCanBeRead(t *testing.T) {
	t.Parallel()
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		s, c := connected(t, kubetest.Options{})
		s.Stop()
		_, _, err := c.List(t.Context(), pods)
		wantProblem(t, err, Unreachable)
	})
	t.Run("a wrong token", func(t *testing.T) {
		t.Parallel()
		s, c := connected(t, kubetest.Options{Token: "good"})
		s.RequireToken("other")
		_, _, err := c.List(t.Context(), pods)
		wantProblem(t, err, Unauthorized)
	})
	t.Run("a token that expires on the way", func(t *testing.T) {
		t.Parallel()
		s, c := connected(t, kubetest.Options{})
		s.Fail(kubetest.Fault{
			Refusal: kubetest.Refusal{Status: http.StatusUnauthorized, Reason: "Unauthorized"},
			Match:   func(_, path string) bool { return path == "/api/v1/pods" },
		})
		_, _, err := c.List(t.Context(), pods)
		wantProblem(t, err, Unauthorized)
	})
}

func wantProblem(t *testing.T, err error, want Problem) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Problem != want {
		t.Errorf("got error %v, want problem %d", err, want)
	}
}
