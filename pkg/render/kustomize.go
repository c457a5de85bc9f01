package render

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// The kustomize engine lays one directory over objects.
//
// kustomize never sees the user's files: what a kustomization names is looked
// up, checked and copied into memory first, under made-up names
// (kustomize_files.go), with the objects as the first of its resources. So it
// can neither fetch anything nor run anything, and mistakes are reported where
// they were made. Values are taken from kustomize's own nodes, and what it
// writes into annotations for itself is removed (kustomize_objects.go).

// A kustomizeEngine runs kustomize in process.
type kustomizeEngine struct{}

func newKustomizeEngine(Limits) engine { return kustomizeEngine{} }

// run implements [engine].
func (kustomizeEngine) run(ctx context.Context, files fs.FS, j job) (*jobResult, error) {
	b, err := newBuild(files, j)
	if err != nil {
		return nil, err
	}
	top := b.load()
	slices.SortStableFunc(b.wrong, byLine)
	if err := b.wrong.err(); err != nil {
		return nil, err
	}
	input, err := encodeObjects(j.Objects)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	made, failure := b.run(top, input)
	if failure != nil {
		if err := b.unmatched(j.Objects); err != nil {
			return nil, err // the likelier cause
		}
		return nil, b.failed(top, input, failure)
	}
	result, err := b.decode(j, made)
	if err != nil {
		return nil, err
	}
	if err := b.unmatched(j.Objects, result...); err != nil {
		return nil, err
	}
	b.checkContract(top, j, result)
	return &jobResult{Objects: result, Warnings: settings.Problems(b.warnings)}, b.wrong.err()
}

// byLine sorts problems by file and line.
func byLine(a, b *settings.Problem) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// objectsFile is the name under which kustomize finds the objects.
const objectsFile = "objects.yaml"

// run writes the kustomization and the objects into memory and has kustomize
// build them.
func (b *build) run(top *kustomization, input []byte) (resmap.ResMap, error) {
	fields := top.fields
	fields.APIVersion, fields.Kind = types.KustomizationVersion, types.KustomizationKind
	fields.Resources = append([]string{objectsFile}, fields.Resources...)
	if err := b.write(top.dir+"/"+objectsFile, input); err != nil {
		return nil, err
	}
	if err := b.writeKustomization(top.dir, fields); err != nil {
		return nil, err
	}
	return kustomize(b.memory, top.dir)
}

// warmSchema parses the schema of Kubernetes' kinds, by which lists are merged.
// It takes longer than a build and is needed once. Since nothing else comes
// first, no kustomization can put its own schema in that place.
var warmSchema = sync.OnceFunc(func() { openapi.Schema() })

// kustomize builds a directory of an in-memory file system.
func kustomize(memory filesys.FileSystem, dir string) (made resmap.ResMap, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("kustomize gave up: %v", r)
		}
	}()
	warmSchema()
	return krusty.MakeKustomizer(&krusty.Options{
		Reorder:          krusty.ReorderOptionNone,
		LoadRestrictions: types.LoadRestrictionsRootOnly,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(memory, dir)
}

// decode returns the objects that kustomize made: those that were there in
// their order, then what the overlay adds in its order. What did not change
// stays the same object.
func (b *build) decode(j job, made resmap.ResMap) ([]*manifest.Object, error) {
	kept := make([]*manifest.Object, len(j.Objects))
	for i, o := range j.Objects {
		if isHeldBack(o) {
			kept[i] = o
		}
	}
	var added []*manifest.Object
	for _, res := range made.Resources() {
		body, index, err := decodeResource(res)
		if err != nil {
			return nil, b.problem(b.overlayFile, 0, err.Error(), "")
		}
		if index < 0 || index >= len(kept) || kept[index] != nil {
			added = append(added, b.newObject(body))
			continue
		}
		kept[index] = b.changedObject(j.Objects[index], body)
	}
	var objects []*manifest.Object
	for _, o := range append(kept, added...) {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// changedObject returns the object as the overlay left it.
func (b *build) changedObject(before *manifest.Object, body map[string]any) *manifest.Object {
	if old, ok := before.Field("metadata", "annotations"); ok && isEmpty(old) && old != nil {
		// The mapping was empty before the index stood in it.
		section(body, "metadata", "annotations")
	}
	if sameValue(before.Body, body) {
		return before
	}
	after := &manifest.Object{Body: body, Origin: before.Origin}
	after.Origin.Overlays = append(before.Origin.Overlays[:len(before.Origin.Overlays):len(before.Origin.Overlays)], b.name)
	return after
}

// newObject returns an object that the overlay adds, with the file that it
// comes from.
func (b *build) newObject(body map[string]any) *manifest.Object {
	o := &manifest.Object{Body: body}
	o.Origin = manifest.Origin{Source: b.overlayFile, Overlays: []string{b.name}}
	if from := b.source(o); from != nil {
		o.Origin.Source, o.Origin.Line = from.file, from.line
	}
	return o
}

// source finds where an added object was written, by its kind and name, which
// prefixes, suffixes and hashes may have lengthened.
func (b *build) source(o *manifest.Object) *added {
	var found *added
	for i, a := range b.added {
		if a.kind != o.Kind() || !strings.Contains(o.Name(), a.name) {
			continue
		}
		if found == nil || len(a.name) > len(found.name) {
			found = &b.added[i]
		}
	}
	return found
}

// problem makes a problem of a file of the overlay.
func (b *build) problem(file string, line int, message, hint string) *settings.Problem {
	if file != "" {
		file = displayed(b.files, settings.Path(file))
	}
	return &settings.Problem{Position: settings.Position{File: file, Line: line}, Message: message, Hint: hint}
}

// refuse notes what is wrong with a file of the overlay.
func (b *build) refuse(at spot, message, hint string) {
	b.wrong = append(b.wrong, b.problem(at.file, at.line, message, hint))
}

// warn notes what the user should know about a file of the overlay.
func (b *build) warn(at spot, message, hint string) {
	b.warnings = append(b.warnings, b.problem(at.file, at.line, message, hint))
}
