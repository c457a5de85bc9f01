package preflight

import (
	"slices"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
)

// Facts are what was read of the cluster.
type Facts struct {
	// Version is the API server's.
	Version string
	// Kinds are those of each API version, nil for one that is not served.
	Kinds map[string]map[string]string
	// Allowed tells of each permission that status and logs need whether it is
	// granted.
	Allowed []Allowed
	// EngineProblem is why the engine's cluster could not be asked,
	// EngineMissing what it does not serve.
	EngineProblem, EngineMissing string

	objects map[List]map[string]*manifest.Object
	unread  map[List]reason
}

// Allowed is the answer about one permission.
type Allowed struct {
	kube.Permission
	Granted bool
}

// A List is a kind of objects, in one namespace or without any.
type List struct{ Group, Kind, Namespace string }

type reason struct{ message, next string }

// Read notes the objects of a list, which may be none.
func (f *Facts) Read(l List, objects []*manifest.Object) {
	if f.objects == nil {
		f.objects = make(map[List]map[string]*manifest.Object)
	}
	byName := make(map[string]*manifest.Object, len(objects))
	for _, o := range objects {
		byName[o.Name()] = o
	}
	f.objects[l] = byName
}

// NotRead notes why a list could not be read.
func (f *Facts) NotRead(l List, message, next string) {
	if f.unread == nil {
		f.unread = make(map[List]reason)
	}
	f.unread[l] = reason{message, next}
}

// get returns one live object, nil where it is not there, and whether its list
// was read.
func (f *Facts) get(l List, name string) (*manifest.Object, bool) {
	byName, known := f.objects[l]
	return byName[name], known
}

// A Want is a list to read, and how.
type Want struct {
	List
	kube.Collection
	// Engine tells that it is in the engine's cluster.
	Engine bool
}

// want makes the two descriptions of one list.
func want(apiVersion, group, kind, resource, namespace string) Want {
	return Want{
		List:       List{group, kind, namespace},
		Collection: kube.Collection{APIVersion: apiVersion, Resource: resource, Namespace: namespace},
	}
}

// Wanted returns what has to be read to check the input, each list once.
// Secrets are read without their values.
func Wanted(in Input) []Want {
	wants := []Want{want("v1", "", "Namespace", "namespaces", "")}
	has := func(group, kind string) bool {
		for _, o := range in.Objects {
			if o.Group() == group && o.Kind() == kind {
				return true
			}
		}
		return false
	}
	if has("networking.k8s.io", "Ingress") {
		wants = append(wants, want("networking.k8s.io/v1", "networking.k8s.io", "IngressClass", "ingressclasses", ""))
	}
	if has("autoscaling", "HorizontalPodAutoscaler") {
		wants = append(wants, want("apiregistration.k8s.io/v1", "apiregistration.k8s.io", "APIService", "apiservices", ""))
	}
	pods := podsOf(in.Objects)
	if len(claimsOf(in.Objects, pods)) > 0 {
		wants = append(wants, want("storage.k8s.io/v1", "storage.k8s.io", "StorageClass", "storageclasses", ""))
	}
	for _, k := range podClasses {
		if k.isNamed(pods) {
			wants = append(wants, k.Want)
		}
	}
	for _, namespace := range namespacesOf(in.Objects) {
		wants = append(wants, inNamespace(namespace, pods)...)
	}
	return append(wants, in.Engine.wants()...)
}

// Versions returns the API versions whose kinds have to be asked for.
func Versions(in Input) []string {
	var versions []string
	for _, o := range in.Objects {
		versions = append(versions, o.APIVersion())
		if o.Kind() == "HorizontalPodAutoscaler" {
			versions = append(versions, metricsVersion)
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// inNamespace returns the lists of one namespace. Quotas count what is live of
// the workloads already.
func inNamespace(namespace string, pods []podTemplate) []Want {
	wants := []Want{
		want("v1", "", "ResourceQuota", "resourcequotas", namespace),
		want("v1", "", "LimitRange", "limitranges", namespace),
		want("v1", "", "ServiceAccount", "serviceaccounts", namespace),
		want("apps/v1", "apps", "Deployment", "deployments", namespace),
		want("apps/v1", "apps", "StatefulSet", "statefulsets", namespace),
	}
	needs := make(map[string]bool)
	for _, p := range pods {
		if p.owner.Namespace == namespace {
			for _, r := range p.references() {
				needs[r.kind] = true
			}
		}
	}
	if needs["Secret"] {
		secrets := want("v1", "", "Secret", "secrets", namespace)
		secrets.OnlyMetadata = true
		wants = append(wants, secrets)
	}
	if needs["ConfigMap"] {
		wants = append(wants, want("v1", "", "ConfigMap", "configmaps", namespace))
	}
	if needs["PersistentVolumeClaim"] {
		wants = append(wants, want("v1", "", "PersistentVolumeClaim", "persistentvolumeclaims", namespace))
	}
	return wants
}
