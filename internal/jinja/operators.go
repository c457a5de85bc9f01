package jinja

import (
	"math"
	"math/big"
	"strings"
)

// Operators that compute, for values of every kind.

// binary is a op b.
func (r *run) binary(op string, a, b any) any {
	if isNumber(a) && isNumber(b) {
		return arithmetic(op, a, b)
	}
	for _, v := range []any{a, b} {
		if u, ok := v.(*undefined); ok {
			u.fail()
		}
	}
	switch op {
	case "+":
		if v, ok := r.add(a, b); ok {
			return v
		}
	case "*":
		if v, ok := r.repeat(a, b); ok {
			return v
		}
		if v, ok := r.repeat(b, a); ok {
			return v
		}
	case "%":
		if s, ok := asText(a); ok {
			return r.wrapLike(a, r.percentFormat(s, b, escapeOf(a)))
		}
	}
	raise("%s does not work on %s and %s", op, aType(a), aType(b))
	return nil
}

// add is a + b of two texts, lists or tuples.
func (r *run) add(a, b any) (any, bool) {
	s, isText := asText(a)
	t, isText2 := asText(b)
	if isText && isText2 {
		r.text(len(s) + len(t))
		return addText(a, b), true
	}
	switch x := a.(type) {
	case *list:
		if y, ok := b.(*list); ok {
			return &list{r.join(x.items, y.items)}, true
		}
	case *tuple:
		if y, ok := b.(*tuple); ok {
			return &tuple{items: r.join(x.items, y.items)}, true
		}
	}
	return nil, false
}

func (r *run) join(a, b []any) []any {
	r.items(int64(len(a) + len(b)))
	return append(append(make([]any, 0, len(a)+len(b)), a...), b...)
}

// addText escapes what is added to a Markup.
func addText(a, b any) any {
	s, _ := asText(a)
	t, _ := asText(b)
	_, markupA := a.(markup)
	_, markupB := b.(markup)
	switch {
	case markupA && !markupB:
		return markup(s + escapeHTML(t))
	case markupB && !markupA:
		return markup(escapeHTML(s) + t)
	case markupA:
		return markup(s + t)
	}
	return s + t
}

// repeat is a sequence times an int.
func (r *run) repeat(a, times any) (any, bool) {
	n, ok := asInt(times)
	if !ok {
		if big, isBig := times.(*big.Int); isBig {
			n, ok = int64(big.Sign())*math.MaxInt32, true
		}
	}
	if !ok {
		return nil, false
	}
	n = max(n, 0)
	switch a := a.(type) {
	case string:
		return r.repeatText(a, n), true
	case markup:
		return markup(r.repeatText(string(a), n)), true
	case *list:
		return &list{r.repeatItems(a.items, n)}, true
	case *tuple:
		return &tuple{items: r.repeatItems(a.items, n)}, true
	}
	return nil, false
}

func (r *run) repeatText(s string, n int64) string {
	r.times(len(s), n)
	if s == "" {
		return ""
	}
	return strings.Repeat(s, int(n))
}

func (r *run) repeatItems(items []any, n int64) []any {
	if len(items) == 0 || n == 0 {
		return []any{}
	}
	if n > int64(r.limits.Items) {
		r.items(n)
	}
	r.items(n * int64(len(items)))
	all := make([]any, 0, int(n)*len(items))
	for range n {
		all = append(all, items...)
	}
	return all
}

// unary is -v or +v.
func (r *run) unary(op string, v any) any {
	if u, ok := v.(*undefined); ok {
		u.fail()
	}
	if !isNumber(v) {
		raise("%s does not work on %s", op, aType(v))
	}
	if f, ok := v.(float64); ok {
		if op == "-" {
			return -f
		}
		return f
	}
	n, _ := asBig(v)
	if op == "-" {
		n = new(big.Int).Neg(n)
	}
	return normalize(n)
}
