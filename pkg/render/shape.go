package render

import (
	"fmt"
	"maps"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// misshapen says what an object lacks to be one: a kind, an API version and a
// name, and labels and annotations that are strings. The usual cause of the
// last is a value that a template printed without quotes.
func misshapen(o *manifest.Object) (message, hint string) {
	for _, key := range []string{"apiVersion", "kind"} {
		if text, ok := o.Body[key].(string); !ok || text == "" {
			return fmt.Sprintf("object has no %s, got %s", key, typeName(o.Body[key])), ""
		}
	}
	metadata, ok := o.Body["metadata"].(map[string]any)
	if !ok {
		return fmt.Sprintf("%s has no metadata, got %s", o.Kind(), typeName(o.Body["metadata"])), ""
	}
	if name, ok := metadata["name"].(string); !ok || name == "" {
		return fmt.Sprintf("metadata.name of %s is %s, want a name", o.Kind(), typeName(metadata["name"])), quoteIt(metadata["name"])
	}
	if namespace := metadata["namespace"]; namespace != nil {
		if _, ok := namespace.(string); !ok {
			return fmt.Sprintf("metadata.namespace of %s %s is %s, want a string", o.Kind(), o.Name(), typeName(namespace)), quoteIt(namespace)
		}
	}
	for _, key := range []string{"labels", "annotations"} {
		if message, hint := notStrings(o, key); message != "" {
			return message, hint
		}
	}
	return "", ""
}

func notStrings(o *manifest.Object, key string) (message, hint string) {
	value, _ := o.Field("metadata", key)
	if value == nil {
		return "", ""
	}
	m, ok := value.(map[string]any)
	if !ok {
		return fmt.Sprintf("metadata.%s of %s %s is %s, want a mapping", key, o.Kind(), o.Name(), typeName(value)), ""
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if _, ok := m[name].(string); !ok {
			return fmt.Sprintf("metadata.%s.%s of %s %s is %s, want a string", key, name, o.Kind(), o.Name(), typeName(m[name])), quoteIt(m[name])
		}
	}
	return "", ""
}

func quoteIt(v any) string {
	switch v.(type) {
	case bool, int64, float64:
		return "put it in quotes"
	}
	return ""
}
