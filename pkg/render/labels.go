package render

import (
	"fmt"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// reservedKeys are the labels and annotations by which GitOps engines find
// what they have applied. Objects that come with them confuse the engine, so
// they are never written.
// See https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
// and https://fluxcd.io/flux/components/kustomize/kustomizations/#origin-annotations.
var reservedKeys = []string{
	"app.kubernetes.io/instance",
	"argocd.argoproj.io/tracking-id",
	"kustomize.toolkit.fluxcd.io/name",
	"kustomize.toolkit.fluxcd.io/namespace",
}

// optOut is the annotation with which an additional resource keeps the
// deployment's labels away.
const optOut = "lading.dev/labels"

// managedLabels returns the labels of the deployment: the managed ones, then
// the user's in their order.
func (c *renderContext) managedLabels() settings.Map {
	managed := settings.Map{
		{Key: "zenml-deployment-id", Value: c.settings.ID},
		{Key: "zenml-deployment-name", Value: manifest.K8sName(c.settings.Name, 63)},
		{Key: "managed-by", Value: "zenml"},
	}
	return append(managed, c.userLabels("settings.deployer.labels", c.settings.Spec.Settings.Deployer.Labels)...)
}

// userLabels returns labels of the settings with values that Kubernetes
// accepts. Templates see these values too, so that what they write into a
// selector is what the pods bear.
func (c *renderContext) userLabels(path string, labels settings.Map) settings.Map {
	clean := make(settings.Map, len(labels))
	for i, label := range labels {
		value, _ := label.Value.(string)
		clean[i] = settings.Entry{Key: label.Key, Value: manifest.LabelValue(value, 63)}
		if clean[i].Value != value {
			c.warn(c.at(keyPath(path, label.Key)),
				fmt.Sprintf("label value %q is not one that Kubernetes accepts, written as %q", value, clean[i].Value), "")
		}
	}
	return clean
}

// sharedLabels are the labels of objects that do not belong to one deployment:
// what differs between deployments would make them fight over the object.
func (c *renderContext) sharedLabels() settings.Map {
	return merge(settings.Map{{Key: "managed-by", Value: "zenml"}}, c.settings.Namespaces.Labels)
}

// decorate gives every object the labels of the deployment and, where it is
// namespaced and has none, the target namespace. It runs before the overlays,
// so that patches can select by label, and after them, for what they add.
func (c *renderContext) decorate(objects []*manifest.Object) []*manifest.Object {
	scope := c.scopeOf(objects)
	for _, o := range objects {
		labels := c.labels
		if scope.isCluster(o) {
			labels = c.sharedLabels()
		}
		addLabels(o, labels)
	}
	return objects
}

// addLabels adds labels that the object does not have. Only metadata.labels
// change: selectors and pod templates are the author's.
func addLabels(o *manifest.Object, labels settings.Map) {
	if annotation(o, optOut) == "none" {
		return
	}
	have := section(o.Body, "metadata", "labels")
	for _, label := range labels {
		if _, ok := have[label.Key]; !ok {
			have[label.Key] = label.Value
		}
	}
}

// dropOptOut removes the annotation that opted out of labels, and the mapping
// that held it where nothing else is in it.
func dropOptOut(o *manifest.Object) {
	annotations, _ := o.Field("metadata", "annotations")
	m, ok := annotations.(map[string]any)
	if _, has := m[optOut]; !ok || !has {
		return
	}
	delete(m, optOut)
	if len(m) == 0 {
		delete(section(o.Body, "metadata"), "annotations")
	}
}

func annotation(o *manifest.Object, key string) string {
	v, _ := o.Field("metadata", "annotations", key)
	s, _ := v.(string)
	return s
}

// section returns the mapping at a path, made where it is missing or null.
func section(m map[string]any, path ...string) map[string]any {
	for _, key := range path {
		next, ok := m[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[key] = next
		}
		m = next
	}
	return m
}

// keyPath returns the path of a key in a mapping, in brackets where the key is
// not a plain word.
func keyPath(path, key string) string {
	for _, r := range key {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return path + "[" + key + "]"
		}
	}
	return path + "." + key
}
