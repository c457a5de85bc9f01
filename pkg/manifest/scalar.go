package manifest

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How text is written is decided by its characters alone, so that a value
// looks the same wherever it stands:
//
//  1. plain, where no reader of YAML 1.1 or 1.2 takes it for anything else;
//  2. as a literal block, where it has several lines and every reader gets
//     them back exactly (never for keys);
//  3. in single quotes, where that spares backslashes;
//  4. in double quotes, as in JSON.
type style uint8

const (
	plain style = iota
	literal
	singleQuoted
	doubleQuoted
)

// traits of a text, collected in one pass over it.
type traits uint8

const (
	hasEscape     traits = 1 << iota // a character that only an escape can carry
	hasLine                          // a line feed
	hasTab                           //
	hasQuote                         // " or \
	hasApostrophe                    // '
	hasIndicator                     // ": ", " #", "<<" or a colon at the end
)

// asciiTraits holds the traits that one ASCII character gives a text.
var asciiTraits = func() (table [utf8.RuneSelf]traits) {
	for c := range byte(' ') {
		table[c] = hasEscape
	}
	table[0x7f] = hasEscape
	table['\n'], table['\t'] = hasLine, hasTab
	table['"'], table['\\'], table['\''] = hasQuote, hasQuote, hasApostrophe
	return table
}()

// traitsOf returns ok false for text that is not UTF-8.
func traitsOf(s string) (t traits, ok bool) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			t |= asciiTraits[c]
			if (c == ':' || c == '#' || c == '<') && isIndicator(s, i) {
				t |= hasIndicator
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return t, false
		}
		if isInvisible(r) {
			t |= hasEscape
		}
		i += size
	}
	return t, true
}

// isIndicator says whether s[i] starts something that ends a plain text, or
// that some reader takes for a merge key in the middle of one.
func isIndicator(s string, i int) bool {
	switch s[i] {
	case ':':
		return i+1 == len(s) || s[i+1] == ' '
	case '#':
		return i > 0 && s[i-1] == ' '
	}
	return i+1 < len(s) && s[i+1] == '<'
}

// isInvisible names the characters beyond ASCII that are never written as
// they are: line breaks and control characters of YAML 1.1, blanks that
// readers might trim, marks that a reviewer cannot see, and code points that
// are no characters. The list is fixed, as Unicode's own tables grow.
func isInvisible(r rune) bool {
	switch {
	case r < 0x2000:
		return r <= 0xa0 || r == 0xad || r == 0x61c || r == 0x1680 || r == 0x180e
	case r < 0x2070:
		return r <= 0x200f || 0x2028 <= r && r <= 0x202f || 0x205f <= r
	case r < 0x10000:
		return r == 0x3000 || 0xfdd0 <= r && r <= 0xfdef || r == 0xfeff || 0xfff0 <= r && r <= 0xfffb || r >= 0xfffe
	}
	return 0xe0000 <= r && r <= 0xe0fff || r&0xfffe == 0xfffe
}

// text writes a string value and the line feed after it. col is the column
// of the key or dash before it.
func (e *encoder) text(s string, col int) error {
	t, ok := traitsOf(s)
	if !ok {
		return errNotUTF8(s)
	}
	if t&(hasLine|hasEscape) == hasLine && isLiteral(s) {
		e.literal(s, col+2)
		return nil
	}
	e.oneLine(s, t)
	e.buf = append(e.buf, '\n')
	return nil
}

// key writes a mapping key without its colon.
func (e *encoder) key(s string) error {
	t, ok := traitsOf(s)
	if !ok {
		return errNotUTF8(s)
	}
	e.oneLine(s, t)
	return nil
}

func errNotUTF8(s string) error {
	return &ValueError{Message: "text " + strconv.QuoteToASCII(cut(s, 40)) + " is not UTF-8"}
}

func (e *encoder) oneLine(s string, t traits) {
	switch lineStyle(s, t) {
	case plain:
		e.buf = append(e.buf, s...)
	case singleQuoted:
		e.buf = append(e.buf, '\'')
		e.buf = append(e.buf, s...)
		e.buf = append(e.buf, '\'')
	default:
		e.buf = appendDoubleQuoted(e.buf, s)
	}
}

func lineStyle(s string, t traits) style {
	switch {
	case t&(hasEscape|hasLine|hasTab) != 0:
		return doubleQuoted
	case t&hasIndicator == 0 && isPlain(s):
		return plain
	case t&(hasQuote|hasApostrophe) == hasQuote:
		return singleQuoted
	}
	return doubleQuoted
}

