package jinja

import (
	"maps"
	"strings"
)

// A scope holds the variables of a block, the newest last; those of the scopes
// around show through. They are few: a search beats a map.
type scope struct {
	vars  []variable
	outer *scope
}

type variable struct {
	name  string
	value any
}

func (s *scope) find(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		for i := range s.vars {
			if s.vars[i].name == name {
				return s.vars[i].value, true
			}
		}
	}
	return nil, false
}

// set sets a variable of this scope, never one of those around.
func (s *scope) set(name string, v any) {
	for i := range s.vars {
		if s.vars[i].name == name {
			s.vars[i].value = v
			return
		}
	}
	s.vars = append(s.vars, variable{name, v})
}

// unset makes names undefined until they are set.
func (s *scope) unset(names []string) {
	for _, name := range names {
		s.set(name, missing{})
	}
}

// A templateContext is what a template and the blocks of its parents share:
// the variables it was given, those that its top level set, and the blocks, a
// child's before its parent's.
type templateContext struct {
	name     string
	given    map[string]any
	own      map[string]any
	exported map[string]bool
	blocks   map[string][]*blockStmt
}

func newContext(t *template, given map[string]any) *templateContext {
	c := &templateContext{name: t.name, given: given, own: map[string]any{}, exported: map[string]bool{}}
	c.blocks = make(map[string][]*blockStmt, len(t.blocks))
	for name, b := range t.blocks {
		c.blocks[name] = []*blockStmt{b}
	}
	return c
}

func (c *templateContext) find(name string) (any, bool) {
	if v, ok := c.own[name]; ok {
		return v, true
	}
	if v, ok := c.given[name]; ok {
		return v, true
	}
	v, ok := globals[name]
	return v, ok
}

// export sets a variable of the top level.
func (c *templateContext) export(name string, v any, public bool) {
	c.own[name] = v
	if !strings.HasPrefix(name, "_") {
		c.exported[name] = public
	}
}

// A frame is where a statement is executed: its variables, its template, and
// whether it writes.
type frame struct {
	scope   *scope
	context *templateContext
	root    *rootState
	// top is set at the top level of a template: what is assigned there is
	// seen by blocks, includes and importers.
	top bool
	// quiet frames write nothing once the template extends another.
	quiet bool
}

// rootState is the state of one execution of a template's top level.
type rootState struct {
	parent *template // once it extends one
}

// inner returns a frame for a block with variables of its own.
func (f *frame) inner() *frame {
	return &frame{scope: &scope{outer: f.scope}, context: f.context, root: f.root, quiet: f.quiet}
}

// loud is inner for what is captured, which writes even where the template
// extends another.
func (f *frame) loud() *frame {
	in := f.inner()
	in.quiet = false
	return in
}

func (f *frame) muted() bool { return f.quiet && f.root.parent != nil }

// lookup returns the value of a name.
func (f *frame) lookup(name string) any {
	v, ok := f.scope.find(name)
	if !ok {
		v, ok = f.context.find(name)
	}
	if _, isMissing := v.(missing); !ok || isMissing {
		return undefinedName(f, name)
	}
	return v
}

// assign binds a name in this frame.
func (f *frame) assign(name string, v any) {
	f.scope.set(name, v)
	if f.top {
		f.context.export(name, v, true)
	}
}

// knownNames are all names that have a value here.
func (f *frame) knownNames() []string {
	all := f.variables()
	for name := range globals {
		all[name] = nil
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	return names
}

// variables returns all variables that are seen here, for a template that is
// included.
func (f *frame) variables() map[string]any {
	all := maps.Clone(f.context.given)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, f.context.own)
	f.scope.copyTo(all)
	return all
}

func (s *scope) copyTo(all map[string]any) {
	if s == nil {
		return
	}
	s.outer.copyTo(all)
	for _, v := range s.vars {
		if _, isMissing := v.value.(missing); !isMissing {
			all[v.name] = v.value
		}
	}
}
