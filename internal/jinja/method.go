package jinja

import (
	"math/big"
)

// A method is a method of a value that is ready to be called.
type method struct {
	owner any
	name  string
	def   *methodDef
}

// A methodDef is a method of a type, written in Go.
type methodDef struct {
	params   []param
	keywords bool // the parameters may be given by name
	property bool // it is an attribute, not called
	call     func(r *run, self any, a []any) any
	// variadic methods get their arguments as they are, instead of call.
	variadic func(r *run, self any, c *args) any
}

func (m *method) call(r *run, c *args) any {
	if m.def.variadic != nil {
		return m.def.variadic(r, m.owner, c)
	}
	if len(c.names) > 0 && !m.def.keywords {
		raise("%s() takes no named arguments", m.name)
	}
	return m.def.call(r, m.owner, c.bind(m.name+"()", m.def.params))
}

type methods map[string]*methodDef

var (
	intMethods = methods{
		"real":        property(func(_ *run, v any) any { return integerOf(v) }),
		"numerator":   property(func(_ *run, v any) any { return integerOf(v) }),
		"imag":        property(func(*run, any) any { return int64(0) }),
		"denominator": property(func(*run, any) any { return int64(1) }),
		"conjugate":   {call: func(_ *run, v any, _ []any) any { return integerOf(v) }},
		"bit_length": {call: func(_ *run, v any, _ []any) any {
			n, _ := asBig(v)
			return int64(n.BitLen())
		}},
		"bit_count": {call: func(_ *run, v any, _ []any) any { return bitCount(v) }},
	}
	floatMethods = methods{
		"real":      property(func(_ *run, v any) any { return v }),
		"imag":      property(func(*run, any) any { return 0.0 }),
		"conjugate": {call: func(_ *run, v any, _ []any) any { return v }},
		"is_integer": {call: func(_ *run, v any, _ []any) any {
			f := v.(float64)
			return f == float64(int64(f)) || f-f == 0 && (f > 1<<53 || f < -1<<53)
		}},
	}
	rangeMethods = methods{
		"start": property(func(_ *run, v any) any { return v.(*rangeValue).start }),
		"stop":  property(func(_ *run, v any) any { return v.(*rangeValue).stop }),
		"step":  property(func(_ *run, v any) any { return v.(*rangeValue).step }),
		"count": {params: params("value", required{}), call: countItem},
		"index": {params: params("value", required{}), call: indexItem},
	}
)

func property(get func(r *run, v any) any) *methodDef {
	return &methodDef{property: true, call: func(r *run, self any, _ []any) any { return get(r, self) }}
}

// integerOf is the int that a bool is.
func integerOf(v any) any {
	n, _ := asBig(v)
	return normalize(n)
}

func bitCount(v any) any {
	n, _ := asBig(v)
	count := int64(0)
	for _, word := range new(big.Int).Abs(n).Bits() {
		for ; word != 0; word &= word - 1 {
			count++
		}
	}
	return count
}

// methodsOf returns the methods of the type of a value.
func methodsOf(v any) methods {
	switch v.(type) {
	case string, markup:
		return textMethods
	case *list:
		return listMethods
	case *tuple:
		return tupleMethods
	case *Dict:
		return dictMethods
	case bool, int64, *big.Int:
		return intMethods
	case float64:
		return floatMethods
	case *rangeValue:
		return rangeMethods
	}
	return nil
}

// A function is a function that every template knows.
type function struct {
	name  string
	class bool // Python prints it as a class
	call  func(r *run, c *args) any
}

// call calls what can be called.
func (r *run) call(fn any, c *args) any {
	r.spend(1)
	switch fn := fn.(type) {
	case *method:
		return fn.call(r, c)
	case *function:
		return fn.call(r, c)
	case *macro:
		return r.capture(func() { fn.run(r, c) })
	case *joiner:
		c.bind("a joiner", nil)
		return fn.call()
	case *loop:
		a := c.bind("loop()", params("iterable", required{}))
		return r.capture(func() { fn.recurse(r, a[0]) })
	case *blockReference:
		c.bind("a block", nil)
		return r.capture(func() { fn.run(r) })
	case *undefined:
		fn.fail()
	}
	raise("%s cannot be called", aType(fn))
	return nil
}

// stream calls what writes its result, and writes it as it comes, so that each
// line is known to be from where it is. It reports false for anything else.
func (r *run) stream(fn any, c *args) bool {
	switch fn := fn.(type) {
	case *macro:
		fn.run(r, c)
	case *loop:
		a := c.bind("loop()", params("iterable", required{}))
		fn.recurse(r, a[0])
	case *blockReference:
		c.bind("a block", nil)
		fn.run(r)
	default:
		return false
	}
	return true
}

func isCallable(v any) bool {
	switch v.(type) {
	case *method, *function, *macro, *joiner, *loop, *blockReference, *undefined:
		return true
	}
	return false
}
