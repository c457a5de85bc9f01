package jinja

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// Formatting with str.format, as in "{:>8} {name!r}".format(x, name=y).

// A formatter writes one text.
type formatter struct {
	run    *run
	args   *args
	auto   int  // the next {} without a number
	manual bool // fields have numbers
	escape func(v any, s string) string
}

// format is text.format(args).
func (r *run) format(text string, c *args, escape func(any, string) string) string {
	f := &formatter{run: r, args: c, escape: escape}
	return f.expand(text, 2)
}

// expand replaces the fields of a text. A field's own spec may have fields,
// those of which may not.
func (f *formatter) expand(text string, depth int) string {
	if depth == 0 {
		raise("format() has fields nested too deeply")
	}
	f.run.text(len(text))
	var b strings.Builder
	for {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		brace, rest := text[i], text[i+1:]
		switch {
		case rest != "" && rest[0] == brace:
			b.WriteByte(brace)
			text = rest[1:]
		case brace == '}':
			raise("format() finds a single } in the text, want }}")
		default:
			end := fieldEnd(rest)
			b.WriteString(f.field(rest[:end], depth))
			text = rest[end+1:]
		}
		f.run.text(b.Len())
	}
}

// fieldEnd returns where the closing brace of a field is.
func fieldEnd(s string) int {
	depth, bracket := 0, false
	for i := range len(s) {
		switch {
		case bracket:
			bracket = s[i] != ']'
		case s[i] == '[':
			bracket = true
		case s[i] == '{':
			depth++
		case s[i] == '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	raise("format() finds a { without its }")
	return 0
}

// field formats one field: name, !conversion, :spec.
func (f *formatter) field(s string, depth int) string {
	name, spec := splitField(s)
	conversion := ""
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		name, conversion = name[:i], name[i+1:]
	}
	v := f.value(name)
	switch conversion {
	case "":
	case "s":
		v = f.run.str(v)
	case "r":
		v = f.run.repr(v)
	case "a":
		v = toASCII(f.run.repr(v))
	default:
		raise("format() does not know the conversion %q", conversion)
	}
	return f.escape(v, f.run.formatValue(v, f.expand(spec, depth-1+boolInt(spec == ""))))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// splitField splits a field at the colon that is in no brackets.
func splitField(s string) (name, spec string) {
	bracket := false
	for i := range len(s) {
		switch {
		case s[i] == '[':
			bracket = true
		case s[i] == ']':
			bracket = false
		case s[i] == ':' && !bracket:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// value finds what a field names: an argument, and items of it.
func (f *formatter) value(path string) any {
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	v := f.argument(path[:end])
	for path = path[end:]; path != ""; {
		if path[0] == '.' {
			raise("format() with an attribute (%s) is not supported, give it the value itself", path)
		}
		key, rest, found := strings.Cut(path[1:], "]")
		if !found || key == "" {
			raise("format() finds a [ without a key")
		}
		v, path = f.item(v, key), rest
	}
	return v
}

func (f *formatter) item(v any, key string) any {
	var k any = key
	if allRunes(key, func(c rune) bool { return c >= '0' && c <= '9' }) {
		k = parseDigits(key)
	}
	item, ok := f.run.findItem(v, k)
	if !ok {
		raise("format() finds no %s in %s", toRepr(k), aType(v))
	}
	return item
}

func parseDigits(s string) any {
	n, _ := new(big.Int).SetString(s, 10)
	return normalize(n)
}

func (f *formatter) argument(name string) any {
	var i any = int64(f.auto)
	switch {
	case name == "":
		if f.manual {
			raise("format() mixes fields with and without numbers")
		}
		f.auto++
	case allRunes(name, func(c rune) bool { return c >= '0' && c <= '9' }):
		if f.auto > 0 {
			raise("format() mixes fields with and without numbers")
		}
		f.manual = true
		i = parseDigits(name)
	default:
		v, ok := f.args.value(name)
		if !ok {
			raise("format() is given no %q", name)
		}
		return v
	}
	v, ok := index(f.args.positional, i)
	if !ok {
		raise("format() has more fields than there are values")
	}
	return v
}

// formatValue is format(v, spec).
func (r *run) formatValue(v any, text string) string {
	if text == "" {
		return r.str(v)
	}
	spec := parseSpec(text)
	if s, ok := asText(v); ok {
		return r.formatText(spec, s)
	}
	if !isNumber(v) {
		failUndefined(v, nil)
		raise("format() cannot apply %q to %s", text, aType(v))
	}
	return r.alignNumber(spec, formatNumber(spec, v))
}

// parseSpec parses [[fill]align][sign][#][0][width][grouping][.precision][kind].
func parseSpec(s string) formatSpec {
	spec := formatSpec{precision: -1}
	c, size := utf8.DecodeRuneInString(s)
	if rest := s[size:]; rest != "" && strings.IndexByte("<>^=", rest[0]) >= 0 {
		spec.fill, spec.align, s = string(c), rest[:1], rest[1:]
	} else if strings.ContainsRune("<>^=", c) {
		spec.align, s = s[:1], s[1:]
	}
	take := func(set string) string {
		if s != "" && strings.IndexByte(set, s[0]) >= 0 {
			taken := s[:1]
			s = s[1:]
			return taken
		}
		return ""
	}
	spec.sign = take("+- ")
	spec.alternate = take("#") != ""
	spec.zero = take("0") != ""
	if spec.fill == "" {
		spec.fill = map[bool]string{true: "0", false: " "}[spec.zero]
	}
	p := percentFormatter{}
	if s != "" && s[0] != '*' {
		spec.width, s = p.number(s)
	}
	spec.grouping = take(",_")
	if take(".") != "" {
		if s == "" || !isDigit(s[0]) {
			raise("format() finds no precision behind the point")
		}
		spec.precision, s = p.number(s)
	}
	spec.kind = s
	return spec
}

func (r *run) formatText(spec formatSpec, s string) string {
	if spec.kind != "" && spec.kind != "s" || spec.sign != "" || spec.alternate || spec.grouping != "" || spec.align == "=" {
		raise("format() cannot format text like a number")
	}
	return r.align(spec, spec.cut(s), "<")
}

func (r *run) align(spec formatSpec, s, otherwise string) string {
	align := spec.align
	if align == "" {
		align = otherwise
	}
	switch align {
	case "<":
		return r.padRight(s, spec.width, spec.fill)
	case ">":
		return r.padLeft(s, spec.width, spec.fill)
	}
	// Python puts the odd character on the right here, unlike str.center.
	margin := max(spec.width-r.textLength(s), 0)
	return r.fill(spec.fill, margin/2) + s + r.fill(spec.fill, margin-margin/2)
}

var kindBases = map[string]int{"": 10, "d": 10, "n": 10, "b": 2, "o": 8, "x": 16, "X": 16}

// checkGrouping refuses separators where Python does.
func checkGrouping(spec formatSpec) {
	allowed := "deEfFgG%"
	if spec.grouping == "_" {
		allowed += "boxX"
	}
	if spec.grouping != "" && !strings.Contains(allowed, spec.kind) {
		raise("format() takes no %q together with %q", spec.grouping, spec.kind)
	}
}

// formatNumber writes a number without its padding.
func formatNumber(spec formatSpec, v any) string {
	checkGrouping(spec)
	if f, ok := v.(float64); ok {
		switch spec.kind {
		case "", "e", "E", "f", "F", "g", "G", "%":
			return spec.float(f)
		case "n":
			spec.kind = "g"
			return spec.float(f)
		}
		raise("format() cannot format a float with %q", spec.kind)
	}
	n, _ := asBig(v)
	if base, ok := kindBases[spec.kind]; ok {
		if spec.precision >= 0 {
			raise("format() takes no precision for an int")
		}
		return spec.integer(n, base)
	}
	switch spec.kind {
	case "e", "E", "f", "F", "g", "G", "%":
		return spec.float(toFloat(v))
	case "c":
		if spec.precision >= 0 || spec.sign != "" || spec.alternate {
			raise("format() takes no sign, # or precision together with %q", "c")
		}
		return (&percentFormatter{}).character(normalize(n))
	}
	raise("format() cannot format an int with %q", spec.kind)
	return ""
}

// alignNumber pads a number; "=" pads between the sign and the digits.
func (r *run) alignNumber(spec formatSpec, text string) string {
	if spec.align == "" && spec.zero {
		spec.align = "="
	}
	if spec.align != "=" {
		return r.align(spec, text, ">")
	}
	start := 0
	if strings.IndexByte("+- ", text[0]) >= 0 {
		start = 1
	}
	if spec.alternate && len(text) > start+2 && text[start] == '0' && strings.IndexByte("xXob", text[start+1]) >= 0 {
		start += 2
	}
	if spec.grouping != "" && spec.fill == "0" {
		return text[:start] + r.padGrouped(spec, text[start:], spec.width-int64(start))
	}
	return text[:start] + r.padLeft(text[start:], spec.width-int64(start), spec.fill)
}

// padGrouped pads with zeros that are grouped like the digits.
func (r *run) padGrouped(spec formatSpec, text string, width int64) string {
	end := strings.IndexAny(text, ".eE")
	if end < 0 {
		end = len(text)
	}
	plain := strings.ReplaceAll(text[:end], spec.grouping, "")
	base := kindBases[spec.kind]
	if base == 0 {
		base = 10
	}
	r.times(1, width)
	if zeros := width*3/4 - 8 - int64(len(text)); zeros > 0 { // most of them at once
		plain = strings.Repeat("0", int(zeros)) + plain
	}
	for int64(len(spec.group(plain, base))+len(text)-end) < width {
		plain = "0" + plain
	}
	return spec.group(plain, base) + text[end:]
}
