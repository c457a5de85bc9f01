package manifest

import (
	"bytes"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"
)

// JSON writes a character beyond U+FFFF as two escapes, "\ud83d\udea2", and so
// do Jinja's tojson and to_json. The YAML parser refuses such a pair. So pairs
// are moved into the private use area, where it takes them, and joined once it
// is known that they were escapes, which they are within double quotes.
// Anywhere else they are put back as the text that they were.

const escapeLength = len(`\ud83d`)

// A shift moves an escape: its first two digits are replaced by those at the
// same place in the other list. The case of the digits survives, so that the
// way back leads to the same text.
type shift struct{ first, firstTo, second, secondTo string }

var (
	hide = shift{"dD", "eE", "89abcdefABCDEF", "01234567ABCDEF"}
	show = shift{"eE", "dD", "01234567ABCDEF", "89abcdefABCDEF"}
)

// hideSurrogates returns the text with each pair moved, and whether there is
// one. A text that has such private characters of its own stays as it is.
func hideSurrogates(text []byte) ([]byte, bool) {
	if !bytes.Contains(text, []byte(`\ud`)) && !bytes.Contains(text, []byte(`\uD`)) {
		return text, false
	}
	if bytes.ContainsFunc(text, isHidden) {
		return text, false
	}
	if _, found := show.pairs(text); found {
		return text, false
	}
	return hide.pairs(text)
}

// showSurrogates undoes hideSurrogates in the scalars below a node.
func showSurrogates(n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&yaml.DoubleQuotedStyle != 0:
		n.Value = joinSurrogates(n.Value)
	case n.Kind == yaml.ScalarNode:
		text, _ := show.pairs([]byte(n.Value))
		n.Value = string(text)
	}
	for _, child := range n.Content {
		showSurrogates(child)
	}
}

// pairs returns the text with every pair of escapes moved, and whether there is
// one. A backslash behind another one begins no escape.
func (s shift) pairs(text []byte) ([]byte, bool) {
	moved, found := text, false
	for i := 0; i < len(text); {
		switch {
		case text[i] != '\\':
			i++
		case !s.isPair(text[i:]):
			i += 2
		default:
			if !found {
				moved, found = bytes.Clone(text), true
			}
			s.move(moved[i:])
			s.move(moved[i+escapeLength:])
			i += 2 * escapeLength
		}
	}
	return moved, found
}

// isPair tells whether a text begins with two escapes that are a pair of
// surrogates, or stand for one.
func (s shift) isPair(text []byte) bool {
	if len(text) < 2*escapeLength {
		return false
	}
	high, low := text[:escapeLength], text[escapeLength:2*escapeLength]
	return s.fits(high) && s.fits(low) && utf16.DecodeRune(surrogate(escaped(high)), surrogate(escaped(low))) != '\uFFFD'
}

// fits tells whether the digits of an escape are among those that move.
func (s shift) fits(escape []byte) bool {
	return escape[0] == '\\' && escape[1] == 'u' &&
		strings.IndexByte(s.first, escape[2]) >= 0 && strings.IndexByte(s.second, escape[3]) >= 0 &&
		isHex(escape[4]) && isHex(escape[5])
}

func (s shift) move(escape []byte) {
	escape[2] = s.firstTo[strings.IndexByte(s.first, escape[2])]
	escape[3] = s.secondTo[strings.IndexByte(s.second, escape[3])]
}

// joinSurrogates makes one character of each moved pair.
func joinSurrogates(text string) string {
	if !strings.ContainsFunc(text, isHidden) {
		return text
	}
	var joined []rune
	for _, r := range text {
		if n := len(joined); n > 0 && isHidden(joined[n-1]) {
			if whole := utf16.DecodeRune(surrogate(joined[n-1]), surrogate(r)); whole != '\uFFFD' {
				joined[n-1] = whole
				continue
			}
		}
		joined = append(joined, r)
	}
	return string(joined)
}

// isHidden tells whether a character is one that surrogates are moved to:
// U+E000 to U+E7FF, and from U+EA00 where the second digit was a capital.
func isHidden(r rune) bool { return r >= 0xe000 && r <= 0xefff }

// surrogate returns what was moved to a character, and others as they are.
func surrogate(r rune) rune {
	switch {
	case r >= 0xe000 && r <= 0xe7ff:
		return r - 0x800
	case r >= 0xea00 && r <= 0xefff:
		return r - 0x1000
	}
	return r
}

// escaped returns the character that an escape writes.
func escaped(escape []byte) rune {
	r := rune(0)
	for _, c := range escape[2:] {
		r = r<<4 | rune(strings.IndexByte("0123456789abcdef", c|0x20))
	}
	return r
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
