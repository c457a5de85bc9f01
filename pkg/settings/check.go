// Checking a tree against the description of its document. Everything that is
// wrong is reported; what is right gets its final value.

package settings

import (
	"fmt"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
)

// A checker checks trees and collects what is wrong with them.
type checker struct {
	files    *files
	problems Problems
	// lenient accepts any scalar where a string is wanted, as --set does.
	lenient bool
}

func (c *checker) report(at Position, path string, format string, args ...any) *Problem {
	p := &Problem{Position: at, Path: path, Message: fmt.Sprintf(format, args...)}
	c.problems = append(c.problems, p)
	return p
}

// bad reports a value and takes it out of what follows.
func (c *checker) bad(n *node, p *place, format string, args ...any) *Problem {
	n.form = badForm
	return c.report(n.position(), p.String(), format, args...)
}

// value checks one value and all below it. Null is accepted everywhere but in
// lists: it takes back what lower layers say.
func (c *checker) value(n *node, t *typ, p *place) {
	if n.form == badForm {
		return
	}
	if n.form == nullForm {
		if p.kind == itemPlace {
			c.bad(n, p, "is null, want %s", t.wanted())
		}
		return
	}
	if t.refuse != "" {
		c.bad(n, p, "is refused: %s", t.refuse).Hint = "name the Secret that holds it: spec.auth: {secret: NAME, key: KEY}"
		return
	}
	switch t.kind {
	case boolKind:
		c.boolean(n, t, p)
	case intKind:
		c.integer(n, t, p)
	case decimalKind:
		c.decimal(n, t, p)
	case textKind:
		c.text(n, t, p)
	case quantityKind:
		c.quantity(n, t, p)
	case pathKind:
		c.path(n, t, p)
	case listKind:
		c.list(n, t, p)
	case structKind:
		c.structure(n, t, p)
	default:
		c.mapping(n, t, p)
	}
}

// mistyped reports a value of the wrong type. Texts are shown only where a
// scalar was wanted: where it was a mapping, the text may be a secret that
// was to be a reference.
func (c *checker) mistyped(n *node, t *typ, p *place) *Problem {
	what := n.what()
	if n.form == textForm && (t.kind == structKind || t.kind == mapKind) {
		what = "is a string"
	}
	return c.bad(n, p, "%s, want %s", what, t.wanted())
}

// path resolves the name of a file against the file that names it. Whether a
// directory exists is seen here; files are left to those who read them.
func (c *checker) path(n *node, t *typ, p *place) {
	if n.form != textForm && !c.becomesText(n, t, p) {
		return
	}
	if n.text == "" {
		c.bad(n, p, "is empty, want %s", t.wanted())
		return
	}
	path, problem := c.files.resolve(n.src, n.text, t.path == "directory")
	if problem != nil {
		c.bad(n, p, "%s", problem.Message).Hint = problem.Hint
		return
	}
	n.value = path
}

func (c *checker) list(n *node, t *typ, p *place) {
	if n.form != listForm {
		problem := c.mistyped(n, t, p)
		if n.form == badForm && n.text != "" && !strings.ContainsAny(n.text, "\n,") {
			problem.Hint = fmt.Sprintf("write [%s]", n.text)
		}
		return
	}
	for i, item := range n.items {
		c.value(item, t.elem, p.item(i))
	}
}

// structure checks a mapping with known keys.
func (c *checker) structure(n *node, t *typ, p *place) {
	if t.short != nil && n.form == textForm {
		c.expand(n, t)
	}
	if n.form != mapForm {
		c.mistyped(n, t, p)
		return
	}
	for _, e := range n.entries {
		f, ok := t.byKey[e.key]
		if !ok {
			c.unknown(n, e, t, p)
			continue
		}
		c.value(e.value, f.typ, p.child(e.key))
		if f.appends && e.value.form == listForm {
			c.noTwins(e.value, p.child(e.key))
		}
	}
	c.complete(n, t, p)
	c.alternatives(n, t, p)
	if t.name == "Component" {
		c.component(n, p)
	}
}

// expand turns the short form of a mapping into the long one.
func (c *checker) expand(n *node, t *typ) {
	scalar := *n
	n.form, n.value = mapForm, nil
	n.entries = []entry{{t.short.key, n.line, n.col, &scalar}}
}

func (c *checker) unknown(n *node, e entry, t *typ, p *place) {
	problem := c.report(Position{n.src.file, e.line, e.col}, p.String(), "unknown key %s", show(e.key))
	if best := nearest.Word(e.key, t.keys()); best != "" {
		problem.Hint = didYouMean(best)
		return
	}
	if path := findKey(t, e.key, ""); path != "" {
		problem.Hint = fmt.Sprintf("%s belongs under %s.%s", e.key, p, path)
		return
	}
	problem.Message += ", want " + orList(t.keys())
}

// findKey returns the path of the mapping below t that knows a key.
func findKey(t *typ, key, path string) string {
	for _, f := range t.fields {
		if f.typ.kind != structKind {
			continue
		}
		at := joinPath(path, f.key)
		if _, ok := f.typ.byKey[key]; ok {
			return at
		}
		if found := findKey(f.typ, key, at); found != "" {
			return found
		}
	}
	return ""
}

// complete reports required keys that are not there.
func (c *checker) complete(n *node, t *typ, p *place) {
	for _, f := range t.fields {
		if f.required && !n.get(f.key).isSet() {
			c.report(n.position(), p.String(), "%q is missing, want %s", f.key, f.typ.wanted())
		}
	}
}

// alternatives reports keys of which only one may be set.
func (c *checker) alternatives(n *node, t *typ, p *place) {
	for _, f := range t.fields {
		if f.instead > f.key && n.get(f.key).isSet() && n.get(f.instead).isSet() {
			c.report(n.get(f.instead).position(), p.String(), "has %s and %s, want only one of them", f.key, f.instead)
		}
	}
}

// noTwins reports what a list names twice.
func (c *checker) noTwins(n *node, p *place) {
	for i, item := range n.items {
		for _, other := range n.items[:i] {
			if !item.isBad() && sameItem(item, other) {
				c.report(item.position(), p.item(i).String(), "is there already on line %d, want it once", other.line)
			}
		}
	}
}

// component resolves the name of a component that is a path.
func (c *checker) component(n *node, p *place) {
	name := n.get("name")
	if name == nil || name.form != textForm || !isPath(name.text) {
		return
	}
	c.path(name, &typ{kind: pathKind, path: "directory"}, p.child("name"))
	if with := n.get("with"); with.isSet() {
		c.report(with.position(), p.child("with").String(), "only built-in components have parameters, want none for a directory")
	}
}

// isPath tells whether the name of a component is a directory's.
func isPath(name string) bool {
	return strings.Contains(name, "/") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~")
}

// mapping checks a mapping with keys of the user's choice, and free values.
func (c *checker) mapping(n *node, t *typ, p *place) {
	if t.kind == anyKind {
		c.free(n, p)
		return
	}
	if n.form != mapForm {
		c.mistyped(n, t, p)
		return
	}
	for _, e := range n.entries {
		if message, hint := t.rule.check(e.key); message != "" {
			c.report(Position{n.src.file, e.line, e.col}, p.String(), "key %s", message).Hint = hint
		}
		c.value(e.value, t.elem, p.child(e.key))
	}
}

// anything describes values that are passed on.
var anything = &typ{kind: anyKind}

func (c *checker) free(n *node, p *place) {
	for _, e := range n.entries {
		c.value(e.value, anything, p.child(e.key))
	}
	for i, item := range n.items {
		c.value(item, anything, p.item(i))
	}
}
