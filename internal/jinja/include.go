package jinja

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Templates that templates name: include, import, extends.

// templateFiles is where a rendering finds other templates: in the directory of
// its template.
type templateFiles struct {
	files fs.FS
	dir   string
}

// find returns the parsed template of that name, nil where there is no such
// file. Its name must not lead out of the directory.
func (r *run) find(name string) *template {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, `\`) {
		raise("template name %q is not a path inside the directory of the templates", name)
	}
	if r.files.files == nil {
		raise("template %q cannot be read: there are no other templates here", name)
	}
	file := path.Join(r.files.dir, name)
	r.spend(50)
	t, err := r.engine.load(r.files.files, file, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		var e *Error
		if errors.As(err, &e) {
			panic(e)
		}
		raise("template %q cannot be read: %v", name, err)
	}
	return t
}

// template returns the template that a value names.
func (r *run) template(v any) *template {
	name := toText("name of a template", v)
	t := r.find(name)
	if t == nil {
		raiseHint(didYouMean(name, r.templateNames()), "template %q is not found in %s", name, r.files.dir)
	}
	return t
}

// templateNames are the templates that could have been meant.
func (r *run) templateNames() []string {
	entries, _ := fs.ReadDir(r.files.files, r.files.dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// selectTemplate returns the first template of a list that there is, nil
// without one.
func (r *run) selectTemplate(names []any) *template {
	for _, name := range names {
		if t := r.find(toText("name of a template", name)); t != nil {
			return t
		}
	}
	return nil
}

func (s *includeStmt) exec(r *run, f *frame) {
	v := s.name.eval(r, f)
	r.at = s.name.at()
	t := s.find(r, v)
	if t == nil {
		return
	}
	if !s.withContext {
		if s.buffered {
			raiseHint("leave \"without context\" out", "include without context fails in Jinja2 inside macros, recursive loops and call, filter or set blocks")
		}
		r.write(r.module(t).text, s.line, false)
		return
	}
	in, at := r.in, r.at
	r.enter()
	r.runRoot(t, newContext(t, f.variables()))
	r.leave()
	r.in, r.at = in, at
}

// find returns the template, nil where it may be missing.
func (s *includeStmt) find(r *run, v any) *template {
	names, isList := itemsOf(v)
	if !isList {
		if !s.ignoreMissing {
			return r.template(v)
		}
		names = []any{v}
	}
	t := r.selectTemplate(names)
	if t == nil && !s.ignoreMissing {
		raise("none of the templates is found in %s: %s", r.files.dir, toRepr(v))
	}
	return t
}

// A module is a template that was imported: what its top level defined.
type module struct {
	name string
	text string
	vars map[string]any
}

func (m *module) attribute(_ *run, name string) (any, bool) {
	v, ok := m.vars[name]
	return v, ok
}

func (m *module) attributes() []string {
	var names []string
	for name := range m.vars {
		names = append(names, name)
	}
	return names
}

// newModule runs a template and keeps what it defined.
func (r *run) newModule(t *template, given map[string]any) *module {
	c := newContext(t, given)
	m := &module{name: t.name, vars: map[string]any{}}
	in, at := r.in, r.at
	m.text = r.capture(func() { r.runRoot(t, c) })
	r.in, r.at = in, at
	for name, public := range c.exported {
		if public {
			m.vars[name] = c.own[name]
		}
	}
	return m
}

// module returns the module of a template that sees no variables; there is one
// of each.
func (r *run) module(t *template) *module {
	m, ok := r.modules[t]
	if !ok {
		m = r.newModule(t, nil)
		r.modules[t] = m
	}
	return m
}

func (r *run) importModule(f *frame, name expr, withContext bool) *module {
	v := name.eval(r, f)
	r.at = name.at()
	t := r.template(v)
	if withContext {
		return r.newModule(t, f.variables())
	}
	return r.module(t)
}

// assignImported binds what was imported, which is not exported again.
func (f *frame) assignImported(name string, v any) {
	f.scope.set(name, v)
	if f.top {
		f.context.export(name, v, false)
	}
}

func (s *importStmt) exec(r *run, f *frame) {
	f.assignImported(s.as, r.importModule(f, s.name, s.withContext))
}

func (s *fromStmt) exec(r *run, f *frame) {
	m := r.importModule(f, s.name, s.withContext)
	for i, name := range s.names {
		v, ok := m.vars[name]
		if !ok {
			v = &undefined{
				message: fmt.Sprintf("template %q does not define %q", m.name, name),
				hint:    func() string { return didYouMean(name, m.attributes()) },
			}
		}
		f.assignImported(s.as[i], v)
	}
}
