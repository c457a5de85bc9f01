package jinja

// A macro is a macro, or the body of a call block, which its macro calls as
// caller().
type macro struct {
	stmt     *macroStmt
	frame    *frame    // where it is defined
	template *template // in which it stands
}

var macroMethods = methods{
	"name": property(func(_ *run, v any) any {
		if name := v.(*macro).stmt.name; name != "" {
			return name
		}
		return nil
	}),
	"arguments": property(func(_ *run, v any) any {
		t := newTuple()
		for _, param := range v.(*macro).stmt.params {
			t.items = append(t.items, param)
		}
		return t
	}),
	"caller":          property(func(_ *run, v any) any { return v.(*macro).stmt.usesCaller }),
	"catch_kwargs":    property(func(_ *run, v any) any { return v.(*macro).stmt.usesKwargs }),
	"catch_varargs":   property(func(_ *run, v any) any { return v.(*macro).stmt.usesVarargs }),
	"explicit_caller": property(func(_ *run, v any) any { return v.(*macro).stmt.explicitCaller() }),
}

func (m *macro) attribute(r *run, name string) (any, bool) { return macroMethods.of(r, m, name) }
func (m *macro) attributes() []string                      { return methodNamesIn(macroMethods) }

func (s *macroStmt) explicitCaller() bool {
	for _, param := range s.params {
		if param == "caller" {
			return true
		}
	}
	return false
}

// title names the macro in messages.
func (s *macroStmt) title() string {
	if s.name == "" {
		return "caller()"
	}
	return "macro " + s.name
}

// run calls the macro; it writes to the output of the caller.
func (m *macro) run(r *run, c *args) {
	r.enter()
	in, at := r.in, r.at
	f := m.frame.loud()
	m.bind(f, &args{c.positional, c.names, c.values})
	f.scope.unset(m.stmt.unset)
	r.in = m.template
	m.defaults(r, f)
	execAll(r, f, m.stmt.body)
	r.in, r.at = in, at
	r.leave()
}

// bind sets the parameters; one that is not given is missing.
func (m *macro) bind(f *frame, c *args) {
	s := m.stmt
	given := min(len(c.positional), len(s.params))
	foundCaller := given == len(s.params) && s.explicitCaller()
	for i, param := range s.params {
		var v any = missing{}
		if i < given {
			v = c.positional[i]
		} else {
			if named, ok := c.take(param); ok {
				v = named
			}
			foundCaller = foundCaller || param == "caller"
		}
		f.scope.set(param, v)
	}
	if s.usesCaller && !foundCaller {
		caller, ok := c.take("caller")
		if !ok || caller == nil {
			caller = &undefined{message: s.title() + " is not called by a call block, it has no caller"}
		}
		f.scope.set("caller", caller)
	}
	m.bindRest(f, c, given)
}

// bindRest gives the arguments that no parameter takes to kwargs and varargs.
func (m *macro) bindRest(f *frame, c *args, given int) {
	s := m.stmt
	switch {
	case s.usesKwargs:
		f.scope.set("kwargs", c.named())
	case len(c.names) > 0:
		raiseHint(didYouMean(c.names[0], s.params), "%s has no parameter %q", s.title(), c.names[0])
	}
	switch {
	case s.usesVarargs:
		f.scope.set("varargs", &tuple{items: c.positional[given:]})
	case given < len(c.positional):
		raise("%s takes %s, got %d", s.title(), countText(len(s.params)), len(c.positional))
	}
}

// defaults evaluates the defaults of the parameters that were not given.
func (m *macro) defaults(r *run, f *frame) {
	s := m.stmt
	first := len(s.params) - len(s.defaults)
	for i, param := range s.params {
		if v, _ := f.scope.find(param); v != (missing{}) {
			continue
		}
		if i >= first {
			f.scope.set(param, s.defaults[i-first].eval(r, f))
		} else {
			f.scope.set(param, &undefined{message: "parameter \"" + param + "\" of " + s.title() + " was not given"})
		}
	}
}
