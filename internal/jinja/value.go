package jinja

import (
	"fmt"
	"math/big"
	"strings"
)

// Values are Python's: nil (None), bool, int64 and *big.Int (int; never a
// *big.Int that fits an int64), float64, string, markup, *list, *tuple, *Dict,
// *rangeValue, *view, *iterator, *undefined, and the objects that a template can
// call or ask for attributes: *function, *method, *macro, *namespace, *loop,
// *cycler, *joiner, *module, *selfReference, *blockReference.

// A markup is text that the escape filters leave alone: a str for everything
// else, but what is added to it is escaped first.
type markup string

// A list is a Python list: what is assigned twice is one list.
type list struct{ items []any }

// A tuple is a Python tuple.
type tuple struct {
	items []any
	names []string // of the items of a named tuple, as groupby yields
}

func newTuple(items ...any) *tuple { return &tuple{items: items} }

// A rangeValue is what range() returns.
type rangeValue struct{ start, stop, step, length int64 }

func (v *rangeValue) at(i int64) int64 { return v.start + i*v.step }

// A view is what keys(), values() and items() of a mapping return.
type view struct {
	dict *Dict
	kind viewKind
}

type viewKind string

const (
	keysView   viewKind = "dict_keys"
	valuesView viewKind = "dict_values"
	itemsView  viewKind = "dict_items"
)

// An iterator yields its values once, as a Python generator does.
type iterator struct {
	next func() (any, bool)
	kind string // its Python type
}

func generator(next func() (any, bool)) *iterator { return &iterator{next, "generator"} }

// A namespace holds attributes that inner scopes may set.
type namespace struct{ attrs *Dict }

// A cycler returns its items in turn.
type cycler struct {
	items []any
	next  int
}

// A joiner returns nothing once, then its separator.
type joiner struct {
	separator any
	used      bool
}

// missing stands in a scope for a name without a value.
type missing struct{}

// Value returns what Go gives as a value of a template: a copy, so that a
// template that changes a list changes its own.
func fromGo(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v
	case int:
		return int64(v)
	case []any:
		l := &list{make([]any, len(v))}
		for i, item := range v {
			l.items[i] = fromGo(item)
		}
		return l
	case *Dict:
		if v == nil {
			return NewDict()
		}
		d := NewDict()
		for _, e := range v.entries {
			if !e.deleted {
				d.put(e.key, fromGo(e.value))
			}
		}
		return d
	}
	panic(&raised{message: fmt.Sprintf("a template variable is a %T, want nil, bool, int64, float64, string, []any or *jinja.Dict", v)})
}

// typeName is the name of the Python type.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case markup:
		return "Markup"
	case *list:
		return "list"
	case *tuple:
		return "tuple"
	case *Dict:
		return "dict"
	case *rangeValue:
		return "range"
	case *view:
		return string(v.kind)
	case *iterator:
		return v.kind
	}
	return objectTypeName(v)
}

func objectTypeName(v any) string {
	switch v.(type) {
	case *undefined:
		return "Undefined"
	case *namespace:
		return "Namespace"
	case *loop:
		return "LoopContext"
	case *macro:
		return "Macro"
	case *cycler:
		return "Cycler"
	case *joiner:
		return "Joiner"
	case *module:
		return "TemplateModule"
	case *selfReference:
		return "TemplateReference"
	case *blockReference:
		return "BlockReference"
	case *function, *method:
		return "function"
	}
	return fmt.Sprintf("%T", v)
}

// aType is the name of the type with its article, for messages.
func aType(v any) string {
	name := typeName(v)
	if strings.ContainsRune("aeiouAEIOU", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// asText returns the text of a str, Markup included.
func asText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case markup:
		return string(v), true
	}
	return "", false
}

// asInt returns the int that the value is; a bool is one.
func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// asBig returns the int, whatever its size.
func asBig(v any) (*big.Int, bool) {
	if b, ok := v.(*big.Int); ok {
		return b, true
	}
	n, ok := asInt(v)
	return big.NewInt(n), ok
}

// normalize returns the int64 where the number fits one.
func normalize(n *big.Int) any {
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// isNumber reports whether the value is an int, a bool or a float.
func isNumber(v any) bool {
	switch v.(type) {
	case bool, int64, *big.Int, float64:
		return true
	}
	return false
}

// items returns the items of a list or tuple.
func itemsOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case *list:
		return v.items, true
	case *tuple:
		return v.items, true
	}
	return nil, false
}
