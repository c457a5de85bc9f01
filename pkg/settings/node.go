// The trees that documents are read into. Every value knows where it was
// written and by which layer it was set. A tree does not change any more once
// it was checked, so that layers can share their parts.

package settings

import "strings"

// A form is what a value was written as.
type form uint8

const (
	nullForm form = iota
	boolForm
	numberForm
	textForm
	listForm
	mapForm
	// badForm is a value that was reported as a problem. It counts as
	// present, so that nothing is said to be missing, and has no value.
	badForm
)

// A source is where the values of a tree come from.
type source struct {
	file   string // for messages
	name   string // the file's name in the root; empty outside of it
	abs    string // the file, absolute
	layer  string
	prefix string // what paths below spec begin with in that document
}

// A node is one value.
type node struct {
	form      form
	line, col int
	src       *source
	text      string // a scalar as it was written
	// value is nil, bool, int64, float64 or string; once checked it may also
	// be a Decimal or a Path.
	value   any
	entries []entry // of a mapForm, in the order written
	items   []*node // of a listForm
}

// An entry is one key of a mapping.
type entry struct {
	key       string
	line, col int // of the key
	value     *node
}

func (n *node) position() Position {
	if n == nil {
		return Position{}
	}
	return Position{File: n.src.file, Line: n.line, Column: n.col}
}

// get returns the value of a key, nil where there is none.
func (n *node) get(key string) *node {
	if n == nil || n.form != mapForm {
		return nil
	}
	for i := range n.entries {
		if n.entries[i].key == key {
			return n.entries[i].value
		}
	}
	return nil
}

// at returns the value below keys, nil where there is none.
func (n *node) at(keys ...string) *node {
	for _, key := range keys {
		n = n.get(key)
	}
	return n
}

// isSet tells whether there is a value, a bad one included.
func (n *node) isSet() bool { return n != nil && n.form != nullForm }

// isBad tells whether the value was reported as a problem.
func (n *node) isBad() bool { return n != nil && n.form == badForm }

// without returns a mapping without some of its keys.
func (n *node) without(keys ...string) *node {
	if n == nil || n.form != mapForm {
		return n
	}
	out := *n
	out.entries = make([]entry, 0, len(n.entries))
next:
	for _, e := range n.entries {
		for _, key := range keys {
			if e.key == key {
				continue next
			}
		}
		out.entries = append(out.entries, e)
	}
	return &out
}

// with returns a mapping, or a new one, with a key set.
func (n *node) with(key string, value *node) *node {
	out := &node{form: mapForm, src: value.src}
	if n != nil && n.form == mapForm {
		*out = *n.without(key)
	}
	out.entries = append(out.entries[:len(out.entries):len(out.entries)], entry{key: key, value: value})
	return out
}

// relabel gives a whole tree another source.
func (n *node) relabel(src *source) {
	if n == nil {
		return
	}
	n.src = src
	for _, e := range n.entries {
		e.value.relabel(src)
	}
	for _, item := range n.items {
		item.relabel(src)
	}
}

// layered returns the source under another layer's name.
func (s *source) layered(layer, prefix string) *source {
	out := *s
	out.layer, out.prefix = layer, prefix
	return &out
}

// plain returns the value as Go's own types, mappings as Map and texts that
// became something else as texts.
func (n *node) plain() any {
	switch n.form {
	case mapForm:
		return n.asMap()
	case listForm:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.plain()
		}
		return out
	case badForm, nullForm:
		return nil
	}
	return n.value
}

// asMap returns a mapping without its nulls, which only took values back.
func (n *node) asMap() Map {
	m := make(Map, 0, len(n.entries))
	for _, e := range n.entries {
		if e.value.form != nullForm && e.value.form != badForm {
			m = append(m, Entry{e.key, e.value.plain()})
		}
	}
	return m
}

// what says in words what was written.
func (n *node) what() string {
	switch n.form {
	case nullForm:
		return "null"
	case boolForm:
		return n.text + " is a boolean"
	case numberForm:
		return n.text + " is a number"
	case listForm:
		return "is a list"
	case mapForm:
		return "is a mapping"
	}
	if strings.ContainsAny(n.text, "\n") || len(n.text) > 60 {
		return "is a string"
	}
	return show(n.text) + " is a string"
}
