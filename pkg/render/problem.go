package render

import (
	"fmt"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A place is what a problem is about: a field of the settings, or a file.
type place struct {
	settings.Position
	path string
}

// String writes a place for use inside a message.
func (p place) String() string { return p.Position.String() }

// at returns the place of a setting below spec.
func (c *renderContext) at(path string) place {
	return place{Position: origin(c.settings, path), path: "spec." + path}
}

// in returns a place in a file that the settings name.
func (c *renderContext) in(file settings.Path, line int) place {
	return place{Position: settings.Position{File: c.files.Display(file), Line: line}}
}

// of returns the place where an object was written, and the overlay that had
// it last where there is one.
func (c *renderContext) of(o *manifest.Object) place {
	return c.in(settings.Path(o.Origin.Source), o.Origin.Line)
}

// origin returns the position that set a value: its own, or that of the
// nearest mapping above it that was written.
func origin(r *settings.Resolved, path string) settings.Position {
	for path != "" {
		if o, ok := r.Origin(path); ok && o.Position != (settings.Position{}) {
			return o.Position
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return r.Position
}

// warn tells the user something that is no error.
func (c *renderContext) warn(at place, message, hint string) {
	c.out.Warnings = append(c.out.Warnings, at.problem(message, hint))
}

func (p place) problem(message, hint string) *settings.Problem {
	return &settings.Problem{Position: p.Position, Path: p.path, Message: message, Hint: hint}
}

// problems collects what is wrong.
type problems settings.Problems

func (ps *problems) add(at place, message, hint string) {
	*ps = append(*ps, at.problem(message, hint))
}

// err returns nil where nothing is wrong, a single problem alone, and several
// as one error.
func (ps problems) err() error {
	switch len(ps) {
	case 0:
		return nil
	case 1:
		return ps[0]
	}
	return settings.Problems(ps)
}

// quotedList writes names for a message: "a", "b" and "c".
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}

// lastOverlay names the overlay that touched an object last.
func lastOverlay(o *manifest.Object) string {
	if n := len(o.Origin.Overlays); n > 0 {
		return o.Origin.Overlays[n-1]
	}
	return ""
}

// addError adds an error about a place, if there is one.
func (ps *problems) addError(at place, err error) {
	if err != nil {
		ps.add(at, err.Error(), "")
	}
}
