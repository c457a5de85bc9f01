package jinja

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The writers of PyYAML's emitter.

func (e *yamlEmitter) write(s string) {
	e.WriteString(s)
	e.column += utf8.RuneCountInString(s)
}

// indicator writes a character of YAML itself, a blank before it where one is
// needed.
func (e *yamlEmitter) indicator(s string, needsBlank, blank, indention bool) {
	if needsBlank && !e.blank {
		s = " " + s
	}
	e.blank = blank
	e.indention = e.indention && indention
	e.write(s)
}

// newLine starts a line at the indent, unless it has just been started.
func (e *yamlEmitter) newLine() {
	indent := max(e.indent, 0)
	if !e.indention || e.column > indent || e.column == indent && !e.blank {
		e.lineBreak("\n")
	}
	if e.column < indent {
		e.blank = true
		e.write(strings.Repeat(" ", indent-e.column))
	}
}

func (e *yamlEmitter) lineBreak(s string) {
	e.blank, e.indention = true, true
	e.WriteString(s)
	e.column = 0
}

// scan calls word for each run of characters that are no blank, no break and
// not the quote, and the other two for what is between.
func scan(text []rune, quote rune, word, blanks, breaks func(start, end int)) {
	for start := 0; start < len(text); {
		end := start + 1
		switch c := text[start]; {
		case c == ' ':
			for end < len(text) && text[end] == ' ' {
				end++
			}
			blanks(start, end)
		case isYAMLBreak(c):
			for end < len(text) && isYAMLBreak(text[end]) {
				end++
			}
			breaks(start, end)
		default:
			for end < len(text) && c != quote && text[end] != quote && text[end] != ' ' && !isYAMLBreak(text[end]) {
				end++
			}
			word(start, end)
		}
		start = end
	}
}

// breaks writes line breaks inside a scalar: one that stands for a blank comes
// first.
func (e *yamlEmitter) breaks(text []rune) {
	if text[0] == '\n' {
		e.lineBreak("\n")
	}
	for _, c := range text {
		e.lineBreak(string(c))
	}
	e.newLine()
}

func (e *yamlEmitter) plain(text []rune, split bool) {
	if len(text) == 0 {
		return
	}
	if !e.blank {
		e.write(" ")
	}
	e.blank, e.indention = false, false
	folded := func() {
		e.newLine()
		e.blank, e.indention = false, false
	}
	scan(text, -1,
		func(start, end int) { e.write(string(text[start:end])) },
		func(start, end int) {
			if end-start == 1 && e.column > e.width && split {
				folded()
				return
			}
			e.write(string(text[start:end]))
		},
		func(start, end int) {
			e.breaks(text[start:end])
			e.blank, e.indention = false, false
		})
}

func (e *yamlEmitter) singleQuoted(text []rune, split bool) {
	e.indicator("'", true, false, false)
	scan(text, '\'',
		func(start, end int) {
			if text[start] == '\'' {
				e.write("''")
				return
			}
			e.write(string(text[start:end]))
		},
		func(start, end int) {
			if end-start == 1 && e.column > e.width && split && start != 0 && end != len(text) {
				e.newLine()
				return
			}
			e.write(string(text[start:end]))
		},
		func(start, end int) { e.breaks(text[start:end]) })
	e.indicator("'", false, false, false)
}

var yamlEscapes = map[rune]string{
	0: `\0`, 7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`, 0x1b: `\e`, '"': `\"`, '\\': `\\`,
	0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`,
}

func yamlEscape(c rune) string {
	if s, ok := yamlEscapes[c]; ok {
		return s
	}
	switch {
	case c <= 0xff:
		return fmt.Sprintf(`\x%02X`, c)
	case c <= 0xffff:
		return fmt.Sprintf(`\u%04X`, c)
	}
	return fmt.Sprintf(`\U%08X`, c)
}

// doubleQuoted follows Emitter.write_double_quoted: pending text is written
// before an escape and where a line is full.
func (e *yamlEmitter) doubleQuoted(text []rune, split bool) {
	e.indicator(`"`, true, false, false)
	start := 0
	flush := func(end int) {
		if start < end {
			e.write(string(text[start:end]))
			start = end
		}
	}
	for end, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			flush(end)
			e.write(yamlEscape(c))
			start = end + 1
		}
		if 0 < end && end < len(text)-1 && (c == ' ' || start >= end) && e.column+end-start > e.width && split {
			e.foldQuoted(text, &start, end)
		}
	}
	flush(len(text))
	e.indicator(`"`, false, false, false)
}

// foldQuoted ends a line of a double-quoted scalar with a backslash.
func (e *yamlEmitter) foldQuoted(text []rune, start *int, end int) {
	if *start < end {
		e.write(string(text[*start:end]))
		*start = end
	}
	e.write(`\`)
	e.newLine()
	e.blank, e.indention = false, false
	if text[*start] == ' ' {
		e.write(`\`)
	}
}
