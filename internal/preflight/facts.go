package preflight

import (
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
)

// Facts are what was read of the cluster.
type Facts struct {
	// Version is the API server's, VersionProblem why it is not known.
	Version, VersionProblem string
	// Kinds are what the cluster serves.
	Kinds Kinds
	// Allowed tells of each permission that status and logs need whether it is
	// granted, AllowedProblem why that is not known.
	Allowed        []Allowed
	AllowedProblem string
	// EngineProblem is why the engine's cluster could not be asked,
	// EngineMissing what it does not serve.
	EngineProblem, EngineMissing string

	objects map[List]map[string]*manifest.Object
	unread  map[List]reason
}

// Kinds tell what a cluster serves, as [kube.Resources] do.
type Kinds interface {
	// Serves tells whether a kind is served in this version, and whether that
	// is known at all.
	Serves(apiVersion, kind string) (served, known bool)
	// Find returns a kind in the version that the cluster prefers.
	Find(group, kind string) (kube.Resource, bool)
}

// Allowed is the answer about one permission.
type Allowed struct {
	kube.Permission
	Granted bool
}

// A List is a kind of objects, in one namespace or without any.
type List struct {
	Group, Kind, Namespace string
	// Engine tells that it is in the engine's cluster.
	Engine bool
}

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
