package render

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// What an overlay may not do to the objects that lading finds its way by, and
// what it may. The overlay is a function here: the contract looks at what came
// out, not at how.
func TestContractHoldsAfterOverlays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(o *manifest.Object)
		refused string // the whole error, or "" where it is fine
	}{
		"nothing is changed": {
			change: func(*manifest.Object) {},
		},
		"a field is changed": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Deployment" {
					section(o.Body, "spec")["minReadySeconds"] = int64(5)
				}
			},
		},
		"everything moves to another namespace": {
			change: func(o *manifest.Object) {
				if o.Kind() != "Namespace" {
					section(o.Body, "metadata")["namespace"] = "moved"
				}
			},
		},
		"the Service moves alone": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Service" {
					section(o.Body, "metadata")["namespace"] = "moved"
				}
			},
			refused: `overlays/prod: Service is in namespace "moved" and the Deployment in "zenml-deployments", want them in one`,
		},
		"a prefix is put before the names": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Deployment" {
					section(o.Body, "metadata")["name"] = "prod-" + o.Name()
				}
			},
			refused: `overlays/prod: Deployment is called "prod-NAME" now, want the name "NAME", by which everything finds it`,
		},
		"the kind is another": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Deployment" {
					o.Body["kind"] = "StatefulSet"
				}
			},
			refused: `overlays/prod: Deployment NAME is gone, want it kept`,
		},
		"labels are put into selectors": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Service" {
					section(o.Body, "spec", "selector")["env"] = "prod"
				}
			},
			refused: `overlays/prod: selector of Service NAME is changed to {"env":"prod","managed-by":"zenml","zenml-deployment-id":"ID"}, ` +
				`want {"managed-by":"zenml","zenml-deployment-id":"ID"}`,
		},
		"the pods lose a label": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Deployment" {
					delete(section(o.Body, "spec", "template", "metadata", "labels"), "managed-by")
				}
			},
			refused: `overlays/prod: pods of Deployment NAME lack the label "managed-by" of its selector`,
		},
		"a label is a number": {
			change: func(o *manifest.Object) {
				if o.Kind() == "Service" {
					section(o.Body, "metadata", "labels")["a"] = 1
				}
			},
			refused: `overlays/prod: metadata.labels.a of Service NAME is the number 1, want a string`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := overlaid(t, test.change)
			want := strings.NewReplacer("NAME", "zenml-"+testID, "ID", testID).Replace(test.refused)
			if want != "" || err != nil {
				if err == nil || err.Error() != want {
					t.Errorf("error is %v, want %s", err, want)
				}
				return
			}
			if err := oneNamespace(set); err != "" {
				t.Error(err)
			}
		})
	}
}

const testID = "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"

// overlaid renders a deployment with an overlay that does something to each
// object.
func overlaid(t *testing.T, change func(*manifest.Object)) (*manifest.Set, error) {
	t.Helper()
	dir := t.TempDir()
	text := "apiVersion: lading.dev/v1alpha1\nkind: PipelineDeployment\nmetadata: {name: greet}\nspec: {image: i, id: " + testID + "}\n"
	if err := os.WriteFile(filepath.Join(dir, "greet.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	loaded, err := settings.Load(settings.Options{Dir: dir, NoProject: true, Files: []string{"greet.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	loaded.Resolved[0].Spec.Overlays = []settings.Path{"overlays/prod"}
	out := &Output{}
	c, err := newContext(Input{Settings: loaded.Resolved[0], Files: loaded.Root}, out)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := New(Options{}).core(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	objects = c.decorate(objects)
	held := contractOf(c, objects)
	for _, o := range objects {
		change(o)
		o.Origin.Overlays = []string{"overlays/prod"}
	}
	return finish(c, held, objects)
}

// oneNamespace says where an object is not in the Namespace of the set.
func oneNamespace(set *manifest.Set) string {
	namespace := set.Objects()[0].Name()
	for _, o := range set.Objects()[1:] {
		if o.Namespace() != namespace {
			return o.ID().String() + " is not in namespace " + namespace
		}
	}
	return ""
}
