package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

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
	if message := badName(o); message != "" {
		return message, ""
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

// What Kubernetes accepts of every kind, see
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/.
var (
	kindForm       = regexp.MustCompile(`^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$`)
	apiVersionForm = regexp.MustCompile(`^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[a-z]([-a-z0-9]*[a-z0-9])?$`)
	namespaceForm  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
)

// badName says which of an object's names no kind of object may have: those
// that would be another path, another line or another object to whoever
// reads them.
func badName(o *manifest.Object) string {
	name, namespace := o.Name(), o.Namespace()
	switch {
	case !kindForm.MatchString(o.Kind()):
		return fmt.Sprintf("kind is %q, want a kind such as ConfigMap", shorten(o.Kind()))
	case !apiVersionForm.MatchString(o.APIVersion()):
		return fmt.Sprintf("apiVersion is %q, want one such as apps/v1", shorten(o.APIVersion()))
	case name == ".", name == "..", strings.ContainsAny(name, "/%"), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Sprintf("metadata.name of %s is %q, want printable text without / and %%", o.Kind(), shorten(name))
	case namespace != "" && !namespaceForm.MatchString(namespace):
		return fmt.Sprintf("metadata.namespace of %s %s is %q, want the name of a namespace", o.Kind(), name, shorten(namespace))
	}
	return ""
}
