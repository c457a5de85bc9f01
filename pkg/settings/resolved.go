package settings

import "fmt"

// A Position is a place in a file that the user wrote. The zero Position
// means "nowhere in a file": a built-in default or a flag.
type Position struct {
	File         string // as the user would type it
	Line, Column int    // 1-based, 0 where unknown
}

func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Map is a mapping that remembers the order in which its keys were written.
// Values are nil, bool, int64, float64, string, []any or Map; under a field
// tagged of:"string" all are strings.
type Map []Entry

// An Entry is one key and its value.
type Entry struct {
	Key   string
	Value any
}

// Get returns the value of a key and whether it is there.
func (m Map) Get(key string) (any, bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	return nil, false
}

// Plain returns the map, at any depth, as Go's own unordered map.
func (m Map) Plain() map[string]any {
	out := make(map[string]any, len(m))
	for _, e := range m {
		out[e.Key] = plain(e.Value)
	}
	return out
}

func plain(v any) any {
	switch v := v.(type) {
	case Map:
		return v.Plain()
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plain(item)
		}
		return out
	}
	return v
}

// A Decimal is a number as it was written, so that arithmetic on it can be
// exact. The empty Decimal is absent.
type Decimal string

// A Path is a file or directory that a settings file named, resolved against
// that file and checked against the root: slash-separated and relative to the
// root, readable through [Root]. Directories outside the root that
// --allow-path names appear below "@", as in "@/home/me/templates".
type Path string

// A Resolved is one deployment in one environment with every layer applied.
type Resolved struct {
	// Project is nil where there is none.
	Project *Project
	// Environment has an empty Name where there is no project.
	Environment EnvironmentSpec
	// Name is the human-readable metadata.name, Labels are metadata.labels.
	Name   string
	Labels map[string]string
	// ID is the lower-case UUID; IDGiven tells that the user wrote it and
	// that it was not derived.
	ID      string
	IDGiven bool
	// Namespace is the target namespace before overlays.
	Namespace string
	// Spec holds the merged values; its Environment map is nil.
	Spec DeploymentSpec
	// Namespaces, GitOps: project and environment merged, defaults applied.
	Namespaces Namespaces
	GitOps     GitOps
	// Position is where the deployment's document starts.
	Position Position

	tree *node // the merged layers
}

// EnvironmentName returns the name used in paths: the environment's, or
// "default" without a project.
func (r *Resolved) EnvironmentName() string {
	if r.Environment.Name == "" {
		return "default"
	}
	return r.Environment.Name
}

// ResourceName returns the name of the Deployment, the Service and all that
// is derived from it: zenml-<id>.
func (r *Resolved) ResourceName() string { return "zenml-" + r.ID }

// A Project is a loaded Project document.
type Project struct {
	Name   string
	Labels map[string]string
	Spec   ProjectSpec
	// Position is where the document starts; Root is the directory of its
	// file, absolute.
	Position Position
	Root     string

	// environments are what stands in the document, by the environments' names
	// in paths; see [Project.Place].
	environments map[string]*node
}
