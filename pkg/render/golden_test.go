package render_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const cases = "../../testdata/render"

// Each folder of testdata/render is a project, or a single deployment, with
// what comes out: want.yaml, and warnings.txt where there are any.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, dir := range caseDirs(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var stream, warnings bytes.Buffer
			outputs, loaded := renderDir(t, dir)
			for i, out := range outputs {
				if i > 0 {
					stream.WriteString("---\n")
				}
				if len(outputs) > 1 {
					fmt.Fprintf(&stream, "# %s\n", label(loaded.Resolved[i]))
				}
				if err := out.Set.WriteYAML(&stream); err != nil {
					t.Fatal(err)
				}
				warnings.WriteString(story(out.Warnings))
			}
			compare(t, filepath.Join(dir, "want.yaml"), stream.String())
			compare(t, filepath.Join(dir, "warnings.txt"), warnings.String())
		})
	}
}

func caseDirs(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(cases, "*", "deployment.yaml"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cases in %s: %v", cases, err)
	}
	dirs := make([]string, len(files))
	for i, file := range files {
		dirs[i] = filepath.Dir(file)
	}
	return dirs
}

// load loads a folder as the command would: as a project where there is one.
func load(tb testing.TB, dir string) (*settings.Loaded, error) {
	tb.Helper()
	absolute, err := filepath.Abs(dir)
	if err != nil {
		tb.Fatal(err)
	}
	options := settings.Options{Dir: absolute}
	if _, err := os.Stat(filepath.Join(dir, "lading.yaml")); err != nil {
		options.NoProject = true
		options.Files = []string{"deployment.yaml"}
	}
	return settings.Load(options)
}

func renderDir(t *testing.T, dir string) ([]*render.Output, *settings.Loaded) {
	t.Helper()
	loaded, err := load(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	outputs := make([]*render.Output, len(loaded.Resolved))
	render.All(context.Background(), inputs(loaded), render.Options{Workers: 1}, func(i int, out *render.Output, err error) {
		if err != nil {
			t.Fatal(story(err))
		}
		outputs[i] = out
	})
	return outputs, loaded
}

func inputs(loaded *settings.Loaded) []render.Input {
	in := make([]render.Input, len(loaded.Resolved))
	for i, r := range loaded.Resolved {
		in[i] = render.Input{Settings: r, Files: loaded.Root}
	}
	return in
}

func label(r *settings.Resolved) string { return r.EnvironmentName() + "/" + r.Name }

// story writes an error, or warnings, as a user would read them: each problem
// with its hint.
func story(err error) string {
	var b strings.Builder
	switch err := err.(type) {
	case settings.Problems:
		for _, p := range err {
			b.WriteString(story(p))
		}
	case *settings.Problem:
		fmt.Fprintln(&b, err)
		if err.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", err.Hint)
		}
	default:
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

// compare compares with a golden file; an empty text has none.
func compare(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	if *update {
		if got == "" {
			err = os.Remove(file)
		} else {
			err = os.WriteFile(file, []byte(got), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs (-want +got), run go test ./pkg/render -update where that is right:\n%s", file, cmp.Diff(string(want), got))
}
