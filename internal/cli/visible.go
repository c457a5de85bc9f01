package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// visible writes what a terminal would act on, or would not show, as an
// escape: messages quote what files say, and not every file is a friend's.
func visible(line string) string {
	var b strings.Builder
	for i, r := range line {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, line[i])
		case r == '\t', unicode.IsPrint(r), unicode.Is(unicode.Zs, r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// harmlessJSON encodes a value and escapes what a terminal would act on. That
// can only stand in strings, where the escape means the same. Readers of YAML
// take no pairs of surrogates, so what needs them is escaped for readers of
// JSON only.
func harmlessJSON(v any, pairs bool) ([]byte, error) {
	var text, b bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	for _, r := range text.String() {
		switch {
		case !isHarmful(r), r > 0xffff && !pairs:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes(), nil
}

// isHarmful tells the characters that a terminal acts on, or does not show.
func isHarmful(r rune) bool {
	return r != '\n' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}
