package jinja

import (
	"fmt"
	"maps"
	"slices"
)

// args are evaluated arguments.
type args struct {
	positional []any
	names      []string // of the values
	values     []any
}

func (c *args) add(name string, v any) {
	if slices.Contains(c.names, name) {
		raise("argument %q is there twice", name)
	}
	c.names, c.values = append(c.names, name), append(c.values, v)
}

// addAll adds the items of a **mapping.
func (c *args) addAll(v any) {
	d, ok := v.(*Dict)
	if !ok {
		if u, isUndefined := v.(*undefined); isUndefined {
			u.fail()
		}
		raise("** takes a mapping, not %s", aType(v))
	}
	d.each(func(key, v any) {
		name, ok := asText(key)
		if !ok {
			raise("names of arguments are text, not %s", aType(key))
		}
		c.add(name, v)
	})
}

// named returns the named arguments as a mapping.
func (c *args) named() *Dict {
	d := NewDict()
	for i, name := range c.names {
		d.put(name, c.values[i])
	}
	return d
}

// take returns a named argument and removes it.
func (c *args) take(name string) (any, bool) {
	i := slices.Index(c.names, name)
	if i < 0 {
		return nil, false
	}
	v := c.values[i]
	c.names = slices.Delete(slices.Clone(c.names), i, i+1)
	c.values = slices.Delete(slices.Clone(c.values), i, i+1)
	return v, true
}

// A param is a parameter of what is written in Go.
type param struct {
	name      string
	otherwise any // the default; required{} without one
}

type required struct{}

// params makes parameters of names and defaults: params("width", 4, "first",
// false). Parameters whose default is required{} must be given.
func params(list ...any) []param {
	all := make([]param, 0, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		otherwise := list[i+1]
		if n, ok := otherwise.(int); ok {
			otherwise = int64(n)
		}
		all = append(all, param{list[i].(string), otherwise})
	}
	return all
}

// bind returns the value of each parameter.
func (c *args) bind(what string, params []param) []any {
	if len(c.positional) > len(params) {
		raise("%s takes %s, got %d", what, countText(len(params)), len(c.positional))
	}
	values := make([]any, len(params))
	copy(values, c.positional)
	used := 0
	for i, p := range params {
		v, given := c.value(p.name)
		switch {
		case i < len(c.positional) && given:
			raise("%s got two values for %q", what, p.name)
		case i < len(c.positional):
			continue
		case given:
			used++
			values[i] = v
		case p.otherwise == required{}:
			raise("%s needs a value for %q", what, p.name)
		default:
			values[i] = p.otherwise
		}
	}
	if used < len(c.names) {
		c.failUnknown(what, params)
	}
	return values
}

func (c *args) value(name string) (any, bool) {
	for i, n := range c.names {
		if n == name {
			return c.values[i], true
		}
	}
	return nil, false
}

func (c *args) failUnknown(what string, params []param) {
	known := map[string]bool{}
	for _, p := range params {
		known[p.name] = true
	}
	for _, name := range c.names {
		if !known[name] {
			raiseHint(didYouMean(name, slices.Collect(maps.Keys(known))), "%s has no parameter %q", what, name)
		}
	}
}

func countText(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "at most 1 argument"
	}
	return fmt.Sprintf("at most %d arguments", n)
}

// toInt returns an argument that has to be an int.
func toInt(what string, v any) int64 {
	n, ok := asInt(v)
	if !ok {
		if u, isUndefined := v.(*undefined); isUndefined {
			u.fail()
		}
		raise("%s is an int, not %s", what, aType(v))
	}
	return n
}

// toText returns an argument that has to be text.
func toText(what string, v any) string {
	s, ok := asText(v)
	if !ok {
		if u, isUndefined := v.(*undefined); isUndefined {
			u.fail()
		}
		raise("%s is text, not %s", what, aType(v))
	}
	return s
}

// toFlag returns an argument that Python takes as an int and means as a bool.
func toFlag(what string, v any) bool { return toInt(what, v) != 0 }
