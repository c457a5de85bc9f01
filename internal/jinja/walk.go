package jinja

// A walker visits nodes in the order in which Jinja's compiler visits them.
// Each function may be nil.
type walker struct {
	load  func(name string, at pos) // a name is read
	bind  func(name string, at pos) // a name is bound
	expr  func(x expr)              // any expression, before its parts
	enter func(s stmt) bool         // any statement; false skips its inside
	// soft is set inside conditions, where Jinja looks filters up only when
	// they are used; top is set where a statement belongs to the top level.
	soft, top bool
	// buffered is set where output is collected before it is written.
	buffered bool
}

func (w *walker) stmts(body []stmt) {
	for _, s := range body {
		if w.enter == nil || w.enter(s) {
			w.stmt(s)
		}
	}
}

// inner visits what has a frame of its own.
func (w *walker) inner(buffered bool, visit func()) {
	outer := *w
	w.soft, w.top, w.buffered = false, false, buffered
	visit()
	w.soft, w.top, w.buffered = outer.soft, outer.top, outer.buffered
}

// softly visits what is executed under a condition.
func (w *walker) softly(visit func()) {
	soft := w.soft
	w.soft = true
	visit()
	w.soft = soft
}

func (w *walker) stmt(s stmt) {
	switch s := s.(type) {
	case *printStmt:
		w.visit(s.x)
	case *ifStmt:
		w.softly(func() { w.ifStmt(s) })
	case *forStmt:
		w.target(s.target)
		w.visit(s.iter)
		w.inner(w.buffered || s.recursive, func() {
			w.stmts(s.body)
			w.stmts(s.otherwise)
			w.visit(s.test)
		})
	case *setStmt:
		w.target(s.target)
		w.visit(s.value)
	case *setBlockStmt:
		w.target(s.target)
		w.inner(true, func() { w.visit(s.filter); w.stmts(s.body) })
	case *withStmt:
		for _, t := range s.targets {
			w.target(t)
		}
		w.visitAll(s.values)
		w.inner(w.buffered, func() { w.stmts(s.body) })
	case *macroStmt:
		w.inner(true, func() { w.macro(s) })
	case *callStmt:
		w.visit(s.call)
		w.inner(true, func() { w.macro(s.caller) })
	case *filterStmt:
		w.inner(true, func() { w.stmts(s.body); w.visit(s.filter) })
	case *blockStmt:
		w.inner(false, func() { w.stmts(s.body) })
	default:
		w.fileStmt(s)
	}
}

// fileStmt visits a statement that names another template.
func (w *walker) fileStmt(s stmt) {
	switch s := s.(type) {
	case *includeStmt:
		w.visit(s.name)
	case *importStmt:
		w.visit(s.name)
	case *fromStmt:
		w.visit(s.name)
	case *extendsStmt:
		w.visit(s.name)
	}
}

func (w *walker) ifStmt(s *ifStmt) {
	for _, b := range s.branches {
		w.visit(b.test)
		w.stmts(b.body)
	}
	w.stmts(s.otherwise)
}

func (w *walker) macro(s *macroStmt) {
	for _, param := range s.params {
		if w.bind != nil {
			w.bind(param, s.pos)
		}
	}
	w.visitAll(s.defaults)
	w.stmts(s.body)
}

func (w *walker) target(t *target) {
	if w.bind != nil {
		t.names(func(name string) { w.bind(name, t.pos) })
	}
}

func (w *walker) visitAll(list []expr) {
	for _, x := range list {
		w.visit(x)
	}
}

func (w *walker) visit(x expr) {
	if x == nil {
		return
	}
	if w.expr != nil {
		w.expr(x)
	}
	switch x := x.(type) {
	case *nameExpr:
		if w.load != nil {
			w.load(x.name, x.pos)
		}
	case *condExpr:
		w.softly(func() { w.visit(x.test); w.visit(x.then); w.visit(x.otherwise) })
	default:
		eachPart(x, w.visit)
	}
}

// eachPart calls f with the parts of an expression, some of them nil.
func eachPart(x expr, f func(expr)) {
	all := func(lists ...[]expr) {
		for _, list := range lists {
			for _, part := range list {
				f(part)
			}
		}
	}
	switch x := x.(type) {
	case *tupleExpr:
		all(x.items)
	case *listExpr:
		all(x.items)
	case *dictExpr:
		all(x.keys, x.values)
	case *logicExpr:
		all([]expr{x.left, x.right})
	case *notExpr:
		f(x.x)
	case *compareExpr:
		f(x.first)
		for _, op := range x.ops {
			f(op.x)
		}
	case *binaryExpr:
		all([]expr{x.left, x.right})
	case *unaryExpr:
		f(x.x)
	case *concatExpr:
		all(x.parts)
	case *attrExpr:
		f(x.x)
	case *itemExpr:
		all([]expr{x.x, x.key})
	case *sliceExpr:
		all([]expr{x.x, x.start, x.stop, x.step})
	case *callExpr:
		f(x.fn)
		all(x.args.parts()...)
	case *filterExpr:
		f(x.x)
		all(x.args.parts()...)
	case *testExpr:
		f(x.x)
		all(x.args.parts()...)
	}
}

func (a *callArgs) parts() [][]expr {
	return [][]expr{a.positional, a.values, {a.star, a.starStar}}
}

// undeclared reports which of the names the statements read without binding
// them first. It does not look into blocks.
func undeclared(body []stmt, names ...string) map[string]bool {
	found, open := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		open[name] = true
	}
	w := &walker{
		load:  func(name string, _ pos) { found[name] = found[name] || open[name] },
		bind:  func(name string, _ pos) { delete(open, name) },
		enter: func(s stmt) bool { _, block := s.(*blockStmt); return !block },
	}
	w.stmts(body)
	return found
}
