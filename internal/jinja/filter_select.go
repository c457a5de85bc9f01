package jinja

// map, select, reject and their like, which apply filters and tests to items.

var selectFilters = map[string]*filterDef{
	"map":        {variadic: mapFilter},
	"reject":     {variadic: selectFilter(true, false)},
	"rejectattr": {variadic: selectFilter(true, true)},
	"select":     {variadic: selectFilter(false, false)},
	"selectattr": {variadic: selectFilter(false, true)},
}

// lazily defers what a filter does to the first item that is asked for, as a
// generator of Python does.
func (r *run) lazily(v any, start func() func() (any, bool)) any {
	var next func() (any, bool)
	return generator(func() (any, bool) {
		if next == nil {
			next = iterItems(nil)
			if r.truth(v) {
				next = start()
			}
		}
		return next()
	})
}

func mapFilter(r *run, v any, c *args) any {
	return r.lazily(v, func() func() (any, bool) {
		f := r.mapped(c)
		next := r.iterate(v)
		return func() (any, bool) {
			item, ok := next()
			if !ok {
				return nil, false
			}
			return f(item), true
		}
	})
}

// mapped returns what map does to each item: look up an attribute or apply a
// filter.
func (r *run) mapped(c *args) func(v any) any {
	if _, ok := c.value("attribute"); ok && len(c.positional) == 0 {
		a := c.bind("filter map", params("attribute", nil, "default", nil))
		return r.attributeGetter(a[0], a[1])
	}
	if len(c.positional) == 0 {
		raise("filter map takes the name of a filter, or attribute=")
	}
	name := nameOf("filter", c.positional[0])
	rest := &args{c.positional[1:], c.names, c.values}
	return func(v any) any { return r.filter(name, v, rest) }
}

// nameOf returns the name of a filter or test that is given as a value.
func nameOf(kind string, v any) string {
	if u, ok := v.(*undefined); ok {
		raiseHint("did you forget the quotes around the name?", "the name of a %s is not defined: %s", kind, u.message)
	}
	return toText("the name of a "+kind, v)
}

func selectFilter(reject, byAttribute bool) func(r *run, v any, c *args) any {
	return func(r *run, v any, c *args) any {
		return r.lazily(v, func() func() (any, bool) {
			accept := r.selected(c, byAttribute)
			next := r.iterate(v)
			return func() (any, bool) {
				for {
					item, ok := next()
					if !ok || accept(item) != reject {
						return item, ok
					}
				}
			}
		})
	}
}

// selected returns what select asks of each item, or of an attribute of it: a
// test, or whether it is true.
func (r *run) selected(c *args, byAttribute bool) func(v any) bool {
	rest := c.positional
	get := func(v any) any { return v }
	if byAttribute {
		if len(rest) == 0 {
			raise("filters selectattr and rejectattr take the name of an attribute")
		}
		get, rest = r.attributeGetter(rest[0], nil), rest[1:]
	}
	if len(rest) == 0 {
		return func(v any) bool { return r.truth(get(v)) }
	}
	name := nameOf("test", rest[0])
	given := &args{rest[1:], c.names, c.values}
	return func(v any) bool { return r.truth(r.test(name, get(v), given)) }
}
