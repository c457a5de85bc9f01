package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// string lexes a quoted string.
func (l *lexer) string(rest string, quote byte) token {
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case quote:
			value, err := unescape(rest[1:i])
			if err != nil {
				l.fail(l.pos, "%s", err)
			}
			return l.take(tokenString, value, i+1)
		}
	}
	l.fail(l.pos, "string has no end, want %c", quote)
	return token{}
}

// unescape decodes a string literal as Jinja does: what is not ASCII is first
// written as an escape, then Python's escapes are decoded.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	s = backslashReplace(s)
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		var err error
		if s, err = decodeEscape(&b, s[i+1:]); err != nil {
			return "", err
		}
	}
}

func backslashReplace(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c < 0x80:
			b.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	return b.String()
}

var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// decodeEscape writes the character of the escape whose backslash was read,
// and returns what follows. An escape that Python does not know keeps its
// backslash.
func decodeEscape(b *strings.Builder, s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf(`string ends in a backslash`)
	}
	if text, ok := simpleEscapes[s[0]]; ok {
		b.WriteString(text)
		return s[1:], nil
	}
	switch s[0] {
	case 'x':
		return decodeHex(b, s, 2)
	case 'u':
		return decodeHex(b, s, 4)
	case 'U':
		return decodeHex(b, s, 8)
	case 'N':
		return "", fmt.Errorf(`escape \N{...} is not supported, want the character itself or \uXXXX`)
	}
	if s[0] < '0' || s[0] > '7' {
		b.WriteByte('\\')
		return s, nil
	}
	n := 1
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	c, _ := strconv.ParseUint(s[:n], 8, 32)
	b.WriteRune(rune(c))
	return s[n:], nil
}

func decodeHex(b *strings.Builder, s string, n int) (string, error) {
	if len(s) <= n {
		return "", fmt.Errorf(`escape \%s is cut short, want %d hexadecimal digits`, s, n)
	}
	c, err := strconv.ParseUint(s[1:n+1], 16, 32)
	if err != nil {
		return "", fmt.Errorf(`escape \%s is not valid, want %d hexadecimal digits`, s[:n+1], n)
	}
	if !utf8.ValidRune(rune(c)) {
		return "", fmt.Errorf(`escape \%s is half a surrogate pair, which no text can hold`, s[:n+1])
	}
	b.WriteRune(rune(c))
	return s[n+1:], nil
}
