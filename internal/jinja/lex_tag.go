package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lexing inside a tag.

// operators are Jinja's, longer ones first.
var operators = []string{
	"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

var closing = map[string]string{"(": ")", "[": "]", "{": "}"}

// inTag lexes the inside of a tag up to its end, which is none while a
// bracket is open.
func (l *lexer) inTag(end tokenKind) {
	opening := l.tokens[len(l.tokens)-1]
	var open []string
	for {
		if l.offset >= len(l.source) {
			l.fail(opening.pos, "tag has no end, want %s", map[tokenKind]string{tokenPrintEnd: "}}", tokenBlockEnd: "%}"}[end])
		}
		if len(open) == 0 && l.endOfTag(end) {
			return
		}
		t := l.next()
		if t.kind == tokenOperator {
			open = l.balance(open, t)
		}
	}
}

func (l *lexer) endOfTag(end tokenKind) bool {
	rest := l.source[l.offset:]
	sign := l.signAt(l.offset)
	if sign != 0 {
		rest = rest[1:]
	}
	close := "%}"
	if end == tokenPrintEnd {
		close = "}}"
		if sign == '+' {
			return false
		}
	}
	if !strings.HasPrefix(rest, close) {
		return false
	}
	l.emit(end, close)
	after := len(l.source) - len(rest) + 2
	if end == tokenPrintEnd && sign == 0 {
		l.to(after) // the newline behind an output stays
	} else {
		l.to(l.tagEnd(after, sign))
	}
	return true
}

// balance returns the closing brackets that are still to come.
func (l *lexer) balance(open []string, t token) []string {
	if c, ok := closing[t.text]; ok {
		return append(open, c)
	}
	switch t.text {
	case ")", "]", "}":
		if len(open) == 0 {
			l.fail(t.pos, "unexpected %q", t.text)
		}
		if want := open[len(open)-1]; want != t.text {
			l.fail(t.pos, "unexpected %q, want %q", t.text, want)
		}
		return open[:len(open)-1]
	}
	return open
}

// next lexes one token, or the blanks before one.
func (l *lexer) next() token {
	rest := l.source[l.offset:]
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case isSpace(c):
		l.to(l.skipSpace(l.offset))
		return token{}
	case c >= '0' && c <= '9':
		return l.number(rest)
	case isWord(c):
		return l.name(rest)
	case c == '"' || c == '\'':
		return l.string(rest, byte(c))
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return l.take(tokenOperator, op, len(op))
		}
	}
	l.fail(l.pos, "unexpected character %q", rest[:size])
	return token{}
}

func (l *lexer) take(kind tokenKind, text string, size int) token {
	l.emit(kind, text)
	t := l.tokens[len(l.tokens)-1]
	l.to(l.offset + size)
	return t
}

func isWord(c rune) bool {
	return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c)
}

func (l *lexer) name(rest string) token {
	size := strings.IndexFunc(rest, func(c rune) bool { return !isWord(c) })
	if size < 0 {
		size = len(rest)
	}
	if c, _ := utf8.DecodeRuneInString(rest); unicode.IsNumber(c) {
		l.fail(l.pos, "invalid character %q in a name", c)
	}
	return l.take(tokenName, rest[:size], size)
}

func (l *lexer) number(rest string) token {
	afterDot := l.offset > 0 && l.source[l.offset-1] == '.'
	if size := floatSize(rest); size > 0 && !afterDot {
		return l.take(tokenFloat, strings.ReplaceAll(rest[:size], "_", ""), size)
	}
	size := integerSize(rest)
	return l.take(tokenInteger, strings.ReplaceAll(rest[:size], "_", ""), size)
}

// digits returns how many bytes are digits, with single underscores between.
func digits(s string, valid func(c byte) bool) int {
	size := 0
	for size < len(s) {
		next := size
		if s[next] == '_' && size > 0 {
			next++
		}
		if next == len(s) || !valid(s[next]) {
			break
		}
		size = next + 1
	}
	return size
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// floatSize returns the size of the float at the start, 0 if there is none.
func floatSize(s string) int {
	size := digits(s, isDigit)
	fraction := 0
	if strings.HasPrefix(s[size:], ".") {
		if n := digits(s[size+1:], isDigit); n > 0 {
			fraction = n + 1
		}
	}
	exponent := exponentSize(s[size+fraction:])
	if fraction == 0 && exponent == 0 {
		return 0
	}
	return size + fraction + exponent
}

func exponentSize(s string) int {
	if s == "" || (s[0] != 'e' && s[0] != 'E') {
		return 0
	}
	sign := 0
	if len(s) > 1 && (s[1] == '+' || s[1] == '-') {
		sign = 1
	}
	n := digits(s[1+sign:], isDigit)
	if n == 0 {
		return 0
	}
	return 1 + sign + n
}

var numberBases = map[byte]func(c byte) bool{
	'b': func(c byte) bool { return c == '0' || c == '1' },
	'o': func(c byte) bool { return c >= '0' && c <= '7' },
	'x': func(c byte) bool { return isDigit(c) || (c|0x20 >= 'a' && c|0x20 <= 'f') },
}

// integerSize returns the size of the integer at the start: as in Python, a
// number does not start with a zero unless it is zero.
func integerSize(s string) int {
	if s[0] != '0' {
		return digits(s, isDigit)
	}
	if len(s) > 1 {
		if valid := numberBases[s[1]|0x20]; valid != nil {
			rest := strings.TrimPrefix(s[2:], "_")
			if n := digits(rest, valid); n > 0 {
				return len(s) - len(rest) + n
			}
		}
	}
	return digits(s, func(c byte) bool { return c == '0' })
}
