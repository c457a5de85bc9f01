package jinja

import (
	"math"
	"math/big"
	"strings"
	"unicode/utf8"
)

// Formatting with %, as in "%s-%03d" % (name, n).

// A percentFormatter writes one text.
type percentFormatter struct {
	strings.Builder
	run     *run
	args    []any
	used    int
	mapping *Dict // nil where the arguments are no mapping
	lenient bool  // left over arguments are no error
	escape  func(v any, s string) string
}

// percentFormat is format % v.
func (r *run) percentFormat(format string, v any, escape func(any, string) string) string {
	p := &percentFormatter{run: r, args: []any{v}, escape: escape}
	switch v := v.(type) {
	case *tuple:
		p.args = v.items
	case *Dict:
		p.mapping, p.lenient = v, true
	case *list, *rangeValue:
		p.lenient = true
	}
	r.text(len(format))
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			break
		}
		p.WriteString(format[:i])
		format = p.directive(format[i+1:])
		r.text(p.Len())
	}
	p.WriteString(format)
	if p.used < len(p.args) && !p.lenient {
		raise("%% is given more values than the text has places for")
	}
	return p.String()
}

// directive writes the value of one directive and returns what follows it.
func (p *percentFormatter) directive(s string) string {
	var spec formatSpec
	named, key := false, ""
	if strings.HasPrefix(s, "(") {
		named = true
		key, s = p.key(s)
	}
	for s != "" && strings.IndexByte("#0- +", s[0]) >= 0 {
		spec.flag(s[0])
		s = s[1:]
	}
	spec.width, s = p.number(s)
	if spec.width < 0 {
		spec.flag('-')
		spec.width = -spec.width
	}
	spec.precision = -1
	if rest, ok := strings.CutPrefix(s, "."); ok {
		spec.precision, s = p.number(rest)
		spec.precision = max(spec.precision, 0)
	}
	s = strings.TrimLeft(s, "hlL")
	if s == "" {
		raise("%% format is incomplete")
	}
	kind, size := utf8.DecodeRuneInString(s)
	if kind == '%' {
		p.WriteByte('%')
		return s[size:]
	}
	v := p.value(named, key)
	spec.kind = string(kind)
	p.WriteString(p.pad(spec, v))
	return s[size:]
}

func (p *percentFormatter) key(s string) (key, rest string) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[1:i], s[i+1:]
			}
		}
	}
	raise("%% format has a key without an end")
	return "", ""
}

// number reads a width or precision: digits, or a * for the next value.
func (p *percentFormatter) number(s string) (int64, string) {
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		return toInt("* of a % format", p.value(false, "")), rest
	}
	n := int64(0)
	for s != "" && isDigit(s[0]) {
		n = min(n*10+int64(s[0]-'0'), math.MaxInt32)
		s = s[1:]
	}
	return n, s
}

func (p *percentFormatter) value(named bool, key string) any {
	if named {
		if p.mapping == nil {
			raise("%% format names a key, want a mapping")
		}
		v, ok := p.mapping.find(key)
		if !ok {
			raiseHint(keyHint(p.mapping, key), "%% format finds no key %q", key)
		}
		return v
	}
	if p.used >= len(p.args) {
		raise("%% format has more places than there are values")
	}
	p.used++
	return p.args[p.used-1]
}

// pad writes a value in its width.
func (p *percentFormatter) pad(spec formatSpec, v any) string {
	text, numeric := p.convert(spec, v)
	text = p.escape(v, text)
	switch {
	case spec.left:
		return p.run.padRight(text, spec.width, " ")
	case spec.zero && numeric:
		return p.run.padNumber(text, spec.width)
	}
	return p.run.padLeft(text, spec.width, " ")
}

// padNumber puts zeros between the sign or the prefix and the digits.
func (r *run) padNumber(text string, width int64) string {
	start := 0
	if strings.IndexByte("+- ", text[0]) >= 0 {
		start = 1
	}
	if len(text) > start+2 && text[start] == '0' && strings.IndexByte("xXoO", text[start+1]) >= 0 {
		start += 2
	}
	return text[:start] + r.padLeft(text[start:], width-int64(start), "0")
}

// convert returns the text of a value and whether zeros may pad it.
func (p *percentFormatter) convert(spec formatSpec, v any) (string, bool) {
	r := p.run
	switch spec.kind {
	case "s":
		return spec.cut(r.str(v)), false
	case "r":
		return spec.cut(r.repr(v)), false
	case "a":
		return spec.cut(toASCII(r.repr(v))), false
	case "c":
		return p.character(v), false
	case "d", "i", "u":
		return spec.integer(percentInt(v, true), 10), true
	case "x", "X", "o":
		return spec.integer(percentInt(v, false), map[string]int{"x": 16, "X": 16, "o": 8}[spec.kind]), true
	case "e", "E", "f", "F", "g", "G":
		if !isNumber(v) {
			failUndefined(v, nil)
			raise("%%%s takes a number, not %s", spec.kind, aType(v))
		}
		f := toFloat(v)
		return spec.float(f), !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	raise("%% format does not know %q", spec.kind)
	return "", false
}

func (p *percentFormatter) character(v any) string {
	if n, ok := asInt(v); ok {
		if n < 0 || !utf8.ValidRune(rune(min(n, math.MaxInt32))) {
			raise("%%c takes the number of a character, not %d", n)
		}
		return string(rune(n))
	}
	s := toText("what %c takes", v)
	if utf8.RuneCountInString(s) != 1 {
		raise("%%c takes one character, not %s", quote(s))
	}
	return s
}

// percentInt returns the int that %d and its like print.
func percentInt(v any, floats bool) *big.Int {
	if f, ok := v.(float64); ok && floats {
		return truncate(f)
	}
	n, ok := asBig(v)
	if !ok {
		failUndefined(v, nil)
		raise("%% format takes a number here, not %s", aType(v))
	}
	return n
}

// truncate is int(f).
func truncate(f float64) *big.Int {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		raise("%s has no int", floatRepr(f))
	}
	n, _ := big.NewFloat(f).Int(nil)
	return n
}

// toASCII writes what is not ASCII in a repr as escapes.
func toASCII(repr string) string {
	if isASCII(repr) {
		return repr
	}
	return backslashReplace(repr)
}
