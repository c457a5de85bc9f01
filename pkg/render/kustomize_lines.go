package render

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// A spotter finds lines in a YAML file. It parses the file once somebody asks,
// which is when something is wrong.
type spotter struct {
	file   string
	data   []byte
	root   *yaml.Node
	parsed bool
}

func (s *spotter) tree() *yaml.Node {
	if !s.parsed {
		s.parsed = true
		var doc yaml.Node
		if err := yaml.Unmarshal(s.data, &doc); err == nil && len(doc.Content) > 0 {
			s.root = doc.Content[0]
		}
	}
	return s.root
}

// spot returns the place of a value, by keys and indexes, or of what is
// nearest above it.
func (s *spotter) spot(path ...any) spot {
	at := spot{file: s.file}
	node := s.tree()
	for _, step := range path {
		var line int
		if node, line = child(node, step); node == nil {
			break
		}
		at.line = line
	}
	return at
}

// child returns the value below a key or index, and the line where its key, or
// the item itself, is written.
func child(node *yaml.Node, step any) (*yaml.Node, int) {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node == nil {
		return nil, 0
	}
	switch step := step.(type) {
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if strings.EqualFold(node.Content[i].Value, step) {
				return node.Content[i+1], node.Content[i].Line
			}
		}
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step], node.Content[step].Line
		}
	}
	return nil, 0
}

// keySpot returns the place of the first mapping key of that name, anywhere.
func (s *spotter) keySpot(name string) spot {
	if line := keyLine(s.tree(), name); line > 0 {
		return spot{s.file, line}
	}
	return spot{file: s.file}
}

func keyLine(node *yaml.Node, name string) int {
	if node == nil {
		return 0
	}
	for i, c := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 && c.Value == name {
			return c.Line
		}
		if line := keyLine(c, name); line > 0 {
			return line
		}
	}
	return 0
}

// textSpot returns where the first line of a text is written: on the line
// after its key for a block of lines, on the key's own line otherwise.
func (s *spotter) textSpot(path ...any) spot {
	at := s.spot(path...)
	node := s.tree()
	for _, step := range path {
		node, _ = child(node, step)
	}
	if node != nil {
		at.line = node.Line
		if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			at.line++
		}
	}
	return at
}

// whence returns how to find the spot of a value.
func (s *spotter) whence(path ...any) whence {
	return func() spot { return s.spot(path...) }
}

// textWhence returns how to find where a text starts.
func (s *spotter) textWhence(path ...any) whence {
	return func() spot { return s.textSpot(path...) }
}
