package jinja

// Executing statements.

func execAll(r *run, f *frame, body []stmt) {
	for _, s := range body {
		r.spend(1)
		s.exec(r, f)
	}
}

func (s *dataStmt) exec(r *run, f *frame) {
	if !f.muted() {
		r.write(s.text, s.line, true)
	}
}

func (s *printStmt) exec(r *run, f *frame) {
	if f.muted() {
		return
	}
	if call, ok := s.x.(*callExpr); ok {
		fn := call.fn.eval(r, f)
		c := call.args.eval(r, f)
		r.at = call.pos
		if !r.stream(fn, c) {
			r.print(r.call(fn, c), s.pos, call.pos)
		}
		return
	}
	r.print(s.x.eval(r, f), s.pos, s.x.at())
}

// print writes str(v); the place at is for errors.
func (r *run) print(v any, from, at pos) {
	r.at = at
	r.write(r.str(v), from.line, false)
}

func (s *ifStmt) exec(r *run, f *frame) {
	for _, b := range s.branches {
		test := b.test.eval(r, f)
		r.at = b.test.at()
		if r.truth(test) {
			execAll(r, f, b.body)
			return
		}
	}
	execAll(r, f, s.otherwise)
}

func (s *setStmt) exec(r *run, f *frame) {
	s.target.checkNamespaces(r, f)
	v := s.value.eval(r, f)
	r.at = s.target.pos
	r.assign(f, s.target, v)
}

// checkNamespaces is an error where the target sets an attribute of something
// else than a namespace. Python looks before it evaluates the value.
func (t *target) checkNamespaces(r *run, f *frame) {
	for _, item := range t.items {
		item.checkNamespaces(r, f)
	}
	if t.attr == "" {
		return
	}
	r.at = t.pos
	owner := f.lookup(t.name)
	if _, ok := owner.(*namespace); !ok {
		if u, isUndefined := owner.(*undefined); isUndefined {
			u.fail()
		}
		raiseHint("write {% set "+t.name+" = namespace() %} first", "cannot set %s.%s: %s is %s, not a namespace", t.name, t.attr, t.name, aType(owner))
	}
}

// assign gives the target its value, a tuple item by item.
func (r *run) assign(f *frame, t *target, v any) {
	switch {
	case t.tuple:
		items := r.collect(v)
		if len(items) != len(t.items) {
			raise("cannot unpack %d items into %d names", len(items), len(t.items))
		}
		for i, item := range t.items {
			r.assign(f, item, items[i])
		}
	case t.attr != "":
		t.checkNamespaces(r, f)
		f.lookup(t.name).(*namespace).attrs.put(t.attr, v)
	default:
		f.assign(t.name, v)
	}
}

func (s *setBlockStmt) exec(r *run, f *frame) {
	in := f.loud()
	in.scope.unset(s.unset)
	var v any = r.capture(func() { execAll(r, in, s.body) })
	if s.filter != nil {
		v = applyTo(r, in, s.filter, v)
	}
	r.at = s.target.pos
	r.assign(f, s.target, v)
}

// exec evaluates all values in the frame around: they do not see each other.
func (s *withStmt) exec(r *run, f *frame) {
	in := f.inner()
	in.scope.unset(s.unset)
	for i, t := range s.targets {
		v := s.values[i].eval(r, f)
		r.at = t.pos
		r.assign(in, t, v)
	}
	execAll(r, in, s.body)
}

func (s *macroStmt) exec(r *run, f *frame) {
	f.assign(s.name, &macro{s, f, r.in})
}

func (s *callStmt) exec(r *run, f *frame) {
	fn := s.call.fn.eval(r, f)
	c := s.call.args.eval(r, f)
	r.at = s.call.pos
	c.add("caller", &macro{s.caller, f, r.in})
	if !r.stream(fn, c) {
		r.print(r.call(fn, c), s.pos, s.call.pos)
	}
}

func (s *filterStmt) exec(r *run, f *frame) {
	in := f.inner()
	in.scope.unset(s.unset)
	text := r.capture(func() { execAll(r, in, s.body) })
	v := applyTo(r, in, s.filter, text)
	r.print(v, s.pos, s.filter.at())
}
