package jinja

import (
	"maps"
	"slices"
)

// checkTemplate refuses what Jinja's compiler refuses in a template that could
// be parsed, and notes which statements use loop, caller, self and their like.
func checkTemplate(p *parser, t *template) {
	t.usesSelf = undeclared(t.body, "self")["self"]
	w := &walker{top: true}
	w.expr = func(x expr) {
		if !w.soft {
			checkKnown(p, x)
		}
	}
	w.enter = func(s stmt) bool {
		checkStatement(p, w, s)
		return true
	}
	w.stmts(t.body)
}

func checkStatement(p *parser, w *walker, s stmt) {
	switch s := s.(type) {
	case *forStmt:
		s.usesLoop = s.recursive || undeclared(s.body, "loop")["loop"] || hasScopedBlock(s)
		checkLoopNotBound(p, s)
	case *macroStmt:
		checkMacro(p, s)
	case *callStmt:
		checkMacro(p, s.caller)
	case *extendsStmt:
		if !w.top {
			p.fail(s.pos, "extends stands inside another block, want it at the top level")
		}
	case *includeStmt:
		s.buffered = w.buffered
	case *blockStmt:
		used := undeclared(s.body, "self", "super")
		s.usesSelf, s.usesSuper = used["self"], used["super"]
	}
}

// checkKnown refuses filters and tests that do not exist.
func checkKnown(p *parser, x expr) {
	switch x := x.(type) {
	case *filterExpr:
		if _, ok := filters[x.name]; !ok {
			p.failHint(x.pos, didYouMean(x.name, slices.Collect(maps.Keys(filters))), "unknown filter %q", x.name)
		}
	case *testExpr:
		if _, ok := tests[x.name]; !ok {
			p.failHint(x.pos, didYouMean(x.name, slices.Collect(maps.Keys(tests))), "unknown test %q", x.name)
		}
	}
}

func hasScopedBlock(s *forStmt) bool {
	found := false
	w := &walker{enter: func(s stmt) bool {
		block, ok := s.(*blockStmt)
		found = found || ok && block.scoped
		return true
	}}
	w.stmts(s.body)
	w.stmts(s.otherwise)
	return found
}

// checkLoopNotBound refuses to bind loop inside a loop. Parameters of macros
// and variables of with blocks may be called loop.
func checkLoopNotBound(p *parser, s *forStmt) {
	check := func(t *target) {
		t.names(func(name string) {
			if name == "loop" {
				p.fail(t.pos, `cannot assign to "loop" inside a loop`)
			}
		})
	}
	w := &walker{enter: func(s stmt) bool {
		switch s := s.(type) {
		case *setStmt:
			check(s.target)
		case *setBlockStmt:
			check(s.target)
		}
		return true
	}}
	w.stmts(s.body)
	w.stmts(s.otherwise)
}

// checkMacro notes which special names the macro reads; unless it reads
// varargs and kwargs, it takes no more arguments than it names.
func checkMacro(p *parser, s *macroStmt) {
	used := undeclared(s.body, "caller", "kwargs", "varargs")
	s.usesCaller = used["caller"]
	s.usesKwargs = used["kwargs"] && !slices.Contains(s.params, "kwargs")
	s.usesVarargs = used["varargs"] && !slices.Contains(s.params, "varargs")
	i := slices.Index(s.params, "caller")
	if s.usesCaller && i >= 0 && i < len(s.params)-len(s.defaults) {
		p.fail(s.pos, `parameter "caller" of a macro needs a default`)
	}
}
