package jinja

import (
	"maps"
	"slices"
	"strings"
)

// Attributes and items. x.name is an attribute, else an item; x['name'] is an
// item, else an attribute. What is neither is undefined.

// attribute is x.name.
func (r *run) attribute(owner any, name string, of expr) any {
	if v, ok := r.findAttribute(owner, name); ok {
		return v
	}
	if v, ok := r.findItem(owner, name); ok {
		return v
	}
	return undefinedAttr(owner, of, name)
}

// subscript is x[key].
func (r *run) subscript(owner, key any, of expr) any {
	if v, ok := r.findItem(owner, key); ok {
		return v
	}
	if name, ok := asText(key); ok {
		if v, ok := r.findAttribute(owner, name); ok {
			return v
		}
	}
	return undefinedAttr(owner, of, key)
}

// An attributed value has attributes of its own.
type attributed interface {
	attribute(r *run, name string) (any, bool)
	attributes() []string
}

// findAttribute is getattr(owner, name).
func (r *run) findAttribute(owner any, name string) (any, bool) {
	switch x := owner.(type) {
	case *undefined:
		x.fail()
	case attributed:
		return x.attribute(r, name)
	}
	if v, ok := methodsOf(owner).of(r, owner, name); ok {
		return v, true
	}
	d, isDict := owner.(*Dict)
	if isDict {
		if _, ok := d.find(name); ok {
			return nil, false
		}
	}
	if isDunder(name) || slices.Contains(unsupported[typeName(owner)], name) {
		raise("attribute %q of %s is not supported", name, aType(owner))
	}
	return nil, false
}

func isDunder(name string) bool {
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// unsupported are attributes that Python has and we do not, by type. They are
// refused, since taking them for undefined would change what a template does.
var unsupported = map[string][]string{
	"str":        {"encode", "maketrans", "translate", "isidentifier"},
	"Markup":     {"encode", "maketrans", "translate", "isidentifier", "escape", "striptags", "unescape"},
	"int":        {"as_integer_ratio", "from_bytes", "to_bytes"},
	"bool":       {"as_integer_ratio", "from_bytes", "to_bytes"},
	"float":      {"as_integer_ratio", "fromhex", "hex"},
	"dict":       {"fromkeys"},
	"dict_keys":  {"isdisjoint", "mapping"},
	"dict_items": {"isdisjoint", "mapping"},
	"generator":  {"close", "gi_code", "gi_frame", "gi_running", "gi_yieldfrom", "send", "throw"},
	"range":      {},
}

// findItem is owner[key].
func (r *run) findItem(owner, key any) (any, bool) {
	switch x := owner.(type) {
	case *undefined:
		x.fail()
	case *Dict:
		switch key.(type) {
		case *list, *Dict, *view:
			return nil, false // no key
		}
		return x.find(key)
	case *list:
		return index(x.items, key)
	case *tuple:
		return index(x.items, key)
	case string:
		return r.character(x, key)
	case markup:
		c, ok := r.character(string(x), key)
		if ok {
			c = markup(c.(string))
		}
		return c, ok
	case *rangeValue:
		if i, ok := position(key, x.length); ok {
			return x.at(i), true
		}
	case *selfReference:
		if name, ok := asText(key); ok {
			return x.block(name)
		}
	}
	return nil, false
}

// position returns where an index points to, counted from the start.
func position(key any, length int64) (int64, bool) {
	i, ok := asInt(key)
	if i < 0 {
		i += length
	}
	return i, ok && i >= 0 && i < length
}

func index(items []any, key any) (any, bool) {
	if i, ok := position(key, int64(len(items))); ok {
		return items[i], true
	}
	return nil, false
}

func (r *run) character(s string, key any) (any, bool) {
	if _, ok := asInt(key); !ok {
		return nil, false
	}
	runes := r.runes(s)
	if i, ok := position(key, int64(len(runes))); ok {
		return string(runes[i]), true
	}
	return nil, false
}

// runes returns the characters of a text.
func (r *run) runes(s string) []rune {
	r.spend(len(s) / bytesPerStep)
	return []rune(s)
}

// slice is owner[start:stop:step], each nil where it is not given.
func (r *run) slice(owner any, start, stop, step *int64) any {
	switch x := owner.(type) {
	case *list:
		return &list{r.sliceItems(x.items, start, stop, step)}
	case *tuple:
		return &tuple{items: r.sliceItems(x.items, start, stop, step)}
	case string:
		return r.sliceText(x, start, stop, step)
	case markup:
		return markup(r.sliceText(string(x), start, stop, step))
	case *rangeValue:
		from, to, by := sliceBounds(x.length, start, stop, step)
		return newRange(x.at(from), x.at(to), x.step*by)
	case *undefined:
		x.fail()
	}
	raise("%s cannot be sliced", aType(owner))
	return nil
}

func (r *run) sliceItems(items []any, start, stop, step *int64) []any {
	sliced := []any{}
	eachIndex(int64(len(items)), start, stop, step, func(i int64) { sliced = append(sliced, items[i]) })
	r.spend(len(sliced))
	return sliced
}

func (r *run) sliceText(s string, start, stop, step *int64) string {
	runes := r.runes(s)
	sliced := []rune{}
	eachIndex(int64(len(runes)), start, stop, step, func(i int64) { sliced = append(sliced, runes[i]) })
	return string(sliced)
}

func eachIndex(length int64, start, stop, step *int64, f func(i int64)) {
	from, to, by := sliceBounds(length, start, stop, step)
	for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
		f(i)
	}
}

// sliceBounds follows slice.indices of Python. A step beyond the length is cut
// to it: it takes one item either way.
func sliceBounds(length int64, start, stop, step *int64) (from, to, by int64) {
	by = 1
	if step != nil {
		by = *step
	}
	if by == 0 {
		raise("step of a slice is 0, want another")
	}
	by = min(max(by, -length-1), length+1)
	lowest, highest := int64(0), length
	if by < 0 {
		lowest, highest = -1, length-1
	}
	bound := func(b *int64, otherwise int64) int64 {
		if b == nil {
			return otherwise
		}
		n := *b
		if n < 0 {
			n += length
		}
		return min(max(n, lowest), highest)
	}
	if by < 0 {
		return bound(start, highest), bound(stop, lowest), by
	}
	return bound(start, lowest), bound(stop, highest), by
}

// attributeNames are the attributes that a value has, for hints.
func attributeNames(owner any) []string {
	if x, ok := owner.(attributed); ok {
		return x.attributes()
	}
	return methodNames(owner)
}

func methodNames(owner any) []string { return methodNamesIn(methodsOf(owner)) }

func methodNamesIn(m methods) []string { return slices.Collect(maps.Keys(m)) }
