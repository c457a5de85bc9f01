package kube

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestItemsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	var asked []string
	server, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI()+" "+r.Header.Get("Accept"))
		if r.URL.Query().Get("continue") == "" {
			fmt.Fprint(w, `{"metadata":{"continue":"more"},"items":[{"metadata":{"name":"a"}}]}`)
			return
		}
		fmt.Fprint(w, `{"items":[{"metadata":{"name":"b"}}]}`)
	})
	c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Items(t.Context(), Collection{APIVersion: "v1", Resource: "secrets", Namespace: "ml", OnlyMetadata: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"metadata": map[string]any{"name": "a"}}, {"metadata": map[string]any{"name": "b"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	accept := " application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	paths := []string{"/api/v1/namespaces/ml/secrets?limit=500" + accept, "/api/v1/namespaces/ml/secrets?continue=more&limit=500" + accept}
	if diff := cmp.Diff(paths, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestKindsOfAVersionThatIsNotServedAreNone(t *testing.T) {
	t.Parallel()
	server, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/apis/keda.sh/v1alpha1" {
			answers(404, "the server could not find the requested resource")(w, r)
			return
		}
		fmt.Fprint(w, `{"resources":[{"name":"scaledobjects","kind":"ScaledObject"},{"name":"scaledobjects/status","kind":"ScaledObject"}]}`)
	})
	c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]map[string]string{
		"keda.sh/v1alpha1": {"ScaledObject": "scaledobjects"},
		"keda.sh/v2":       nil,
	} {
		got, err := c.Kinds(t.Context(), version)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", version, err, diff)
		}
	}
}
