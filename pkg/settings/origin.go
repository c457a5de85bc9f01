// Where values come from.

package settings

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
)

// The names of layers, low to high. Those of an environment have its name
// behind them.
const (
	layerDefault     = "built-in default"
	layerDerived     = "derived"
	layerProject     = "project"
	layerDefaults    = "project defaults"
	layerEnvironment = "project environment"
	layerDeployment  = "deployment"
	layerForEnv      = "deployment environment"
	layerSet         = "--set"
	layerImage       = "--image"
)

// An Origin tells which layer set a value, and where. The position is zero
// for built-in values and flags.
type Origin struct {
	Position
	Layer string
}

// A Value is one resolved value.
type Value struct {
	// Path is the field below spec, as --set writes it.
	Path string
	// Value is a bool, int64, float64, string, []any or map[string]any.
	Value  any
	Origin Origin
}

// Origin returns where the value of a field comes from, and whether the field
// has a value. The path starts below spec and is written as for --set:
// settings.deployer.labels[prometheus.io/scrape]. A value that a layer took
// back with null comes from that layer.
func (r *Resolved) Origin(path string) (Origin, bool) {
	keys, err := splitPath(path)
	if err != nil {
		return Origin{}, false
	}
	n, t := r.tree, deploymentType()
	for i, key := range keys {
		next := n.step(key)
		if next == nil || next.form == nullForm {
			return defaultOrigin(next, t, keys[i:])
		}
		n, t = next, t.child(key)
	}
	return n.origin(), true
}

// Place returns where a field of an environment is set, be it in the
// environment or for the whole project: gitops.branch, engine.kind. A field that
// is not set belongs where the mapping around it begins, in the end where the
// environment or the project does. Without a project there is no place.
func (p *Project) Place(environment, field string) Position {
	if p == nil {
		return Position{}
	}
	n := p.environments[environment]
	at := cmp.Or(n.position(), p.Position)
	for key := range strings.SplitSeq(field, ".") {
		if n = n.get(key); n == nil {
			break
		}
		at = n.position()
	}
	return at
}

// step returns what lies below a key or an index.
func (n *node) step(key string) *node {
	if n == nil || n.form != listForm {
		return n.get(key)
	}
	i, err := strconv.Atoi(key)
	if err != nil || i < 0 || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

func (n *node) origin() Origin { return Origin{n.position(), n.src.layer} }

// defaultOrigin is the origin of a value that no layer sets: the built-in one
// where there is one, or the null that took it back.
func defaultOrigin(null *node, t *typ, keys []string) (Origin, bool) {
	if null != nil {
		return null.origin(), true
	}
	for i, key := range keys {
		if t == nil || t.kind != structKind {
			return Origin{}, false
		}
		f, ok := t.byKey[key]
		if !ok || f.optional {
			return Origin{}, false
		}
		if f.def != "" && i == len(keys)-1 {
			return Origin{Layer: layerDefault}, true
		}
		t = f.typ
	}
	return Origin{}, false
}

// Values returns every value of the resolved spec, built-in ones included, in
// the order of the schema. Mappings are taken apart into their leaves; lists
// are one value, except for components and overlays, whose items come from
// several layers.
func (r *Resolved) Values() []Value {
	var c collector
	c.structure(r.tree, deploymentType(), "")
	return c.values
}

type collector struct{ values []Value }

func (c *collector) add(path string, value any, origin Origin) {
	c.values = append(c.values, Value{path, value, origin})
}

func (c *collector) structure(n *node, t *typ, path string) {
	for _, f := range t.fields {
		at, below := joinPath(path, f.key), n.get(f.key)
		switch {
		case below.isSet():
			c.value(below, f, f.typ, at)
		case f.def != "":
			origin := Origin{Layer: layerDefault}
			if below != nil {
				origin = below.origin()
			}
			c.add(at, export(f.defaultValue()), origin)
		case f.typ.kind == structKind && !f.optional:
			c.structure(nil, f.typ, at)
		}
	}
}

// value collects a value that is there; f is nil below free values.
func (c *collector) value(n *node, f *field, t *typ, path string) {
	switch {
	case t != nil && t.kind == structKind && n.form == mapForm:
		c.structure(n, t, path)
	case n.form == mapForm && len(n.asMap()) > 0:
		for _, e := range n.entries {
			if e.value.isSet() {
				c.value(e.value, nil, t.child(e.key), joinPath(path, e.key))
			}
		}
	case n.form == listForm && f != nil && f.appends:
		for i, item := range n.items {
			c.value(item, nil, t.elem, path+"["+strconv.Itoa(i)+"]")
		}
	default:
		c.add(path, export(n.plain()), n.origin())
	}
}

// export turns a value into what JSON knows.
func export(v any) any {
	switch v := v.(type) {
	case Path:
		return string(v)
	case Decimal:
		return v.number()
	case Map:
		return exportMap(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = export(item)
		}
		return out
	}
	return v
}

func exportMap(m Map) map[string]any {
	return maps.Collect(func(yield func(string, any) bool) {
		for _, e := range m {
			if !yield(e.Key, export(e.Value)) {
				return
			}
		}
	})
}

// number returns a decimal as JSON would hold it.
func (d Decimal) number() any {
	if i, err := strconv.ParseInt(string(d), 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return string(d)
	}
	return f
}
