package render

//lint:file-ignore SA1019 Users may still write these fields; here they become the modern ones.

import "sigs.k8s.io/kustomize/api/types"

// Deprecated fields take their modern form, as `kustomize edit fix` gives it to
// them. kustomize would print about them to standard error.

// deprecatedFields names the modern form of fields that still work.
var deprecatedFields = map[string]string{
	"bases":                 "resources",
	"commonLabels":          "labels",
	"imageTags":             "images",
	"patchesJson6902":       "patches",
	"patchesStrategicMerge": "patches",
}

// adoptResources copies all resources, those under bases last.
func (b *build) adoptResources(k *kustomization) {
	f := &k.fields
	f.Resources = append(b.resources(k, "resources", f.Resources), b.resources(k, "bases", f.Bases)...)
	f.Bases = nil
}

// modernise moves images and labels.
func (b *build) modernise(f *types.Kustomization) {
	f.Images, f.ImageTags = append(f.Images, f.ImageTags...), nil
	if len(f.CommonLabels) > 0 {
		f.Labels = append(f.Labels, types.Label{Pairs: f.CommonLabels, IncludeSelectors: true})
		f.CommonLabels = nil
	}
}

// adoptPatches copies all patches, the deprecated ones too, in the order in
// which kustomize would apply them.
func (b *build) adoptPatches(k *kustomization) {
	f := &k.fields
	listed, json6902 := f.Patches, f.PatchesJson6902
	f.Patches = nil
	for i, text := range f.PatchesStrategicMerge {
		p := types.Patch{Path: string(text)}
		if docs, _ := b.inline(k, string(text), "patchesStrategicMerge", i); docs != nil {
			p = types.Patch{Patch: string(text)}
		}
		b.patch(k, p, "patchesStrategicMerge", i)
	}
	for i, p := range listed {
		b.patch(k, p, "patches", i)
	}
	for i, p := range json6902 {
		b.patch(k, p, "patchesJson6902", i)
	}
	f.PatchesStrategicMerge, f.PatchesJson6902 = nil, nil
}
