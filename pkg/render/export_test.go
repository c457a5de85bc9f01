package render_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/templates"
)

// The templates that people begin with are the built-in ones in other words:
// every case renders to the same bytes with them and without.
func TestExportedTemplatesGiveTheSameObjects(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"j2", "jsonnet"} {
		for _, dir := range append(caseDirs(t), sampleDirs(t)...) {
			t.Run(form+"/"+filepath.Base(dir), func(t *testing.T) {
				t.Parallel()
				copied := t.TempDir()
				copyFS(t, filepath.Join(copied, "case"), os.DirFS(dir))
				copyFS(t, filepath.Join(copied, "case", "exported"), sub(t, templates.FS, form))
				want := renderedWith(t, filepath.Join(copied, "case"), "")
				got := renderedWith(t, filepath.Join(copied, "case"), "exported")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-built-in +exported:\n%s", diff)
				}
			})
		}
	}
}

// sampleDirs makes a case of each sample.
func sampleDirs(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(templates.FS, "samples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	var dirs []string
	for _, file := range files {
		text, err := fs.ReadFile(templates.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), filepath.Base(file))
		write(t, filepath.Join(dir, "deployment.yaml"), string(text))
		dirs = append(dirs, dir)
	}
	return dirs
}

// renderedWith renders a folder with the templates of a directory, of which
// there may be none, and returns the bytes and the warnings.
func renderedWith(t *testing.T, dir string, custom settings.Path) string {
	t.Helper()
	loaded, err := load(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	r := render.New(render.Options{})
	for _, in := range inputs(loaded) {
		in.Settings.Spec.Settings.Deployer.CustomTemplatesDir = custom
		out, err := r.Render(context.Background(), in)
		if err != nil {
			t.Fatal(story(err))
		}
		text.WriteString(story(out.Warnings))
		if err := out.Set.WriteYAML(&text); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func copyFS(t *testing.T, dir string, files fs.FS) {
	t.Helper()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
}

func sub(t *testing.T, files fs.FS, dir string) fs.FS {
	t.Helper()
	part, err := fs.Sub(files, dir)
	if err != nil {
		t.Fatal(err)
	}
	return part
}
