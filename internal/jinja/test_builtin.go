package jinja

import (
	"maps"
	"math/big"
	"slices"
)

// A testDef is a test, as in "x is divisibleby 3".
type testDef struct {
	params []param
	call   func(r *run, v any, a []any) bool
}

// tests are Jinja's.
var tests map[string]*testDef

func init() { // "x is test" looks into the table
	tests = map[string]*testDef{}
	addCompareTests()
	for _, family := range []map[string]*testDef{kindTests, valueTests, compareTests, nameTests} {
		maps.Copy(tests, family)
	}
}

// test is v is name(args).
func (r *run) test(name string, v any, c *args) any {
	r.spend(1)
	def, ok := tests[name]
	if !ok {
		raiseHint(didYouMean(name, slices.Collect(maps.Keys(tests))), "unknown test %q", name)
	}
	return def.call(r, v, c.bind("test "+name, def.params))
}

func kindTest(is func(v any) bool) *testDef {
	return &testDef{call: func(_ *run, v any, _ []any) bool { return is(v) }}
}

// kindTests ask what a value is; undefined is fine for them.
var kindTests = map[string]*testDef{
	"boolean":  kindTest(func(v any) bool { _, ok := v.(bool); return ok }),
	"callable": kindTest(isCallable),
	"defined":  kindTest(func(v any) bool { _, ok := v.(*undefined); return !ok }),
	"escaped":  kindTest(func(v any) bool { _, ok := v.(markup); return ok }),
	"false":    kindTest(func(v any) bool { return v == false }),
	"float":    kindTest(func(v any) bool { _, ok := v.(float64); return ok }),
	"integer":  kindTest(isInteger),
	"iterable": kindTest(func(v any) bool {
		if u, ok := v.(*undefined); ok {
			u.failStrict()
		}
		_, ok := iterOf(v)
		return ok
	}),
	"mapping":   kindTest(func(v any) bool { _, ok := v.(*Dict); return ok }),
	"none":      kindTest(func(v any) bool { return v == nil }),
	"number":    kindTest(isNumber),
	"sequence":  kindTest(isSequence),
	"string":    kindTest(func(v any) bool { _, ok := asText(v); return ok }),
	"true":      kindTest(func(v any) bool { return v == true }),
	"undefined": kindTest(func(v any) bool { _, ok := v.(*undefined); return ok }),
}

func isInteger(v any) bool {
	switch v.(type) {
	case int64, *big.Int:
		return true
	}
	return false
}

// isSequence reports whether a value has a length and items: a mapping too.
func isSequence(v any) bool {
	switch v := v.(type) {
	case string, markup, *list, *tuple, *Dict, *rangeValue:
		return true
	case *undefined:
		return v.lenient // Jinja's plain Undefined has __getitem__
	}
	return false
}

var valueTests = map[string]*testDef{
	"divisibleby": {params: params("num", required{}), call: func(r *run, v any, a []any) bool {
		return r.equal(r.binary("%", v, a[0]), int64(0))
	}},
	"even":   {call: func(r *run, v any, _ []any) bool { return r.equal(r.binary("%", v, int64(2)), int64(0)) }},
	"in":     {params: params("seq", required{}), call: func(r *run, v any, a []any) bool { return r.contains(a[0], v) }},
	"lower":  {call: func(r *run, v any, _ []any) bool { return isLower(r.str(v)) }},
	"odd":    {call: func(r *run, v any, _ []any) bool { return r.equal(r.binary("%", v, int64(2)), int64(1)) }},
	"sameas": {params: params("other", required{}), call: func(_ *run, v any, a []any) bool { return isSame(v, a[0]) }},
	"upper":  {call: func(r *run, v any, _ []any) bool { return isUpper(r.str(v)) }},
}

// isSame is v is other. For texts, large ints and floats the answer of Python
// depends on how it keeps them, so that there is none here.
func isSame(v, other any) bool {
	if typeName(v) != typeName(other) {
		return false
	}
	switch v := v.(type) {
	case string, markup, float64, *big.Int:
		raiseHint(`use "==" to compare them`, "test sameas has no certain answer for two of type %s", typeName(v))
	case int64:
		if n := other.(int64); v == n && (v < -5 || v > 256) {
			raiseHint(`use "==" to compare them`, "test sameas has no certain answer for ints above 256 or below -5")
		}
	}
	return v == other
}

var compareTests = map[string]*testDef{}

func addCompareTests() {
	for op, names := range map[string][]string{
		"==": {"==", "eq", "equalto"}, "!=": {"!=", "ne"},
		">": {">", "gt", "greaterthan"}, ">=": {">=", "ge"},
		"<": {"<", "lt", "lessthan"}, "<=": {"<=", "le"},
	} {
		for _, name := range names {
			compareTests[name] = &testDef{params: params("other", required{}), call: func(r *run, v any, a []any) bool {
				return r.compareWith(op, v, a[0])
			}}
		}
	}
}

var nameTests = map[string]*testDef{
	"filter": {call: func(_ *run, v any, _ []any) bool { return isKey(filters, v) }},
	"test":   {call: func(_ *run, v any, _ []any) bool { return isKey(tests, v) }},
}

func isKey[T any](table map[string]T, v any) bool {
	name, isText := asText(hashKey(v))
	_, ok := table[name]
	return ok && isText
}
