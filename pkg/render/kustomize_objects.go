package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
)

// How objects get into kustomize and back without a loss. They go in as JSON,
// which every YAML reader understands in the same way, and come back from
// kustomize's nodes, without the detour over text.

const (
	// indexAnnotation carries an object's place in the stream. kustomize
	// keeps annotations of this domain through every kind of patch.
	indexAnnotation = leakDomain + "lading-index"
	// localAnnotation makes kustomize drop an object.
	localAnnotation = "config.kubernetes.io/local-config"
)

// leakKeys are the annotations that kustomize writes for itself, besides all of
// leakDomain.
var leakKeys = []string{
	"alpha.config.kubernetes.io/transformations",
	"config.kubernetes.io/index",
	"config.kubernetes.io/origin",
	"config.kubernetes.io/path",
}

const leakDomain = "internal.config.kubernetes.io/"

// isHeldBack tells which objects kustomize would not give back: those that it
// takes for lists, and those that are marked as meant for kustomize alone.
// They pass by it.
func isHeldBack(o *manifest.Object) bool {
	if _, ok := o.Body["items"]; ok && strings.HasSuffix(o.Kind(), "List") {
		return true
	}
	local, ok := o.Field("metadata", "annotations", localAnnotation)
	return ok && local != "false"
}

// encodeObjects writes the objects as a stream for kustomize.
func encodeObjects(objects []*manifest.Object) ([]byte, error) {
	var out bytes.Buffer
	for i, o := range objects {
		if isHeldBack(o) {
			continue
		}
		text, err := encodeJSON(indexed(o.Body, i))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", o.Origin, o.ID(), err)
		}
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// indexed returns a copy of an object's body that bears its index.
func indexed(body map[string]any, index int) map[string]any {
	metadata, _ := body["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	return with(body, "metadata", with(metadata, "annotations", with(annotations, indexAnnotation, strconv.Itoa(index))))
}

func with(m map[string]any, key string, value any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	out[key] = value
	return out
}

// encodeJSON writes a value as JSON that is YAML as well.
func encodeJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	hidden, _ := hideIntegers(v)
	if err := encoder.Encode(hidden); err != nil {
		return nil, err
	}
	return escapeForYAML(out.Bytes()), nil
}

// escapeForYAML escapes the characters that JSON allows in a text and YAML
// does not, or reads as something else.
func escapeForYAML(text []byte) []byte {
	if !bytes.ContainsFunc(text, needsEscape) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if needsEscape(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}

func needsEscape(r rune) bool {
	return r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

// integerMark begins the text that stands for an integer beyond 2^53:
// kustomize applies JSON patches in floating point.
const integerMark = "\ue000lading-integer:"

// hideIntegers returns the value with such integers as texts, and whether there
// was one. The value itself stays as it is.
func hideIntegers(v any) (any, bool) {
	switch v := v.(type) {
	case int64:
		if v >= maxExact || v <= -maxExact {
			return integerMark + strconv.FormatInt(v, 10), true
		}
	case map[string]any:
		var out map[string]any
		for key, item := range v {
			if hidden, found := hideIntegers(item); found {
				if out == nil {
					out = maps.Clone(v)
				}
				out[key] = hidden
			}
		}
		if out != nil {
			return out, true
		}
	case []any:
		var out []any
		for i, item := range v {
			if hidden, found := hideIntegers(item); found {
				if out == nil {
					out = slices.Clone(v)
				}
				out[i] = hidden
			}
		}
		if out != nil {
			return out, true
		}
	}
	return v, false
}

// showIntegers returns the value with the integers that were hidden in texts.
func showIntegers(v any) any {
	switch v := v.(type) {
	case string:
		if hidden, ok := strings.CutPrefix(v, integerMark); ok {
			if n, err := strconv.ParseInt(hidden, 10, 64); err == nil {
				return n
			}
		}
	case map[string]any:
		for key, item := range v {
			v[key] = showIntegers(item)
		}
	case []any:
		for i, item := range v {
			v[i] = showIntegers(item)
		}
	}
	return v
}

// decodeResource returns what kustomize made of an object, and the index of
// the object that it was, -1 for a new one.
func decodeResource(res *resource.Resource) (map[string]any, int, error) {
	v, err := decodeNode(res.YNode(), 0)
	if err != nil {
		return nil, 0, fmt.Errorf("%s %s: %w", res.GetKind(), res.GetName(), err)
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, 0, fmt.Errorf("result is %s, want an object", typeName(v))
	}
	return body, takeIndex(body), nil
}

// takeIndex removes kustomize's annotations, and returns the index among them.
func takeIndex(body map[string]any) int {
	metadata, _ := body["metadata"].(map[string]any)
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok {
		return -1
	}
	index := -1
	if text, ok := annotations[indexAnnotation].(string); ok {
		if n, err := strconv.Atoi(text); err == nil {
			index = n
		}
	}
	removed := false
	for key := range annotations {
		if isLeak(key) {
			delete(annotations, key)
			removed = true
		}
	}
	if removed && len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	return index
}

func isLeak(key string) bool {
	return strings.HasPrefix(key, leakDomain) || slices.Contains(leakKeys, key)
}

// decodeNode returns the value of a node.
func decodeNode(n *yaml.Node, depth int) (any, error) {
	if depth > manifest.MaxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", manifest.MaxDepth)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return decodeNode(n.Content[0], depth+1)
	case yaml.AliasNode:
		return decodeNode(n.Alias, depth+1)
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := decodeNode(n.Content[i+1], depth+1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", n.Content[i].Value, err)
			}
			if v != nil {
				m[n.Content[i].Value] = v
			}
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			v, err := decodeNode(item, depth+1)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			list[i] = v
		}
		return list, nil
	}
	return decodeScalar(n)
}

func decodeScalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!str", "!!timestamp", "!!merge":
		if hidden, ok := strings.CutPrefix(n.Value, integerMark); ok {
			return strconv.ParseInt(hidden, 10, 64)
		}
		return n.Value, nil
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i, nil
		}
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	return manifest.Normalize(v)
}

// sameValue tells whether two values are the same manifest, in which a null is
// as good as nothing.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		return ok && sameMap(a, other)
	case []any:
		other, ok := b.([]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], other[i]) {
				return false
			}
		}
		return true
	}
	return a == b
}

func sameMap(a, b map[string]any) bool {
	count := 0
	for key, v := range a {
		if v == nil {
			continue
		}
		if !sameValue(v, b[key]) {
			return false
		}
		count++
	}
	for _, v := range b {
		if v != nil {
			count--
		}
	}
	return count == 0
}
