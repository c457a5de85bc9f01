package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/lading-dev/lading/overlays"
	"github.com/lading-dev/lading/pkg/manifest"
)

// The built-in components lie in overlays/components, a folder each. How their
// parameters are checked is in components_check.go, how they get into the
// manifests in components_fill.go.

// A Component describes a built-in kustomize component.
type Component struct {
	Name string
	// Doc tells what the component is for, in one sentence or two.
	Doc        string
	Parameters []Parameter

	// unmatched is what to do where a patch of the component finds no object.
	unmatched string
	templates map[string]template // by file name
}

// A Parameter is what a component takes under its "with".
type Parameter struct {
	Name string `yaml:"name"`
	// Type is a key of parameterTypes.
	Type     string `yaml:"type"`
	Doc      string `yaml:"doc"`
	Required bool   `yaml:"required"`
	// Default is used where the parameter is absent; without one, the parts
	// of the manifests that need the parameter are left out.
	Default any `yaml:"default"`
	// Enum, Pattern (a key of parameterPatterns), Min and Max restrict values.
	Enum    []string `yaml:"enum"`
	Pattern string   `yaml:"pattern"`
	Min     *int64   `yaml:"min"`
	Max     *int64   `yaml:"max"`
}

// A template is a file of a component: the values of its documents, in which
// parameters are still to be filled in, and the lines where they start.
type template struct {
	values []any
	lines  []int
}

const (
	// builtinPrefix begins the paths of built-in files.
	builtinPrefix  = "lading/"
	componentsDir  = "components"
	parametersFile = "parameters.yaml"
)

// Components describes the built-in components, in the order of their names.
func Components() []Component {
	var all []Component
	for _, name := range componentNames() {
		component, err := loadComponent(name)
		if err != nil {
			panic(err) // files of the binary itself, which tests have read
		}
		all = append(all, *component)
	}
	return all
}

func componentNames() []string {
	entries, err := fs.ReadDir(overlays.FS, componentsDir)
	if err != nil {
		panic(err) // a directory of the binary itself
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// loaded keeps the components that were read: they never change.
var loaded sync.Map // *Component by name

// loadComponent reads a component that is known to exist.
func loadComponent(name string) (*Component, error) {
	if c, ok := loaded.Load(name); ok {
		return c.(*Component), nil
	}
	component, err := readComponent(overlays.FS, path.Join(componentsDir, name))
	if err != nil {
		return nil, fmt.Errorf("component %q: %w", name, err)
	}
	loaded.Store(name, component)
	return component, nil
}

func readComponent(files fs.FS, dir string) (*Component, error) {
	component, err := readParameters(files, path.Join(dir, parametersFile))
	if err != nil {
		return nil, err
	}
	component.Name = path.Base(dir)
	component.templates = map[string]template{}
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.Name() == parametersFile {
			continue
		}
		data, err := fs.ReadFile(files, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		if component.templates[entry.Name()], err = readTemplate(data); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
	}
	return component, nil
}

func readParameters(files fs.FS, file string) (*Component, error) {
	data, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, err
	}
	var written struct {
		Doc        string      `yaml:"doc"`
		Unmatched  string      `yaml:"unmatched"`
		Parameters []Parameter `yaml:"parameters"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&written); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	for i, p := range written.Parameters {
		if _, ok := parameterTypes[p.Type]; !ok {
			return nil, fmt.Errorf("%s: parameter %q has type %q, want one of %s", file, p.Name, p.Type, quotedList(typeNames()))
		}
		if _, ok := parameterPatterns[p.Pattern]; p.Pattern != "" && !ok {
			return nil, fmt.Errorf("%s: parameter %q has the unknown pattern %q", file, p.Name, p.Pattern)
		}
		if written.Parameters[i].Default, err = manifest.Normalize(p.Default); err != nil {
			return nil, fmt.Errorf("%s: parameter %q: %w", file, p.Name, err)
		}
	}
	return &Component{Doc: written.Doc, unmatched: written.Unmatched, Parameters: written.Parameters}, nil
}

func readTemplate(data []byte) (template, error) {
	var t template
	for _, d := range manifest.Documents(data) {
		if d.Err != nil {
			return template{}, d.Err
		}
		t.values = append(t.values, d.Value)
		t.lines = append(t.lines, d.Line)
	}
	return t, nil
}
