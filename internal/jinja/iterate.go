package jinja

import (
	"unicode/utf8"
)

// iterate is iter(v): a function that returns the next value, and whether
// there was one.
func (r *run) iterate(v any) func() (any, bool) {
	if next, ok := iterOf(v); ok {
		return func() (any, bool) {
			r.spend(1)
			return next()
		}
	}
	if u, ok := v.(*undefined); ok {
		u.fail()
	}
	raise("%s cannot be looped over", aType(v))
	return nil
}

// iterOf returns the iterator of what can be looped over.
func iterOf(v any) (func() (any, bool), bool) {
	switch v := v.(type) {
	case *list:
		return iterList(v), true
	case *tuple:
		return iterItems(v.items), true
	case string:
		return iterText(v, func(s string) any { return s }), true
	case markup:
		return iterText(string(v), func(s string) any { return s }), true
	case *Dict:
		return v.iterate(entryKey), true
	case *view:
		return v.iterate(), true
	case *rangeValue:
		return iterRange(v), true
	case *iterator:
		return v.next, true
	case *loop:
		return v.iterate(), true
	case *undefined:
		if v.lenient {
			return iterItems(nil), true
		}
	}
	return nil, false
}

// iterList looks at the list anew each time: it may grow meanwhile.
func iterList(l *list) func() (any, bool) {
	i := 0
	return func() (any, bool) {
		if i >= len(l.items) {
			return nil, false
		}
		i++
		return l.items[i-1], true
	}
}

func iterItems(items []any) func() (any, bool) {
	return iterList(&list{items})
}

func iterText(s string, wrap func(string) any) func() (any, bool) {
	return func() (any, bool) {
		if s == "" {
			return nil, false
		}
		_, size := utf8.DecodeRuneInString(s)
		c := s[:size]
		s = s[size:]
		return wrap(c), true
	}
}

func iterRange(v *rangeValue) func() (any, bool) {
	i := int64(0)
	return func() (any, bool) {
		if i >= v.length {
			return nil, false
		}
		i++
		return v.at(i - 1), true
	}
}

// drain returns all values that are left.
func drain(next func() (any, bool)) []any {
	items := []any{}
	for {
		v, ok := next()
		if !ok {
			return items
		}
		items = append(items, v)
	}
}

// collect is list(v) as Go knows it, a copy.
func (r *run) collect(v any) []any {
	if n, ok := r.lengthOf(v); ok {
		r.items(n)
	}
	next := r.iterate(v)
	items := []any{}
	for {
		item, ok := next()
		if !ok {
			return items
		}
		if len(items) >= r.limits.Items {
			r.items(int64(len(items)) + 1)
		}
		items = append(items, item)
	}
}

// lengthOf is len(v), false where there is none.
func (r *run) lengthOf(v any) (int64, bool) {
	switch v := v.(type) {
	case string:
		return r.textLength(v), true
	case markup:
		return r.textLength(string(v)), true
	case *list:
		return int64(len(v.items)), true
	case *tuple:
		return int64(len(v.items)), true
	case *Dict:
		return int64(v.Len()), true
	case *view:
		return int64(v.dict.Len()), true
	case *rangeValue:
		return v.length, true
	case *loop:
		return v.length(), true
	case *undefined:
		v.failStrict()
		return 0, true
	}
	return 0, false
}

// textLength is how many characters a text has.
func (r *run) textLength(s string) int64 {
	r.spend(len(s) / bytesPerStep)
	return int64(utf8.RuneCountInString(s))
}

// length is len(v).
func (r *run) length(v any) int64 {
	n, ok := r.lengthOf(v)
	if !ok {
		raise("%s has no length", aType(v))
	}
	return n
}

// truth is bool(v).
func (r *run) truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *undefined:
		v.failStrict()
		return false
	case markup, *list, *tuple, *Dict, *view, *rangeValue, *loop:
		n, _ := r.lengthOf(v)
		return n != 0
	}
	return true // a *big.Int is no zero, an object is something
}
