package manifest

import "unicode/utf8"

// Deceptive returns the place of the first character that makes a text read
// differently from how it looks, and the character, 0 where there is none:
// line breaks that are none to editors and to YAML 1.2 but to YAML 1.1, so
// that what looks like a comment is a field, and changes of direction, by
// which the text on the screen is in another order. See
// https://trojansource.codes.
func Deceptive(text []byte) (line, column int, found rune) {
	line, column = 1, 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == 0x85, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return line, column, r
		case r == '\n':
			line, column = line+1, 1
		default:
			column++
		}
		text = text[size:]
	}
	return 0, 0, 0
}
