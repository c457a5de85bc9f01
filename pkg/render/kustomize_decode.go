package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/lading-dev/lading/internal/nearest"
)

// decodeFields reads the fields in the way of kustomize itself, so that both
// see the same.
func (b *build) decodeFields(k *kustomization, value map[string]any) bool {
	text, err := json.Marshal(value)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&k.fields)
	}
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return true
	case errors.As(err, &wrongType):
		field, _, _ := strings.Cut(wrongType.Field, ".")
		b.refuse(k.spot(field), fmt.Sprintf("%s is of type %s, want %s", wrongType.Field, wrongType.Value, goKind(wrongType.Type)), "")
	default:
		message := strings.TrimPrefix(err.Error(), "json: ")
		name := strings.Trim(strings.TrimPrefix(message, "unknown field "), `"`)
		b.refuse(k.keySpot(name), message, nearest.Hint(name, fieldNames()))
	}
	return false
}

// goKind names a Go type as an author of YAML would.
func goKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "a mapping"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

// kustomizationFields are the fields that kustomize knows, at the top.
var kustomizationFields = sync.OnceValue(func() []string {
	return jsonNames(reflect.TypeFor[types.Kustomization](), 0)
})

// fieldNames are the fields that kustomize knows, at any depth.
var fieldNames = sync.OnceValue(func() []string {
	return jsonNames(reflect.TypeFor[types.Kustomization](), maxOverlayDepth)
})

// jsonNames returns the names of a type's fields, and of those below them.
func jsonNames(t reflect.Type, depth int) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || depth < 0 {
		return nil
	}
	var names []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" {
			names = append(names, name)
			names = append(names, jsonNames(field.Type, depth-1)...)
		} else if field.Anonymous {
			names = append(names, jsonNames(field.Type, depth)...)
		}
	}
	return names
}
