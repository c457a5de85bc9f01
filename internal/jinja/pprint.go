package jinja

import (
	"strings"
	"unicode/utf8"
)

// pprint is pprint.pformat of Python: one line where it fits 80 columns, else
// an item a line, the keys of mappings in order.

func (r *run) pprint(v any) string {
	p := &prettyPrinter{run: r}
	p.format(v, 0, 0, 0)
	return p.String()
}

type prettyPrinter struct {
	strings.Builder
	run *run
}

const prettyWidth = 80

// repr is the value on one line.
func (p *prettyPrinter) repr(v any) string { return p.run.repr(p.sorted(v, 0)) }

// sorted returns the value with the keys of all mappings in order.
func (p *prettyPrinter) sorted(v any, depth int) any {
	checkDataDepth(depth)
	p.run.spend(1)
	all := func(items []any) []any {
		copied := make([]any, len(items))
		for i, item := range items {
			copied[i] = p.sorted(item, depth+1)
		}
		return copied
	}
	switch v := v.(type) {
	case *list:
		return &list{all(v.items)}
	case *tuple:
		return &tuple{items: all(v.items)}
	case *Dict:
		d := NewDict()
		for _, e := range p.entries(v) {
			d.put(e.items[0], p.sorted(e.items[1], depth+1))
		}
		return d
	}
	return v
}

// entries returns the items of a mapping in the order of their keys. Python
// orders what it cannot compare by type and address; that is refused.
func (p *prettyPrinter) entries(d *Dict) []*tuple {
	items := p.run.collect(&view{d, itemsView})
	p.run.sort(items, false, func(v any) any { return v.(*tuple).items[0] })
	entries := make([]*tuple, len(items))
	for i, item := range items {
		entries[i] = item.(*tuple)
	}
	return entries
}

// format writes a value that starts in a column; allowance is what follows it
// on its last line.
func (p *prettyPrinter) format(v any, indent, allowance, level int) {
	rep := p.repr(v)
	p.run.text(p.Len() + len(rep))
	if utf8.RuneCountInString(rep) <= prettyWidth-indent-allowance {
		p.WriteString(rep)
		return
	}
	switch v := v.(type) {
	case *list:
		p.WriteByte('[')
		p.items(v.items, indent, allowance+1, level+1)
		p.WriteByte(']')
	case *tuple:
		end := ")"
		if len(v.items) == 1 {
			end = ",)"
		}
		p.WriteByte('(')
		p.items(v.items, indent, allowance+len(end), level+1)
		p.WriteString(end)
	case *Dict:
		p.mapping(v, indent, allowance+1, level+1)
	case string:
		p.text(v, indent, allowance, level+1)
	default:
		p.WriteString(rep)
	}
}

func (p *prettyPrinter) newline(indent int) {
	p.WriteString("\n" + p.run.fill(" ", int64(indent)))
}

func (p *prettyPrinter) items(items []any, indent, allowance, level int) {
	indent++
	for i, item := range items {
		rest := 1
		if i == len(items)-1 {
			rest = allowance
		}
		if i > 0 {
			p.WriteByte(',')
			p.newline(indent)
		}
		p.format(item, indent, rest, level)
	}
}

func (p *prettyPrinter) mapping(d *Dict, indent, allowance, level int) {
	p.WriteByte('{')
	entries := p.entries(d)
	for i, e := range entries {
		rest := 1
		if i == len(entries)-1 {
			rest = allowance
		}
		if i > 0 {
			p.WriteByte(',')
			p.newline(indent + 1)
		}
		key := p.repr(e.items[0])
		p.WriteString(key + ": ")
		p.format(e.items[1], indent+1+utf8.RuneCountInString(key)+2, rest, level)
	}
	p.WriteByte('}')
}

// text writes a long text as several that Python would put together.
func (p *prettyPrinter) text(s string, indent, allowance, level int) {
	if level == 1 {
		indent++
		allowance++
	}
	chunks := textChunks(s, prettyWidth-indent, allowance)
	if len(chunks) == 1 {
		p.WriteString(chunks[0])
		return
	}
	if level == 1 {
		p.WriteByte('(')
	}
	for i, chunk := range chunks {
		if i > 0 {
			p.newline(indent)
		}
		p.WriteString(chunk)
	}
	if level == 1 {
		p.WriteByte(')')
	}
}

// textChunks cuts a text at its line ends and, where a line is too long, at
// its blanks.
func textChunks(s string, width, allowance int) []string {
	var chunks []string
	lines := splitLines(s, true)
	for i, line := range lines {
		last := i == len(lines)-1
		room := width
		if last {
			room -= allowance
		}
		if rep := quote(line); utf8.RuneCountInString(rep) <= room {
			chunks = append(chunks, rep)
			continue
		}
		chunks = append(chunks, lineChunks(line, width, room)...)
	}
	return chunks
}

// lineChunks cuts a line behind blanks; room is the width of its last part.
func lineChunks(line string, width, room int) []string {
	var chunks []string
	current := ""
	parts := wordsWithBlanks(line)
	for i, part := range parts {
		if i == len(parts)-1 {
			width = room
		}
		if candidate := current + part; utf8.RuneCountInString(quote(candidate)) <= width {
			current = candidate
			continue
		}
		if current != "" {
			chunks = append(chunks, quote(current))
		}
		current = part
	}
	if current != "" {
		chunks = append(chunks, quote(current))
	}
	return chunks
}

// wordsWithBlanks cuts a text into words, each with the blanks behind it.
func wordsWithBlanks(s string) []string {
	var parts []string
	for s != "" {
		word := strings.IndexFunc(s, isSpace)
		if word < 0 {
			return append(parts, s)
		}
		end := strings.IndexFunc(s[word:], func(c rune) bool { return !isSpace(c) })
		if end < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:word+end])
		s = s[word+end:]
	}
	return parts
}
