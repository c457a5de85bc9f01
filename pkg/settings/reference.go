// The tables of the reference page, docs/settings.md.

package settings

import (
	"fmt"
	"strings"
)

// Reference returns the tables of each kind of document in Markdown, one
// table for each mapping with known keys. What both kinds have is shown with
// the first.
func Reference() map[string]string {
	out := make(map[string]string)
	seen := make(map[string]string)
	for _, kind := range Kinds {
		r := &referenceWriter{kind: kind, seen: seen}
		r.section(documentTypes[kind](), "The document", "")
		out[kind] = strings.TrimRight(r.out.String(), "\n") + "\n"
	}
	return out
}

type referenceWriter struct {
	out  strings.Builder
	kind string
	seen map[string]string // by the name of a struct: where it is shown
}

// A subsection is a mapping that a table mentions.
type subsection struct {
	typ  *typ
	path string
}

func (r *referenceWriter) section(t *typ, title, path string) {
	fmt.Fprintf(&r.out, "### %s\n\n", title)
	if t.short != nil {
		fmt.Fprintf(&r.out, "A mapping, or its %s alone.\n\n", t.short.key)
	}
	r.out.WriteString("| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n")
	var below []subsection
	for _, f := range t.fields {
		at := joinPath(path, f.key)
		fmt.Fprintf(&r.out, "| `%s` | %s | %s | %s |\n", f.key, cell(r.valueText(f, at, &below)), cell(defaultText(f)), cell(prose(f.doc)))
	}
	r.out.WriteString("\n")
	for _, s := range below {
		r.section(s.typ, "`"+s.path+"`", s.path)
	}
}

// cell keeps a text from ending its table cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// prose keeps what stands in angle brackets from being read as HTML.
func prose(s string) string { return strings.ReplaceAll(s, "<", `\<`) }

func defaultText(f *field) string {
	switch {
	case f.required || f.merged:
		return "required"
	case f.def == "":
		return ""
	}
	return "`" + f.def + "`"
}

func (r *referenceWriter) valueText(f *field, path string, below *[]subsection) string {
	text := r.typeText(f.typ, path, below)
	if f.appends {
		text += "; layers append"
	}
	return text
}

func (r *referenceWriter) typeText(t *typ, path string, below *[]subsection) string {
	if t.refuse != "" {
		return "none"
	}
	switch t.kind {
	case structKind:
		return r.link(t, path, below)
	case listKind:
		return "list of: " + r.typeText(t.elem, path+"[]", below)
	case mapKind:
		return "mapping of " + r.keyText(t) + " to: " + r.typeText(t.elem, path+".<name>", below)
	case freeKind:
		return "mapping, passed on"
	case boolKind:
		return "`true` or `false`"
	case intKind:
		return "whole number, " + rangeText(t)
	case decimalKind:
		return "number, " + rangeText(t)
	case quantityKind:
		return "quantity"
	case pathKind:
		return t.path
	}
	return ruleText(t)
}

// link names the section of a mapping, which follows unless it was shown.
func (r *referenceWriter) link(t *typ, path string, below *[]subsection) string {
	if shown, ok := r.seen[t.name]; ok {
		return "as " + shown
	}
	r.seen[t.name] = "`" + path + "` of a " + r.kind
	*below = append(*below, subsection{t, path})
	return "see `" + path + "`"
}

func (r *referenceWriter) keyText(t *typ) string {
	switch {
	case t.rule == nil:
		return "names"
	case t.rule.name == "object-labels":
		return "label keys"
	case t.rule.name == "dns-label":
		return "environments"
	}
	return strings.ReplaceAll(t.rule.name, "-", " ")
}

func ruleText(t *typ) string {
	switch {
	case len(t.enum) > 0:
		return "`" + strings.Join(t.enum, "`, `") + "`"
	case t.rule != nil:
		return t.rule.want
	}
	return "string"
}

func rangeText(t *typ) string { return t.bounds(false) }
