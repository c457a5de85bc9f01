// The immutable fields that a plan changes, and what an engine needs for it.

package gitops

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// What makes engines delete and create an object that they cannot update, see
// https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#replace-resource-instead-of-applying-changes
// and https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources.
const (
	argoForce = "Replace=true,Force=true"
	argoHook  = "argocd.argoproj.io/hook"
	fluxForce = "kustomize.toolkit.fluxcd.io/force"
)

// An immutableChange is an object with immutable fields that a plan changes.
type immutableChange struct {
	file   string
	id     manifest.ID
	engine string
	fields []FieldChange
}

// immutableChanges compares the objects of a plan with the branch. An object
// that already tells its engine to replace it is none of them; neither is one
// that was edited by hand and is put right.
func (p *Plan) immutableChanges() []immutableChange {
	files := make(map[string]*Change, len(p.Changes))
	for i, c := range p.Changes {
		files[c.Path] = &p.Changes[i]
	}
	var list []immutableChange
	for _, t := range p.Touched {
		for _, o := range t.Objects {
			from := o.File
			if o.Action == Moved {
				from = o.From
			} else if o.Action != Changed {
				continue
			}
			before, after := files[from], files[o.File]
			if before == nil || after == nil {
				continue
			}
			c := immutableChange{file: o.File, engine: engineOf(p.run, t.Environment)}
			if c.compare(o.Object, before.Before, after.After) {
				list = append(list, c)
			}
		}
	}
	return list
}

func engineOf(run *Run, environment string) string {
	for _, r := range run.Rendered {
		if r.Settings.EnvironmentName() == environment {
			return r.Settings.Environment.Engine.Kind
		}
	}
	return ""
}

// compare fills in the fields that differ and reports whether there are any.
func (c *immutableChange) compare(object string, before, after []byte) bool {
	id, err := ParseObjectKey(object)
	k := immutableKindOf(id)
	if err != nil || k == nil || k.looksSame(before, after) {
		return false
	}
	was, is := decodeObject(before), decodeObject(after)
	if was == nil || is == nil || isReplaced(is, c.engine) {
		return false
	}
	c.id, c.fields = id, k.changes(was, is)
	return len(c.fields) > 0
}

// looksSame compares the text of the fields, since decoding a fleet's manifests
// takes seconds. It is right for canonical manifests; where a text has another
// form its sections differ, and it is decoded.
func (k *immutableKind) looksSame(before, after []byte) bool {
	for _, field := range k.fields {
		if !bytes.Equal(section(before, field), section(after, field)) {
			return false
		}
	}
	return true
}

// section returns the lines of a field, given as key or key.key, of a canonical
// manifest; nil where it has none.
func section(data []byte, field string) []byte {
	indent := ""
	for key := range strings.SplitSeq(field, ".") {
		line := []byte("\n" + indent + key + ":")
		if !bytes.HasPrefix(data, line[1:]) {
			start := bytes.Index(data, line)
			if start < 0 {
				return nil
			}
			data = data[start+1:]
		}
		data = data[:sectionEnd(data, indent)]
		indent += "  "
	}
	return data
}

// sectionEnd is where the next key at the same indentation begins.
func sectionEnd(data []byte, indent string) int {
	end := 0
	for line := range bytes.Lines(data) {
		inner, ok := bytes.CutPrefix(line, []byte(indent))
		if end > 0 && (!ok || len(inner) > 0 && inner[0] != ' ' && inner[0] != '-' && inner[0] != '\n') {
			break
		}
		end += len(line)
	}
	return end
}

// isReplaced reports whether an object tells its engine to replace it where it
// cannot be updated. Hooks of Argo CD are deleted before they are created.
func isReplaced(o *manifest.Object, engine string) bool {
	annotation := func(name string) string {
		v, _ := o.Field("metadata", "annotations", name)
		s, _ := v.(string)
		return s
	}
	options := strings.ReplaceAll(annotation(argoSyncOptions), " ", "") + ","
	argo := strings.Contains(options, "Replace=true,") && strings.Contains(options, "Force=true,") || annotation(argoHook) != ""
	flux := strings.EqualFold(annotation(fluxForce), "enabled")
	return engine != "flux" && argo || engine != "argocd" && flux
}

func (c *immutableChange) refuse() error {
	return &SafetyError{
		Message: c.described(),
		Next:    "keep the old value, or give the object another name; --recreate publishes it all the same, and then " + c.needs(),
	}
}

// told is what a run that goes on says.
func (c *immutableChange) told() string {
	return c.described() + "; " + c.needs()
}

func (c *immutableChange) described() string {
	const most = 5
	var parts []string
	for _, f := range c.fields[:min(len(c.fields), most)] {
		parts = append(parts, fmt.Sprintf("%s from %s to %s", f.Field, f.Old, f.New))
	}
	if more := len(c.fields) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more fields", more))
	}
	return fmt.Sprintf("%s: a running %s cannot change %s", c.file, c.id.Kind, strings.Join(parts, ", "))
}

// needs says what the engine needs to replace the object.
func (c *immutableChange) needs() string {
	argo := fmt.Sprintf("the annotation %s: %s (Argo CD)", argoSyncOptions, argoForce)
	flux := fmt.Sprintf("the annotation %s: enabled (Flux)", fluxForce)
	annotation := map[string]string{"argocd": argo, "flux": flux}[c.engine]
	if annotation == "" {
		annotation = argo + " or " + flux
	}
	return "the engine has to replace the object: for that it needs " + annotation + ", or delete it in the cluster yourself"
}

// brief is a value as a short text.
func brief(v any) string {
	const most = 80
	if v == nil {
		return "nothing"
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if r := []rune(string(data)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(data)
}

func hidden(v any) string {
	if v == nil {
		return "nothing"
	}
	return "(hidden)"
}

func itoa(i int) string { return strconv.Itoa(i) }
