package jinja

import (
	"strings"
	"unicode"
)

// isSpace is str.isspace of Python.
func isSpace(c rune) bool {
	return c == ' ' || c >= 0x09 && c <= 0x0d || c >= 0x1c && c <= 0x1f || c == 0x85 || c > 0x7f && unicode.IsSpace(c)
}

// isBlank reports whether a text is blanks, at least one.
func isBlank(s string) bool {
	return s != "" && strings.TrimLeftFunc(s, isSpace) == ""
}

// isLineBreak reports whether str.splitlines breaks there.
func isLineBreak(c rune) bool {
	switch c {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// isPrintable is str.isprintable of Python for one character.
func isPrintable(c rune) bool {
	return c >= ' ' && c < 0x7f || c > 0x7f && unicode.IsPrint(c)
}
