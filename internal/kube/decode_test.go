package kube

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

var thing = Resource{Group: "acme.example", Version: "v1", Name: "things", Kind: "Thing"}

// FuzzDecode holds the decoder against that of Kubernetes.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : [ 1 , -2.5e3, true,false,null, "x" ] , "b":{"c":{"d":[{},[],{"e":{}}]}} } `,
		`{"s":"\"\\\/\b\n\u00e9\ud83d\ude00\ud800","é":"ü","bad":"` + "\xff" + `"}`,
		`{"i":9223372036854775807,"j":9223372036854775808,"k":-0,"l":1e2,"m":0.0}`,
		`{"a":1,"a":2,"apiVersion":"v2","kind":"K"}`,
		`{"x":[{"y":{"z":1}},{"y":{"z":1}},{"y":{"z":1.0}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var raw json.RawMessage
		if json.Unmarshal(data, &raw) != nil {
			return
		}
		var want map[string]any
		if err := utiljson.Unmarshal(raw, &want); err != nil || want == nil {
			return // a number that is out of range, or no mapping
		}
		got, err := newDecoder().decode(raw, thing)
		if err != nil {
			t.Fatal(err)
		}
		want["kind"], want["apiVersion"] = "Thing", "acme.example/v1"
		leaveOut(want)
		if !reflect.DeepEqual(want, got.Object) {
			t.Errorf("%s\ngot  %v\nwant %v", raw, got.Object, want)
		}
	})
}

// leaveOut drops what the decoder passes over.
func leaveOut(object map[string]any) {
	for _, v := range object {
		m, _ := v.(map[string]any)
		delete(m, "managedFields")
		for _, v := range m {
			m, _ := v.(map[string]any)
			delete(m, lastApplied)
		}
	}
}

func TestObjectsOfAListShareWhatTheyHaveInCommon(t *testing.T) {
	t.Parallel()
	d := newDecoder()
	data := json.RawMessage(`{"spec":{"probe":{"path":"/","port":8000}}}`)
	first, _ := d.decode(data, thing)
	second, _ := d.decode(data, thing)
	probe := func(o map[string]any) map[string]any {
		return o["spec"].(map[string]any)["probe"].(map[string]any)
	}
	probe(first.Object)["path"] = "/changed"
	if got := probe(second.Object)["path"]; got != "/changed" {
		t.Errorf("got %v, want the very same mapping", got)
	}
}

func TestWhatIsNoObjectIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"items":[null]}`, `{"items":["x"]}`, `{"items":[1]}`, `{"items":{}}`, `[]`, `{"items":[{}`, ``, `<html>`} {
		if p, err := readPage(strings.NewReader(body), thing); err == nil {
			t.Errorf("%s: got %v, want an error", body, p.objects)
		}
	}
}

func TestAFleetIsDecodedAsKubernetesDoes(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, kubetest.Fleet(5)...)
	found, _, err := c.List(t.Context(), []Want{{Group: "apps", Kind: "Deployment"}, {Group: "apps", Kind: "ReplicaSet"}, {Kind: "Pod"}, {Kind: "Event"}})
	if err != nil || len(found) != 35 {
		t.Fatal(len(found), err)
	}
	for _, o := range found {
		gvk := o.GroupVersionKind()
		want := s.Get(gvk.Group, gvk.Kind, o.GetNamespace(), o.GetName())
		want.SetManagedFields(nil)
		got := o.DeepCopy()
		got.SetManagedFields(nil) // of some kinds, without the fields
		if diff := cmp.Diff(want.Object, got.Object); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDatedKindsKeepWhenTheyWereChanged(t *testing.T) {
	t.Parallel()
	data := json.RawMessage(`{"metadata":{"name":"a","managedFields":[{"manager":"m","time":"2026-01-02T03:04:05Z","fieldsV1":{"f:data":{}}}]}}`)
	for kind, want := range map[schema.GroupKind]string{
		{Group: "", Kind: "ConfigMap"}:      "2026-01-02 03:04:05 +0000 UTC",
		{Group: "apps", Kind: "Deployment"}: "2026-01-02 03:04:05 +0000 UTC",
		{Group: "", Kind: "Service"}:        "",
	} {
		o, err := newDecoder().decode(data, Resource{Group: kind.Group, Version: "v1", Kind: kind.Kind})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range o.GetManagedFields() {
			got = f.Time.UTC().String()
			if f.FieldsV1 != nil {
				t.Errorf("%s has fields: %s", kind, f.FieldsV1)
			}
		}
		if got != want {
			t.Errorf("%s was changed at %q, want %q", kind, got, want)
		}
	}
}
