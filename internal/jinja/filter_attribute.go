package jinja

import (
	"sort"
	"strings"
)

// Filters that look at items by an attribute: sort, groupby and their like.

var attributeFilters = map[string]*filterDef{
	"attr":     {params: params("name", required{}), call: attrFilter},
	"dictsort": {params: params("case_sensitive", false, "by", "key", "reverse", false), call: dictsortFilter},
	"groupby":  {params: params("attribute", required{}, "default", nil, "case_sensitive", false), call: groupbyFilter},
	"max": {params: params("case_sensitive", false, "attribute", nil), call: func(r *run, v any, a []any) any {
		return r.extreme(v, a, func(x, best any) bool { return r.order(x, best, ">") == 1 })
	}},
	"min": {params: params("case_sensitive", false, "attribute", nil), call: func(r *run, v any, a []any) any {
		return r.extreme(v, a, r.less)
	}},
	"sort":   {params: params("reverse", false, "case_sensitive", false, "attribute", nil), call: sortFilter},
	"unique": {params: params("case_sensitive", false, "attribute", nil), call: uniqueFilter},
}

// attributePath splits "a.b.0" into its parts.
func attributePath(attribute any) []any {
	if attribute == nil {
		return nil
	}
	text, ok := asText(attribute)
	if !ok {
		failUndefined(attribute, nil)
		return []any{attribute}
	}
	var parts []any
	for part := range strings.SplitSeq(text, ".") {
		if allRunes(part, func(c rune) bool { return c >= '0' && c <= '9' }) {
			parts = append(parts, parseDigits(part))
		} else {
			parts = append(parts, part)
		}
	}
	return parts
}

// attributeGetter returns what looks an attribute up; where it is undefined,
// the default, unless that is None.
func (r *run) attributeGetter(attribute, otherwise any) func(v any) any {
	path := attributePath(attribute)
	return func(v any) any {
		for _, part := range path {
			v = r.subscript(v, part, nil)
			if _, ok := v.(*undefined); ok && otherwise != nil {
				v = otherwise
			}
		}
		return v
	}
}

// foldCase makes text lower case unless case matters.
func (r *run) foldCase(v any, caseSensitive bool) any {
	if s, ok := asText(v); ok && !caseSensitive {
		r.text(len(s))
		return lower(s)
	}
	return v
}

func attrFilter(r *run, v any, a []any) any {
	name := r.str(a[0])
	if attribute, ok := r.findAttribute(v, name); ok {
		return attribute
	}
	return undefinedAttr(v, nil, name)
}

// sort sorts the items in place, stable, in the order of their keys.
func (r *run) sort(items []any, reverse bool, key func(v any) any) {
	keyed := make([]keyedItem, len(items))
	for i, item := range items {
		keyed[i] = keyedItem{key(item), item}
	}
	less := func(i, j int) bool { return r.less(keyed[i].key, keyed[j].key) }
	if reverse {
		less = func(i, j int) bool { return r.less(keyed[j].key, keyed[i].key) }
	}
	sort.Stable(byKey{keyed, less})
	for i := range keyed {
		items[i] = keyed[i].item
	}
}

type keyedItem struct{ key, item any }

type byKey struct {
	items []keyedItem
	less  func(i, j int) bool
}

func (b byKey) Len() int           { return len(b.items) }
func (b byKey) Less(i, j int) bool { return b.less(i, j) }
func (b byKey) Swap(i, j int)      { b.items[i], b.items[j] = b.items[j], b.items[i] }

// sortFilter sorts by one attribute or, with commas between, several.
func sortFilter(r *run, v any, a []any) any {
	caseSensitive := r.truth(a[1])
	attributes := []any{a[2]}
	if text, ok := asText(a[2]); ok {
		attributes = nil
		for part := range strings.SplitSeq(text, ",") {
			attributes = append(attributes, part)
		}
	}
	getters := make([]func(any) any, len(attributes))
	for i, attribute := range attributes {
		getters[i] = r.attributeGetter(attribute, nil)
	}
	items := r.collect(v)
	r.sort(items, toFlag("reverse", a[0]), func(v any) any {
		key := make([]any, len(getters))
		for i, get := range getters {
			key[i] = r.foldCase(get(v), caseSensitive)
		}
		return &list{key}
	})
	return &list{items}
}

func dictsortFilter(r *run, v any, a []any) any {
	d, ok := v.(*Dict)
	if !ok {
		failUndefined(v, nil)
		raise("filter dictsort takes a mapping, not %s", aType(v))
	}
	by := 0
	switch text, _ := asText(a[1]); text {
	case "key":
	case "value":
		by = 1
	default:
		raise(`filter dictsort sorts by "key" or "value", not by %s`, toRepr(a[1]))
	}
	caseSensitive := r.truth(a[0])
	items := r.collect(&view{d, itemsView})
	r.sort(items, toFlag("reverse", a[2]), func(v any) any { return r.foldCase(v.(*tuple).items[by], caseSensitive) })
	return &list{items}
}

// groupbyFilter sorts by an attribute and returns pairs of its value and the
// items that have it.
func groupbyFilter(r *run, v any, a []any) any {
	caseSensitive := r.truth(a[2])
	get := r.attributeGetter(a[0], a[1])
	key := func(v any) any { return r.foldCase(get(v), caseSensitive) }
	items := r.collect(v)
	r.sort(items, false, key)
	groups := []any{}
	var members *list
	var current any
	for _, item := range items {
		k := key(item)
		if members == nil || !r.equal(k, current) {
			members, current = &list{}, k
			groups = append(groups, &tuple{items: []any{get(item), members}, names: []string{"grouper", "list"}})
		}
		members.items = append(members.items, item)
	}
	return &list{groups}
}

func uniqueFilter(r *run, v any, a []any) any {
	caseSensitive := r.truth(a[0])
	get := r.attributeGetter(a[1], nil)
	next := r.iterate(v)
	seen := map[any]bool{}
	return generator(func() (any, bool) {
		for {
			item, ok := next()
			if !ok {
				return nil, false
			}
			h := hashKey(r.foldCase(get(item), caseSensitive))
			if !seen[h] {
				seen[h] = true
				return item, true
			}
		}
	})
}

// extreme returns the first item that is better than all before it.
func (r *run) extreme(v any, a []any, better func(x, best any) bool) any {
	caseSensitive := r.truth(a[0])
	get := r.attributeGetter(a[1], nil)
	next := r.iterate(v)
	best, ok := next()
	if !ok {
		return &undefined{message: "the sequence has no least or greatest item, it is empty"}
	}
	bestKey := r.foldCase(get(best), caseSensitive)
	for item, ok := next(); ok; item, ok = next() {
		if key := r.foldCase(get(item), caseSensitive); better(key, bestKey) {
			best, bestKey = item, key
		}
	}
	return best
}
