package render

import (
	"cmp"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// inOrder sorts the objects into the order of the stream: the Namespace of the
// deployment, its Deployment, its Service, its autoscaler, then everything
// else in the order in which it came.
func (c *renderContext) inOrder(objects []*manifest.Object, namespace string) {
	rank := func(o *manifest.Object) int {
		switch {
		case o.Name() == namespace && kindName(o) == "Namespace":
			return 0
		case o.Name() != c.name || o.Namespace() != namespace:
			return 4
		}
		switch kindName(o) {
		case "Deployment.apps":
			return 1
		case "Service":
			return 2
		case "HorizontalPodAutoscaler.autoscaling":
			return 3
		}
		return 4
	}
	slices.SortStableFunc(objects, func(a, b *manifest.Object) int { return cmp.Compare(rank(a), rank(b)) })
}
