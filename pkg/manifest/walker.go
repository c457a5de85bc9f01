package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxExpansion bounds what aliases may add to a document, in bytes of text
// and a few for each value: an alias bomb of ten lines stands for gigabytes.
const (
	maxExpansion = 4 << 20
	nodeCost     = 16
)

// maxWarnings bounds the warnings on one document.
const maxWarnings = 100

// walker turns the nodes of one document into normalised values.
type walker struct {
	firstLine int // of the part that the nodes count their lines from
	warnings  []Warning
	path      []step
	depth     int
	open      map[*yaml.Node]bool // the aliases' targets that we are inside of
	expansion int
}

// step is one step of a path: a key, or an item of a list where key is nil.
type step struct {
	key  *string
	item int
}

func (s step) String() string {
	if s.key == nil {
		return itemStep(s.item)
	}
	return keyStep(*s.key)
}

func (w *walker) line(n *yaml.Node) int { return w.firstLine + max(n.Line, 1) - 1 }

func (w *walker) fail(n *yaml.Node, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	if path := w.where(); path != "" {
		message = path + ": " + message
	}
	return &SyntaxError{Line: w.line(n), Column: n.Column, Message: message}
}

func (w *walker) warn(n *yaml.Node, format string, args ...any) {
	switch len(w.warnings) {
	case maxWarnings:
	case maxWarnings - 1:
		w.warnings = append(w.warnings, Warning{w.line(n), "further warnings on this document are left out"})
	default:
		w.warnings = append(w.warnings, Warning{w.line(n), fmt.Sprintf(format, args...)})
	}
}

// where returns the path of the value under way, only the end of a long one.
func (w *walker) where() string {
	const most = 200
	path := ""
	for i := len(w.path) - 1; i >= 0; i-- {
		if path = joinSteps(w.path[i].String(), path); len(path) > most {
			return "…" + path
		}
	}
	return path
}

// at decodes a value one step further down the path.
func (w *walker) at(s step, n *yaml.Node) (any, error) {
	w.path = append(w.path, s)
	v, err := w.value(n)
	w.path = w.path[:len(w.path)-1]
	return v, err
}

func (w *walker) value(n *yaml.Node) (any, error) {
	if len(w.open) > 0 {
		if err := w.expand(n); err != nil {
			return nil, err
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return w.nested(n, "!!map", w.mapping)
	case yaml.SequenceNode:
		return w.nested(n, "!!seq", w.sequence)
	case yaml.AliasNode:
		return w.alias(n)
	}
	return w.scalar(n)
}

// expand accounts for a node that is there through an alias.
func (w *walker) expand(n *yaml.Node) error {
	if w.expansion += nodeCost + len(n.Value); w.expansion > maxExpansion {
		return w.fail(n, "aliases expand to more than %d bytes", maxExpansion)
	}
	return nil
}

// nested decodes a mapping or list, one level deeper.
func (w *walker) nested(n *yaml.Node, tag string, decode func(*yaml.Node) (any, error)) (any, error) {
	if n.Tag != tag {
		return nil, w.fail(n, "tag %s is not supported", n.Tag)
	}
	if w.depth++; w.depth > MaxDepth {
		return nil, w.fail(n, "lies more than %d mappings and lists deep", MaxDepth)
	}
	v, err := decode(n)
	w.depth--
	return v, err
}

func (w *walker) alias(n *yaml.Node) (any, error) {
	if w.open[n.Alias] {
		return nil, w.fail(n, "anchor %q contains itself", n.Value)
	}
	if w.open == nil {
		w.open = make(map[*yaml.Node]bool)
	}
	w.open[n.Alias] = true
	v, err := w.value(n.Alias)
	delete(w.open, n.Alias)
	return v, err
}

func (w *walker) sequence(n *yaml.Node) (any, error) {
	list := make([]any, len(n.Content))
	for i, item := range n.Content {
		v, err := w.at(step{item: i}, item)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func (w *walker) mapping(n *yaml.Node) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	keys := make(map[string]*yaml.Node, len(n.Content)/2)
	var merged *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			if merged != nil {
				w.warn(key, "a second merge key << replaces the first one")
			}
			merged = item
			continue
		}
		if err := w.entry(m, keys, key, item); err != nil {
			return nil, err
		}
	}
	if merged != nil {
		return m, w.merge(m, merged)
	}
	return m, nil
}

func (w *walker) entry(m map[string]any, keys map[string]*yaml.Node, key, item *yaml.Node) error {
	name, err := w.key(key)
	if err != nil {
		return err
	}
	if first := keys[name]; first != nil {
		w.warn(key, "key %q is already set on line %d; the last one, on line %d, counts", cut(name, 80), w.line(first), w.line(key))
	}
	v, err := w.at(step{key: &name}, item)
	keys[name], m[name] = key, v
	return err
}

// key reads a mapping key as kubectl does: numbers and booleans become the
// text that JSON has for them.
func (w *walker) key(n *yaml.Node) (string, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
		if err := w.expand(n); err != nil {
			return "", err
		}
	}
	if n.Kind != yaml.ScalarNode {
		return "", w.fail(n, "a mapping or list as a key, want a text")
	}
	v, err := w.resolve(n)
	if err != nil {
		return "", err
	}
	name, ok := keyText(v)
	if !ok {
		return "", w.fail(n, "null as a key, want a text; quote it")
	}
	if name != n.Value {
		w.warn(n, "key %s is read as %q; quote it to keep what is written", cut(n.Value, 80), cut(name, 80))
	}
	return name, nil
}

func keyText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 32), true
	}
	return "", false
}

// merge adds what "<<" refers to where m has no such key: a mapping, or a
// list of mappings of which earlier ones win.
func (w *walker) merge(m map[string]any, n *yaml.Node) error {
	v, err := w.at(step{key: &n.Value}, n)
	if err != nil {
		return err
	}
	sources, isList := v.([]any)
	if !isList {
		sources = []any{v}
	}
	for _, source := range sources {
		from, ok := source.(map[string]any)
		if !ok {
			return w.fail(n, "<< merges %s, want a mapping or a list of mappings", kindOf(source))
		}
		for key, item := range from {
			if _, set := m[key]; !set {
				m[key] = item
			}
		}
	}
	return nil
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case string:
		return "a text"
	case bool:
		return "a boolean"
	}
	return "a number"
}

// scalar reads a scalar value.
func (w *walker) scalar(n *yaml.Node) (any, error) {
	v, err := w.resolve(n)
	if err != nil {
		return nil, err
	}
	if b, ok := v.(bool); ok && isOddBoolean(n) {
		w.warn(n, "%s%s is read as the boolean %t; quote it if it is a text, else write %t", w.prefix(), n.Value, b, b)
	}
	f, ok := v.(float64)
	if !ok {
		return v, nil
	}
	whole, err := wholeOrFloat(f)
	return whole, w.located(n, err)
}

func (w *walker) prefix() string {
	if path := w.where(); path != "" {
		return path + ": "
	}
	return ""
}

// located gives a value's error its place in the stream.
func (w *walker) located(n *yaml.Node, err error) error {
	if err == nil {
		return nil
	}
	message := err.Error()
	var e *ValueError
	if errors.As(err, &e) {
		message = e.Message
	}
	return w.fail(n, "%s", message)
}

func isOddBoolean(n *yaml.Node) bool {
	return !strings.EqualFold(n.Value, "true") && !strings.EqualFold(n.Value, "false")
}
