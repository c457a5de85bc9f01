package jinja

import (
	"slices"
	"strings"
)

// Filters of lists and of what can be looped over.

var listFilters = map[string]*filterDef{
	"batch":  {params: params("linecount", required{}, "fill_with", nil), call: batchFilter},
	"count":  plain(func(r *run, v any) any { return r.length(v) }),
	"first":  plain(firstFilter),
	"items":  plain(itemsFilter),
	"join":   {params: params("d", "", "attribute", nil), call: joinFilter},
	"last":   plain(lastFilter),
	"length": plain(func(r *run, v any) any { return r.length(v) }),
	"list":   plain(func(r *run, v any) any { return &list{r.collect(v)} }),
	"reverse": plain(func(r *run, v any) any {
		if s, ok := asText(v); ok {
			minusOne := int64(-1)
			return r.wrapLike(v, r.sliceText(s, nil, nil, &minusOne))
		}
		return r.reverse(v)
	}),
	"slice": {params: params("slices", required{}, "fill_with", nil), call: sliceFilter},
	"sum":   {params: params("attribute", nil, "start", 0), call: sumFilter},
}

var dataFilters = map[string]*filterDef{
	"d":       {params: params("default_value", "", "boolean", false), call: defaultFilter},
	"default": {params: params("default_value", "", "boolean", false), call: defaultFilter},
	"pprint":  plain(func(r *run, v any) any { return r.pprint(v) }),
	"tojson":  {params: params("indent", nil), call: tojsonFilter},
}

func defaultFilter(r *run, v any, a []any) any {
	if _, ok := v.(*undefined); ok || r.truth(a[1]) && !r.truth(v) {
		return a[0]
	}
	return v
}

// batchFilter cuts into lists of that many items. As in Jinja, a size of 0
// yields an empty list and then all items.
func batchFilter(r *run, v any, a []any) any {
	next := r.iterate(v)
	size := toInt("linecount", a[0])
	batch := []any{}
	return generator(func() (any, bool) {
		for item, ok := next(); ok; item, ok = next() {
			if int64(len(batch)) == size {
				full := batch
				batch = []any{item}
				return &list{full}, true
			}
			batch = append(batch, item)
		}
		if len(batch) == 0 {
			return nil, false
		}
		last := r.fillList(batch, size, a[1])
		batch = nil
		return last, true
	})
}

// fillList fills a list up to a size, unless the filling is None.
func (r *run) fillList(items []any, size int64, with any) *list {
	if with != nil && int64(len(items)) < size {
		r.items(size)
		for int64(len(items)) < size {
			items = append(items, with)
		}
	}
	return &list{items}
}

// sliceFilter cuts into that many lists.
func sliceFilter(r *run, v any, a []any) any {
	items := r.collect(v)
	n := toInt("slices", a[0])
	if n == 0 {
		raise("filter slice takes a number of slices above 0")
	}
	size, extra := floorDiv(int64(len(items)), n)
	offset, i := int64(0), int64(0)
	return generator(func() (any, bool) {
		if i >= n {
			return nil, false
		}
		r.spend(1)
		start := offset + i*size
		if i < extra {
			offset++
		}
		part := append([]any{}, items[start:offset+(i+1)*size]...)
		if a[1] != nil && i >= extra {
			part = append(part, a[1])
		}
		i++
		return &list{part}, true
	})
}

func firstFilter(r *run, v any) any {
	if first, ok := r.iterate(v)(); ok {
		return first
	}
	return &undefined{message: "the sequence has no first item, it is empty"}
}

func lastFilter(r *run, v any) any {
	if last, ok := r.reverseIterator(v)(); ok {
		return last
	}
	return &undefined{message: "the sequence has no last item, it is empty"}
}

// reverse is what the filter reverse returns for what is no text.
func (r *run) reverse(v any) any {
	switch v.(type) {
	case *list:
		return &iterator{r.reverseIterator(v), "list_reverseiterator"}
	case *tuple:
		return &iterator{r.reverseIterator(v), "reversed"}
	case *rangeValue:
		return &iterator{r.reverseIterator(v), "range_iterator"}
	case *Dict, *view:
		return &iterator{r.reverseIterator(v), "dict_reverseiterator"}
	}
	items := r.collect(v)
	slices.Reverse(items)
	return &list{items}
}

// reverseIterator is reversed(v).
func (r *run) reverseIterator(v any) func() (any, bool) {
	switch v.(type) {
	case string, markup, *list, *tuple, *rangeValue, *Dict, *view:
	default:
		failUndefined(v, nil)
		raiseHint("add the filter list", "%s cannot be reversed", aType(v))
	}
	items := r.collect(v)
	i := len(items)
	return func() (any, bool) {
		if i == 0 {
			return nil, false
		}
		i--
		return items[i], true
	}
}

func itemsFilter(r *run, v any) any {
	switch v := v.(type) {
	case *Dict:
		return generator(v.iterate(entryItem))
	case *undefined:
		return generator(iterItems(nil))
	}
	raise("filter items takes a mapping, not %s", aType(v))
	return nil
}

func joinFilter(r *run, v any, a []any) any {
	separator := r.str(a[0])
	get := r.attributeGetter(a[1], nil)
	next := r.iterate(v)
	var parts []string
	size := 0
	for item, ok := next(); ok; item, ok = next() {
		s := r.str(get(item))
		parts = append(parts, s)
		size += len(s) + len(separator)
		r.text(size)
	}
	return strings.Join(parts, separator)
}

func sumFilter(r *run, v any, a []any) any {
	if _, ok := asText(a[1]); ok {
		raiseHint("use the filter join", "filter sum adds no texts")
	}
	get := r.attributeGetter(a[0], nil)
	next := r.iterate(v)
	total := a[1]
	for item, ok := next(); ok; item, ok = next() {
		total = r.binary("+", total, get(item))
	}
	return total
}