// isPlain says whether a text of one line without ": ", " #" and invisible
// characters can do without quotes: that is decided by how it starts, by
// what words and numbers it resembles, and by a space at its end.
func isPlain(s string) bool {
	if s == "" || s[len(s)-1] == ' ' {
		return false
	}
	second := byte(0)
	if len(s) > 1 {
		second = s[1]
	}
	switch c := s[0]; {
	case isLetter(c):
		return !isWord(s)
	case isDigit(c):
		return !looksNumeric(s)
	case c == '-':
		return (isLetter(second) || second == '-') && !strings.HasPrefix(s, "---") && !isNumberWord(s[1:])
	case c == '.':
		return (isLetter(second) || second == '/') && !isNumberWord(s[1:])
	}
	return s[0] >= utf8.RuneSelf || strings.IndexByte("_/$(^", s[0]) >= 0
}

// looksNumeric says whether a text that starts with a digit consists of
// nothing but what numbers, times and dates of some reader are made of:
// digits and their separators, a to f, and o, t, x, z.
func looksNumeric(s string) bool {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case s[i] == '%' || s[i] == '/':
			return false
		case 'g' <= c && c <= 'z' && c != 'o' && c != 't' && c != 'x' && c != 'z':
			return false
		}
	}
	return true
}

// isWord says whether some reader takes the word for a boolean, null or a
// number, in any mixture of cases.
func isWord(s string) bool {
	var lower [8]byte
	switch string(lower[:lowerCase(lower[:], s)]) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return isNumberWord(s)
}

// isNumberWord says whether some reader takes s for a number, by itself or
// after a point or a sign: infinity, not a number, or a bare exponent.
func isNumberWord(s string) bool {
	var lower [8]byte
	switch string(lower[:lowerCase(lower[:], s)]) {
	case "inf", "infinity", "nan":
		return true
	}
	return s[0]|0x20 == 'e' && strings.Trim(s[1:], "+-_0123456789") == "" && len(s) > 1
}

// lowerCase writes s to dst in lower case and returns its length, or 0 where
// it does not fit.
func lowerCase(dst []byte, s string) int {
	if len(s) > len(dst) {
		return 0
	}
	for i := range len(s) {
		dst[i] = s[i]
		if isLetter(s[i]) {
			dst[i] |= 0x20
		}
	}
	return len(s)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLiteral says whether every reader gets a text of several lines back
// exactly from a literal block. Readers find the block's indentation at its
// first line that is not empty, so that one must not start with a blank; and
// some drop blanks at the end of the last one.
func isLiteral(s string) bool {
	body := strings.Trim(s, "\n")
	return body != "" && !isBlankByte(body[0]) && !isBlankByte(body[len(body)-1])
}

func isBlankByte(c byte) bool { return c == ' ' || c == '\t' }

// literal writes the lines of s at column col, headed by an indicator that
// says how many line feeds end it: none, one, or as many as there are.
func (e *encoder) literal(s string, col int) {
	body := strings.TrimRight(s, "\n")
	switch len(s) - len(body) {
	case 0:
		e.buf = append(e.buf, "|-\n"...)
	case 1:
		e.buf = append(e.buf, "|\n"...)
	default:
		e.buf = append(e.buf, "|+\n"...)
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			e.indent(col)
		}
		e.buf = append(e.buf, line...)
		e.buf = append(e.buf, '\n')
	}
	if len(s) > len(body) {
		e.buf = append(e.buf, s[len(body)+1:]...)
	}
}

// appendDoubleQuoted writes s on one line as JSON would, with \UXXXXXXXX for
// invisible characters beyond the first plane, which JSON writes in halves.
func appendDoubleQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= utf8.RuneSelf && isInvisible(r) || r < utf8.RuneSelf && asciiTraits[r]&^hasApostrophe != 0 {
			dst = append(dst, s[done:i]...)
			dst = appendEscape(dst, r)
			done = i + size
		}
		i += size
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	const short = "\"\"\\\\\nn\tt\rr\bb\ff" // pairs of a character and its letter
	if i := strings.IndexRune(short, r); r < utf8.RuneSelf && i >= 0 && i%2 == 0 {
		return append(dst, '\\', short[i+1])
	}
	digits := 4
	dst = append(dst, '\\', 'u')
	if r > 0xffff {
		digits = 8
		dst[len(dst)-1] = 'U'
	}
	for i := digits - 1; i >= 0; i-- {
		dst = append(dst, "0123456789abcdef"[r>>(4*i)&0xf])
	}
	return dst
}

// appendFloat writes the shortest decimal fraction that reads back as f. It
// has a point, since an integer would come back as another type, and no
// exponent, since YAML 1.1 takes 1e+21 for a number and 1e21 for a text.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, &ValueError{Message: "number " + strconv.FormatFloat(f, 'g', -1, 64) + ", want a finite one"}
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst, nil
}

// cut shortens s to at most n bytes for a message.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
