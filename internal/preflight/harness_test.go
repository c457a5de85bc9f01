package preflight

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
)

// A situation is what is rendered and what there is, and the checks that are not
// well in it. change alters what was read.
type situation struct {
	rendered, live, unread string
	change                 func(*Input, *Facts)
	want                   []string
}

// hold makes all checks in each of the situations.
func hold(t *testing.T, situations map[string]situation) {
	t.Helper()
	for name, s := range situations {
		in := Input{Environment: "prod", Objects: parse(t, s.rendered)}
		facts := everything(t, in, s.live, s.unread)
		if s.change != nil {
			s.change(&in, facts)
		}
		if diff := cmp.Diff(s.want, bad(Run(in, facts))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// parse reads the objects of a YAML stream.
func parse(t *testing.T, stream string) []*manifest.Object {
	t.Helper()
	var objects []*manifest.Object
	for text := range strings.SplitSeq(stream, "\n---\n") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var body map[string]any
		if err := yaml.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		normal, err := manifest.Normalize(body)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, &manifest.Object{Body: normal.(map[string]any)})
	}
	return objects
}

// kindsOf is a cluster that serves the kinds of some objects, and how it answers
// about others.
type kindsOf struct {
	objects []*manifest.Object
	// without is a kind that is not served but in the other version, silent a
	// group that does not answer.
	without, other, silent string
}

func (k *kindsOf) Serves(apiVersion, kind string) (served, known bool) {
	for _, o := range k.objects {
		served = served || o.APIVersion() == apiVersion && o.Kind() == kind && kind != k.without
	}
	group, _, _ := strings.Cut(apiVersion, "/")
	return served, served || group != k.silent
}

func (k *kindsOf) Find(group, kind string) (kube.Resource, bool) {
	for _, o := range k.objects {
		if o.Group() == group && o.Kind() == kind && (kind != k.without || k.other != "") {
			return kube.Resource{Group: group, Version: k.other, Kind: kind, Name: strings.ToLower(kind) + "s"}, true
		}
	}
	return kube.Resource{}, false
}

// everything reads every wanted list: the live objects of its kind.
func everything(t *testing.T, in Input, live string, unread ...string) *Facts {
	t.Helper()
	f := &Facts{Version: "v1.34.1", Kinds: &kindsOf{objects: in.Objects}}
	objects := parse(t, live)
	for _, w := range Wanted(in) {
		var found []*manifest.Object
		for _, o := range objects {
			if o.Kind() == w.Kind && o.Group() == w.Group && o.Namespace() == w.Namespace {
				found = append(found, o)
			}
		}
		if slices.Contains(unread, w.Kind) {
			f.NotRead(w.List, "ada may not list "+strings.ToLower(w.Kind)+"s", "ask for it")
			continue
		}
		f.Read(w.List, found)
	}
	return f
}

func kinds(f *Facts) *kindsOf { return f.Kinds.(*kindsOf) }

// bad are the checks that are not well, as STATE CHECK OBJECT: MESSAGE.
func bad(found []Check) []string {
	var lines []string
	for _, c := range found {
		if c.State != OK {
			lines = append(lines, string(c.State)+" "+c.Name+" "+c.Object.String()+": "+c.Message)
		}
	}
	return lines
}

const ml = "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ml}\nstatus: {phase: Active}\n"

// workload is a Deployment whose pods have what is given.
func workload(replicas, pod string) string {
	return "\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ml}\nspec: {" + replicas + "template: {spec: " + pod + "}}\n"
}

const (
	plainPod = "{containers: [{name: main}]}"
	sizedPod = `{containers: [{name: main, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}}]}`
)
