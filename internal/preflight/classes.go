// The classes that claims, ingresses and pods name.

package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

const (
	defaultIngressClass = "ingressclass.kubernetes.io/is-default-class"
	defaultStorageClass = "storageclass.kubernetes.io/is-default-class"
)

func (c *checker) storageClasses() {
	const name = "storage class"
	list := List{Group: "storage.k8s.io", Kind: "StorageClass"}
	for _, o := range c.Objects {
		for _, claim := range claimsOf(o, c.replicas[o.ID()]) {
			if c.needsNoClass(o, claim) {
				continue
			}
			class, named := claim.spec["storageClassName"].(string)
			if named && class == "" {
				continue // a volume that somebody made by hand
			}
			c.class(name, o.ID(), list, class, defaultStorageClass, "create the StorageClass, or name one that there is: kubectl get storageclass")
		}
	}
}

// needsNoClass tells that all of a claim have their volumes already.
func (c *checker) needsNoClass(o *manifest.Object, claim claim) bool {
	live := c.facts.objects[claimsIn(o.Namespace())]
	if o.Kind() == "PersistentVolumeClaim" {
		return isBound(live[o.Name()])
	}
	made := claim.madeAlready(live)
	bound := slices.DeleteFunc(made, func(o *manifest.Object) bool { return !isBound(o) })
	return int64(len(bound)) >= claim.times
}

// A podClass is a kind of cluster-scoped object that a field of pods names. The
// API server refuses pods that name one that is not there.
type podClass struct {
	List
	name, field string
}

// podClasses lists them. See
// https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
// and https://kubernetes.io/docs/concepts/containers/runtime-class/.
var podClasses = []podClass{
	{List{Group: "scheduling.k8s.io", Kind: "PriorityClass"}, "priority class", "priorityClassName"},
	{List{Group: "node.k8s.io", Kind: "RuntimeClass"}, "runtime class", "runtimeClassName"},
}

func (c *checker) podClasses() {
	for _, p := range c.pods {
		for _, k := range podClasses {
			if class := text(p.spec, k.field); class != "" {
				c.class(k.name, p.owner, k.List, class, "", "create the "+k.Kind+", or correct settings.deployer.pod_settings.additional_pod_spec_args")
			}
		}
	}
}

// class checks that a class exists, or a default where none is named.
func (c *checker) class(name string, id manifest.ID, l List, class, isDefault, next string) {
	live, known := c.facts.get(l, class)
	switch {
	case c.rendered[manifest.ID{Group: l.Group, Kind: l.Kind, Name: class}] != nil:
		c.say(OK, name, id, class+" is rendered", "")
	case !known:
		c.unread(name, id, l)
	case live != nil:
		c.say(OK, name, id, class+" exists", "")
	case class != "":
		c.say(Failed, name, id, fmt.Sprintf("there is no %s %s; there are %s", l.Kind, class, c.names(l)), next)
	case c.byDefault(l, isDefault) != "":
		c.say(OK, name, id, "the default one is used", "")
	default:
		c.say(Failed, name, id, fmt.Sprintf("no %s is named, and none is the default; there are %s", l.Kind, c.names(l)), next)
	}
}

// byDefault is the class that an annotation makes the default, the newest where
// there are several.
func (c *checker) byDefault(l List, annotation string) string {
	newest, made := "", ""
	objects := c.facts.objects[l]
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		since := text(objects[name].Body, "metadata", "creationTimestamp")
		if text(objects[name].Body, "metadata", "annotations", annotation) == "true" && (newest == "" || since > made) {
			newest, made = name, since
		}
	}
	return newest
}

func (c *checker) names(l List) string {
	names := slices.Sorted(maps.Keys(c.facts.objects[l]))
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
