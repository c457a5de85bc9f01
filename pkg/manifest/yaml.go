package manifest

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Format names the byte format that [AppendYAML] writes. What lies in Git was
// written in it, so its bytes never change: another layout is another
// version. docs/format.md describes it for other implementations.
const Format = "v1"

// MaxDepth is how many mappings and lists may lie in each other. It keeps
// bad input and cyclic values from exhausting the stack, here and in the
// readers of what is written.
const MaxDepth = 100

// AppendYAML appends the canonical YAML of one value to dst: the bytes of
// [Format], ending in a line feed. The value consists of what [Normalize]
// returns; anything else, a null list item and text that is not UTF-8 are a
// [*ValueError], and dst comes back as it was.
func AppendYAML(dst []byte, v any) ([]byte, error) {
	e := encoder{buf: dst, keys: make([]string, 0, 64)} // enough for a usual object
	if err := e.value(v, 0, 0, atTop); err != nil {
		return dst, err
	}
	return e.buf, nil
}

// YAML returns the object in canonical YAML.
func (o *Object) YAML() ([]byte, error) { return o.appendYAML(nil) }

func (o *Object) appendYAML(dst []byte) ([]byte, error) {
	out, err := AppendYAML(dst, o.Body)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", o.ID(), err)
	}
	return out, nil
}

// WriteYAML writes the objects in stream order, with a line "---" between
// each two. Nothing is written if one of them has no canonical form.
func (s *Set) WriteYAML(w io.Writer) error {
	var out []byte
	for i, o := range s.objects {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		var err error
		if out, err = o.appendYAML(out); err != nil {
			return err
		}
	}
	_, err := w.Write(out)
	return err
}

// encoder appends YAML to buf. keys is a stack that holds the sorted keys of
// the mappings that are being written, so that none of them allocates.
type encoder struct {
	buf  []byte
	keys []string
}

// place tells what stands on the line before a value.
type place uint8

const (
	atTop     place = iota // nothing: the value is the document
	afterKey               // "key:"
	afterDash              // "-"
)

// value writes v and the line feed after it. col is the column of the key or
// dash before it.
func (e *encoder) value(v any, col, depth int, p place) error {
	switch v := v.(type) {
	case map[string]any:
		return e.mapping(v, col, depth+1, p)
	case []any:
		return e.sequence(v, col, depth+1, p)
	}
	if p != atTop {
		e.buf = append(e.buf, ' ')
	}
	return e.scalar(v, col)
}

// mapping writes the entries of m that are not null, in the order of their
// keys' bytes, two columns to the right of what they belong to.
func (e *encoder) mapping(m map[string]any, col, depth int, p place) error {
	from := len(e.keys)
	for key, v := range m {
		if v != nil {
			e.keys = append(e.keys, key)
		}
	}
	keys := e.keys[from:]
	if len(keys) == 0 {
		return e.empty("{}\n", p)
	}
	if depth > MaxDepth {
		return errTooDeep()
	}
	slices.Sort(keys)
	if p != atTop {
		col += 2
	}
	for i, key := range keys {
		e.lead(i, col, p)
		if err := e.entry(key, m[key], col, depth); err != nil {
			return inKey(key, err)
		}
	}
	e.keys = e.keys[:from]
	return nil
}

// maxImplicitKey is the length in bytes up to which a key is written before
// its colon alone. YAML allows 1024 characters there.
const maxImplicitKey = 1000

func (e *encoder) entry(key string, v any, col, depth int) error {
	start := len(e.buf)
	if err := e.key(key); err != nil {
		return err
	}
	if len(e.buf)-start > maxImplicitKey {
		e.buf = slices.Insert(e.buf, start, '?', ' ')
		e.newline(col)
	}
	e.buf = append(e.buf, ':')
	return e.value(v, col, depth, afterKey)
}

// sequence writes the items of list: below a key in the key's own column,
// inside another list two columns further.
func (e *encoder) sequence(list []any, col, depth int, p place) error {
	if len(list) == 0 {
		return e.empty("[]\n", p)
	}
	if depth > MaxDepth {
		return errTooDeep()
	}
	if p == afterDash {
		col += 2
	}
	for i, item := range list {
		e.lead(i, col, p)
		e.buf = append(e.buf, '-')
		if err := e.value(item, col, depth, afterDash); err != nil {
			return inItem(i, err)
		}
	}
	return nil
}

func (e *encoder) empty(text string, p place) error {
	if p != atTop {
		e.buf = append(e.buf, ' ')
	}
	e.buf = append(e.buf, text...)
	return nil
}

// lead moves to where entry or item i of a collection starts. The first one
// shares the line of the dash before it.
func (e *encoder) lead(i, col int, p place) {
	switch {
	case i > 0:
		e.indent(col)
	case p == afterKey:
		e.newline(col)
	case p == afterDash:
		e.buf = append(e.buf, ' ')
	}
}

func (e *encoder) newline(col int) {
	e.buf = append(e.buf, '\n')
	e.indent(col)
}

const spaces = "                                                                "

func (e *encoder) indent(col int) {
	for col > len(spaces) {
		e.buf = append(e.buf, spaces...)
		col -= len(spaces)
	}
	e.buf = append(e.buf, spaces[:col]...)
}

// scalar writes a value that is neither mapping nor list, and a line feed.
func (e *encoder) scalar(v any, col int) error {
	var err error
	switch v := v.(type) {
	case string:
		return e.text(v, col)
	case bool:
		e.buf = strconv.AppendBool(e.buf, v)
	case int64:
		e.buf = strconv.AppendInt(e.buf, v, 10)
	case float64:
		e.buf, err = appendFloat(e.buf, v)
	case nil:
		err = &ValueError{Message: "null has no canonical form here, want a value or nothing"}
	default:
		err = &ValueError{Message: fmt.Sprintf("a Go %T, want a normalised value", v)}
	}
	e.buf = append(e.buf, '\n')
	return err
}
