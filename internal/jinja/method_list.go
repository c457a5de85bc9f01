package jinja

import (
	"slices"
)

// Methods of lists, tuples and mappings.

var listMethods = methods{
	"append": {params: params("object", required{}), call: func(r *run, self any, a []any) any {
		l := self.(*list)
		r.spend(1)
		if len(l.items) >= r.limits.Items {
			r.items(int64(len(l.items)) + 1)
		}
		l.items = append(l.items, a[0])
		return nil
	}},
	"clear": {call: func(_ *run, self any, _ []any) any {
		self.(*list).items = []any{}
		return nil
	}},
	"copy":  {call: func(r *run, self any, _ []any) any { return &list{r.collect(self)} }},
	"count": {params: params("value", required{}), call: countItem},
	"extend": {params: params("iterable", required{}), call: func(r *run, self any, a []any) any {
		l := self.(*list)
		l.items = r.join(l.items, r.collect(a[0]))
		return nil
	}},
	"index": {params: params("value", required{}, "start", 0, "stop", nil), call: indexItem},
	"insert": {params: params("index", required{}, "object", required{}), call: func(r *run, self any, a []any) any {
		l := self.(*list)
		r.items(int64(len(l.items)) + 1)
		i := toInt("index", a[0])
		if i < 0 {
			i = max(i+int64(len(l.items)), 0)
		}
		l.items = slices.Insert(l.items, int(min(i, int64(len(l.items)))), a[1])
		return nil
	}},
	"pop": {params: params("index", -1), call: func(r *run, self any, a []any) any {
		l := self.(*list)
		i, ok := position(toInt("index", a[0]), int64(len(l.items)))
		if !ok {
			raise("pop() finds no item %d in a list of %d", toInt("index", a[0]), len(l.items))
		}
		r.spend(len(l.items) - int(i))
		v := l.items[i]
		l.items = slices.Delete(l.items, int(i), int(i)+1)
		return v
	}},
	"remove": {params: params("value", required{}), call: func(r *run, self any, a []any) any {
		l := self.(*list)
		i := r.indexOf(l.items, a[0])
		if i < 0 {
			raise("remove() finds no %s in the list", toRepr(a[0]))
		}
		l.items = slices.Delete(l.items, i, i+1)
		return nil
	}},
	"reverse": {call: func(r *run, self any, _ []any) any {
		items := self.(*list).items
		r.spend(len(items))
		slices.Reverse(items)
		return nil
	}},
	"sort": {variadic: func(r *run, self any, c *args) any {
		if len(c.positional) > 0 {
			raise("sort() takes its arguments by name")
		}
		a := c.bind("sort()", params("key", nil, "reverse", false))
		if a[0] != nil {
			raise("sort() with a key is not supported, use the filter sort")
		}
		l := self.(*list)
		r.sort(l.items, toFlag("reverse", a[1]), func(v any) any { return v })
		return nil
	}},
}

var tupleMethods = methods{
	"count": {params: params("value", required{}), call: countItem},
	"index": {params: params("value", required{}, "start", 0, "stop", nil), call: indexItem},
}

func (r *run) indexOf(items []any, v any) int {
	for i, item := range items {
		if sameObject(item, v) || r.equal(item, v) {
			return i
		}
	}
	return -1
}

func countItem(r *run, self any, a []any) any {
	n := int64(0)
	for _, item := range r.collect(self) {
		if sameObject(item, a[0]) || r.equal(item, a[0]) {
			n++
		}
	}
	return n
}

func indexItem(r *run, self any, a []any) any {
	items := r.collect(self)
	start, stop := int64(0), int64(len(items))
	if len(a) > 1 {
		first := toInt("start", a[1])
		start, _, _ = sliceBounds(stop, &first, nil, nil)
		if a[2] != nil {
			last := toInt("stop", a[2])
			_, stop, _ = sliceBounds(stop, nil, &last, nil)
		}
	}
	i := r.indexOf(items[min(start, stop):stop], a[0])
	if i < 0 {
		raise("index() finds no %s in the %s", toRepr(a[0]), typeName(self))
	}
	return start + int64(i)
}

var dictMethods = methods{
	"clear": {call: func(_ *run, self any, _ []any) any {
		*self.(*Dict) = *NewDict()
		return nil
	}},
	"copy": {call: func(r *run, self any, _ []any) any {
		r.items(int64(self.(*Dict).Len()))
		return self.(*Dict).clone()
	}},
	"get": {params: params("key", required{}, "default", nil), call: func(_ *run, self any, a []any) any {
		if v, ok := self.(*Dict).find(a[0]); ok {
			return v
		}
		return a[1]
	}},
	"items": {call: func(_ *run, self any, _ []any) any { return &view{self.(*Dict), itemsView} }},
	"keys":  {call: func(_ *run, self any, _ []any) any { return &view{self.(*Dict), keysView} }},
	"pop": {params: params("key", required{}, "default", missing{}), call: func(_ *run, self any, a []any) any {
		if v, ok := self.(*Dict).remove(a[0]); ok {
			return v
		}
		if a[1] == (missing{}) {
			raise("pop() finds no key %s in the mapping", toRepr(a[0]))
		}
		return a[1]
	}},
	"popitem": {call: func(_ *run, self any, _ []any) any {
		d := self.(*Dict)
		e, ok := d.last()
		if !ok {
			raise("popitem() finds no key in an empty mapping")
		}
		d.remove(e.key)
		return newTuple(e.key, e.value)
	}},
	"setdefault": {params: params("key", required{}, "default", nil), call: func(r *run, self any, a []any) any {
		d := self.(*Dict)
		if v, ok := d.find(a[0]); ok {
			return v
		}
		r.putItem(d, a[0], a[1])
		return a[1]
	}},
	"update": {variadic: func(r *run, self any, c *args) any {
		r.updateDict(self.(*Dict), "update()", c)
		return nil
	}},
	"values": {call: func(_ *run, self any, _ []any) any { return &view{self.(*Dict), valuesView} }},
}

// putItem sets a key, if there is room for it.
func (r *run) putItem(d *Dict, key, v any) {
	r.spend(1)
	if d.Len() >= r.limits.Items {
		r.items(int64(d.Len()) + 1)
	}
	d.put(key, v)
}

// updateDict takes what dict() and update() take: a mapping or pairs, and
// named arguments.
func (r *run) updateDict(d *Dict, what string, c *args) {
	if len(c.positional) > 1 {
		raise("%s takes %s, got %d", what, countText(1), len(c.positional))
	}
	if len(c.positional) == 1 {
		r.updateFrom(d, what, c.positional[0])
	}
	for i, name := range c.names {
		r.putItem(d, name, c.values[i])
	}
}

func (r *run) updateFrom(d *Dict, what string, v any) {
	if from, ok := v.(*Dict); ok {
		for _, e := range slices.Clone(from.entries) {
			if !e.deleted {
				r.putItem(d, e.key, e.value)
			}
		}
		return
	}
	next := r.iterate(v)
	for item, ok := next(); ok; item, ok = next() {
		pair := r.collect(item)
		if len(pair) != 2 {
			raise("%s takes pairs, got %d items", what, len(pair))
		}
		r.putItem(d, pair[0], pair[1])
	}
}
