// From checked trees to Go values.

package settings

import (
	"reflect"
	"sync"
)

// A decoder fills Go values from trees.
type decoder struct {
	defaults bool // whether what is absent has its built-in value
}

// decode returns what a tree of a description says.
func decode[T any](n *node, t *typ, defaults bool) T {
	var out T
	d := decoder{defaults}
	v := reflect.ValueOf(&out).Elem()
	if defaults {
		setDefaults(t, v)
	}
	d.into(n, t, v)
	return out
}

// emptyDeployment is a spec with nothing but built-in values.
var emptyDeployment = sync.OnceValue(func() DeploymentSpec {
	return decode[DeploymentSpec](nil, deploymentType(), true)
})

// decodeDeployment is decode for the spec that there may be thousands of.
func decodeDeployment(n *node) DeploymentSpec {
	spec := emptyDeployment()
	decoder{defaults: true}.into(n, deploymentType(), reflect.ValueOf(&spec).Elem())
	return spec
}

func (d decoder) into(n *node, t *typ, v reflect.Value) {
	if !n.isSet() || n.isBad() {
		return
	}
	if v.Kind() == reflect.Pointer {
		d.pointer(n, t, v)
		return
	}
	switch t.kind {
	case boolKind:
		v.SetBool(n.value.(bool))
	case intKind:
		v.SetInt(n.value.(int64))
	case decimalKind:
		v.SetString(string(n.value.(Decimal)))
	case textKind:
		v.SetString(n.text)
	case pathKind:
		v.SetString(string(n.value.(Path)))
	case listKind:
		d.list(n, t, v)
	case structKind:
		d.structure(n, t, v)
	case mapKind, freeKind:
		d.mapping(n, t, v)
	}
}

func (d decoder) pointer(n *node, t *typ, v reflect.Value) {
	elem := reflect.New(v.Type().Elem())
	if d.defaults {
		setDefaults(t, elem.Elem())
	}
	d.into(n, t, elem.Elem())
	v.Set(elem)
}

func (d decoder) list(n *node, t *typ, v reflect.Value) {
	out := reflect.MakeSlice(v.Type(), 0, len(n.items))
	for _, item := range n.items {
		if item.isBad() {
			continue
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		d.into(item, t.elem, elem)
		out = reflect.Append(out, elem)
	}
	v.Set(out)
}

func (d decoder) structure(n *node, t *typ, v reflect.Value) {
	for _, e := range n.entries {
		if f, ok := t.byKey[e.key]; ok {
			d.into(e.value, f.typ, v.FieldByIndex(f.index))
		}
	}
	switch out := v.Addr().Interface().(type) {
	case *Component:
		if name := n.get("name"); name.isSet() && !name.isBad() {
			out.Path, _ = name.value.(Path)
		}
	case *HealthCheck:
		out.Position = n.position()
	}
}

// mapping fills a Map, or a list of secret variables. Other mappings, which
// are environments.<name>, are layers and not part of the values.
func (d decoder) mapping(n *node, t *typ, v reflect.Value) {
	switch out := v.Addr().Interface().(type) {
	case *Map:
		*out = n.asMap()
	case *[]SecretVariable:
		*out = make([]SecretVariable, 0, len(n.entries))
		for _, e := range n.entries {
			if !e.value.isSet() || e.value.isBad() {
				continue
			}
			s := SecretVariable{Name: e.key}
			d.into(e.value, t.elem, reflect.ValueOf(&s).Elem())
			*out = append(*out, s)
		}
	}
}

// setDefaults gives a value its built-in values, those of mappings that are
// absent as a whole left out.
func setDefaults(t *typ, v reflect.Value) {
	if t.kind != structKind {
		return
	}
	for _, f := range t.fields {
		at := v.FieldByIndex(f.index)
		switch def := f.defaultValue(); {
		case def == nil && !f.optional:
			setDefaults(f.typ, at)
		case def == nil:
		case f.optional:
			p := reflect.New(at.Type().Elem())
			p.Elem().Set(reflect.ValueOf(def).Convert(p.Elem().Type()))
			at.Set(p)
		default:
			at.Set(reflect.ValueOf(def).Convert(at.Type()))
		}
	}
}
