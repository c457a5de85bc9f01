package render

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

const overlayCases = "../../testdata/overlays"

// Each txtar in testdata/overlays lays overlays/prod, or the directories that
// its file "run" lists, over objects.yaml. want.yaml shows what changed and
// what is new, in the order of the stream, each object below its origin; error
// and warnings are what the user would read.
func TestOverlayCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(overlayCases, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", overlayCases, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runOverlayCase(t, file, archive)
		})
	}
}

func runOverlayCase(t *testing.T, file string, archive *txtar.Archive) {
	given := fstest.MapFS{}
	want := map[string]string{}
	directories := []string{"overlays/prod"}
	objects := readObjects(t, filepath.Join(overlayCases, "objects.yaml"))
	for _, f := range archive.Files {
		switch f.Name {
		case "want.yaml", "error", "warnings":
			want[f.Name] = string(f.Data)
		case "run":
			directories = strings.Fields(string(f.Data))
		case "objects.yaml":
			objects = parseObjects(t, f.Data)
		default:
			given[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	got := map[string]string{}
	before := objects
	var warnings settings.Problems
	for _, dir := range directories {
		result, err := layOver(given, dir, objects)
		if err != nil {
			got["error"] = tell(err)
			break
		}
		objects, warnings = result.Objects, append(warnings, result.Warnings...)
	}
	if got["error"] == "" {
		got["want.yaml"] = story(t, before, objects)
	}
	if len(warnings) > 0 {
		got["warnings"] = tell(warnings)
	}
	if updating() {
		updateCase(t, file, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// updating tells whether golden files are to be rewritten.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func updateCase(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	var files []txtar.File
	for _, f := range archive.Files {
		if f.Name != "want.yaml" && f.Name != "error" && f.Name != "warnings" {
			files = append(files, f)
		}
	}
	for _, name := range []string{"want.yaml", "error", "warnings"} {
		if text, ok := got[name]; ok {
			files = append(files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	archive.Files = files
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// layOver runs the engine on a directory.
func layOver(files fs.FS, dir string, objects []*manifest.Object) (*jobResult, error) {
	return newKustomizeEngine(DefaultLimits).run(context.Background(), files, job{
		Engine:  "kustomize",
		File:    settings.Path(dir),
		Context: map[string]any{"name": "zenml-5f0c"},
		Objects: objects,
	})
}

func readObjects(tb testing.TB, file string) []*manifest.Object {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return parseObjects(tb, data)
}

func parseObjects(tb testing.TB, data []byte) []*manifest.Object {
	tb.Helper()
	var objects []*manifest.Object
	for _, d := range manifest.Documents(data) {
		if d.Err != nil {
			tb.Fatal(d.Err)
		}
		objects = append(objects, &manifest.Object{
			Body:   d.Value.(map[string]any),
			Origin: manifest.Origin{Source: "objects.yaml", Line: d.Line},
		})
	}
	return objects
}

// story writes what became of the objects.
func story(tb testing.TB, before, after []*manifest.Object) string {
	tb.Helper()
	var out bytes.Buffer
	left := map[*manifest.Object]bool{}
	for _, o := range before {
		left[o] = true
	}
	for _, o := range after {
		if left[o] {
			continue // unchanged
		}
		text, err := o.YAML()
		if err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(&out, "# %s, %s\n%s", o.Origin, strings.Join(o.Origin.Overlays, ", "), text)
	}
	for _, o := range before {
		gone := true
		for _, a := range after {
			gone = gone && a.Origin.String() != o.Origin.String()
		}
		if gone {
			fmt.Fprintf(&out, "# gone: %s\n", o.ID())
		}
	}
	return out.String()
}

// tell writes an error as the user reads it: each problem with its hint.
func tell(err error) string {
	var out strings.Builder
	list, ok := err.(settings.Problems)
	if p, one := err.(*settings.Problem); one {
		list, ok = settings.Problems{p}, true
	}
	if !ok {
		return err.Error() + "\n"
	}
	for _, p := range list {
		out.WriteString(p.Error() + "\n")
		if p.Hint != "" {
			out.WriteString("  hint: " + p.Hint + "\n")
		}
	}
	return out.String()
}
