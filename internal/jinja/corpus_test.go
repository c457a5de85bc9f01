package jinja

import (
	"context"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// The corpus holds templates with the bytes that Python's Jinja2 made of them,
// or the error that it raised. testdata/jinja/generate.py writes it.
const corpus = "../../testdata/jinja"

// noNewline stands in an archive behind a text that does not end in a newline.
const noNewline = "\n\\ no newline at the end\n"

// A corpusCase is one template and what Python said.
type corpusCase struct {
	name     string
	template string
	vars     *Dict
	files    map[string]string // beside the template
	expected string
	fails    bool
}

// outcome compares what we say with what Python said: equal (the same bytes,
// or an error on both sides), refused (only we have an error) or different.
func (c corpusCase) outcome(t *testing.T) string {
	result, err := render(t, c.template, c.vars, c.files)
	switch {
	case err != nil && c.fails:
		return "equal"
	case err != nil:
		t.Logf("%s is refused: %v", c.name, err)
		return "refused"
	case c.fails:
		t.Errorf("%s renders where Python raises %q:\n%s", c.name, c.expected, result.Text)
		return "different"
	case result.Text != c.expected:
		t.Errorf("%s differs (-python +lading):\n%s", c.name, cmp.Diff(c.expected, result.Text))
		return "different"
	}
	return "equal"
}

// TestCorpus renders the corpus. Nothing may render differently; whole
// templates may not be refused either.
func TestCorpus(t *testing.T) {
	count := map[string]int{}
	small, whole := smallCases(t), wholeCases(t)
	for _, c := range small {
		count[c.outcome(t)]++
	}
	for _, c := range whole {
		outcome := c.outcome(t)
		count[outcome]++
		if outcome == "refused" {
			t.Errorf("%s is refused, want it rendered", c.name)
		}
	}
	if len(small) < 150 || len(whole) < 15 {
		t.Errorf("the corpus has %d small and %d whole templates, want at least 150 and 15", len(small), len(whole))
	}
	t.Logf("%d equal, %d refused, %d different", count["equal"], count["refused"], count["different"])
	t.Logf("%d of %d byte-equal", count["equal"], len(small)+len(whole))
}

func smallCases(t *testing.T) []corpusCase {
	t.Helper()
	archives, err := filepath.Glob(corpus + "/small/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("found no archives: %v", err)
	}
	var cases []corpusCase
	for _, archive := range archives {
		cases = append(cases, archiveCases(t, archive)...)
	}
	return cases
}

// archiveCases reads the cases of one archive: a template, its files and what
// was expected share a directory; context.json at the top is for all of them.
func archiveCases(t *testing.T, archive string) []corpusCase {
	t.Helper()
	shared := "{}"
	cases := map[string]map[string]string{}
	for _, f := range txtar.Parse(readTestFile(t, archive)).Files {
		dir, name := path.Split(f.Name)
		if dir == "" {
			shared = string(f.Data)
			continue
		}
		if cases[dir] == nil {
			cases[dir] = map[string]string{}
		}
		cases[dir][name] = string(f.Data)
	}
	topic := strings.TrimSuffix(filepath.Base(archive), ".txtar")
	var all []corpusCase
	for _, dir := range slices.Sorted(maps.Keys(cases)) {
		all = append(all, newCase(t, topic+"/"+strings.TrimSuffix(dir, "/"), shared, cases[dir]))
	}
	return all
}

func newCase(t *testing.T, name, shared string, files map[string]string) corpusCase {
	t.Helper()
	c := corpusCase{name: name, template: files["template"], files: files, vars: variables(t, []byte(shared))}
	if own, ok := files["context.json"]; ok {
		for key, v := range variables(t, []byte(own)).All() {
			c.vars.Set(key, v)
		}
	}
	expected, ok := files["expected"]
	if !ok {
		expected, c.fails = files["error"]
		if !c.fails {
			t.Fatalf("%s has neither expected nor error: run testdata/jinja/generate.py", name)
		}
	}
	if text, ok := strings.CutSuffix(expected, noNewline); ok {
		expected = text
	}
	c.expected = expected
	return c
}

// wholeCases reads the Kubernetes templates, a directory each.
func wholeCases(t *testing.T) []corpusCase {
	t.Helper()
	dirs, err := os.ReadDir(corpus + "/whole")
	if err != nil {
		t.Fatal(err)
	}
	var cases []corpusCase
	for _, dir := range dirs {
		if dir.IsDir() {
			cases = append(cases, wholeCase(t, dir.Name()))
		}
	}
	return cases
}

func wholeCase(t testing.TB, name string) corpusCase {
	t.Helper()
	dir := filepath.Join(corpus, "whole", name)
	c := corpusCase{name: name, files: map[string]string{}, vars: variables(t, readTestFile(t, corpus+"/whole/context.json"))}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data := readTestFile(t, filepath.Join(dir, e.Name()))
		switch e.Name() {
		case "expected.yaml":
			c.expected = string(data)
		case "context.json":
			for key, v := range variables(t, data).All() {
				c.vars.Set(key, v)
			}
		case "deployment.yaml.j2", "service.yaml.j2", "k8s-resources.yaml":
			c.template = string(data)
		default:
			c.files[e.Name()] = string(data)
		}
	}
	return c
}

// A run keeps no state in what it was given: the second time is like the first.
func TestRenderingTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	e := New()
	for _, c := range wholeCases(t) {
		for range 2 {
			files := filesOf(c)
			result, err := e.Render(context.Background(), files, "dir/template", c.vars)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.expected, result.Text); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
}
