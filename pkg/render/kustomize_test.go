package render

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lading-dev/lading/overlays"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// trickyValues are texts that some reader takes for something else, and
// numbers at the edges.
var trickyValues = []any{
	"", " ", "1.0", "1e3", "0x1F", "012", "0o17", "1_000", "1:30", "yes", "No", "on", "y", "~", "null", "true", "NaN", ".inf",
	"2024-01-01", "2024-01-01T00:00:00Z", "<<", "=", "- a", "a: b", "a #b", "#", "&a", "*a", "!t", "%d", "@x", "`x`", "{a}", "[a]",
	"'", `"`, `\`, "a\nb\n", "a\nb", "\n", "\t", " lead", "trail ", "a\r\nb", "\u0085", "\u2028", "\u2029", "\ufeff", "\u007f", "\u0080",
	"\x00", "\x1b", "é", "日本", "😀", "\ue000", strings.Repeat("long ", 100),
	int64(0), int64(-1), int64(1 << 53), int64(1<<53 + 1), int64(math.MaxInt64), int64(math.MinInt64), int64(1e15),
	0.1, -1.5, 1e-7, 1e-300, true, false, []any{}, map[string]any{}, []any{[]any{int64(1)}, map[string]any{"a": "b"}},
}

// Every kind of patch makes kustomize read and write the whole object in
// another way.
func TestNothingIsLostOnTheWayThroughKustomize(t *testing.T) {
	t.Parallel()
	patches := map[string]string{
		"strategic merge": "patches: [{target: {kind: Thing}, patch: '{kind: Thing, apiVersion: v1, metadata: {name: a}, touched: true}'}]",
		"JSON patch":      `patches: [{target: {kind: Thing}, patch: '[{"op": "add", "path": "/touched", "value": true}]'}]`,
		"annotations":     "commonAnnotations: {touched: x}",
	}
	spec := map[string]any{}
	for i, v := range trickyValues {
		spec[fmt.Sprintf("v%d", i)] = v
		if text, ok := v.(string); ok {
			spec["k"+text] = "key"
		}
	}
	given := &manifest.Object{Body: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Thing", "metadata": map[string]any{"name": "thing"}, "spec": spec,
	}}
	before, err := given.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range patches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"o/kustomization.yaml": {Data: []byte(text)}}
			result, err := layOver(files, "o", []*manifest.Object{given})
			if err != nil {
				t.Fatal(tell(err))
			}
			after := result.Objects[0]
			if after == given {
				t.Fatal("the patch did not touch the object")
			}
			if diff := cmp.Diff(given.Body["spec"], after.Body["spec"]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			now, err := given.YAML()
			if err != nil || !bytes.Equal(before, now) {
				t.Errorf("the given object changed: %v", err)
			}
		})
	}
}

func TestUntouchedObjectsStayTheSame(t *testing.T) {
	t.Parallel()
	objects := readObjects(t, filepath.Join(overlayCases, "objects.yaml"))
	files := fstest.MapFS{"o/kustomization.yaml": {Data: []byte("kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n")}}
	result, err := layOver(files, "o", objects)
	if err != nil {
		t.Fatal(tell(err))
	}
	for i, o := range result.Objects {
		if o != objects[i] {
			t.Errorf("%s is another object", o.ID())
		}
	}
}

func TestOverlaysRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	results := make([]string, 8)
	for i := range results {
		group.Go(func() {
			objects := readObjects(t, filepath.Join(overlayCases, "objects.yaml"))
			result, err := layOver(overlays.FS, "prod", objects)
			if err != nil {
				results[i] = tell(err)
				return
			}
			results[i] = story(t, objects, result.Objects)
		})
	}
	group.Wait()
	for _, got := range results {
		if got != results[0] || !strings.Contains(got, "minReadySeconds") {
			t.Fatalf("got\n%s\nand\n%s", results[0], got)
		}
	}
}

func TestOverlaysOfAllowedDirectoriesStayOutsideTheRoot(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"@/opt/shared/prod/kustomization.yaml": {Data: []byte("components: [../base]\nresources: [../../../../secret.yaml]")},
		"@/opt/shared/base/kustomization.yaml": {Data: []byte("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component")},
		"secret.yaml":                          {Data: []byte("a: b")},
	}
	_, err := layOver(files, "@/opt/shared/prod", nil)
	want := `@/opt/shared/prod/kustomization.yaml:2: path "../../../../secret.yaml" leads out of the root, want one inside
  hint: copy what lies there into the project
`
	if got := tell(err); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestOverlaysDoNotFollowLinksOutOfTheRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"secret.yaml":               "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
		"root/o/kustomization.yaml": "resources: [link.yaml]",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../../secret.yaml", filepath.Join(dir, "root/o/link.yaml")); err != nil {
		t.Skip(err)
	}
	root, err := settings.OpenRoot(filepath.Join(dir, "root"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = layOver(root, "o", nil)
	if err == nil || !strings.Contains(err.Error(), "leads out of the root") {
		t.Errorf("got %v, want a refusal", err)
	}
	t.Log(tell(err))
}

// kustomize prints to standard error about deprecated fields that it finds.
func TestKustomizeSeesNoDeprecatedField(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile(filepath.Join(overlayCases, "deprecated-fields-still-work.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: append(f.Data, "\n"...)}
	}
	k := files["overlays/prod/kustomization.yaml"]
	k.Data = append(k.Data, "commonLabels: {a: b}\n"...)
	b, err := newBuild(files, job{File: "overlays/prod", Context: map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	top := b.load()
	if err := b.wrong.err(); err != nil {
		t.Fatal(tell(err))
	}
	text, err := b.memory.ReadFile(top.dir + "/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for field := range deprecatedFields {
		if bytes.Contains(text, []byte(`"`+field+`":`)) {
			t.Errorf("kustomize sees %s in %s", field, text)
		}
	}
}

func TestOverlaysStopWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := newKustomizeEngine(DefaultLimits).run(ctx, overlays.FS, job{File: "prod", Context: map[string]any{"name": "n"}})
	if err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func FuzzKustomization(f *testing.F) {
	f.Add([]byte("namespace: a"))
	f.Add([]byte("resources: [a.yaml]\npatches: [{target: {kind: Service}, patch: '[]'}]"))
	f.Add([]byte("transformers: ['apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: a}']"))
	objects := readObjects(f, filepath.Join(overlayCases, "objects.yaml"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files := fstest.MapFS{"o/kustomization.yaml": {Data: data}, "o/a.yaml": {Data: data}}
		result, err := layOver(files, "o", objects)
		if err != nil {
			if strings.Contains(err.Error(), "gave up") {
				t.Log(err) // a panic of kustomize, caught
			}
			return
		}
		for _, o := range result.Objects {
			for _, key := range []string{"internal.config.kubernetes.io/lading-index"} {
				if annotation(o, key) != "" {
					t.Errorf("%s has the annotation %s", o.ID(), key)
				}
			}
		}
	})
}

// The overlay of an example environment: one patch of the Deployment.
func BenchmarkOverlay(b *testing.B) {
	objects := readObjects(b, filepath.Join(overlayCases, "objects.yaml"))
	warmSchema()
	for b.Loop() {
		if _, err := layOver(overlays.FS, "prod", objects); err != nil {
			b.Fatal(tell(err))
		}
	}
}

// A built-in component: one object and one patch.
func BenchmarkComponent(b *testing.B) {
	objects := readObjects(b, filepath.Join(overlayCases, "objects.yaml"))
	warmSchema()
	values := map[string]any{
		"name": "zenml-5f0c", "namespace": "production", "selector": map[string]any{"managed-by": "zenml"},
		"max_unavailable": int64(1), "when_unsatisfiable": "ScheduleAnyway",
	}
	j := job{File: "lading/components/high-availability", Builtin: true, Context: values, Objects: objects}
	for b.Loop() {
		if _, err := newKustomizeEngine(DefaultLimits).run(context.Background(), overlays.FS, j); err != nil {
			b.Fatal(tell(err))
		}
	}
}
