package jinja

import (
	"strings"
	"unicode/utf8"
)

// Methods of texts.

// textMethod makes a method of what takes and returns text. A Markup yields a
// Markup.
func textMethod(list []param, f func(r *run, s string, a []any) string) *methodDef {
	return &methodDef{params: list, call: func(r *run, self any, a []any) any {
		s, _ := asText(self)
		r.text(len(s))
		return r.wrapLike(self, f(r, s, a))
	}}
}

// askMethod makes a method of what answers a question about a text.
func askMethod(list []param, f func(r *run, s string, a []any) any) *methodDef {
	return &methodDef{params: list, call: func(r *run, self any, a []any) any {
		s, _ := asText(self)
		r.text(len(s))
		return f(r, s, a)
	}}
}

// wrapLike makes the text a Markup where the other is one.
func (r *run) wrapLike(like any, s string) any {
	if _, ok := like.(markup); ok {
		return markup(s)
	}
	return s
}

// wrapAll wraps the parts of a text.
func (r *run) wrapAll(like any, parts []string) []any {
	r.items(int64(len(parts)))
	items := make([]any, len(parts))
	for i, part := range parts {
		items[i] = r.wrapLike(like, part)
	}
	return items
}

func keywords(def *methodDef) *methodDef {
	def.keywords = true
	return def
}

var (
	padding   = params("width", required{}, "fillchar", " ")
	searching = params("sub", required{}, "start", nil, "end", nil)
	stripping = params("chars", nil)
	splitting = params("sep", nil, "maxsplit", -1)
)

var textMethods methods

func init() { // format methods refer to attributes, which refer to methods
	textMethods = methods{
		"capitalize": textMethod(nil, func(_ *run, s string, _ []any) string { return capitalize(s) }),
		"casefold":   textMethod(nil, func(_ *run, s string, _ []any) string { return casefold(s) }),
		"lower":      textMethod(nil, func(_ *run, s string, _ []any) string { return lower(s) }),
		"swapcase":   textMethod(nil, func(_ *run, s string, _ []any) string { return swapcase(s) }),
		"title":      textMethod(nil, func(_ *run, s string, _ []any) string { return title(s) }),
		"upper":      textMethod(nil, func(_ *run, s string, _ []any) string { return upper(s) }),

		"center": {params: padding, call: padMethod((*run).center)},
		"ljust":  {params: padding, call: padMethod((*run).padRight)},
		"rjust":  {params: padding, call: padMethod((*run).padLeft)},
		"zfill": textMethod(params("width", required{}), func(r *run, s string, a []any) string {
			return r.zfill(s, toInt("width", a[0]))
		}),
		"expandtabs": keywords(textMethod(params("tabsize", 8), func(r *run, s string, a []any) string {
			return r.expandTabs(s, toInt("tabsize", a[0]))
		})),

		"strip": textMethod(stripping, func(_ *run, s string, a []any) string {
			return strings.TrimLeftFunc(strings.TrimRightFunc(s, cutset(a[0])), cutset(a[0]))
		}),
		"lstrip": textMethod(stripping, func(_ *run, s string, a []any) string { return strings.TrimLeftFunc(s, cutset(a[0])) }),
		"rstrip": textMethod(stripping, func(_ *run, s string, a []any) string { return strings.TrimRightFunc(s, cutset(a[0])) }),
		"removeprefix": textMethod(params("prefix", required{}), func(_ *run, s string, a []any) string {
			return strings.TrimPrefix(s, toText("prefix", a[0]))
		}),
		"removesuffix": textMethod(params("suffix", required{}), func(_ *run, s string, a []any) string {
			return strings.TrimSuffix(s, toText("suffix", a[0]))
		}),

		"count":      askMethod(searching, func(r *run, s string, a []any) any { return r.countText(s, a) }),
		"find":       askMethod(searching, func(r *run, s string, a []any) any { return r.findText(s, a, strings.Index) }),
		"rfind":      askMethod(searching, func(r *run, s string, a []any) any { return r.findText(s, a, strings.LastIndex) }),
		"index":      askMethod(searching, func(r *run, s string, a []any) any { return r.mustFind(s, a, strings.Index) }),
		"rindex":     askMethod(searching, func(r *run, s string, a []any) any { return r.mustFind(s, a, strings.LastIndex) }),
		"startswith": askMethod(searching, func(r *run, s string, a []any) any { return r.affix(s, a, strings.HasPrefix) }),
		"endswith":   askMethod(searching, func(r *run, s string, a []any) any { return r.affix(s, a, strings.HasSuffix) }),

		"isalnum":     askMethod(nil, func(_ *run, s string, _ []any) any { return allRunes(s, isAlnum) }),
		"isalpha":     askMethod(nil, func(_ *run, s string, _ []any) any { return allRunes(s, isAlpha) }),
		"isascii":     askMethod(nil, func(_ *run, s string, _ []any) any { return isASCII(s) }),
		"isdecimal":   askMethod(nil, func(_ *run, s string, _ []any) any { return allRunes(s, isDecimal) }),
		"isdigit":     askMethod(nil, func(_ *run, s string, _ []any) any { return allRunes(s, isDigitRune) }),
		"islower":     askMethod(nil, func(_ *run, s string, _ []any) any { return isLower(s) }),
		"isnumeric":   askMethod(nil, func(_ *run, s string, _ []any) any { return allRunes(s, isNumeric) }),
		"isprintable": askMethod(nil, func(_ *run, s string, _ []any) any { return s == "" || allRunes(s, isPrintable) }),
		"isspace":     askMethod(nil, func(_ *run, s string, _ []any) any { return allRunes(s, isSpace) }),
		"istitle":     askMethod(nil, func(_ *run, s string, _ []any) any { return isTitle(s) }),
		"isupper":     askMethod(nil, func(_ *run, s string, _ []any) any { return isUpper(s) }),

		"split":      {params: splitting, keywords: true, call: splitMethod(split)},
		"rsplit":     {params: splitting, keywords: true, call: splitMethod(rsplit)},
		"partition":  {params: params("sep", required{}), call: partitionMethod(strings.Index, false)},
		"rpartition": {params: params("sep", required{}), call: partitionMethod(strings.LastIndex, true)},
		"splitlines": {params: params("keepends", false), keywords: true, call: func(r *run, self any, a []any) any {
			s, _ := asText(self)
			r.text(len(s))
			return &list{r.wrapAll(self, splitLines(s, toFlag("keepends", a[0])))}
		}},
		"join":    {params: params("iterable", required{}), call: joinMethod},
		"replace": {params: params("old", required{}, "new", required{}, "count", -1), call: replaceMethod},
		"format": {variadic: func(r *run, self any, c *args) any {
			s, _ := asText(self)
			return r.wrapLike(self, r.format(s, c, escapeOf(self)))
		}},
		"format_map": {params: params("mapping", required{}), call: func(r *run, self any, a []any) any {
			s, _ := asText(self)
			c := &args{}
			c.addAll(a[0])
			return r.wrapLike(self, r.format(s, c, escapeOf(self)))
		}},
	}
}

