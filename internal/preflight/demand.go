// What objects take of what quotas count. See
// https://kubernetes.io/docs/concepts/policy/resource-quotas/.

package preflight

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/lading-dev/lading/pkg/manifest"
)

// demand is what objects take of each resource that a quota may count, by the
// longest of its names: requests.cpu and not cpu.
type demand map[string]resource.Quantity

// add adds so many times a quantity; a negative number takes it away.
func (d demand) add(name string, q resource.Quantity, times int64) {
	sum, part := d[name], q.DeepCopy()
	part.Mul(times)
	sum.Add(part)
	d[name] = sum
}

func (d demand) count(name string, times int64) {
	d.add(name, *resource.NewQuantity(1, resource.DecimalSI), times)
}

func (d demand) addAll(other demand, times int64) {
	for name, q := range other {
		d.add(name, q, times)
	}
}

// atLeast raises what is less than in the other one.
func (d demand) atLeast(other demand) {
	for name, q := range other {
		if have := d[name]; q.Cmp(have) > 0 {
			d[name] = q
		}
	}
}

// givenTo adds what is said here and not there, as defaults are.
func (d demand) givenTo(other demand) demand {
	for name, q := range d {
		if _, ok := other[name]; !ok {
			other[name] = q
		}
	}
	return other
}

// A counter counts what objects of a namespace take.
type counter struct {
	// defaults are what LimitRanges give to containers.
	defaults demand
	// class is the StorageClass of claims that name none.
	class string
	kinds Kinds
	// claims are the live ones, nil where they could not be read.
	claims map[string]*manifest.Object
}

// of returns the demand of one object, whose pods are so many. Pods and claims
// are counted by what they take, since others make them, too.
func (n *counter) of(o *manifest.Object, replicas int64) demand {
	d := make(demand)
	switch (manifest.ID{Group: o.Group(), Kind: o.Kind()}) {
	case manifest.ID{Kind: "Pod"}, manifest.ID{Kind: "PersistentVolumeClaim"}:
	default:
		if r, ok := n.kinds.Find(o.Group(), o.Kind()); ok {
			d.object(r.Name, o.Group())
		}
	}
	if o.Kind() == "Service" && o.Group() == "" {
		d.service(o)
	}
	for _, claim := range claimsOf(o, replicas) {
		claim.times -= int64(len(claim.madeAlready(n.claims)))
		d.claim(claim, n.class)
	}
	if spec := o.PodSpec(); spec != nil {
		d.addAll(n.pod(spec), replicas)
	}
	return d
}

// object counts an object as quotas do: all kinds by their resource and group,
// and some of the core by the resource alone.
func (d demand) object(plural, group string) {
	if group != "" {
		d.count("count/"+plural+"."+group, 1)
		return
	}
	d.count("count/"+plural, 1)
	d.count(plural, 1)
}

// service counts what there are few of. Load balancers have node ports unless
// that is switched off.
func (d demand) service(o *manifest.Object) {
	spec := mapping(o.Body, "spec")
	isBalanced := spec["type"] == "LoadBalancer"
	if isBalanced {
		d.count("services.loadbalancers", 1)
	}
	if spec["type"] == "NodePort" || isBalanced && spec["allocateLoadBalancerNodePorts"] != false {
		d.count("services.nodeports", int64(len(mappings(spec["ports"]))))
	}
}

// claim counts storage, of all classes and of its own.
func (d demand) claim(c claim, class string) {
	if named, ok := c.spec["storageClassName"].(string); ok {
		class = named
	}
	of := []string{""}
	if class != "" {
		of = append(of, class+ofStorageClass)
	}
	for _, of := range of {
		d.count(of+"persistentvolumeclaims", c.times)
		if size, ok := quantity(mapping(c.spec, "resources", "requests")["storage"]); ok {
			d.add(of+"requests.storage", size, c.times)
		}
	}
	d.count("count/persistentvolumeclaims", c.times)
}

// ofStorageClass is in the names of what is counted for one class alone.
const ofStorageClass = ".storageclass.storage.k8s.io/"

// pod sums up one pod. Init containers run one by one before the others, so
// that they count only where one takes more than all others together; those
// that go on running count beside whatever comes after them. See
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers.
func (n *counter) pod(spec map[string]any) demand {
	sum, sidecars, starting := make(demand), make(demand), make(demand)
	for _, c := range mappings(spec["initContainers"]) {
		if c["restartPolicy"] == "Always" {
			sidecars.addAll(n.container(c), 1)
			continue
		}
		one := n.container(c)
		one.addAll(sidecars, 1)
		starting.atLeast(one)
	}
	for _, c := range mappings(spec["containers"]) {
		sum.addAll(n.container(c), 1)
	}
	sum.addAll(sidecars, 1)
	sum.atLeast(starting)
	sum = sum.givenTo(resourcesOf(spec)) // what the pod says of itself as a whole
	sum.count("pods", 1)
	sum.count("count/pods", 1)
	return sum
}

// container is what a container takes, with what LimitRanges give it.
func (n *counter) container(c map[string]any) demand {
	return n.defaults.givenTo(resourcesOf(c))
}

// resourcesOf reads the resources of a container, or of a pod as a whole, as
// quotas call them. What has a limit and no request requests its limit.
func resourcesOf(body map[string]any) demand {
	out := make(demand)
	limits, requests := mapping(body, "resources", "limits"), mapping(body, "resources", "requests")
	for name, v := range limits {
		if q, ok := quantity(v); ok {
			out["limits."+name], out["requests."+name] = q, q
		}
	}
	for name, v := range requests {
		if q, ok := quantity(v); ok {
			out["requests."+name] = q
		}
	}
	return out
}

func quantity(v any) (resource.Quantity, bool) {
	q, err := resource.ParseQuantity(fmt.Sprint(v))
	return q, err == nil
}

// counted is the longest name of what a quota counts: cpu is requests.cpu.
func counted(name string) string {
	switch {
	case name == "cpu", name == "memory", name == "ephemeral-storage", strings.HasPrefix(name, "hugepages-"):
		return "requests." + name
	}
	return name
}

// isCounted tells that a counter knows what objects take of something.
func isCounted(name string) bool {
	switch name {
	case "pods", "services", "services.loadbalancers", "services.nodeports", "configmaps", "secrets",
		"persistentvolumeclaims", "replicationcontrollers", "resourcequotas":
		return true
	// What controllers make of the objects, each as it needs.
	case "count/replicasets.apps", "count/controllerrevisions.apps", "count/endpoints", "count/endpointslices.discovery.k8s.io",
		"count/events", "count/events.events.k8s.io":
		return false
	}
	return strings.HasPrefix(name, "count/") || strings.HasPrefix(name, "requests.") || strings.HasPrefix(name, "limits.") ||
		strings.Contains(name, ofStorageClass)
}
