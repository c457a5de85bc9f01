package render_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

// Each archive in testdata/render/errors holds what cannot be rendered, and in
// its file "want" the whole of what the user is told.
func TestErrors(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join(cases, "errors", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				write(t, filepath.Join(dir, f.Name), string(f.Data))
			}
			got := failure(t, dir)
			if want < 0 {
				want = len(archive.Files)
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
			}
			if got == string(archive.Files[want].Data) {
				return
			}
			if !*update {
				t.Fatalf("told:\n%s\nwant:\n%s", got, archive.Files[want].Data)
			}
			archive.Files[want].Data = []byte(got)
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// failure renders a folder and returns what the user is told.
func failure(t *testing.T, dir string) string {
	t.Helper()
	loaded, err := load(t, dir)
	if err != nil {
		return story(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err = render.New(render.Options{}).Render(ctx, render.Input{Settings: loaded.Resolved[0], Files: loaded.Root})
	if err == nil {
		return "no error\n"
	}
	return story(err)
}

// unpack writes the files of an archive.
func unpack(t *testing.T, dir, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
}

func TestAnEndedContextEndsTheRender(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, filepath.Join(cases, "level-1"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := render.New(render.Options{}).Render(ctx, inputs(loaded)[0]); err == nil {
		t.Error("renders, want the error of the context")
	}
}

// Jsonnet cannot be interrupted, but whoever waits for it can.
func TestJsonnetThatTakesTooLongIsLeftBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unpack(t, dir, `
-- deployment.yaml --
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec: {image: i, settings: {deployer: {additional_resources: [slow.jsonnet]}}}
-- slow.jsonnet --
local fibonacci(n) = if n < 2 then n else fibonacci(n - 1) + fibonacci(n - 2);
function(context) fibonacci(25)
`)
	loaded, err := settings.Load(settings.Options{Dir: dir, NoProject: true, Files: []string{"deployment.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := render.New(render.Options{}).Render(ctx, inputs(loaded)[0]); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("error is %v, want that of the deadline", err)
	}
}

// A template that is a link out of the project is refused, and not taken for one
// that is not there.
func TestTemplateThatLeadsOutIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unpack(t, dir, `
-- project/deployment.yaml --
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec: {image: i, settings: {deployer: {custom_templates_dir: templates}}}
-- project/templates/other.j2 --
-- outside.jsonnet --
{}
`)
	if err := os.Symlink(filepath.Join(dir, "outside.jsonnet"), filepath.Join(dir, "project", "templates", "service.jsonnet")); err != nil {
		t.Fatal(err)
	}
	const want = `deployment.yaml:4:62: spec.settings.deployer.custom_templates_dir: symbolic link "templates/service.jsonnet" leads out of the root`
	if got := failure(t, filepath.Join(dir, "project")); !strings.HasPrefix(got, want) {
		t.Errorf("told:\n%s\nwant:\n%s", got, want)
	}
}