// escapeOf returns what a Markup does with what is put into it.
func escapeOf(self any) func(v any, s string) string {
	if _, ok := self.(markup); !ok {
		return func(_ any, s string) string { return s }
	}
	return func(v any, s string) string {
		if _, ok := v.(markup); ok {
			return s
		}
		return escapeHTML(s)
	}
}

func cutset(chars any) func(c rune) bool {
	if chars == nil {
		return isSpace
	}
	set := toText("what strip takes away", chars)
	return func(c rune) bool { return strings.ContainsRune(set, c) }
}

func padMethod(pad func(r *run, s string, width int64, fill string) string) func(r *run, self any, a []any) any {
	return func(r *run, self any, a []any) any {
		s, _ := asText(self)
		fill := toText("fillchar", a[1])
		if utf8.RuneCountInString(fill) != 1 {
			raise("fillchar is one character, not %s", quote(fill))
		}
		return r.wrapLike(self, pad(r, s, toInt("width", a[0]), fill))
	}
}

func splitMethod(cut func(s, sep string, limit int) []string) func(r *run, self any, a []any) any {
	return func(r *run, self any, a []any) any {
		s, _ := asText(self)
		r.text(len(s))
		sep := ""
		if a[0] != nil {
			if sep = toText("sep", a[0]); sep == "" {
				raise("split() takes a separator that is not empty")
			}
		}
		limit := toInt("maxsplit", a[1])
		if limit < 0 || limit > int64(len(s)) {
			limit = int64(len(s)) + 1
		}
		return &list{r.wrapAll(self, cut(s, sep, int(limit)))}
	}
}

func partitionMethod(find func(s, sep string) int, right bool) func(r *run, self any, a []any) any {
	return func(r *run, self any, a []any) any {
		s, _ := asText(self)
		r.text(len(s))
		sep := toText("sep", a[0])
		if sep == "" {
			raise("partition() takes a separator that is not empty")
		}
		parts := []string{s, "", ""}
		if i := find(s, sep); i >= 0 {
			parts = []string{s[:i], sep, s[i+len(sep):]}
		} else if right {
			parts = []string{"", "", s}
		}
		return &tuple{items: r.wrapAll(self, parts)}
	}
}

func joinMethod(r *run, self any, a []any) any {
	sep, _ := asText(self)
	escape := escapeOf(self)
	var b strings.Builder
	for i, item := range r.collect(a[0]) {
		s, ok := asText(item)
		if !ok {
			if _, isMarkup := self.(markup); !isMarkup {
				toText("what join() puts together", item)
			}
			s = r.str(item)
		}
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(escape(item, s))
		r.text(b.Len())
	}
	return r.wrapLike(self, b.String())
}

func replaceMethod(r *run, self any, a []any) any {
	s, _ := asText(self)
	old := toText("what replace() looks for", a[0])
	with := escapeOf(self)(a[1], toText("what replace() puts there", a[1]))
	return r.wrapLike(self, r.replace(s, old, with, toInt("count", a[2])))
}

// replace replaces up to count occurrences, all where count is below 0.
func (r *run) replace(s, old, with string, count int64) string {
	n := int64(strings.Count(s, old))
	if count >= 0 {
		n = min(n, count)
	}
	r.times(len(with), n)
	r.text(len(s) + int(n)*max(len(with)-len(old), 0))
	return strings.Replace(s, old, with, int(n))
}
