package jinja

import (
	"fmt"
	"iter"
	"math"
	"math/big"
	"strings"
)

// A Dict is a mapping that keeps the order in which its keys were set, as a
// Python dict does. The zero value is not usable; see [NewDict].
type Dict struct {
	index   map[any]int // by hash key
	entries []entry
	deleted int
}

type entry struct {
	key, value any
	deleted    bool
}

// NewDict returns an empty mapping.
func NewDict() *Dict { return &Dict{index: map[any]int{}} }

// Set sets the value of a key. A key that is there keeps its place.
func (d *Dict) Set(key string, v any) { d.put(key, v) }

// Get returns the value of a key and whether there is one.
func (d *Dict) Get(key string) (any, bool) { return d.find(key) }

// Len returns the number of keys.
func (d *Dict) Len() int { return len(d.entries) - d.deleted }

// All yields the keys that are text, and their values, in order.
func (d *Dict) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, e := range d.entries {
			if key, ok := e.key.(string); ok && !e.deleted && !yield(key, e.value) {
				return
			}
		}
	}
}

// A tupleHash is the hash key of a tuple; its text tells tuples apart.
type (
	tupleHash string
	bigHash   string
)

// hashKey returns what two keys have in common if and only if they are equal
// in Python: 1, 1.0 and True are one key.
func hashKey(key any) any {
	switch k := key.(type) {
	case bool:
		n, _ := asInt(k)
		return n
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return int64(k)
		}
	case *big.Int:
		return bigHash(k.String())
	case markup:
		return string(k)
	case *tuple:
		return tupleHash(hashText(k))
	case *list, *Dict, *view:
		raise("%s cannot be a key, want text, a number, None or a tuple of such", aType(key))
	case *undefined:
		k.fail()
	}
	return key
}

// maxHash bounds the hash key of a tuple, which holds those of its items.
const maxHash = 1 << 16

// hashText returns the hash keys of a tuple's items; equal tuples have equal
// texts.
func hashText(t *tuple) string {
	var b strings.Builder
	writeHash(&b, t, 0)
	return b.String()
}

func writeHash(b *strings.Builder, t *tuple, depth int) {
	checkDataDepth(depth)
	b.WriteByte('(')
	for _, item := range t.items {
		if inner, ok := item.(*tuple); ok {
			writeHash(b, inner, depth+1)
		} else {
			writeItemHash(b, hashKey(item))
		}
		b.WriteByte(',')
		if b.Len() > maxHash {
			raise("tuple is too large for a key")
		}
	}
	b.WriteByte(')')
}

func writeItemHash(b *strings.Builder, h any) {
	switch h := h.(type) {
	case bigHash:
		b.WriteString(string(h))
	case nil, bool, int64, float64, string:
		b.WriteString(scalarRepr(h))
	default:
		fmt.Fprintf(b, "%T %p", h, h)
	}
}

func (d *Dict) find(key any) (any, bool) {
	i, ok := d.index[hashKey(key)]
	if !ok {
		return nil, false
	}
	return d.entries[i].value, true
}

func (d *Dict) put(key, v any) {
	h := hashKey(key)
	if i, ok := d.index[h]; ok {
		d.entries[i].value = v
		return
	}
	d.index[h] = len(d.entries)
	d.entries = append(d.entries, entry{key: key, value: v})
}

// remove removes a key and returns its value.
func (d *Dict) remove(key any) (any, bool) {
	h := hashKey(key)
	i, ok := d.index[h]
	if !ok {
		return nil, false
	}
	v := d.entries[i].value
	d.entries[i] = entry{deleted: true}
	delete(d.index, h)
	if d.deleted++; d.deleted > 16 && d.deleted > len(d.entries)/2 {
		d.compact()
	}
	return v, true
}

// compact forgets the places of removed keys.
func (d *Dict) compact() {
	kept := d.entries[:0]
	for _, e := range d.entries {
		if !e.deleted {
			d.index[hashKey(e.key)] = len(kept)
			kept = append(kept, e)
		}
	}
	clear(d.entries[len(kept):])
	d.entries, d.deleted = kept, 0
}

func (d *Dict) clone() *Dict {
	c := &Dict{index: make(map[any]int, d.Len()), entries: make([]entry, 0, d.Len())}
	d.each(func(key, v any) { c.put(key, v) })
	return c
}

// each calls f with the keys and values in order.
func (d *Dict) each(f func(key, v any)) {
	for _, e := range d.entries {
		if !e.deleted {
			f(e.key, e.value)
		}
	}
}

// last returns the entry set last.
func (d *Dict) last() (entry, bool) {
	for i := len(d.entries) - 1; i >= 0; i-- {
		if !d.entries[i].deleted {
			return d.entries[i], true
		}
	}
	return entry{}, false
}

// iterate yields entries; a mapping that grows or shrinks meanwhile is an
// error, as in Python.
func (d *Dict) iterate(get func(e entry) any) func() (any, bool) {
	i, length := 0, d.Len()
	return func() (any, bool) {
		if d.Len() != length {
			raise("mapping changed its size while it was looped over")
		}
		for i < len(d.entries) {
			e := d.entries[i]
			i++
			if !e.deleted {
				return get(e), true
			}
		}
		return nil, false
	}
}

func entryKey(e entry) any   { return e.key }
func entryValue(e entry) any { return e.value }
func entryItem(e entry) any  { return newTuple(e.key, e.value) }

// iterate yields what the view shows.
func (v *view) iterate() func() (any, bool) {
	switch v.kind {
	case keysView:
		return v.dict.iterate(entryKey)
	case valuesView:
		return v.dict.iterate(entryValue)
	}
	return v.dict.iterate(entryItem)
}
