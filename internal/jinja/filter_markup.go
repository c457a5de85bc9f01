package jinja

import (
	"html"
	"strings"
)

// Filters of HTML. Nothing is escaped by itself; what is marked as safe only
// differs from a text where something is added to it.

var markupFilters = map[string]*filterDef{
	"e":           plain(escapeFilter),
	"escape":      plain(escapeFilter),
	"forceescape": plain(func(r *run, v any) any { return markup(escapeHTML(r.str(v))) }),
	"random": {variadic: func(*run, any, *args) any {
		raise("filter random is not supported: a template renders the same text each time")
		return nil
	}},
	"safe":      plain(func(r *run, v any) any { return markup(r.str(v)) }),
	"striptags": plain(func(r *run, v any) any { return stripTags(r.str(v)) }),
	"urlencode": plain(urlencodeFilter),
	"urlize": {variadic: func(*run, any, *args) any {
		raise("filter urlize makes HTML links and is not supported")
		return nil
	}},
	"xmlattr": {params: params("autospace", true), call: xmlattrFilter},
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")

func escapeHTML(s string) string { return htmlEscapes.Replace(s) }

func escapeFilter(r *run, v any) any {
	if m, ok := v.(markup); ok {
		return m
	}
	s := r.str(v)
	r.text(6 * len(s))
	return markup(escapeHTML(s))
}

// stripTags takes comments and tags out, makes runs of blanks one, and turns
// entities into characters.
func stripTags(s string) any {
	s = cutBetween(s, "<!--", "-->")
	s = cutBetween(s, "<", ">")
	return html.UnescapeString(strings.Join(split(s, "", len(s)), " "))
}

func cutBetween(s, open, end string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, open)
		if !found {
			break
		}
		_, after, found := strings.Cut(rest, end)
		if !found {
			break
		}
		b.WriteString(before)
		s = after
	}
	return b.String() + s
}

func urlencodeFilter(r *run, v any) any {
	if _, isText := asText(v); !isText {
		if d, ok := v.(*Dict); ok {
			v = &view{d, itemsView}
		}
		if next, ok := iterOf(v); ok {
			return r.urlQuery(next)
		}
	}
	s := r.str(v)
	r.text(3 * len(s))
	return urlQuote(s, "/")
}

// urlQuery writes pairs as a query.
func (r *run) urlQuery(next func() (any, bool)) any {
	var parts []string
	size := 0
	for item, ok := next(); ok; item, ok = next() {
		pair := r.collect(item)
		if len(pair) != 2 {
			raise("filter urlencode takes pairs, got %d items", len(pair))
		}
		quoted := func(v any) string { return strings.ReplaceAll(urlQuote(r.str(v), ""), "%20", "+") }
		parts = append(parts, quoted(pair[0])+"="+quoted(pair[1]))
		size += len(parts[len(parts)-1])
		r.text(size)
	}
	return strings.Join(parts, "&")
}

func urlQuote(s, safe string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || strings.IndexByte("_.-~"+safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func xmlattrFilter(r *run, v any, a []any) any {
	d, ok := v.(*Dict)
	if !ok {
		failUndefined(v, nil)
		raise("filter xmlattr takes a mapping, not %s", aType(v))
	}
	var parts []string
	d.each(func(key, v any) {
		if _, isUndefined := v.(*undefined); v == nil || isUndefined {
			return
		}
		name := toText("name of an attribute", key)
		if strings.ContainsAny(name, " \t\n\r\f\v/>=") {
			raise("name of an attribute has an invalid character: %s", quote(name))
		}
		name, value := string(escapeFilter(r, key).(markup)), string(escapeFilter(r, v).(markup))
		parts = append(parts, name+`="`+value+`"`)
	})
	text := strings.Join(parts, " ")
	r.text(len(text))
	if text != "" && r.truth(a[0]) {
		text = " " + text
	}
	return text
}
