// Objects that several deployments need: they lie in the environment's
// directory of shared objects and say nothing about one deployment.

package gitops

import (
	"bytes"
	"maps"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A sharedDirectory is what a run wants the directory of an environment's
// shared objects to hold.
type sharedDirectory struct {
	path        string
	environment string
	files       []*placed
}

// share puts an object into the shared directories of the deployments that
// render it. It must be the same for all of them. Namespaces may be shared by
// environments and branches as well, since nothing ever prunes them; other
// objects would be pruned by the one while the other needs them.
func (a *arranger) share(homes map[*directory]*Branch, files []*placed) {
	var first *placed
	shared := make(map[*sharedDirectory]bool)
	for _, f := range files {
		s, err := sharedForm(f)
		if err != nil {
			a.errs = append(a.errs, err)
			return
		}
		dir := a.sharedOf(homes[f.by], f.by.settings.EnvironmentName(), f.by.settings.GitOps)
		switch {
		case first == nil:
			first = s
		case !bytes.Equal(first.data, s.data):
			a.errs = append(a.errs, differ(first, s))
			return
		case !shared[dir] && !isNamespace(s.id):
			a.errs = append(a.errs, clash(first, s, "is rendered"))
			return
		}
		if !shared[dir] {
			shared[dir] = true
			dir.files = append(dir.files, s)
		}
		f.by.shared = append(f.by.shared, f.Object)
	}
}

// differ reports an object that two deployments render differently.
func differ(first, second *placed) error {
	err := clash(first, second, "is rendered differently").(*ClashError)
	switch {
	case first.by.settings.EnvironmentName() == second.by.settings.EnvironmentName():
		err.Next = "make the two the same, or give one of them another name; objects that deployments share lie in one file"
	case isNamespace(first.id):
		err.Next += ", or let one of the environments write it: set namespaces.manage to false in the others"
	}
	return err
}

// The labels with which every object of a deployment names it.
const (
	labelID   = "zenml-deployment-id"
	labelName = "zenml-deployment-name"
)

// sharedForm is an object as it lies in a shared directory: of the labels that
// lading adds it keeps those of project and environment, so that deployments
// that share it do not overwrite each other's.
func sharedForm(f *placed) (*placed, error) {
	o := relabel(f.object, f.by.settings)
	return place(f.by, o, sharedFileName(f.id))
}

// relabel replaces the labels that come from the deployment by those that come
// from project and environment. A label to which the object's own source gave
// another value stays. The object itself is not changed.
func relabel(o *manifest.Object, r *settings.Resolved) *manifest.Object {
	metadata, _ := o.Body["metadata"].(map[string]any)
	given, _ := metadata["labels"].(map[string]any)
	if len(given) == 0 {
		return o
	}
	labels, common := maps.Clone(given), commonLabels(r)
	delete(labels, labelID)
	delete(labels, labelName)
	for _, e := range r.Spec.Settings.Deployer.Labels {
		value, _ := e.Value.(string)
		if labels[e.Key] != manifest.LabelValue(value, 63) {
			continue
		}
		if labels[e.Key] = common[e.Key]; common[e.Key] == "" {
			delete(labels, e.Key)
		}
	}
	body, metadata := maps.Clone(o.Body), maps.Clone(metadata)
	if metadata["labels"] = labels; len(labels) == 0 {
		delete(metadata, "labels")
	}
	body["metadata"] = metadata
	return &manifest.Object{Body: body, Origin: o.Origin}
}

// commonLabels are the labels that project and environment set for all of
// their deployments.
func commonLabels(r *settings.Resolved) map[string]string {
	common := make(map[string]string)
	add := func(m settings.Map) {
		for _, e := range m {
			value, _ := e.Value.(string)
			common[e.Key] = manifest.LabelValue(value, 63)
		}
	}
	if r.Project != nil {
		add(r.Project.Spec.Defaults.Settings.Deployer.Labels)
	}
	add(r.Environment.Settings.Deployer.Labels)
	return common
}
