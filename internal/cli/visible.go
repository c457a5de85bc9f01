package cli

import (
	"fmt"
	"strings"
	"unicode"
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
