package kube

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

// connected starts a server with these objects and connects to it.
func connected(t testing.TB, o kubetest.Options, documents ...string) (*kubetest.Server, *Client) {
	t.Helper()
	s := kubetest.New(t, o)
	put(t, s, documents...)
	return s, clientOf(t, s)
}

func clientOf(t testing.TB, s *kubetest.Server) *Client {
	t.Helper()
	file, err := s.WriteKubeconfig(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c, err := Connect(Options{Kubeconfig: file, Environment: "prod"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t testing.TB, s *kubetest.Server, documents ...string) {
	t.Helper()
	for _, d := range documents {
		if err := s.ApplyYAML(d); err != nil {
			t.Fatal(err)
		}
	}
}

// podIn is a small pod; more is laid over its metadata.
func podIn(namespace, name string, more ...string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {namespace: %s, name: %s%s}, spec: {containers: [{name: main}]}}",
		namespace, name, strings.Join(append([]string{""}, more...), ", "))
}

// named lists objects as kind/namespace/name.
func named(objects []*unstructured.Unstructured) []string {
	names := []string{}
	for _, o := range objects {
		names = append(names, o.GetKind()+"/"+keyOf(o))
	}
	return names
}
