package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// maxZenMLNodes bounds a run configuration after its aliases are resolved.
const maxZenMLNodes = 100_000

// parseZenML reads the only document of a file: a mapping without aliases,
// merge keys, duplicate keys and foreign tags. An empty file is an empty
// mapping.
func parseZenML(file string, data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	err := decoder.Decode(&document)
	if err == io.EOF {
		return newMapping(), nil
	}
	if err == nil {
		if err = decoder.Decode(&next); err == nil {
			err = fmt.Errorf("yaml: line %d: a second document begins, want one run configuration", next.Line)
		}
	}
	if err != nil && err != io.EOF {
		return nil, Problems{zenmlProblem(file, err)}
	}
	x := &zenmlExpander{file: file, left: maxZenMLNodes}
	root := x.expand(document.Content[0])
	if len(x.problems) > 0 {
		return nil, x.problems
	}
	return root, checkZenML(file, root)
}

// checkZenML tells a run configuration from any other YAML file.
func checkZenML(file string, root *yaml.Node) error {
	p := &Problem{Position: Position{File: file, Line: root.Line, Column: root.Column}}
	switch {
	case isNullNode(root):
		*root = *newMapping()
		return nil
	case root.Kind != yaml.MappingNode:
		p.Message = fmt.Sprintf("the file is %s, want a ZenML run configuration", nodeKind(root))
	case nodeLookup(root, "apiVersion") != nil && nodeLookup(root, "kind") != nil:
		p.Message = fmt.Sprintf("the file is a %s already, want a ZenML run configuration", nodeLookup(root, "kind").Value)
	default:
		for key := range nodeEntries(root) {
			if _, ok := zenmlRunKeys[key.Value]; ok || key.Value == "settings" || key.Value == "environment" {
				return nil
			}
		}
		p.Message = `the file has no key of a ZenML run configuration, want "settings" or others`
	}
	return Problems{p}
}

var zenmlErrorLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// zenmlProblem takes the line out of the text of a syntax error.
func zenmlProblem(file string, err error) *Problem {
	m := zenmlErrorLine.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1])
	return &Problem{
		Position: Position{File: file, Line: line},
		Message:  "the file is not YAML: " + strings.TrimPrefix(err.Error(), m[0]),
	}
}

// A zenmlExpander resolves what makes a tree of nodes more than a tree.
type zenmlExpander struct {
	file     string
	left     int
	open     []*yaml.Node // anchors within which expand is
	problems Problems
}

func (x *zenmlExpander) problem(at *yaml.Node, message string) {
	x.problems = append(x.problems, &Problem{
		Position: Position{File: x.file, Line: at.Line, Column: at.Column},
		Message:  message,
	})
}

// expand returns a copy without aliases and merge keys.
func (x *zenmlExpander) expand(n *yaml.Node) *yaml.Node {
	if x.left--; x.left < 0 {
		if x.left == -1 {
			x.problem(n, fmt.Sprintf("the file has more than %d values, want fewer", maxZenMLNodes))
		}
		return newMapping()
	}
	if n.Kind == yaml.AliasNode {
		return x.alias(n)
	}
	if n.Anchor != "" {
		x.open = append(x.open, n)
		defer func() { x.open = x.open[:len(x.open)-1] }()
	}
	out := *n
	out.Anchor, out.Content, out.Style = "", nil, scalarStyle(n)
	out.HeadComment, out.LineComment, out.FootComment = safeComment(n.HeadComment), safeComment(n.LineComment), safeComment(n.FootComment)
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") || strings.HasPrefix(n.Tag, "!!python") {
		x.problem(n, fmt.Sprintf("has the tag %s, want plain YAML", n.Tag))
	}
	switch n.Kind {
	case yaml.MappingNode:
		x.mapping(&out, n)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			out.Content = append(out.Content, x.expand(item))
		}
	}
	return &out
}

