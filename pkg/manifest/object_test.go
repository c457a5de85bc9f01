package manifest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// object returns a test's object; namespace may be empty.
func object(apiVersion, kind, namespace, name string) *Object {
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	return &Object{Body: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}}
}

func TestIDsAreThoseOfTheCluster(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]*Object{
		"deployment.apps/prod/web":                object("apps/v1", "Deployment", "prod", "web"),
		"service/prod/web":                        object("v1", "Service", "prod", "web"),
		"namespace/prod":                          object("v1", "Namespace", "", "prod"),
		"clusterrole.rbac.authorization.k8s.io/a": object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "a"),
	} {
		if got := o.ID().String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if a, b := object("apps/v1", "Deployment", "x", "y").ID(), object("apps/v1beta1", "Deployment", "x", "y").ID(); a != b {
		t.Errorf("%v and %v differ, want the version to make no difference", a, b)
	}
}

func TestFieldsOfOddObjectsAreEmpty(t *testing.T) {
	t.Parallel()
	for _, body := range []map[string]any{nil, {}, {"metadata": nil, "kind": int64(1)}, {"metadata": []any{"x"}, "apiVersion": true}} {
		o := &Object{Body: body}
		if diff := cmp.Diff(ID{}, o.ID()); diff != "" {
			t.Errorf("%v (-want +got)\n%s", body, diff)
		}
	}
}

func TestFieldFollowsMappings(t *testing.T) {
	t.Parallel()
	o := &Object{Body: map[string]any{"spec": map[string]any{"a": nil, "b": []any{"x"}}}}
	for _, c := range []struct {
		path []string
		want any
		ok   bool
	}{
		{[]string{"spec", "b"}, []any{"x"}, true},
		{[]string{"spec", "a"}, nil, true},
		{[]string{"spec", "c"}, nil, false},
		{[]string{"spec", "b", "c"}, nil, false},
	} {
		got, ok := o.Field(c.path...)
		if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
			t.Errorf("%v: found %t, want %t (-want +got)\n%s", c.path, ok, c.ok, diff)
		}
	}
}

func TestSetKeepsOrderAndRefusesDuplicates(t *testing.T) {
	t.Parallel()
	web, db := object("apps/v1", "Deployment", "prod", "web"), object("v1", "Service", "prod", "db")
	web.Origin = Origin{Source: "lading/deployment.libsonnet"}
	var s Set
	if err := errors.Join(s.Add(web), s.Add(db)); err != nil {
		t.Fatal(err)
	}
	again := object("apps/v1beta1", "Deployment", "prod", "web")
	again.Origin = Origin{Source: "extra.yaml", Line: 7}
	const want = "extra.yaml:7: deployment.apps/prod/web is already written by lading/deployment.libsonnet, want one object per name"
	var duplicate *DuplicateError
	if err := s.Add(again); !errors.As(err, &duplicate) || err.Error() != want || duplicate.Hint() == "" {
		t.Errorf("%v, want %s", err, want)
	}
	if diff := cmp.Diff([]*Object{web, db}, s.Objects()); diff != "" || s.Len() != 2 || s.Get(web.ID()) != web || s.Get(ID{}) != nil {
		t.Errorf("the set has changed (-want +got)\n%s", diff)
	}
}

func TestPodSpecsAreWhereKindsHaveThem(t *testing.T) {
	t.Parallel()
	spec := map[string]any{"containers": []any{map[string]any{"name": "main"}}}
	template := map[string]any{"template": map[string]any{"spec": spec}}
	for name, c := range map[string]struct {
		body map[string]any
		want bool
	}{
		"pod":              {map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": spec}, true},
		"deployment":       {map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "spec": template}, true},
		"cron job":         {map[string]any{"apiVersion": "batch/v1", "kind": "CronJob", "spec": map[string]any{"jobTemplate": map[string]any{"spec": template}}}, true},
		"another template": {map[string]any{"apiVersion": "example.com/v1", "kind": "Widget", "spec": map[string]any{"template": map[string]any{"spec": map[string]any{"size": int64(1)}}}}, false},
		"a text":           {map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "spec": "none"}, false},
	} {
		if got := (&Object{Body: c.body}).PodSpec(); (got != nil) != c.want {
			t.Errorf("%s: %v, want one: %v", name, got, c.want)
		}
	}
}
