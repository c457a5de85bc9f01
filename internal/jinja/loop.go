package jinja

// A loop is the special variable of a for block.
type loop struct {
	run      *run
	iterable any
	next     func() (any, bool)
	index0   int64
	depth0   int64
	size     int64 // -1 until it is asked for
	// before, current and after are items, missing{} without one.
	before, current, after any
	changed                any // what changed() was called with last
	stmt                   *forStmt
	frame                  *frame // around the block, for the recursion
}

// item goes on to the next item.
func (l *loop) item() (any, bool) {
	v, ok := l.after, true
	if v == (missing{}) {
		if v, ok = l.next(); !ok {
			return nil, false
		}
	}
	l.after = missing{}
	l.index0++
	l.before, l.current = l.current, v
	return v, true
}

// length is the number of items; of a generator, it takes them all.
func (l *loop) length() int64 {
	if l.size >= 0 {
		return l.size
	}
	if n, ok := l.run.lengthOf(l.iterable); ok {
		l.size = n
		return n
	}
	rest := []any{}
	for v, ok := l.next(); ok; v, ok = l.next() {
		rest = append(rest, v)
	}
	l.next = iterItems(rest)
	l.size = int64(len(rest)) + l.index0 + 1
	if l.after != (missing{}) {
		l.size++
	}
	return l.size
}

// peek returns the item after this one, missing{} without one.
func (l *loop) peek() any {
	if l.after == (missing{}) {
		if v, ok := l.next(); ok {
			l.after = v
		}
	}
	return l.after
}

// iterate yields the rest of the loop, each item with the loop.
func (l *loop) iterate() func() (any, bool) {
	return func() (any, bool) {
		v, ok := l.item()
		return newTuple(v, l), ok
	}
}

func loopNumber(get func(l *loop) int64) *methodDef {
	return property(func(_ *run, v any) any { return get(v.(*loop)) })
}

var loopMethods = methods{
	"changed": {variadic: func(r *run, self any, c *args) any {
		l := self.(*loop)
		value := &tuple{items: c.positional}
		if last, ok := l.changed.(*tuple); ok && r.equal(last, value) {
			return false
		}
		l.changed = value
		return true
	}},
	"cycle": {variadic: func(_ *run, self any, c *args) any {
		if len(c.positional) == 0 || len(c.names) > 0 {
			raise("loop.cycle() takes the items to cycle through")
		}
		return c.positional[self.(*loop).index0%int64(len(c.positional))]
	}},
	"depth":  loopNumber(func(l *loop) int64 { return l.depth0 + 1 }),
	"depth0": loopNumber(func(l *loop) int64 { return l.depth0 }),
	"first":  property(func(_ *run, v any) any { return v.(*loop).index0 == 0 }),
	"index":  loopNumber(func(l *loop) int64 { return l.index0 + 1 }),
	"index0": loopNumber(func(l *loop) int64 { return l.index0 }),
	"last":   property(func(_ *run, v any) any { return v.(*loop).peek() == missing{} }),
	"length": loopNumber((*loop).length),
	"nextitem": property(func(_ *run, v any) any {
		next := v.(*loop).peek()
		if next == (missing{}) {
			return &undefined{message: "there is no next item in the last turn of a loop"}
		}
		return next
	}),
	"previtem": property(func(_ *run, v any) any {
		l := v.(*loop)
		if l.index0 == 0 {
			return &undefined{message: "there is no previous item in the first turn of a loop"}
		}
		return l.before
	}),
	"revindex":  loopNumber(func(l *loop) int64 { return l.length() - l.index0 }),
	"revindex0": loopNumber(func(l *loop) int64 { return l.length() - l.index0 - 1 }),
}

func (l *loop) attribute(r *run, name string) (any, bool) { return loopMethods.of(r, l, name) }
func (l *loop) attributes() []string                      { return methodNamesIn(loopMethods) }

// exec runs a for block.
func (s *forStmt) exec(r *run, f *frame) {
	iterable := s.iter.eval(r, f)
	r.at = s.iter.at()
	s.run(r, f, iterable, 0)
}

// recurse runs the block again for the items of an item.
func (l *loop) recurse(r *run, iterable any) {
	if !l.stmt.recursive {
		raiseHint(`write "recursive" at the end of the for tag`, "loop cannot be called: it is not recursive")
	}
	r.enter()
	in, at := r.in, r.at
	l.stmt.run(r, l.frame, iterable, l.depth0+1)
	r.in, r.at = in, at
	r.leave()
}

func (s *forStmt) run(r *run, f *frame, iterable any, depth int64) {
	next := r.iterate(iterable)
	if s.test != nil {
		iterable = generator(s.filtered(r, f, next))
		next = iterable.(*iterator).next
	}
	l := &loop{run: r, iterable: iterable, next: next, index0: -1, depth0: depth, size: -1, stmt: s, frame: f}
	l.before, l.current, l.after = missing{}, missing{}, missing{}
	inner := f.inner()
	for {
		v, ok := l.item()
		if !ok {
			break
		}
		r.spend(1)
		r.at = s.target.pos
		inner.scope.vars = inner.scope.vars[:0]
		inner.scope.unset(s.bodyUnset)
		r.assign(inner, s.target, v)
		if s.usesLoop {
			inner.scope.set("loop", l)
		}
		execAll(r, inner, s.body)
	}
	if l.index0 < 0 && s.otherwise != nil {
		otherwise := f.inner()
		otherwise.scope.unset(s.otherwiseUnset)
		execAll(r, otherwise, s.otherwise)
	}
}

// filtered yields the items that pass the test of the for tag.
func (s *forStmt) filtered(r *run, f *frame, next func() (any, bool)) func() (any, bool) {
	return func() (any, bool) {
		for {
			v, ok := next()
			if !ok {
				return nil, false
			}
			in := f.inner()
			r.assign(in, s.target, v)
			passes := s.test.eval(r, in)
			r.at = s.test.at()
			if r.truth(passes) {
				return s.target.value(in), true
			}
		}
	}
}

// value is what the target holds, tuples as tuples.
func (t *target) value(f *frame) any {
	if !t.tuple {
		return f.lookup(t.name)
	}
	items := make([]any, len(t.items))
	for i, item := range t.items {
		items[i] = item.value(f)
	}
	return &tuple{items: items}
}