func (x *zenmlExpander) alias(n *yaml.Node) *yaml.Node {
	if slices.Contains(x.open, n.Alias) {
		x.problem(n, fmt.Sprintf("alias %q contains itself", n.Value))
		return newMapping()
	}
	out := x.expand(n.Alias)
	out.LineComment = safeComment(n.LineComment)
	return out
}

// mapping copies the keys of a mapping, then those of its merge keys that it
// does not have itself.
func (x *zenmlExpander) mapping(out, n *yaml.Node) {
	seen := map[string]int{}
	var merged []*yaml.Node
	for k, v := range nodeEntries(n) {
		if k.ShortTag() == "!!merge" {
			merged = append(merged, x.expand(v))
			continue
		}
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			x.problem(k, fmt.Sprintf("a key is %s, want a string", nodeKind(k)))
			continue
		}
		if line := seen[k.Value]; line > 0 {
			x.problem(k, fmt.Sprintf("key %q is there twice, first in line %d, want it once", k.Value, line))
			continue
		}
		seen[k.Value] = k.Line
		key := x.expand(k)
		key.Value, key.Tag, key.Style = k.Value, "!!str", 0
		out.Content = append(out.Content, key, x.expand(v))
	}
	for _, m := range merged {
		x.merge(out, m, seen)
	}
}

func (x *zenmlExpander) merge(out, m *yaml.Node, seen map[string]int) {
	switch m.Kind {
	case yaml.SequenceNode:
		for _, item := range m.Content {
			x.merge(out, item, seen)
		}
	case yaml.MappingNode:
		for k, v := range nodeEntries(m) {
			if _, ok := seen[k.Value]; !ok {
				seen[k.Value] = k.Line
				out.Content = append(out.Content, k, v)
			}
		}
	default:
		x.problem(m, fmt.Sprintf("<< merges %s, want a mapping", nodeKind(m)))
	}
}

// pythonValue makes booleans of the plain words that Python takes for some,
// at any depth.
func pythonValue(n *yaml.Node) *yaml.Node {
	if b, ok := pythonBools[n.Value]; ok && n.Kind == yaml.ScalarNode && n.Style == 0 {
		n.Value, n.Tag = b, "!!bool"
	}
	for _, v := range nodeEntries(n) {
		pythonValue(v)
	}
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			pythonValue(item)
		}
	}
	return n
}

// safeComment returns a comment, unless it may hold a key that was taken out.
func safeComment(comment string) string {
	if strings.Contains(comment, "auth_key") {
		return ""
	}
	return comment
}

func encodeZenML(document *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err := errors.Join(encoder.Encode(document), encoder.Close())
	return b.Bytes(), err
}

// nodeEntries yields the keys and values of a mapping; anything else has none.
func nodeEntries(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(k, v *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// nodeLookup returns the value of a key, or nil.
func nodeLookup(n *yaml.Node, key string) *yaml.Node {
	for k, v := range nodeEntries(n) {
		if k.Value == key {
			return v
		}
	}
	return nil
}

func newMapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func newText(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	n.Style = scalarStyle(n)
	return n
}

// scalarStyle returns the style of a value, but quotes for a block that the
// encoder could not write so that it is read again: one that begins with white
// space or has other than printable characters.
func scalarStyle(n *yaml.Node) yaml.Style {
	odd := strings.ContainsFunc(n.Value, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.Contains(n.Value, "\n")
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && (odd || block && strings.TrimLeft(n.Value, " \t\n") != n.Value) {
		return yaml.DoubleQuotedStyle
	}
	return n.Style
}

// addKey appends a key. Comments above an own value move above its key.
func addKey(to *yaml.Node, key string, value *yaml.Node) {
	k := newText(key)
	k.HeadComment, value.HeadComment = value.HeadComment, ""
	to.Content = append(to.Content, k, value)
}

func isNullNode(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// nodeKind says what a value is, for messages.
func nodeKind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNullNode(n):
		return "null"
	}
	return strconv.Quote(n.Value)
}

func zenmlPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func zenmlKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
