package render_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lading-dev/lading/overlays"
	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

// Each txtar in testdata/overlays/components is a deployment, or a project.
// want.yaml shows the objects that components and overlays changed or added,
// each below its environment, origin and overlays; error is what the user
// would read.
func TestComponentCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/overlays/components/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			given := slices.DeleteFunc(slices.Clone(archive.Files), func(f txtar.File) bool {
				return f.Name == "want.yaml" || f.Name == "error"
			})
			got := append(slices.Clip(given), componentCase(t, given)...)
			if *update {
				archive.Files = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want := string(txtar.Format(archive))
			if diff := cmp.Diff(want, string(txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: got}))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func componentCase(t *testing.T, files []txtar.File) []txtar.File {
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := load(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	var out, failed bytes.Buffer
	for _, in := range inputs(loaded) {
		output, err := render.New(render.Options{}).Render(context.Background(), in)
		if err != nil {
			failed.WriteString(story(err))
			continue
		}
		for _, o := range output.Set.Objects() {
			if len(o.Origin.Overlays) == 0 {
				continue
			}
			text, err := o.YAML()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "# %s: %s, %s\n%s", in.Settings.EnvironmentName(), o.Origin, strings.Join(o.Origin.Overlays, ", "), text)
		}
	}
	var got []txtar.File
	if out.Len() > 0 {
		got = append(got, txtar.File{Name: "want.yaml", Data: out.Bytes()})
	}
	if failed.Len() > 0 {
		got = append(got, txtar.File{Name: "error", Data: failed.Bytes()})
	}
	return got
}

// withOverlays is a root in which the example overlays lie too.
type withOverlays struct{ fs.FS }

func (w withOverlays) Open(name string) (fs.File, error) {
	if rest, ok := strings.CutPrefix(name, "builtin-overlays/"); ok {
		return overlays.FS.Open(rest)
	}
	return w.FS.Open(name)
}

// The deployments are those of testdata/render: with and without resources,
// autoscalers, templates and objects of their own.
func TestEveryComponentAndExampleOverlayWorksForEveryDeployment(t *testing.T) {
	t.Parallel()
	for _, dir := range caseDirs(t) {
		loaded, err := load(t, dir)
		if err != nil {
			continue // cases of what settings refuse
		}
		for _, in := range inputs(loaded) {
			if _, err := render.New(render.Options{}).Render(context.Background(), in); err != nil {
				continue // cases of what render refuses
			}
			t.Run(filepath.Base(dir)+"/"+label(in.Settings), func(t *testing.T) {
				t.Parallel()
				everything := *in.Settings
				everything.Spec.Overlays = []settings.Path{"builtin-overlays/dev", "builtin-overlays/staging", "builtin-overlays/prod"}
				for _, c := range render.Components() {
					everything.Spec.Components = append(everything.Spec.Components, settings.Component{Name: c.Name, With: required(c)})
				}
				everything.Spec.Components = slices.DeleteFunc(everything.Spec.Components, func(c settings.Component) bool {
					return c.Name == "autoscaling" // needs an autoscaler to tune
				})
				in := render.Input{Settings: &everything, Files: withOverlays{in.Files}}
				out, err := render.New(render.Options{}).Render(context.Background(), in)
				if err != nil {
					t.Fatal(story(err))
				}
				var stream bytes.Buffer
				if err := out.Set.WriteYAML(&stream); err != nil {
					t.Fatal(err)
				}
				for _, leak := range []string{"config.kubernetes.io/", "${", "$if", "$each"} {
					if strings.Contains(stream.String(), leak) {
						t.Errorf("output contains %q:\n%s", leak, &stream)
					}
				}
			})
		}
	}
}

// required gives the parameters that a component cannot do without.
func required(c render.Component) settings.Map {
	var with settings.Map
	for _, p := range c.Parameters {
		if p.Required {
			with = append(with, settings.Entry{Key: p.Name, Value: "{{deployment}}.example.com"})
		}
	}
	return with
}

func TestExampleOverlaysAreThoseThatInitWrites(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"dev", "staging", "prod"} {
		want, err := fs.ReadFile(overlays.FS, environment+"/kustomization.yaml")
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../examples/overlays", environment, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("examples/overlays/%s differs from overlays/%[1]s: -want +got:\n%s", environment, diff)
		}
	}
}

const (
	overlaysPage = "../../docs/overlays.md"
	tableStart   = "<!-- generated: components -->\n"
	tableEnd     = "<!-- end -->\n"
)

// The table of components in docs/overlays.md is made of what the components
// say of themselves; -update writes it.
func TestDocumentedComponentsAreThoseThatExist(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(overlaysPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s lacks %q or %q", overlaysPage, tableStart, tableEnd)
	}
	compare(t, overlaysPage, before+tableStart+componentTable()+tableEnd+after)
}

func componentTable() string {
	var b strings.Builder
	for _, c := range render.Components() {
		fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n", c.Name, c.Doc)
		b.WriteString("| parameter | type | default | |\n|---|---|---|---|\n")
		for _, p := range c.Parameters {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, kindOf(p), defaultOf(p), p.Doc)
		}
	}
	b.WriteString("\n")
	return b.String()
}

func kindOf(p render.Parameter) string {
	if len(p.Enum) > 0 {
		return "`" + strings.Join(p.Enum, "`, `") + "`"
	}
	return p.Type
}

func defaultOf(p render.Parameter) string {
	switch {
	case p.Required:
		return "(required)"
	case p.Default == nil:
		return ""
	}
	if list, ok := p.Default.([]any); ok {
		return strings.ReplaceAll(fmt.Sprintf("`%v`", list), " ", ", ")
	}
	return fmt.Sprintf("`%v`", p.Default)
}
