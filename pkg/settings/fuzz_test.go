package settings

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzLoad hands anything to the reader and the checker: they end, they do
// not panic, and what they accept decodes.
func FuzzLoad(f *testing.F) {
	for _, file := range caseFiles(f) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, a := range archive.Files {
			f.Add(a.Data)
		}
	}
	f.Add([]byte("kind: Project\nspec: &a {defaults: *a, environments: [{name: a, settings: {deployer: {labels: {x: null}}}}]}"))
	root, err := OpenRoot(f.TempDir(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		l := &loader{inputs: make(map[string]*input)}
		l.loaded.Root, l.base = root, root.Dir()
		in := l.parse("fuzz.yaml", "/fuzz.yaml", data)
		l.takeProject(in)
		l.takeDeployments(in)
		if err := l.checkDocuments(); err != nil {
			t.Fatal(err)
		}
		if err := l.resolve(); err != nil {
			t.Fatal(err)
		}
		for _, r := range l.loaded.Resolved {
			for _, v := range r.Values() {
				r.Origin(v.Path)
			}
		}
		l.problems.sorted()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// FuzzSet hands anything to --set.
func FuzzSet(f *testing.F) {
	for _, s := range []string{"image=a", "settings.deployer.labels[a/b]=x", "settings.deployer.args=[a, b]", `env["a]"]=x`, "a[=", "components=[{name: a}]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, problems := setLayer(s, nil, source{})
		if n == nil && len(problems) == 0 {
			t.Error("neither a layer nor a problem")
		}
		if n != nil && len(problems) == 0 {
			decodeDeployment(merge(nil, n, deploymentType()))
		}
	})
}
