package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Printing, as Python's str and repr do it.

// str is str(v), what {{ v }} prints.
func (r *run) str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case markup:
		return string(v)
	case *undefined:
		v.failStrict()
		return ""
	case *module:
		return v.text
	}
	return r.repr(v)
}

// softStr is markupsafe's soft_str: str(v), but a Markup stays one.
func (r *run) softStr(v any) any {
	if m, ok := v.(markup); ok {
		return m
	}
	return r.str(v)
}

// repr is repr(v).
func (r *run) repr(v any) string {
	p := printer{run: r}
	p.print(v, 0)
	return p.String()
}

// toRepr is repr(v) for messages, where nothing is counted.
func toRepr(v any) string {
	p := printer{}
	p.print(v, 0)
	return p.String()
}

// A printer writes the repr of a value. Lists and mappings that hold
// themselves are written with dots, as in Python.
type printer struct {
	strings.Builder
	run  *run
	open []any // the containers around
}

func (p *printer) print(v any, depth int) {
	checkDataDepth(depth)
	if p.run != nil {
		p.run.spend(1)
		if p.Len() > p.run.limits.Text {
			p.run.text(p.Len())
		}
	}
	switch v := v.(type) {
	case *list:
		p.nested(v, "[...]", func() { p.sequence("[", v.items, "]", depth) })
	case *tuple:
		p.nested(v, "(...)", func() { p.tuple(v, depth) })
	case *Dict:
		p.nested(v, "{...}", func() { p.mapping(v, depth) })
	case *view:
		p.WriteString(string(v.kind) + "(")
		p.sequence("[", drain(v.iterate()), "]", depth)
		p.WriteString(")")
	case *namespace:
		p.WriteString("<Namespace ")
		p.print(v.attrs, depth+1)
		p.WriteString(">")
	default:
		p.WriteString(scalarRepr(v))
	}
}

func (p *printer) nested(v any, again string, write func()) {
	for _, outer := range p.open {
		if outer == v {
			p.WriteString(again)
			return
		}
	}
	p.open = append(p.open, v)
	write()
	p.open = p.open[:len(p.open)-1]
}

func (p *printer) sequence(open string, items []any, end string, depth int) {
	p.WriteString(open)
	for i, item := range items {
		if i > 0 {
			p.WriteString(", ")
		}
		p.print(item, depth+1)
	}
	p.WriteString(end)
}

func (p *printer) tuple(t *tuple, depth int) {
	end := ")"
	if len(t.items) == 1 {
		end = ",)"
	}
	p.sequence("(", t.items, end, depth)
}

func (p *printer) mapping(d *Dict, depth int) {
	p.WriteString("{")
	first := true
	d.each(func(key, v any) {
		if !first {
			p.WriteString(", ")
		}
		first = false
		p.print(key, depth+1)
		p.WriteString(": ")
		p.print(v, depth+1)
	})
	p.WriteString("}")
}

func scalarRepr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return bigRepr(v)
	case float64:
		return floatRepr(v)
	case string:
		return quote(v)
	case markup:
		return "Markup(" + quote(string(v)) + ")"
	case *undefined:
		return "Undefined"
	case *rangeValue:
		return rangeRepr(v)
	}
	return objectRepr(v)
}

func objectRepr(v any) string {
	switch v := v.(type) {
	case *macro:
		if v.stmt.name == "" {
			return "<Macro anonymous>"
		}
		return fmt.Sprintf("<Macro %s>", quote(v.stmt.name))
	case *loop:
		return fmt.Sprintf("<LoopContext %d/%d>", v.index0+1, v.length())
	case *selfReference:
		return fmt.Sprintf("<TemplateReference %s>", quote(v.context.name))
	case *function:
		if v.class {
			return fmt.Sprintf("<class '%s'>", v.name)
		}
	}
	// Python prints an address here, another one each time.
	hint := ""
	if it, ok := v.(*iterator); ok && it.kind == "generator" {
		hint = "add the filter list, or join"
	}
	panic(&raised{message: fmt.Sprintf("%s cannot be printed: Python would print its address", aType(v)), hint: hint})
}

func rangeRepr(v *rangeValue) string {
	if v.step == 1 {
		return fmt.Sprintf("range(%d, %d)", v.start, v.stop)
	}
	return fmt.Sprintf("range(%d, %d, %d)", v.start, v.stop, v.step)
}

// maxDigits is how many digits of an int Python prints.
const maxDigits = 4300

func bigRepr(n *big.Int) string {
	s := n.String()
	if len(strings.TrimPrefix(s, "-")) > maxDigits {
		raise("an int of more than %d digits cannot be printed", maxDigits)
	}
	return s
}

// floatRepr writes the shortest text that reads as the same float, in Python's
// form: with a point or an exponent, 1e+16 and above with one.
func floatRepr(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote writes a string as Python's repr does.
func quote(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(q)
	for _, c := range s {
		quoteRune(&b, c, rune(q))
	}
	b.WriteByte(q)
	return b.String()
}

func quoteRune(b *strings.Builder, c, q rune) {
	switch {
	case c == q || c == '\\':
		b.WriteByte('\\')
		b.WriteRune(c)
	case c == '\n':
		b.WriteString(`\n`)
	case c == '\r':
		b.WriteString(`\r`)
	case c == '\t':
		b.WriteString(`\t`)
	case isPrintable(c):
		b.WriteRune(c)
	case c < 0x100:
		fmt.Fprintf(b, `\x%02x`, c)
	case c < 0x10000:
		fmt.Fprintf(b, `\u%04x`, c)
	default:
		fmt.Fprintf(b, `\U%08x`, c)
	}
}
