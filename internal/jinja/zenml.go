package jinja

import (
	"strings"
)

// The filters that ZenML adds to Jinja's.

var zenmlFilters = map[string]*filterDef{
	"k8s_name": {params: params("max_length", 63), call: func(r *run, v any, a []any) any {
		return k8sName(r.nameText("k8s_name", v), toInt("max_length", a[0]))
	}},
	"k8s_label_value": {params: params("max_length", 63), call: func(r *run, v any, a []any) any {
		return k8sLabelValue(r.nameText("k8s_label_value", v), toInt("max_length", a[0]))
	}},
	"to_json": plain(func(r *run, v any) any { return r.json(v, jsonStyle{indent: "  "}) }),
	"to_yaml": {params: params("indent", 2), call: func(r *run, v any, a []any) any {
		return r.yaml(v, yamlStyle{indent: toInt("indent", a[0])})
	}},
	inlineYAML: {params: params("indent", 2), call: func(r *run, v any, a []any) any {
		return r.yaml(v, yamlStyle{indent: toInt("indent", a[0]), oneLine: true})
	}},
}

// nameText returns the text or number that a name is made of.
func (r *run) nameText(filter string, v any) string {
	if s, ok := asText(v); ok {
		r.text(len(s))
		return s
	}
	if !isNumber(v) {
		failUndefined(v, nil)
		raise("filter %s takes text, not %s", filter, aType(v))
	}
	return r.str(v)
}

// k8sName makes a DNS label of a text: lower case letters, digits and single
// dashes.
func k8sName(s string, limit int64) string {
	var b strings.Builder
	for _, c := range lower(s) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := strings.TrimRight(cutText(b.String(), 63), "-")
	if name = strings.TrimRight(cutText(name, limit), "-"); name == "" {
		return "unnamed"
	}
	return name
}

// k8sLabelValue makes a label value of a text: letters, digits and . _ - which
// start and end it with a letter or digit.
func k8sLabelValue(s string, limit int64) string {
	value := strings.Map(func(c rune) rune {
		if isLabelRune(c) || c == '.' || c == '_' || c == '-' {
			return c
		}
		return '-'
	}, s)
	value = strings.TrimFunc(value, func(c rune) bool { return !isLabelRune(c) })
	if int64(len(value)) > limit {
		value = strings.TrimRight(cutText(value, limit), "._-")
	}
	return value
}

func isLabelRune(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// cutText cuts an ASCII text as text[:limit] does; a negative limit counts
// from the end.
func cutText(s string, limit int64) string {
	if limit < 0 {
		limit = max(int64(len(s))+limit, 0)
	}
	return s[:min(limit, int64(len(s)))]
}
