package jinja

import (
	"strings"
	"unicode/utf8"
)

// Filters of texts.

var textFilters = map[string]*filterDef{
	"capitalize": softText(nil, func(_ *run, s string, _ []any) string { return capitalize(s) }),
	"center": softText(params("width", 80), func(r *run, s string, a []any) string {
		return r.center(s, toInt("width", a[0]), " ")
	}),
	"format": {variadic: func(r *run, v any, c *args) any {
		var values any = &tuple{items: c.positional}
		if len(c.names) > 0 {
			if len(c.positional) > 0 {
				raise("filter format takes either positional or named values, not both")
			}
			values = c.named()
		}
		s := r.softStr(v)
		text, _ := asText(s)
		return r.wrapLike(s, r.percentFormat(text, values, escapeOf(s)))
	}},
	"indent": {params: params("width", 4, "first", false, "blank", false), call: indentFilter},
	"lower":  softText(nil, func(_ *run, s string, _ []any) string { return lower(s) }),
	"replace": {params: params("old", required{}, "new", required{}, "count", nil), call: func(r *run, v any, a []any) any {
		count := int64(-1)
		if a[2] != nil {
			count = toInt("count", a[2])
		}
		return r.replace(r.str(v), r.str(a[0]), r.str(a[1]), count)
	}},
	"string": plain(func(r *run, v any) any { return r.softStr(v) }),
	"title":  softText(nil, func(_ *run, s string, _ []any) string { return titleWords(s) }),
	"trim": softText(params("chars", nil), func(_ *run, s string, a []any) string {
		return strings.TrimLeftFunc(strings.TrimRightFunc(s, cutset(a[0])), cutset(a[0]))
	}),
	"truncate":  {params: params("length", 255, "killwords", false, "end", "...", "leeway", nil), call: truncateFilter},
	"upper":     softText(nil, func(_ *run, s string, _ []any) string { return upper(s) }),
	"wordcount": plain(func(r *run, v any) any { return countWords(r.str(v)) }),
	"wordwrap": {
		params: params("width", 79, "break_long_words", true, "wrapstring", nil, "break_on_hyphens", true),
		call:   wordwrapFilter,
	},
}

// titleWords puts the first letter of every word in upper case and the others
// in lower case; words end at blanks, hyphens and opening brackets.
func titleWords(s string) string {
	var b strings.Builder
	for s != "" {
		end := strings.IndexFunc(s, isWordStop)
		if end < 0 {
			end = len(s)
		}
		if end > 0 {
			_, size := utf8.DecodeRuneInString(s)
			b.WriteString(upper(s[:size]) + lower(s[size:end]))
			s = s[end:]
		}
		stop := strings.IndexFunc(s, func(c rune) bool { return !isWordStop(c) })
		if stop < 0 {
			stop = len(s)
		}
		b.WriteString(s[:stop])
		s = s[stop:]
	}
	return b.String()
}

func isWordStop(c rune) bool { return isSpace(c) || strings.ContainsRune("-({[<", c) }

func countWords(s string) any {
	n, inWord := int64(0), false
	for _, c := range s {
		word := isWord(c)
		if word && !inWord {
			n++
		}
		inWord = word
	}
	return n
}

// indentFilter indents every line but the first and the blank ones.
func indentFilter(r *run, v any, a []any) any {
	s, ok := asText(v)
	if !ok {
		s = toText("what the filter indent indents", v)
	}
	indent, ok := asText(a[0])
	if !ok {
		indent = r.fill(" ", toInt("width", a[0]))
	}
	first, blank := r.truth(a[1]), r.truth(a[2])
	lines := splitLines(s+"\n", false)
	r.times(len(indent)+1, int64(len(lines)))
	r.text(len(s) + len(indent)*len(lines))
	for i, line := range lines {
		if i == 0 && first || i > 0 && (line != "" || blank) {
			lines[i] = indent + line
		}
	}
	return r.wrapLike(v, strings.Join(lines, "\n"))
}

func truncateFilter(r *run, v any, a []any) any {
	length, end, leeway := toInt("length", a[0]), toText("end", a[2]), int64(5)
	if a[3] != nil {
		leeway = toInt("leeway", a[3])
	}
	endLength := int64(utf8.RuneCountInString(end))
	if length < endLength || leeway < 0 {
		raise("filter truncate takes a length of at least %d and a leeway of at least 0", endLength)
	}
	if r.length(v) <= length+leeway {
		return v
	}
	s := toText("what the filter truncate cuts", v)
	cut := string(r.runes(s)[:length-endLength])
	if !r.truth(a[1]) {
		if i := strings.LastIndexByte(cut, ' '); i >= 0 {
			cut = cut[:i]
		}
	}
	return addText(r.wrapLike(v, cut), a[2])
}
