package jinja

import (
	"maps"
	"slices"
)

// Which names are unset when a frame is entered. Jinja compiles each frame (a
// template, block, macro, loop …) to a function with local variables. A name
// that a frame assigns before it reads it, and that no outer frame mentions, is
// such a variable from the start: until the assignment it is undefined, even
// where the context has a value of that name, in inner frames too. The walk is
// that of jinja2.idtracking.

// symbols are the names of one frame.
type symbols struct {
	parent *symbols
	known  map[string]bool // read or assigned in this frame
	stores map[string]bool // assigned
	unset  map[string]bool // assigned before anything else
}

func newSymbols(parent *symbols) *symbols {
	return &symbols{parent, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func (s *symbols) clone() *symbols {
	return &symbols{s.parent, maps.Clone(s.known), maps.Clone(s.stores), maps.Clone(s.unset)}
}

func (s *symbols) find(name string) bool {
	for ; s != nil; s = s.parent {
		if s.known[name] {
			return true
		}
	}
	return false
}

func (s *symbols) load(name string) {
	if !s.find(name) {
		s.known[name] = true
	}
}

func (s *symbols) param(name string) {
	s.known[name], s.stores[name] = true, true
	delete(s.unset, name)
}

func (s *symbols) store(name string) {
	s.stores[name] = true
	if !s.known[name] {
		s.known[name] = true
		if !s.parent.find(name) {
			s.unset[name] = true
		}
	}
}

// branches merges what the branches of a condition did: a name that only some
// of them assign has, before, the value it would have without them.
func (s *symbols) branches(list []*symbols) {
	before := maps.Clone(s.stores)
	for _, b := range list {
		maps.Copy(s.known, b.known)
		maps.Copy(s.stores, b.stores)
		maps.Copy(s.unset, b.unset)
	}
	for name := range s.stores {
		if !before[name] {
			delete(s.unset, name)
		}
	}
}

func (s *symbols) names() []string { return slices.Sorted(maps.Keys(s.unset)) }

// analyzeSymbols fills in the unset names of the template and of every frame
// in it.
func analyzeSymbols(t *template) {
	root := newSymbols(nil)
	if t.usesSelf {
		root.param("self")
	}
	root.stmts(t.body)
	t.unset = root.names()
	root.frames(t.body)
}

func (s *symbols) expr(x expr) {
	w := &walker{load: func(name string, _ pos) { s.load(name) }}
	w.visit(x)
}

func (s *symbols) target(t *target) {
	switch {
	case t.tuple:
		for _, item := range t.items {
			s.target(item)
		}
	case t.attr != "":
		s.load(t.name)
	default:
		s.store(t.name)
	}
}

func (s *symbols) params(t *target) { t.names(s.param) }

func (s *symbols) stmts(body []stmt) {
	for _, x := range body {
		s.stmt(x)
	}
}

// stmt visits what a statement does in this frame, not what it does in a frame
// of its own.
func (s *symbols) stmt(x stmt) {
	switch x := x.(type) {
	case *printStmt:
		s.expr(x.x)
	case *ifStmt:
		s.ifStmt(x)
	case *forStmt:
		s.expr(x.iter)
	case *setStmt:
		s.expr(x.value)
		s.target(x.target)
	case *setBlockStmt:
		s.target(x.target)
	case *withStmt:
		for _, v := range x.values {
			s.expr(v)
		}
	case *macroStmt:
		s.store(x.name)
	case *callStmt:
		s.expr(x.call)
	case *filterStmt:
		s.expr(x.filter)
	case *includeStmt:
		s.expr(x.name)
	case *importStmt:
		s.expr(x.name)
		s.store(x.as)
	case *fromStmt:
		s.expr(x.name)
		for _, name := range x.as {
			s.store(name)
		}
	case *extendsStmt:
		s.expr(x.name)
	}
}

func (s *symbols) ifStmt(x *ifStmt) {
	s.expr(x.branches[0].test)
	first := s.clone()
	first.stmts(x.branches[0].body)
	others := s.clone()
	for _, b := range x.branches[1:] {
		others.ifStmt(&ifStmt{branches: []branch{b}})
	}
	otherwise := s.clone()
	otherwise.stmts(x.otherwise)
	s.branches([]*symbols{first, others, otherwise})
}

// frames analyzes the frames that the statements open.
func (s *symbols) frames(body []stmt) {
	for _, x := range body {
		s.frame(x)
	}
}

func (s *symbols) frame(x stmt) {
	switch x := x.(type) {
	case *ifStmt:
		for _, b := range x.branches {
			s.frames(b.body)
		}
		s.frames(x.otherwise)
	case *forStmt:
		s.forFrames(x)
	case *setBlockStmt:
		x.unset = s.inner(x.body, nil)
	case *withStmt:
		x.unset = s.inner(x.body, func(in *symbols) {
			for _, t := range x.targets {
				in.params(t)
			}
		})
	case *macroStmt:
		s.macro(x)
	case *callStmt:
		s.macro(x.caller)
	case *filterStmt:
		x.unset = s.inner(x.body, func(in *symbols) { in.expr(x.filter) })
	case *blockStmt:
		x.unset = (*symbols)(nil).inner(x.body, func(in *symbols) {
			if x.usesSelf {
				in.param("self")
			}
			if x.usesSuper {
				in.param("super")
			}
		})
	}
}

// inner analyzes a frame with that body and returns its unset names.
func (s *symbols) inner(body []stmt, prepare func(in *symbols)) []string {
	in := newSymbols(s)
	if prepare != nil {
		prepare(in)
	}
	in.stmts(body)
	in.frames(body)
	return in.names()
}

func (s *symbols) forFrames(x *forStmt) {
	x.bodyUnset = s.inner(x.body, func(in *symbols) {
		if x.usesLoop {
			in.param("loop")
		}
		in.params(x.target)
	})
	x.otherwiseUnset = s.inner(x.otherwise, nil)
}

func (s *symbols) macro(x *macroStmt) {
	x.unset = s.inner(x.body, func(in *symbols) {
		for _, param := range x.params {
			in.param(param)
		}
		for special, used := range map[string]bool{"caller": x.usesCaller, "kwargs": x.usesKwargs, "varargs": x.usesVarargs} {
			if used {
				in.param(special)
			}
		}
		for _, d := range x.defaults {
			in.expr(d)
		}
	})
}
