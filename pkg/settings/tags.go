// The struct tags as a value: one description of the schema, which the loader,
// --set, the JSON Schema and the reference page all read.

package settings

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// The tags, all but yaml and doc optional:
//
//	yaml      the key; ",inline" for fields that stand beside the others
//	doc       the description
//	default   the built-in value
//	enum      the values that are accepted, separated by commas
//	min, max  the bounds of a number; above: the bound that it must exceed
//	pattern   the rule of a text, of the items of a list, of the keys of a Map
//	required  "true"; "merged" where several layers may supply it together
//	of        what the values of a Map are: string or quantity; free form if absent
//	keyed     a list that is written as a mapping: the field that holds the key
//	merge     "append": a list that layers add to, not replace
//	instead   the key that setting this one in a higher layer takes back
//	only      "deployment": not for environments.<name> of a deployment
//	short     "true": this field alone may stand for the whole mapping
//	path      what a [Path] leads to: file or directory
//	refuse    why no value is accepted

// A kind is what a value must be.
type kind uint8

const (
	boolKind kind = iota
	intKind
	decimalKind
	textKind
	quantityKind // a text or a number that Kubernetes reads as a quantity
	pathKind
	listKind
	mapKind    // a mapping with keys of the user's choice
	structKind // a mapping with known keys
	freeKind   // a mapping that is passed on
	anyKind
)

// A typ describes what stands under a key.
type typ struct {
	kind      kind
	enum      []string
	min, max  string // bounds of a number, empty where there is none
	exclusive bool   // min itself is out of bounds
	rule      *rule  // of a text, or of the keys of a mapping
	path      string // what a path leads to
	refuse    string // why no value is accepted
	elem      *typ   // of lists and mapKind
	fields    []*field
	byKey     map[string]*field
	short     *field // may stand for the whole mapping
	name      string // of a struct, for $defs and headings
	// late tells that something below is required after merging.
	late bool
}

// A field is one key of a structKind.
type field struct {
	key, doc, def, instead string
	required, merged       bool // merged: required, but of all layers together
	appends                bool
	optional               bool  // absent as a whole, defaults included
	index                  []int // of the Go field
	typ                    *typ
}

// A metadata is the metadata of both documents.
type metadata struct {
	Name   string `yaml:"name" required:"true" pattern:"text" doc:"Human-readable name: any printable text."`
	Labels Map    `yaml:"labels" of:"string" pattern:"label-keys" doc:"Labels to select by, as with -l team=ml."`
}

type deploymentDocument struct {
	APIVersion string         `yaml:"apiVersion" required:"true" enum:"lading.dev/v1alpha1" doc:"Version of the document."`
	Kind       string         `yaml:"kind" required:"true" enum:"PipelineDeployment" doc:"Kind of the document."`
	Metadata   metadata       `yaml:"metadata" required:"true" doc:"Name and labels."`
	Spec       DeploymentSpec `yaml:"spec" doc:"What is deployed."`
}

type projectDocument struct {
	APIVersion string      `yaml:"apiVersion" required:"true" enum:"lading.dev/v1alpha1" doc:"Version of the document."`
	Kind       string      `yaml:"kind" required:"true" enum:"Project" doc:"Kind of the document."`
	Metadata   metadata    `yaml:"metadata" required:"true" doc:"Name and labels."`
	Spec       ProjectSpec `yaml:"spec" doc:"What the deployments share."`
}

// Kinds lists the documents that a user writes.
var Kinds = []string{"PipelineDeployment", "Project"}

// documentTypes describes each kind of document. The description is built
// when it is first needed, since most commands need one of the two at most.
var documentTypes = map[string]func() *typ{
	"PipelineDeployment": sync.OnceValue(func() *typ { return describeStruct(reflect.TypeFor[deploymentDocument](), false) }),
	"Project":            sync.OnceValue(func() *typ { return describeStruct(reflect.TypeFor[projectDocument](), false) }),
}

// deploymentType and projectType describe the two specs.
func deploymentType() *typ { return documentTypes["PipelineDeployment"]().byKey["spec"].typ }
func projectType() *typ    { return documentTypes["Project"]().byKey["spec"].typ }

// describeStruct describes a mapping with known keys. Within environments of
// a deployment the fields that belong to deployments only are left out.
func describeStruct(t reflect.Type, environment bool) *typ {
	d := &typ{kind: structKind, byKey: make(map[string]*field), name: t.Name()}
	if environment && t == reflect.TypeFor[DeploymentSpec]() {
		d.name = "DeploymentEnvironment"
	}
	d.addFields(t, nil, environment)
	return d
}

func (d *typ) addFields(t reflect.Type, index []int, environment bool) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		key := sf.Tag.Get("yaml")
		switch {
		case key == "-" || environment && sf.Tag.Get("only") == "deployment":
		case key == ",inline" || key == "" && sf.Anonymous:
			d.addFields(sf.Type, at, environment)
		default:
			d.addField(describeField(sf, at, environment), sf)
		}
	}
}

