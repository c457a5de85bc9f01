package jinja

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A token is a piece of a template: text between tags, the ends of a tag, or
// what stands inside one.
type token struct {
	kind tokenKind
	text string // of a string token: its value; of a number: its digits
	pos
}

type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenData
	tokenPrint    // {{
	tokenPrintEnd // }}
	tokenBlock    // {%
	tokenBlockEnd // %}
	tokenName     // also and, or, not, in, is, if: the parser tells
	tokenString   //
	tokenInteger  //
	tokenFloat    //
	tokenOperator //
)

// is reports whether the token is that operator.
func (t token) is(operator string) bool { return t.kind == tokenOperator && t.text == operator }

// named reports whether the token is that word.
func (t token) named(word string) bool { return t.kind == tokenName && t.text == word }

// describe names the token in a message.
func (t token) describe() string {
	switch t.kind {
	case tokenEOF:
		return "the end of the template"
	case tokenPrintEnd:
		return "the end of the tag }}"
	case tokenBlockEnd:
		return "the end of the tag %}"
	case tokenString:
		return fmt.Sprintf("string %q", t.text)
	}
	return fmt.Sprintf("%q", t.text)
}

// A lexer cuts the source of a template into tokens. The rules are those of
// Jinja's own lexer with trim_blocks, lstrip_blocks and keep_trailing_newline:
// the newline after a block or comment is dropped, so are blanks between the
// start of a line and a block or comment; a - inside a tag drops all blanks on
// its side, a + keeps them.
type lexer struct {
	source string
	pos
	lineStarts bool // what was last consumed ended a line
	tokens     []token
	fail       func(p pos, format string, args ...any)
}

// lex returns the tokens of the source, the last one tokenEOF. fail must not
// return.
func lex(source string, fail func(p pos, format string, args ...any)) []token {
	l := &lexer{source: source, fail: fail, lineStarts: true, tokens: make([]token, 0, len(source)/6+8)}
	l.line = 1
	if !utf8.ValidString(source) {
		fail(l.pos, "template is not valid UTF-8")
	}
	for l.lexTag() {
	}
	l.emit(tokenEOF, "")
	return l.tokens
}

func normalizeNewlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.pos})
}

// to moves on to that byte.
func (l *lexer) to(offset int) {
	if offset > l.offset {
		passed := l.source[l.offset:offset]
		l.line += strings.Count(passed, "\n")
		l.lineStarts = passed[len(passed)-1] == '\n'
		l.offset = offset
	}
}

// lexTag lexes the text up to the next tag and the tag; it reports whether
// there was one.
func (l *lexer) lexTag() bool {
	start := nextTag(l.source, l.offset)
	if start < 0 {
		if l.offset < len(l.source) {
			l.emit(tokenData, l.source[l.offset:])
			l.to(len(l.source))
		}
		return false
	}
	kind := l.source[start+1]
	inside := start + 2
	sign := l.signAt(inside)
	if sign != 0 {
		inside++
	}
	l.data(start, sign, kind != '{')
	l.to(start)
	switch kind {
	case '#':
		l.comment(inside)
	case '{':
		l.emit(tokenPrint, "{{")
		l.to(inside)
		l.inTag(tokenPrintEnd)
	default:
		l.blockOrRaw(inside)
	}
	return true
}

// nextTag returns where the next tag starts, -1 if there is none.
func nextTag(source string, from int) int {
	for {
		i := strings.IndexByte(source[from:], '{')
		if i < 0 || from+i+1 >= len(source) {
			return -1
		}
		from += i
		switch source[from+1] {
		case '{', '%', '#':
			return from
		}
		from++
	}
}

func (l *lexer) signAt(i int) byte {
	if i < len(l.source) && (l.source[i] == '-' || l.source[i] == '+') {
		return l.source[i]
	}
	return 0
}

// data emits the text up to a tag, less the blanks that the tag drops.
func (l *lexer) data(end int, sign byte, block bool) {
	text := l.source[l.offset:end]
	switch {
	case sign == '-':
		text = strings.TrimRightFunc(text, isSpace)
	case sign != '+' && block:
		line := strings.LastIndexByte(text, '\n') + 1
		if (line > 0 || l.lineStarts) && isBlank(text[line:]) {
			text = text[:line]
		}
	}
	if text != "" {
		l.emit(tokenData, text)
	}
}

func (l *lexer) comment(inside int) {
	length := strings.Index(l.source[inside:], "#}")
	if length < 0 {
		l.fail(l.pos, "comment has no end, want #}")
	}
	end := inside + length
	l.to(l.tagEnd(end+2, l.signBefore(end, inside)))
}

// signBefore returns the - or + that stands before the end of a tag.
func (l *lexer) signBefore(end, inside int) byte {
	if end > inside {
		return l.signAt(end - 1)
	}
	return 0
}

// tagEnd returns where the text goes on behind a block or comment that ends at
// that byte.
func (l *lexer) tagEnd(end int, sign byte) int {
	switch {
	case sign == '-':
		return l.skipSpace(end)
	case sign != '+' && strings.HasPrefix(l.source[end:], "\n"):
		return end + 1
	}
	return end
}

func (l *lexer) skipSpace(from int) int {
	return len(l.source) - len(strings.TrimLeftFunc(l.source[from:], isSpace))
}

func (l *lexer) blockOrRaw(inside int) {
	if body, ok := l.rawStart(inside); ok {
		l.raw(body)
		return
	}
	l.emit(tokenBlock, "{%")
	l.to(inside)
	l.inTag(tokenBlockEnd)
}

// rawStart returns where the text of a raw block starts. Unlike the other
// blocks it keeps the newline behind its tag.
func (l *lexer) rawStart(inside int) (int, bool) {
	rest := strings.TrimLeftFunc(l.source[inside:], isSpace)
	rest, found := strings.CutPrefix(rest, "raw")
	rest = strings.TrimLeftFunc(rest, isSpace)
	if !found {
		return 0, false
	}
	if after, ok := strings.CutPrefix(rest, "-%}"); ok {
		return l.skipSpace(len(l.source) - len(after)), true
	}
	after, ok := strings.CutPrefix(rest, "%}")
	return len(l.source) - len(after), ok
}

func (l *lexer) raw(body int) {
	opening := l.pos
	l.to(body)
	for i := body; ; i++ {
		start := strings.Index(l.source[i:], "{%")
		if start < 0 {
			l.fail(opening, "raw block has no end, want {%% endraw %%}")
		}
		i += start
		if end, ok := l.rawEnd(i); ok {
			l.data(i, l.signAt(i+2), true)
			l.to(end)
			return
		}
	}
}

// rawEnd returns where the text goes on behind an endraw tag.
func (l *lexer) rawEnd(start int) (int, bool) {
	inside := start + 2
	if l.signAt(inside) != 0 {
		inside++
	}
	rest, found := strings.CutPrefix(strings.TrimLeftFunc(l.source[inside:], isSpace), "endraw")
	if !found {
		return 0, false
	}
	at := l.skipSpace(len(l.source) - len(rest))
	sign := l.signAt(at)
	if sign != 0 {
		at++
	}
	if !strings.HasPrefix(l.source[at:], "%}") {
		return 0, false
	}
	return l.tagEnd(at+2, sign), true
}
