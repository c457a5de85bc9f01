// Reading YAML text into trees, within bounds.

package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/lading-dev/lading/pkg/manifest"
)

const (
	// MaxSettingsSize is the size above which no settings file is read.
	MaxSettingsSize = 4 << 20
	// maxDepth bounds how deep values may lie in each other.
	maxDepth = 100
	// maxAliased bounds how many values the aliases of a document may stand
	// for.
	maxAliased = 100_000
)

// parse reads the documents of a file. Empty ones are left out. What cannot
// be read is a problem; what was read before it is returned all the same.
func parse(src *source, data []byte) ([]*node, Problems) {
	p := &parser{src: src}
	if problem := p.unreadable(data); problem != nil {
		return nil, Problems{problem}
	}
	var docs []*node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, p.problems
		}
		if err != nil {
			p.syntax(err)
			return docs, p.problems
		}
		p.aliased, p.open, p.hopeless = 0, nil, false
		if n := p.document(&doc); n != nil && n.form != nullForm && !p.hopeless {
			docs = append(docs, n)
		}
	}
}

// parseValue reads one YAML value, as --set gives it.
func parseValue(src *source, text string) (*node, Problems) {
	docs, problems := parse(src, []byte(text))
	switch {
	case len(problems) > 0:
		return nil, problems
	case len(docs) == 0:
		return &node{form: nullForm, src: src}, nil
	case len(docs) > 1:
		return nil, Problems{{Message: "want one value, got several documents"}}
	}
	return docs[0], nil
}

type parser struct {
	src      *source
	problems Problems
	aliased  int                 // values that aliases stood for so far
	inAlias  int                 // aliases that are being followed
	open     map[*yaml.Node]bool // anchors that are being followed
	hopeless bool                // a bound was crossed: the document is given up
}

func (p *parser) report(at *place, line, col int, format string, args ...any) *Problem {
	problem := &Problem{Position: Position{p.src.file, line, col}, Path: at.String(), Message: fmt.Sprintf(format, args...)}
	p.problems = append(p.problems, problem)
	return problem
}

// unreadable returns why a file is no YAML text at all.
func (p *parser) unreadable(data []byte) *Problem {
	switch {
	case len(data) > MaxSettingsSize:
		return p.report(nil, 0, 0, "is larger than %d MiB, want a settings file", MaxSettingsSize>>20)
	case !utf8.Valid(data):
		line, col := invalidAt(data)
		return p.report(nil, line, col, "is not valid UTF-8, want YAML text")
	}
	if line, col, r := manifest.Deceptive(data); r != 0 {
		return p.report(nil, line, col, "has the character %U, which hides what follows it; want it escaped, as in \"\\u%04x\"", r, r)
	}
	return nil
}

// invalidAt returns the place of the first byte that is not UTF-8.
func invalidAt(data []byte) (line, col int) {
	line, col = 1, 1
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		switch {
		case c == utf8.RuneError && size == 1:
			return line, col
		case c == '\n':
			line, col = line+1, 1
		default:
			col++
		}
		data = data[size:]
	}
	return line, col
}

var yamlError = lazily(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax reports what the YAML reader said.
func (p *parser) syntax(err error) {
	message, line := err.Error(), 0
	if m := yamlError().FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	problem := p.report(nil, line, 0, "is not valid YAML: %s", message)
	switch {
	case strings.Contains(message, "cannot start any token"):
		problem.Hint = "indent with spaces, not tabs; texts that begin with @, ` or % need quotes"
	case strings.Contains(message, "mapping values are not allowed"):
		problem.Hint = `a text with ": " in it needs quotes`
	}
}

func (p *parser) document(doc *yaml.Node) *node {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil
	}
	return p.node(doc.Content[0], &place{kind: rootPlace}, 0)
}

// node converts a value. One that cannot be is reported and comes back bad.
func (p *parser) node(y *yaml.Node, at *place, depth int) *node {
	n := &node{src: p.src, line: y.Line, col: y.Column}
	if p.inAlias > 0 {
		p.aliased++
	}
	switch {
	case p.hopeless:
		n.form = badForm
		return n
	case depth > maxDepth:
		p.hopeless = true
		return p.bad(n, nil, "values lie more than %d levels deep", maxDepth)
	case p.aliased > maxAliased:
		p.hopeless = true
		return p.bad(n, nil, "aliases stand for more than %d values", maxAliased)
	}
	switch y.Kind {
	case yaml.MappingNode:
		if y.Tag != "!!map" {
			return p.bad(n, at, "tag %s is not supported", y.Tag)
		}
		p.mapping(n, y, at, depth)
	case yaml.SequenceNode:
		if y.Tag != "!!seq" {
			return p.bad(n, at, "tag %s is not supported", y.Tag)
		}
		n.form = listForm
		n.items = make([]*node, len(y.Content))
		for i, item := range y.Content {
			n.items[i] = p.node(item, at.item(i), depth+1)
		}
	case yaml.AliasNode:
		return p.alias(n, y, at, depth)
	default:
		p.scalar(n, y, at)
	}
	return n
}

