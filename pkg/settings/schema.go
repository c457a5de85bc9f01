// The JSON Schema of both documents, for editors.

package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Schema returns the JSON Schema (draft 2020-12) of a kind of document. It
// accepts all that the loader accepts of a single document, and refuses what
// can be refused by looking at one value.
func Schema(kind string) ([]byte, error) {
	describe, ok := documentTypes[kind]
	if !ok {
		return nil, fmt.Errorf("there is no kind %q, want %s", kind, orList(Kinds))
	}
	w := &schemaWriter{defs: make(map[string]object)}
	root := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", kind},
		{"description", "A document of kind " + kind + " that lading reads."},
	}
	root = append(root, w.structure(describe(), false)...)
	root = append(root, member{"$defs", w.definitions()})
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(root)
	return out.Bytes(), err
}

// An object is a JSON object that keeps its order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		var value bytes.Buffer
		enc := json.NewEncoder(&value)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(bytes.TrimSpace(value.Bytes()))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// A schemaWriter collects the definitions that schemas refer to.
type schemaWriter struct {
	defs  map[string]object
	order []string
}

func (w *schemaWriter) definitions() object {
	out := make(object, len(w.order))
	for i, name := range w.order {
		out[i] = member{name, w.defs[name]}
	}
	return out
}

// ref returns a reference to a definition, which is made when first needed.
func (w *schemaWriter) ref(name string, define func() object) object {
	if _, ok := w.defs[name]; !ok {
		w.defs[name] = nil
		w.order = append(w.order, name)
		w.defs[name] = define()
	}
	return object{{"$ref", "#/$defs/" + name}}
}

// field describes one key. Null takes a value back, so it is accepted where
// no value is required.
func (w *schemaWriter) field(f *field) object {
	out := w.value(f.typ, !f.required)
	if f.appends {
		out = append(out, member{"uniqueItems", true})
	}
	if def := f.defaultValue(); def != nil {
		out = append(out, member{"default", export(def)})
	}
	return append(out, member{"description", f.doc})
}

func (w *schemaWriter) value(t *typ, nullable bool) object {
	if t.refuse != "" {
		return object{{"type", "null"}}
	}
	switch t.kind {
	case structKind:
		out := w.ref(t.name, func() object { return w.structure(t, true) })
		return notNull(out, nullable)
	case listKind:
		return object{{"type", types(nullable, "array")}, {"items", w.value(t.elem, false)}}
	case mapKind, freeKind:
		return w.mapping(t, nullable)
	case anyKind:
		return notNull(w.ref("Value", w.anyValue), nullable)
	case boolKind:
		return object{{"type", types(nullable, "boolean")}}
	case intKind:
		return append(object{{"type", types(nullable, "integer")}}, numberBounds(t)...)
	case decimalKind:
		return append(object{{"type", types(nullable, "number")}}, numberBounds(t)...)
	case quantityKind:
		return object{{"type", types(nullable, "string", "number")}, {"pattern", quantityPattern}}
	case pathKind:
		return object{{"type", types(nullable, "string")}, {"minLength", 1}}
	}
	return textSchema(t, nullable)
}

func notNull(o object, nullable bool) object {
	if nullable {
		return o
	}
	return append(o, member{"not", object{{"type", "null"}}})
}

func types(nullable bool, names ...string) any {
	if nullable {
		names = append(names, "null")
	}
	if len(names) == 1 {
		return names[0]
	}
	return names
}

// anyValue is a value that is passed on: anything without null in its lists.
func (w *schemaWriter) anyValue() object {
	self := object{{"$ref", "#/$defs/Value"}}
	return object{
		{"items", notNull(slices.Clone(self), false)},
		{"additionalProperties", self},
	}
}

func textSchema(t *typ, nullable bool) object {
	out := object{{"type", types(nullable, "string")}}
	if len(t.enum) > 0 {
		values := make([]any, 0, len(t.enum)+1)
		for _, e := range t.enum {
			values = append(values, e)
		}
		if nullable {
			values = append(values, nil)
		}
		out = append(out, member{"enum", values})
	}
	return append(out, ruleSchema(t.rule)...)
}

func ruleSchema(r *rule) object {
	if r == nil {
		return nil
	}
	out := object{{"pattern", r.pattern}}
	if r.max > 0 {
		out = append(out, member{"maxLength", r.max})
	}
	if len(r.reserved) > 0 {
		out = append(out, member{"not", object{{"enum", r.reserved}}})
	}
	return out
}

func numberBounds(t *typ) object {
	var out object
	if t.min != "" {
		key := "minimum"
		if t.exclusive {
			key = "exclusiveMinimum"
		}
		out = append(out, member{key, json.Number(t.min)})
	}
	high := t.max
	if high == "" {
		high = maxDecimal
	}
	return append(out, member{"maximum", json.Number(high)})
}

func (w *schemaWriter) mapping(t *typ, nullable bool) object {
	out := object{{"type", types(nullable, "object")}}
	if r := ruleSchema(t.rule); r != nil {
		out = append(out, member{"propertyNames", r})
	}
	return append(out, member{"additionalProperties", w.value(t.elem, true)})
}

// structure describes a mapping with known keys. Keys that several layers may
// supply together are not required of one document.
func (w *schemaWriter) structure(t *typ, nullable bool) object {
	names := []string{"object"}
	if t.short != nil {
		names = append(names, "string")
	}
	out := object{{"type", types(nullable, names...)}}
	if t.short != nil {
		out = append(out, ruleSchema(t.short.typ.rule)...)
	}
	var properties object
	required := []string{}
	for _, f := range t.fields {
		properties = append(properties, member{f.key, w.field(f)})
		if f.required {
			required = append(required, f.key)
		}
	}
	out = append(out, member{"properties", properties}, member{"additionalProperties", false})
	if len(required) > 0 {
		out = append(out, member{"required", required})
	}
	return append(out, alternatives(t)...)
}

// alternatives refuses two keys of which only one may be set.
func alternatives(t *typ) object {
	for _, f := range t.fields {
		if other, ok := t.byKey[f.instead]; ok && f.instead > f.key {
			set := object{{"not", object{{"type", "null"}}}}
			return object{{"not", object{
				{"required", []string{f.key, other.key}},
				{"properties", object{{f.key, set}, {other.key, set}}},
			}}}
		}
	}
	return nil
}
