package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
)

// JSON with the bytes of Python's json.dumps: ASCII only, a blank behind
// commas and colons.

type jsonStyle struct {
	indent string // empty: one line
	pretty bool   // lines, even where the indent is empty
	sorted bool   // keys in order
}

// tojsonFilter sorts keys and escapes what HTML could take for its own.
func tojsonFilter(r *run, v any, a []any) any {
	style := jsonStyle{sorted: true}
	switch indent := a[0].(type) {
	case nil:
	case string:
		style.indent, style.pretty = indent, true
	default:
		style.indent, style.pretty = r.fill(" ", toInt("indent", indent)), true
	}
	text := r.json(v, style)
	r.text(6 * len(text))
	return markup(htmlUnsafe.Replace(text))
}

var htmlUnsafe = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`)

func (r *run) json(v any, style jsonStyle) string {
	style.pretty = style.pretty || style.indent != ""
	w := &jsonWriter{run: r, style: style}
	w.value(v, 0)
	return w.String()
}

type jsonWriter struct {
	strings.Builder
	run   *run
	style jsonStyle
}

func (w *jsonWriter) value(v any, depth int) {
	checkDataDepth(depth)
	w.run.spend(1)
	w.run.text(w.Len() / 64) // it grows: look at it now and then
	switch v := v.(type) {
	case *list:
		w.sequence(v.items, depth)
	case *tuple:
		w.sequence(v.items, depth)
	case *Dict:
		w.mapping(v, depth)
	default:
		w.WriteString(w.scalar(v))
	}
	if w.Len() > w.run.limits.Text {
		w.run.text(w.Len())
	}
}

func (w *jsonWriter) scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return bigRepr(v)
	case float64:
		return jsonFloat(v)
	case string:
		w.run.text(6 * len(v))
		return quoteJSON(v)
	case markup:
		return quoteJSON(string(v))
	case *undefined:
		if !v.lenient {
			v.fail()
		}
	}
	raise("%s cannot be written as JSON", aType(v))
	return ""
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return floatRepr(f)
}

// newline starts a line where the style has lines.
func (w *jsonWriter) newline(depth int) {
	if w.style.pretty {
		w.run.text(w.Len()/64 + depth*len(w.style.indent))
		w.WriteString("\n" + strings.Repeat(w.style.indent, depth))
	}
}

func (w *jsonWriter) comma(first bool) {
	switch {
	case first:
	case w.style.pretty:
		w.WriteString(",")
	default:
		w.WriteString(", ")
	}
}

func (w *jsonWriter) sequence(items []any, depth int) {
	w.WriteByte('[')
	for i, item := range items {
		w.comma(i == 0)
		w.newline(depth + 1)
		w.value(item, depth+1)
	}
	if len(items) > 0 {
		w.newline(depth)
	}
	w.WriteByte(']')
}

func (w *jsonWriter) mapping(d *Dict, depth int) {
	entries := w.run.collect(&view{d, itemsView})
	if w.style.sorted {
		w.run.sort(entries, false, func(v any) any { return v.(*tuple).items[0] })
	}
	w.WriteByte('{')
	for i, e := range entries {
		key, value := e.(*tuple).items[0], e.(*tuple).items[1]
		w.comma(i == 0)
		w.newline(depth + 1)
		w.WriteString(w.key(key) + ": ")
		w.value(value, depth+1)
	}
	if len(entries) > 0 {
		w.newline(depth)
	}
	w.WriteByte('}')
}

// key writes a key, which JSON wants to be text.
func (w *jsonWriter) key(key any) string {
	if s, ok := asText(key); ok {
		return quoteJSON(s)
	}
	if key != nil && !isNumber(key) {
		raise("%s cannot be a key of JSON", aType(key))
	}
	return quoteJSON(w.scalar(key))
}

func quoteJSON(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c >= ' ' && c < 0x7f:
			b.WriteRune(c)
		case jsonEscapes[c] != "":
			b.WriteString(jsonEscapes[c])
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			writeU(&b, high)
			writeU(&b, low)
		default:
			writeU(&b, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

var jsonEscapes = map[rune]string{'\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func writeU(b *strings.Builder, c rune) {
	const hex = "0123456789abcdef"
	b.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		b.WriteByte(hex[c>>shift&15])
	}
}