func (p *parser) bad(n *node, at *place, format string, args ...any) *node {
	n.form = badForm
	p.report(at, n.line, n.col, format, args...)
	return n
}

// alias converts what an alias stands for. The value keeps the place where it
// was written, but its outermost part takes that of the alias.
func (p *parser) alias(n *node, y *yaml.Node, at *place, depth int) *node {
	if p.open[y.Alias] {
		return p.bad(n, at, "alias *%s stands for a value that contains it", y.Value)
	}
	if p.open == nil {
		p.open = make(map[*yaml.Node]bool)
	}
	p.open[y.Alias] = true
	p.inAlias++
	out := p.node(y.Alias, at, depth)
	p.inAlias--
	delete(p.open, y.Alias)
	out.line, out.col = n.line, n.col
	return out
}

// manyKeys is the number of keys from which a mapping is searched by an index.
const manyKeys = 16

func (p *parser) mapping(n *node, y *yaml.Node, at *place, depth int) {
	n.form = mapForm
	n.entries = make([]entry, 0, len(y.Content)/2)
	var lines map[string]int
	if len(y.Content)/2 > manyKeys {
		lines = make(map[string]int, len(y.Content)/2)
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, ok := p.key(y.Content[i], at)
		value := p.node(y.Content[i+1], at.child(key), depth+1)
		if !ok {
			continue
		}
		if line := n.lineOf(key, lines); line > 0 {
			k := y.Content[i]
			p.report(at, k.Line, k.Column, "key %s is there already on line %d, want it once", show(key), line)
			continue
		}
		if lines != nil {
			lines[key] = y.Content[i].Line
		}
		n.entries = append(n.entries, entry{key, y.Content[i].Line, y.Content[i].Column, value})
	}
}

// lineOf returns the line on which a mapping has a key already, else 0.
func (n *node) lineOf(key string, lines map[string]int) int {
	if lines != nil {
		return lines[key]
	}
	for _, e := range n.entries {
		if e.key == key {
			return e.line
		}
	}
	return 0
}

// key returns the text of a mapping's key. Keys that are no texts are
// reported, since YAML versions read some of them differently.
func (p *parser) key(y *yaml.Node, at *place) (string, bool) {
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	switch {
	case y.Kind != yaml.ScalarNode:
		p.report(at, y.Line, y.Column, "key is a list or a mapping, want a string")
	case y.Tag == "!!merge":
		p.report(at, y.Line, y.Column, "merge key << is not supported, want the keys written out").Hint =
			"what deployments share belongs into the project's defaults"
	case y.Tag != "!!str" && y.Tag != "!!timestamp":
		p.report(at, y.Line, y.Column, "key %s is not a string", y.Value).Hint = fmt.Sprintf("write %q", y.Value)
	default:
		return y.Value, true
	}
	return "", false
}

func (p *parser) scalar(n *node, y *yaml.Node, at *place) {
	n.text = y.Value
	switch y.Tag {
	case "!!null":
		n.form = nullForm
	case "!!bool":
		p.boolean(n, y, at)
	case "!!int":
		p.integer(n, y, at)
	case "!!float":
		p.float(n, y, at)
	case "!!str", "!!timestamp": // a date is a text in YAML 1.2
		n.form, n.value = textForm, y.Value
	default:
		p.bad(n, at, "tag %s is not supported", y.Tag)
	}
}

// boolean takes only what every version of YAML takes for a boolean.
func (p *parser) boolean(n *node, y *yaml.Node, at *place) {
	n.form = boolForm
	v, err := strconv.ParseBool(strings.ToLower(y.Value))
	if err != nil || len(y.Value) < 4 {
		p.bad(n, at, "%s is not a boolean, want true or false", show(y.Value))
	}
	n.value = v
}

// maxExact is the largest integer that every reader of JSON keeps as it is.
const maxExact = 1 << 53

func (p *parser) integer(n *node, y *yaml.Node, at *place) {
	n.form = numberForm
	v, err := strconv.ParseInt(strings.ReplaceAll(y.Value, "_", ""), 0, 64)
	if err != nil || v > maxExact || v < -maxExact {
		p.bad(n, at, "%s is not a whole number within 2^53", show(y.Value))
	}
	n.value = v
}

func (p *parser) float(n *node, y *yaml.Node, at *place) {
	n.form = numberForm
	v, err := strconv.ParseFloat(strings.ReplaceAll(y.Value, "_", ""), 64)
	switch {
	case err != nil || math.IsInf(v, 0) || math.IsNaN(v):
		p.bad(n, at, "%s is not a finite number", show(y.Value))
	case plainInteger().MatchString(y.Value) && math.Abs(v) > maxExact:
		p.bad(n, at, "%s is not a whole number within 2^53", show(y.Value))
	}
	n.value = v
}
