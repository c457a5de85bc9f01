// Laying layers over each other.

package settings

// merge lays a tree over a lower one and returns a third; neither changes.
// Mappings merge by key at any depth and all else replaces, except for lists
// that append. A null stays in the result, as the mark of the layer that took
// a value back; [node.asMap] and the decoder leave it out.
func merge(lower, upper *node, t *typ) *node {
	switch {
	case upper == nil:
		return lower
	case lower == nil || lower.form != mapForm || upper.form != mapForm:
		return upper
	}
	out := *upper
	out.entries = make([]entry, len(lower.entries), len(lower.entries)+len(upper.entries))
	copy(out.entries, lower.entries)
	m := merger{upper: upper, out: &out, typ: t}
	for _, e := range upper.entries {
		m.add(e)
	}
	return m.out
}

// A merger lays the keys of one mapping over another.
type merger struct {
	upper *node
	out   *node
	typ   *typ
	index map[string]int // of out's entries, where there are many
}

func (m *merger) add(e entry) {
	var f *field
	if m.typ != nil && m.typ.kind == structKind {
		f = m.typ.byKey[e.key]
	}
	if f != nil && f.instead != "" && e.value.isSet() && !m.upper.get(f.instead).isSet() {
		m.out.entries = m.out.without(f.instead).entries
		m.index = nil
	}
	i := m.find(e.key)
	if i < 0 {
		if m.index != nil {
			m.index[e.key] = len(m.out.entries)
		}
		m.out.entries = append(m.out.entries, e)
		return
	}
	lower := m.out.entries[i].value
	if f != nil && f.appends {
		e.value = appendLists(lower, e.value, f.typ.elem)
	} else {
		e.value = merge(lower, e.value, m.typ.child(e.key))
	}
	m.out.entries[i] = e
}

func (m *merger) find(key string) int {
	if len(m.out.entries) <= manyKeys {
		for i := range m.out.entries {
			if m.out.entries[i].key == key {
				return i
			}
		}
		return -1
	}
	if m.index == nil {
		m.index = make(map[string]int, 2*len(m.out.entries))
		for i, e := range m.out.entries {
			m.index[e.key] = i
		}
	}
	if i, ok := m.index[key]; ok {
		return i
	}
	return -1
}

// appendLists adds the items of a list to those of a lower layer. What the
// lower layer names already keeps its place and is merged.
func appendLists(lower, upper *node, elem *typ) *node {
	if lower.form != listForm || upper.form != listForm {
		return upper
	}
	out := *upper
	out.items = append(make([]*node, 0, len(lower.items)+len(upper.items)), lower.items...)
	for _, item := range upper.items {
		if i := indexOf(lower.items, item); i >= 0 {
			out.items[i] = merge(out.items[i], item, elem)
		} else {
			out.items = append(out.items, item)
		}
	}
	return &out
}

func indexOf(items []*node, item *node) int {
	for i, other := range items {
		if sameItem(item, other) {
			return i
		}
	}
	return -1
}

// sameItem tells whether two items of a list that appends are the same
// directory or the same built-in component.
func sameItem(a, b *node) bool {
	x, y := identity(a), identity(b)
	return x != nil && x == y
}

func identity(n *node) any {
	if n.form == mapForm {
		n = n.get("name")
	}
	if n == nil || n.form != textForm {
		return nil
	}
	return n.value
}

// lookup returns the value of the highest layer that says something about a
// key, nil where none does or where it was taken back. Layers stand low to
// high.
func lookup(layers []*node, keys ...string) *node {
	for i := len(layers) - 1; i >= 0; i-- {
		n := layers[i]
		for _, key := range keys {
			if n = n.get(key); n != nil && n.form != mapForm {
				break
			}
		}
		switch {
		case n == nil:
		case n.form == nullForm || n.form == badForm:
			return nil
		default:
			return n
		}
	}
	return nil
}
