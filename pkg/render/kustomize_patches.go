package render

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A patch is an entry of patches, or of what came before that field.
type patch struct {
	whence whence
	target *types.Selector
	docs   []manifest.Document
}

// patch checks one patch and copies it into memory.
func (b *build) patch(k *kustomization, p types.Patch, field string, i int) {
	at := k.whence(field, i)
	var docs []manifest.Document
	var start whence
	file := k.file
	switch {
	case (p.Path == "") == (p.Patch == ""):
		b.refuse(at(), "want either patch or path", "")
		return
	case p.Patch != "":
		start = k.textWhence(field, i, "patch")
		docs = b.documents(start, []byte(p.Patch))
	default:
		named, info := b.locateFile(k, p.Path, at)
		if info == nil {
			return
		}
		data, ok := b.content(named, at)
		if !ok {
			return
		}
		file, start = named, func() spot { return spot{named, 1} }
		docs = b.documents(start, data)
	}
	if docs == nil || !b.checkPatch(p, docs, start) || !b.checkTarget(p.Target, at) {
		return
	}
	k.patches = append(k.patches, patch{at, p.Target, docs})
	k.fields.Patches = append(k.fields.Patches, types.Patch{Path: b.store(k, file, docs), Target: p.Target, Options: p.Options})
}

// checkPatch looks at the form of a patch.
func (b *build) checkPatch(p types.Patch, docs []manifest.Document, start whence) bool {
	before := len(b.wrong)
	for _, d := range docs {
		at := func() spot { return start().below(d.Line) }
		switch value := d.Value.(type) {
		case map[string]any:
			o := &manifest.Object{Body: value}
			if o.Kind() == "" || o.Name() == "" {
				b.refuse(at(), "patch lacks kind or metadata.name, which kustomize wants even where target selects the objects", "add them; any name will do beside a target")
			}
		case []any:
			if p.Target == nil {
				b.refuse(at(), "JSON patch has no target", "add target: {kind: Deployment}")
			}
		default:
			b.refuse(at(), "patch is "+typeName(value)+", want a part of an object or a list of JSON patch operations", "")
		}
	}
	if _, isList := docs[0].Value.([]any); len(docs) > 1 && (isList || p.Target != nil) {
		b.refuse(start(), fmt.Sprintf("patch has %d documents, want one", len(docs)), "make an entry under patches of each")
	}
	return len(b.wrong) == before
}

func (b *build) checkTarget(target *types.Selector, at whence) bool {
	if target == nil {
		return true
	}
	if _, err := types.NewSelectorRegex(target); err != nil {
		b.refuse(at(), "target is no regular expression: "+err.Error(), "")
		return false
	}
	return true
}

// unmatched reports the patches that find no object, among those that were
// there before, those that the overlay adds, and those that there are now.
// kustomize keeps quiet about most of them.
func (b *build) unmatched(before []*manifest.Object, after ...*manifest.Object) error {
	var pool []candidate
	for _, o := range slices.Concat(before, after) {
		pool = append(pool, candidateOf(o))
	}
	for _, a := range b.added {
		pool = append(pool, a.candidate)
	}
	var wrong problems
	for _, k := range b.inOrder() {
		for _, p := range k.patches {
			message, hint := p.unmatched(pool)
			if message == "" {
				continue
			}
			if b.component != nil {
				return b.problem("", 0, fmt.Sprintf("component %q finds no %s %s to work on", b.name, p.target.Kind, p.target.Name),
					cmp.Or(b.component.unmatched, "the component needs the Deployment that lading renders, under its own name"))
			}
			at := p.whence()
			wrong = append(wrong, b.problem(at.file, at.line, message, hint))
		}
	}
	return wrong.err()
}

// inOrder returns the kustomizations in the order in which they were loaded.
func (b *build) inOrder() []*kustomization {
	var all []*kustomization
	for _, k := range b.loaded {
		all = append(all, k)
	}
	slices.SortFunc(all, func(x, y *kustomization) int {
		return cmp.Or(cmp.Compare(len(x.dir), len(y.dir)), cmp.Compare(x.dir, y.dir))
	})
	return all
}

// unmatched says what is wrong where the patch matches none of the objects.
func (p patch) unmatched(pool []candidate) (message, hint string) {
	if p.target != nil {
		regex, err := types.NewSelectorRegex(p.target)
		if err == nil && slices.ContainsFunc(pool, func(c candidate) bool { return c.selected(regex, p.target) }) {
			return "", ""
		}
		return fmt.Sprintf("target matches no object: %s", p.describe()), "there are " + listOf(pool)
	}
	for _, d := range p.docs {
		body, _ := d.Value.(map[string]any)
		want := candidateOf(&manifest.Object{Body: body})
		if !slices.ContainsFunc(pool, want.named) {
			return fmt.Sprintf("patch is for %s, which is not there; names differ by deployment and environment", want),
				fmt.Sprintf("select it by target: {kind: %s}", want.kind)
		}
	}
	return "", ""
}

