package jinja

import (
	"cmp"
	"math"
	"math/big"
	"strings"
)

// equal is a == b.
func (r *run) equal(a, b any) bool { return r.equalAt(a, b, 0) }

func (r *run) equalAt(a, b any, depth int) bool {
	checkDataDepth(depth)
	r.spend(1)
	failUndefined(a, b)
	if isNumber(a) && isNumber(b) {
		c, ok := compareNumbers(a, b)
		return ok && c == 0
	}
	if s, ok := asText(a); ok {
		t, ok := asText(b)
		r.spend(min(len(s), len(t)) / bytesPerStep)
		return ok && s == t
	}
	switch x := a.(type) {
	case *list:
		y, ok := b.(*list)
		return ok && r.equalItems(x.items, y.items, depth)
	case *tuple:
		y, ok := b.(*tuple)
		return ok && r.equalItems(x.items, y.items, depth)
	case *Dict:
		y, ok := b.(*Dict)
		return ok && r.equalDicts(x, y, depth)
	case *rangeValue:
		y, ok := b.(*rangeValue)
		return ok && equalRanges(x, y)
	case *view:
		return r.equalViews(x, b, depth)
	}
	return a == b
}

// failUndefined is an error where one of the two is undefined. Two missing
// elses are equal.
func failUndefined(a, b any) {
	for _, v := range []any{a, b} {
		if u, ok := v.(*undefined); ok {
			u.failStrict()
		}
	}
}

func (r *run) equalItems(a, b []any, depth int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !r.equalAt(a[i], b[i], depth+1) {
			return false
		}
	}
	return true
}

func (r *run) equalDicts(a, b *Dict, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, e := range a.entries {
		if e.deleted {
			continue
		}
		v, ok := b.find(e.key)
		if !ok || !r.equalAt(e.value, v, depth+1) {
			return false
		}
	}
	return true
}

func equalRanges(a, b *rangeValue) bool {
	if a.length != b.length || a.length == 0 {
		return a.length == b.length
	}
	return a.start == b.start && (a.length == 1 || a.step == b.step)
}

func (r *run) equalViews(a *view, b any, depth int) bool {
	y, ok := b.(*view)
	if !ok || a.kind == valuesView || y.kind != a.kind {
		return a == b
	}
	if a.kind == itemsView {
		return r.equalDicts(a.dict, y.dict, depth)
	}
	for _, e := range a.dict.entries {
		if _, ok := y.dict.find(e.key); !e.deleted && !ok {
			return false
		}
	}
	return a.dict.Len() == y.dict.Len()
}

// compareNumbers compares two numbers by value; false where one is no number.
func compareNumbers(a, b any) (int, bool) {
	x, xFloat := a.(float64)
	y, yFloat := b.(float64)
	if m, ok := asInt(a); ok {
		if n, ok := asInt(b); ok {
			return cmp.Compare(m, n), true
		}
	}
	if xFloat && yFloat {
		return cmp.Compare(x, y), !math.IsNaN(x) && !math.IsNaN(y)
	}
	if xFloat {
		c, ok := compareFloatInt(x, b)
		return c, ok
	}
	if yFloat {
		c, ok := compareFloatInt(y, a)
		return -c, ok
	}
	m, _ := asBig(a)
	n, _ := asBig(b)
	return m.Cmp(n), true
}

// compareFloatInt compares exactly: not every int is a float.
func compareFloatInt(f float64, v any) (int, bool) {
	switch {
	case math.IsNaN(f):
		return 0, false
	case math.IsInf(f, 0):
		return int(math.Copysign(1, f)), true
	}
	n, _ := asBig(v)
	return big.NewFloat(f).Cmp(new(big.Float).SetInt(n)), true
}

// less is a < b.
func (r *run) less(a, b any) bool { return r.order(a, b, "<") < 0 }

// unordered is the order of two numbers of which one is no number.
const unordered = 2

// order compares two values of which Python knows the order: below 0, 0 or
// above. The operator is for the message.
func (r *run) order(a, b any, operator string) int { return r.orderAt(a, b, operator, 0) }

func (r *run) orderAt(a, b any, operator string, depth int) int {
	checkDataDepth(depth)
	r.spend(1)
	for _, v := range []any{a, b} {
		if u, ok := v.(*undefined); ok {
			u.fail()
		}
	}
	if isNumber(a) && isNumber(b) {
		if c, ok := compareNumbers(a, b); ok {
			return c
		}
		return unordered
	}
	s, isText := asText(a)
	t, isText2 := asText(b)
	if isText && isText2 {
		r.spend(min(len(s), len(t)) / bytesPerStep)
		return strings.Compare(s, t) // UTF-8 sorts as code points do
	}
	x, isItems := itemsOf(a)
	y, isItems2 := itemsOf(b)
	if isItems && isItems2 && typeName(a) == typeName(b) {
		return r.orderItems(x, y, operator, depth)
	}
	raise("%s cannot compare %s with %s", operator, aType(a), aType(b))
	return 0
}

func (r *run) orderItems(a, b []any, operator string, depth int) int {
	for i := range min(len(a), len(b)) {
		if !r.equalAt(a[i], b[i], depth+1) {
			return r.orderAt(a[i], b[i], operator, depth+1)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareWith is a op b for every operator that compares.
func (r *run) compareWith(op string, a, b any) bool {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		return !r.equal(a, b)
	case "in":
		return r.contains(b, a)
	case "not in":
		return !r.contains(b, a)
	}
	c := r.order(a, b, op)
	if c == unordered {
		return false
	}
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// contains is v in container.
func (r *run) contains(container, v any) bool {
	switch c := container.(type) {
	case string, markup:
		return r.containsText(c, v)
	case *Dict:
		_, ok := c.find(v)
		return ok
	case *namespace:
		raise("a Namespace cannot be searched with in")
	case *undefined:
		c.failStrict()
	case *rangeValue:
		if f, ok := v.(float64); ok && f == math.Trunc(f) {
			v = int64(f)
		}
		if n, ok := asInt(v); ok {
			return c.contains(n)
		}
		failUndefined(v, nil)
		return false
	case *view:
		if c.kind == keysView {
			_, ok := c.dict.find(v)
			return ok
		}
	}
	next := r.iterate(container)
	for {
		item, ok := next()
		if !ok {
			return false
		}
		if sameObject(item, v) || r.equal(item, v) {
			return true
		}
	}
}

// sameObject reports whether two values are one list, mapping or object, which
// in finds without comparing.
func sameObject(a, b any) bool {
	switch a.(type) {
	case *list, *tuple, *Dict:
		return a == b
	}
	return false
}

func (r *run) containsText(container, v any) bool {
	s, _ := asText(container)
	part, ok := asText(v)
	if !ok {
		failUndefined(v, nil)
		raise("in looks for text in %s, not for %s", aType(container), aType(v))
	}
	r.spend(len(s) / bytesPerStep)
	return strings.Contains(s, part)
}

func (v *rangeValue) contains(n int64) bool {
	if v.length == 0 {
		return false
	}
	last := v.at(v.length - 1)
	if n < min(v.start, last) || n > max(v.start, last) {
		return false
	}
	return (n-v.start)%v.step == 0
}
