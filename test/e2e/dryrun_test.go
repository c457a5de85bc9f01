//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/manifest"
)

// What lading renders in its other tests is taken by a real API server, and
// what it commits for engines fits their CustomResourceDefinitions.
func TestAPIServerTakesEveryManifest(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"../../testdata/render/*/want.yaml", "../../testdata/engine/*/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	objects := make(map[string][]*manifest.Object)
	for _, file := range files {
		objects[file] = readManifests(t, file)
	}
	makePlace(t, objects)
	cases := make(map[string][]string) // of one directory each
	for _, file := range files {
		cases[filepath.Dir(file)] = append(cases[filepath.Dir(file)], "-f", file)
	}
	for dir, files := range cases {
		t.Run(strings.TrimPrefix(dir, "../../testdata/"), func(t *testing.T) {
			if out, err := tryManifests(t, files); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func readManifests(t *testing.T, file string) []*manifest.Object {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []*manifest.Object
	for _, d := range manifest.Documents(data) {
		body, ok := d.Value.(map[string]any)
		if !ok {
			t.Fatalf("%s:%d: %v", file, d.Line, d.Err)
		}
		objects = append(objects, &manifest.Object{Body: body})
	}
	return objects
}

// tryManifests has the API server check files and store nothing of them.
func tryManifests(t *testing.T, files []string) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shared.KubectlPath(), append([]string{"apply", "--server-side", "--dry-run=server", "--validate=strict"}, files...)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig())
	return cmd.CombinedOutput()
}

// makePlace makes the namespaces of objects and defines their kinds, in the
// way of a dry run that cannot see what it made itself.
func makePlace(t *testing.T, objects map[string][]*manifest.Object) {
	t.Helper()
	var place bytes.Buffer
	made := make(map[string]bool)
	add := func(key, text string) {
		if !made[key] {
			made[key] = true
			place.WriteString("---\n" + text + "\n")
		}
	}
	for _, list := range objects {
		for _, o := range list {
			id := o.ID()
			if id.Namespace != "" {
				add(id.Namespace, fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}", id.Namespace))
			}
			if id.Group == "example.com" || id.Group == "keda.sh" {
				add(id.Kind, definition(o))
			}
		}
	}
	apply(t, "default", place.String())
	eventually(t, "the kinds are served", func() string {
		served := kubectl(t, "api-resources", "--no-headers", "-o", "name")
		for kind := range made {
			if plural := pluralOf(kind); strings.Contains(place.String(), "name: "+plural+".") && !strings.Contains(served, plural+".") {
				return "no " + plural
			}
		}
		return "yes"
	})
}

func pluralOf(kind string) string { return strings.ToLower(kind) + "s" }

// definition defines a kind that may have any fields.
func definition(o *manifest.Object) string {
	id, scope := o.ID(), "Cluster"
	if id.Namespace != "" {
		scope = "Namespaced"
	}
	_, version, _ := strings.Cut(o.APIVersion(), "/")
	return fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.%[1]s}
spec:
  group: %[1]s
  scope: %[4]s
  names: {kind: %[3]s, plural: %[2]s}
  versions: [{name: %[5]s, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`, id.Group, pluralOf(id.Kind), id.Kind, scope, version)
}