func (d *typ) addField(f *field, sf reflect.StructField) {
	d.fields = append(d.fields, f)
	d.byKey[f.key] = f
	d.late = d.late || f.merged || f.typ.late
	if sf.Tag.Get("short") == "true" {
		d.short = f
	}
}

func describeField(sf reflect.StructField, index []int, environment bool) *field {
	tag := sf.Tag.Get
	return &field{
		key:      tag("yaml"),
		doc:      tag("doc"),
		def:      tag("default"),
		instead:  tag("instead"),
		required: tag("required") == "true",
		merged:   tag("required") == "merged",
		appends:  tag("merge") == "append",
		optional: sf.Type.Kind() == reflect.Pointer,
		index:    index,
		typ:      describeType(sf.Type, sf.Tag, environment || tag("yaml") == "environments" && sf.Type.Kind() == reflect.Map),
	}
}

// maxInteger is the largest number that Kubernetes keeps in most of its
// fields.
const maxInteger = "2147483647"

// describeType describes a Go type under the tags of its field.
func describeType(t reflect.Type, tag reflect.StructTag, environment bool) *typ {
	switch {
	case t.Kind() == reflect.Pointer:
		return describeType(t.Elem(), tag, environment)
	case t == reflect.TypeFor[Map]():
		return describeMap(tag)
	case tag.Get("keyed") != "":
		elem := describeStruct(t.Elem(), environment)
		return &typ{kind: mapKind, elem: elem, rule: ruleNamed(tag.Get("pattern")), late: elem.late}
	case t.Kind() == reflect.Slice:
		return &typ{kind: listKind, elem: describeType(t.Elem(), tag, environment)}
	case t.Kind() == reflect.Map:
		elem := describeType(t.Elem(), "", environment)
		return &typ{kind: mapKind, elem: elem, rule: ruleNamed("dns-label")}
	case t.Kind() == reflect.Struct:
		return describeStruct(t, environment)
	}
	return describeScalar(t, tag)
}

func describeMap(tag reflect.StructTag) *typ {
	rule := ruleNamed(tag.Get("pattern"))
	switch of := tag.Get("of"); of {
	case "":
		return &typ{kind: freeKind, elem: anything, rule: rule}
	case "string":
		return &typ{kind: mapKind, elem: &typ{kind: textKind}, rule: rule}
	case "quantity":
		return &typ{kind: mapKind, elem: &typ{kind: quantityKind}, rule: rule}
	default:
		panic(fmt.Sprintf("settings: unknown tag of:%q", of))
	}
}

func describeScalar(t reflect.Type, tag reflect.StructTag) *typ {
	d := &typ{
		min:    tag.Get("min"),
		max:    tag.Get("max"),
		rule:   ruleNamed(tag.Get("pattern")),
		path:   tag.Get("path"),
		refuse: tag.Get("refuse"),
	}
	if above := tag.Get("above"); above != "" {
		d.min, d.exclusive = above, true
	}
	if enum := tag.Get("enum"); enum != "" {
		d.enum = strings.Split(enum, ",")
	}
	switch {
	case t == reflect.TypeFor[Decimal]():
		d.kind = decimalKind
	case t == reflect.TypeFor[Path]():
		d.kind = pathKind
	case t.Kind() == reflect.String:
		d.kind = textKind
	case t.Kind() == reflect.Bool:
		d.kind = boolKind
	case t.Kind() == reflect.Int:
		d.kind = intKind
	default:
		panic(fmt.Sprintf("settings: no kind for fields of type %s", t))
	}
	if d.kind == intKind && d.max == "" {
		d.max = maxInteger
	}
	return d
}

// keys returns the keys of a structKind in the order of the documents.
func (d *typ) keys() []string {
	keys := make([]string, len(d.fields))
	for i, f := range d.fields {
		keys[i] = f.key
	}
	return keys
}

// wanted says in words what a value must be.
func (d *typ) wanted() string {
	switch d.kind {
	case boolKind:
		return "true or false"
	case intKind:
		return "a whole number"
	case decimalKind:
		return "a number"
	case textKind:
		return "a string"
	case quantityKind:
		return "a quantity such as 500m or 2Gi"
	case pathKind:
		return "a path"
	case listKind:
		return "a list"
	case anyKind:
		return "a value"
	}
	if d.short != nil {
		return "a " + d.short.key + " or a mapping"
	}
	if d.kind == structKind && len(d.fields) <= 3 {
		return "a mapping with " + strings.Join(d.keys(), " and ")
	}
	return "a mapping"
}

// child returns the description of what stands under a key, nil where it is
// not known.
func (d *typ) child(key string) *typ {
	switch {
	case d == nil:
		return nil
	case d.kind == structKind:
		if f, ok := d.byKey[key]; ok {
			return f.typ
		}
		return nil
	case d.kind == anyKind:
		return d
	}
	return d.elem
}

// defaultValue returns the built-in value as a tree would hold it, nil where
// there is none.
func (f *field) defaultValue() any {
	switch {
	case f.def == "":
		return nil
	case f.typ.kind == boolKind:
		return f.def == "true"
	case f.typ.kind == intKind:
		return atoi(f.def)
	case f.typ.kind == decimalKind:
		return Decimal(f.def)
	}
	return f.def
}
