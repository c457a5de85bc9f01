package jinja

import (
	"maps"
	"slices"
)

// A filterDef is a filter written in Go.
type filterDef struct {
	params []param
	call   func(r *run, v any, a []any) any
	// variadic filters get their arguments as they are, instead of call.
	variadic func(r *run, v any, c *args) any
}

// inlineYAML is to_yaml behind "key:"; no template can name it.
const inlineYAML = "to_yaml inline"

// filters are Jinja's and ZenML's. random is none: what a template renders must
// not depend on chance.
var filters map[string]*filterDef

func init() { // map and its like call other filters
	filters = map[string]*filterDef{}
	for _, family := range []map[string]*filterDef{
		textFilters, markupFilters, numberFilters, listFilters, attributeFilters, selectFilters, dataFilters, zenmlFilters,
	} {
		maps.Copy(filters, family)
	}
}

// filter is v | name(args).
func (r *run) filter(name string, v any, c *args) any {
	r.spend(1)
	def, ok := filters[name]
	if !ok {
		raiseHint(didYouMean(name, slices.Collect(maps.Keys(filters))), "unknown filter %q", name)
	}
	if def.variadic != nil {
		return def.variadic(r, v, c)
	}
	return def.call(r, v, c.bind("filter "+name, def.params))
}

// plain makes a filter of what only takes the value.
func plain(f func(r *run, v any) any) *filterDef {
	return &filterDef{call: func(r *run, v any, _ []any) any { return f(r, v) }}
}

// softText makes a filter of what takes and returns text; a Markup stays one.
func softText(list []param, f func(r *run, s string, a []any) string) *filterDef {
	return &filterDef{params: list, call: func(r *run, v any, a []any) any {
		s := r.str(v)
		r.text(len(s))
		return r.wrapLike(v, f(r, s, a))
	}}
}