// describe writes the target as the user would.
func (p patch) describe() string {
	if p.target == nil {
		return "object"
	}
	var parts []string
	for _, part := range []struct{ key, value string }{
		{"group", p.target.Group}, {"version", p.target.Version}, {"kind", p.target.Kind},
		{"name", p.target.Name}, {"namespace", p.target.Namespace},
		{"labelSelector", p.target.LabelSelector}, {"annotationSelector", p.target.AnnotationSelector},
	} {
		if part.value != "" {
			parts = append(parts, part.key+": "+part.value)
		}
	}
	return strings.Join(parts, ", ")
}

// A candidate is what a target may select.
type candidate struct {
	group, version, kind, name, namespace string
	metadata                              map[string]any
}

func candidateOf(o *manifest.Object) candidate {
	version := o.APIVersion()
	if i := strings.IndexByte(version, '/'); i >= 0 {
		version = version[i+1:]
	}
	metadata, _ := o.Body["metadata"].(map[string]any)
	return candidate{o.Group(), version, o.Kind(), o.Name(), o.Namespace(), metadata}
}

func (c candidate) String() string { return c.kind + " " + c.name }

// selected tells whether kustomize would select the candidate.
func (c candidate) selected(regex *types.SelectorRegex, target *types.Selector) bool {
	if !regex.MatchGvk(resid.Gvk{Group: c.group, Version: c.version, Kind: c.kind}) || !regex.MatchName(c.name) ||
		!regex.MatchNamespace(cmp.Or(c.namespace, resid.DefaultNamespace)) {
		return false
	}
	if target.LabelSelector == "" && target.AnnotationSelector == "" {
		return true
	}
	node, err := yaml.FromMap(map[string]any{"metadata": map[string]any{
		"labels":      orEmpty(c.metadata["labels"]),
		"annotations": orEmpty(c.metadata["annotations"]),
	}})
	if err != nil {
		return false
	}
	byLabel, err := node.MatchesLabelSelector(target.LabelSelector)
	if err != nil || !byLabel {
		return false
	}
	byAnnotation, err := node.MatchesAnnotationSelector(target.AnnotationSelector)
	return err == nil && byAnnotation
}

func orEmpty(v any) any {
	if v == nil {
		return map[string]any{}
	}
	return v
}

// named tells whether the candidate is the very object that a patch without
// target addresses.
func (c candidate) named(other candidate) bool {
	return c.group == other.group && c.version == other.version && c.kind == other.kind && c.name == other.name &&
		cmp.Or(c.namespace, resid.DefaultNamespace) == cmp.Or(other.namespace, resid.DefaultNamespace)
}

// listOf names the objects for a hint.
func listOf(pool []candidate) string {
	var names []string
	for _, c := range pool {
		if name := c.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "no objects"
	}
	return strings.Join(names, ", ")
}

// checkContract refuses an overlay that renames or removes the Deployment or
// the Service, or changes how they find their pods; finish looks at the result
// of all overlays once more.
func (b *build) checkContract(top *kustomization, j job, after []*manifest.Object) {
	name, _ := b.filling["name"].(string)
	for _, kind := range []string{"Deployment.apps", "Service"} {
		before := find(j.Objects, kind, name)
		if before == nil {
			continue
		}
		now := find(after, kind, name)
		if now == nil {
			b.checkKept(top, before, after)
			continue
		}
		was, _ := before.Field("spec", "selector")
		if is, _ := now.Field("spec", "selector"); !reflect.DeepEqual(was, is) {
			b.refuse(b.culprit(top, changesSelector, "commonLabels", "labels"),
				fmt.Sprintf("selector of %s %s is changed to %s, want %s", now.Kind(), name, oneLine(is), oneLine(was)),
				"use labels that stay out of selectors: labels with includeSelectors: false")
		}
	}
}

func (b *build) checkKept(top *kustomization, before *manifest.Object, after []*manifest.Object) {
	for _, o := range after {
		if kindName(o) == kindName(before) && o.Origin.String() == before.Origin.String() && len(o.Origin.Overlays) > 0 {
			b.refuse(b.culprit(top, changesName, "namePrefix", "nameSuffix"),
				fmt.Sprintf("%s %s is renamed to %s, want the name that everything finds it by", before.Kind(), before.Name(), o.Name()),
				"leave names to lading; they are unique already")
			return
		}
	}
	b.refuse(b.culprit(top, removes), fmt.Sprintf("%s %s is removed, want it kept", before.Kind(), before.Name()), "")
}

// culprit finds the line that did it: a patch of that effect, or one of the
// fields.
func (b *build) culprit(top *kustomization, effect func(patch) bool, fields ...string) spot {
	for _, k := range b.inOrder() {
		for _, p := range k.patches {
			if effect(p) {
				return p.whence()
			}
		}
		for _, field := range fields {
			if at := k.spot(field); at.line > 0 {
				return at
			}
		}
	}
	return spot{file: top.file}
}

func changesSelector(p patch) bool { return mentions(p, `selector`) }
func changesName(p patch) bool     { return mentions(p, `"/metadata/name"`) }
func removes(p patch) bool         { return mentions(p, `"$patch":"delete"`) }

// mentions tells whether a patch, as JSON, contains a text.
func mentions(p patch, text string) bool {
	for _, d := range p.docs {
		if strings.Contains(oneLine(d.Value), text) {
			return true
		}
	}
	return false
}
