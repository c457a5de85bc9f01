package jinja

import (
	"math/big"
)

// globals are the functions that every template knows. lipsum is none: its text
// would be another one each time.
var globals = map[string]any{
	"cycler":    &function{name: "jinja2.utils.Cycler", class: true, call: newCycler},
	"dict":      &function{name: "dict", class: true, call: newDictValue},
	"joiner":    &function{name: "jinja2.utils.Joiner", class: true, call: newJoiner},
	"lipsum":    &function{name: "lipsum", call: refuseLipsum},
	"namespace": &function{name: "jinja2.utils.Namespace", class: true, call: newNamespace},
	"range":     &function{name: "range", class: true, call: rangeFunction},
}

func refuseLipsum(*run, *args) any {
	raise("lipsum is not supported: a template renders the same text each time")
	return nil
}

func newDictValue(r *run, c *args) any {
	d := NewDict()
	r.updateDict(d, "dict()", c)
	return d
}

func newNamespace(r *run, c *args) any {
	d := NewDict()
	r.updateDict(d, "namespace()", c)
	return &namespace{d}
}

func newCycler(_ *run, c *args) any {
	if len(c.names) > 0 || len(c.positional) == 0 {
		raise("cycler() takes at least 1 item")
	}
	return &cycler{items: c.positional}
}

func newJoiner(_ *run, c *args) any {
	return &joiner{separator: c.bind("joiner()", params("sep", ", "))[0]}
}

func (j *joiner) call() any {
	if !j.used {
		j.used = true
		return ""
	}
	return j.separator
}

func rangeFunction(_ *run, c *args) any {
	if len(c.names) > 0 || len(c.positional) == 0 || len(c.positional) > 3 {
		raise("range() takes 1 to 3 ints")
	}
	n := make([]int64, len(c.positional))
	for i, v := range c.positional {
		if _, isBig := v.(*big.Int); isBig {
			raise("range() takes ints of at most 64 bits")
		}
		n[i] = toInt("an argument of range()", v)
	}
	switch len(n) {
	case 1:
		return newRange(0, n[0], 1)
	case 2:
		return newRange(n[0], n[1], 1)
	}
	return newRange(n[0], n[1], n[2])
}

// newRange returns a range; its numbers are made when they are asked for.
func newRange(start, stop, step int64) *rangeValue {
	if step == 0 {
		raise("range() takes a step other than 0")
	}
	span := new(big.Int).Sub(big.NewInt(stop), big.NewInt(start))
	by := big.NewInt(step)
	if step < 0 {
		span.Neg(span)
		by.Neg(by)
	}
	length := int64(0)
	if span.Sign() > 0 {
		span.Add(span, by).Sub(span, big.NewInt(1)).Quo(span, by)
		if !span.IsInt64() {
			raise("range() has too many numbers")
		}
		length = span.Int64()
	}
	return &rangeValue{start, stop, step, length}
}

// The attributes of the objects that globals make.

func (n *namespace) attribute(_ *run, name string) (any, bool) { return n.attrs.find(name) }

func (n *namespace) attributes() []string {
	var names []string
	for name := range n.attrs.All() {
		names = append(names, name)
	}
	return names
}

var cyclerMethods = methods{
	"current": property(func(_ *run, v any) any { return v.(*cycler).items[v.(*cycler).next] }),
	"items":   property(func(_ *run, v any) any { return &tuple{items: v.(*cycler).items} }),
	"pos":     property(func(_ *run, v any) any { return int64(v.(*cycler).next) }),
	"next": {call: func(_ *run, self any, _ []any) any {
		c := self.(*cycler)
		v := c.items[c.next]
		c.next = (c.next + 1) % len(c.items)
		return v
	}},
	"reset": {call: func(_ *run, self any, _ []any) any {
		self.(*cycler).next = 0
		return nil
	}},
}

func (t *tuple) attribute(r *run, name string) (any, bool) {
	for i, n := range t.names {
		if n == name {
			return t.items[i], true
		}
	}
	if def, ok := tupleMethods[name]; ok {
		return &method{t, name, def}, true
	}
	return nil, false
}

func (t *tuple) attributes() []string { return append(methodNamesIn(tupleMethods), t.names...) }

func (c *cycler) attribute(r *run, name string) (any, bool) { return cyclerMethods.of(r, c, name) }
func (c *cycler) attributes() []string                      { return methodNamesIn(cyclerMethods) }

// of returns the method or property of that name.
func (m methods) of(r *run, owner any, name string) (any, bool) {
	def, ok := m[name]
	switch {
	case !ok:
		return nil, false
	case def.property:
		return def.call(r, owner, nil), true
	}
	return &method{owner, name, def}, true
}
