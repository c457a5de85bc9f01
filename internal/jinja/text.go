package jinja

import (
	"strings"
	"unicode/utf8"
)

// What the methods and filters of texts do.

func (r *run) padLeft(s string, width int64, fill string) string {
	return r.fill(fill, width-r.textLength(s)) + s
}

func (r *run) padRight(s string, width int64, fill string) string {
	return s + r.fill(fill, width-r.textLength(s))
}

// center puts the odd blank where Python puts it.
func (r *run) center(s string, width int64, fill string) string {
	margin := width - r.textLength(s)
	if margin <= 0 {
		return s
	}
	left := margin/2 + (margin & width & 1)
	return r.fill(fill, left) + s + r.fill(fill, margin-left)
}

func (r *run) fill(fill string, n int64) string {
	if n <= 0 {
		return ""
	}
	r.times(len(fill), n)
	return strings.Repeat(fill, int(n))
}

func (r *run) zfill(s string, width int64) string {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	return sign + r.padLeft(s, width-int64(len(sign)), "0")
}

func (r *run) expandTabs(s string, size int64) string {
	var b strings.Builder
	column := int64(0)
	for _, c := range s {
		switch {
		case c == '\t':
			if size > 0 {
				b.WriteString(r.fill(" ", size-column%size))
				column += size - column%size
			}
			r.text(b.Len())
			continue
		case c == '\n' || c == '\r':
			column = -1
		}
		b.WriteRune(c)
		column++
	}
	return b.String()
}

// window cuts a text to the characters from start to end, as find and its like
// take them, and returns how many characters come before.
func (r *run) window(s string, start, end any) (string, int64) {
	if start == nil && end == nil {
		return s, 0
	}
	runes := r.runes(s)
	from, to, _ := sliceBounds(int64(len(runes)), sliceIndex(start), sliceIndex(end), nil)
	if from > to {
		return "", -1
	}
	return string(runes[from:to]), from
}

// findText returns the index of the first or last occurrence, -1 without one.
func (r *run) findText(s string, a []any, search func(s, sub string) int) int64 {
	sub := toText("what find() looks for", a[0])
	window, before := r.window(s, a[1], a[2])
	if before < 0 || beyond(s, sub, a[1]) {
		return -1
	}
	i := search(window, sub)
	if i < 0 {
		return -1
	}
	return before + int64(utf8.RuneCountInString(window[:i]))
}

// beyond reports whether a search for nothing starts behind the end.
func beyond(s, sub string, start any) bool {
	n := sliceIndex(start)
	return sub == "" && n != nil && *n > int64(utf8.RuneCountInString(s))
}

func (r *run) mustFind(s string, a []any, search func(s, sub string) int) int64 {
	i := r.findText(s, a, search)
	if i < 0 {
		raise("index() finds no %s in the text", toRepr(a[0]))
	}
	return i
}

func (r *run) countText(s string, a []any) int64 {
	sub := toText("what count() looks for", a[0])
	window, before := r.window(s, a[1], a[2])
	if before < 0 || beyond(s, sub, a[1]) {
		return 0
	}
	return int64(strings.Count(window, sub))
}

// affix tells whether a text starts or ends with a text, or one of a tuple.
func (r *run) affix(s string, a []any, has func(s, affix string) bool) bool {
	window, before := r.window(s, a[1], a[2])
	list := []any{a[0]}
	if t, ok := a[0].(*tuple); ok {
		list = t.items
	}
	for _, v := range list {
		affix := toText("what startswith() and endswith() look for", v)
		if before >= 0 && !beyond(s, affix, a[1]) && has(window, affix) {
			return true
		}
	}
	return false
}

// split splits at a separator, or at blanks where it is empty.
func split(s, sep string, limit int) []string {
	if sep != "" {
		return strings.SplitN(s, sep, limit+1)
	}
	parts := []string{}
	for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
		end := strings.IndexFunc(s, isSpace)
		if len(parts) == limit {
			return append(parts, s)
		}
		if end < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:end])
		s = s[end:]
	}
	return parts
}

// rsplit splits from the end.
func rsplit(s, sep string, limit int) []string {
	parts := []string{}
	for len(parts) < limit {
		if sep == "" {
			if s = strings.TrimRightFunc(s, isSpace); s == "" {
				return reversed(parts)
			}
		}
		start, end := lastSeparator(s, sep)
		if start < 0 {
			break
		}
		parts = append(parts, s[end:])
		s = s[:start]
	}
	if sep == "" {
		if s = strings.TrimRightFunc(s, isSpace); strings.TrimLeftFunc(s, isSpace) == "" {
			return reversed(parts)
		}
		if len(parts) < limit {
			s = strings.TrimLeftFunc(s, isSpace)
		}
	}
	return reversed(append(parts, s))
}

// lastSeparator returns where the last separator starts and ends.
func lastSeparator(s, sep string) (start, end int) {
	if sep != "" {
		start = strings.LastIndex(s, sep)
		return start, start + len(sep)
	}
	start = strings.LastIndexFunc(s, isSpace)
	if start < 0 {
		return -1, -1
	}
	_, size := utf8.DecodeRuneInString(s[start:])
	return start, start + size
}

func reversed(parts []string) []string {
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return parts
}

// splitLines splits at every kind of line break.
func splitLines(s string, keepEnds bool) []string {
	lines := []string{}
	for s != "" {
		i := strings.IndexFunc(s, isLineBreak)
		if i < 0 {
			return append(lines, s)
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			size = 2
		}
		line := s[:i]
		if keepEnds {
			line = s[:i+size]
		}
		lines = append(lines, line)
		s = s[i+size:]
	}
	return lines
}
