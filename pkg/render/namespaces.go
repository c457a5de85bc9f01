package render

import (
	"fmt"

	"github.com/lading-dev/lading/pkg/manifest"
)

// setNamespaces puts namespaced objects that name no namespace into the
// deployment's, and takes the namespace off cluster-scoped ones.
func (c *renderContext) setNamespaces(objects []*manifest.Object, namespace string) {
	scope := c.scopeOf(objects)
	for _, o := range objects {
		metadata := section(o.Body, "metadata")
		switch {
		case scope.isCluster(o):
			if o.Namespace() != "" {
				c.warn(c.of(o), fmt.Sprintf("%s %s is cluster-scoped, its namespace is left out", o.Kind(), o.Name()), "")
			}
			delete(metadata, "namespace")
		case o.Namespace() == "":
			if scope.looksCluster(o) {
				c.warn(c.of(o), fmt.Sprintf("%s is taken for a namespaced kind and put into namespace %q", kindName(o), namespace),
					"if it is not, add "+kindName(o)+" to spec.cluster_scoped of the project, or the resource's own namespace here")
			}
			metadata["namespace"] = namespace
		}
	}
}

// renameNamespace lets the built-in Namespace follow a deployment that an
// overlay moved, unless the overlay has seen to that.
func (c *renderContext) renameNamespace(objects []*manifest.Object, namespace string) {
	var own *manifest.Object
	for _, o := range objects {
		switch {
		case o.Kind() != "Namespace" || o.Group() != "":
		case o.Name() == namespace:
			return
		case o.Name() == c.namespace && o.Origin.Source == libraryPrefix+"namespace.libsonnet":
			own = o
		}
	}
	if own != nil {
		section(own.Body, "metadata")["name"] = namespace
	}
}
