package status

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A Judge applies the rules to objects of one moment.
type Judge struct {
	Live *Live
	// Now is the time at which Live was read.
	Now time.Time
	// SkipLoadBalancer takes a Service without an address as ready.
	SkipLoadBalancer bool
	// Health are the user's own rules; they go before the built-in ones.
	Health []HealthRule
}

// A rule judges one live object.
type rule func(*Judge, *unstructured.Unstructured) Result

// A kindRule is the rule for a kind, and what it reads besides the object.
type kindRule struct {
	judge rule
	reads []Read
}

// A Read is a kind that a rule looks at to judge an object of another kind: all
// of it in the object's namespace, or in the cluster where it has no namespaces.
type Read struct {
	Group, Kind   string
	ClusterScoped bool
}

// within is read in the object's namespace, across in the whole cluster.
func within(group, kind string) Read { return Read{Group: group, Kind: kind} }
func across(group, kind string) Read { return Read{Group: group, Kind: kind, ClusterScoped: true} }

// rules are the built-in rules by kind. What is not here is judged by its
// conditions ([generic]). Left out is what is read only where the object refers
// to it, as a ConfigMap, and what only makes a message better where it happens to be
// there: the workload behind a Service, the node under a pod.
var rules = map[schema.GroupKind]kindRule{
	{Group: "apps", Kind: "Deployment"}:                     {typed(deployment), []Read{within("apps", "ReplicaSet"), within("", "Pod")}},
	{Group: "apps", Kind: "StatefulSet"}:                    {typed(statefulSet), []Read{within("", "Pod"), within("", "PersistentVolumeClaim")}},
	{Group: "apps", Kind: "DaemonSet"}:                      {typed(daemonSet), []Read{within("", "Pod")}},
	{Group: "batch", Kind: "Job"}:                           {typed(job), []Read{within("", "Pod")}},
	{Group: "batch", Kind: "CronJob"}:                       {typed(cronJob), []Read{within("batch", "Job"), within("", "Pod")}},
	{Group: "apps", Kind: "ReplicaSet"}:                     {typed(replicaSet), []Read{within("", "Pod")}},
	{Group: "", Kind: "Pod"}:                                {typed(pod), nil},
	{Group: "", Kind: "Service"}:                            {service, []Read{within("discovery.k8s.io", "EndpointSlice"), within("", "Pod")}},
	{Group: "networking.k8s.io", Kind: "Ingress"}:           {ingress, []Read{within("", "Service"), across("networking.k8s.io", "IngressClass")}},
	{Group: gatewayGroup, Kind: "HTTPRoute"}:                {httpRoute, []Read{within(gatewayGroup, "Gateway")}},
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: {autoscaler, nil},
	{Group: "policy", Kind: "PodDisruptionBudget"}:          {disruptionBudget, []Read{within("", "Pod")}},
	{Group: "", Kind: "PersistentVolumeClaim"}:              {volumeClaim, []Read{within("", "Pod"), across("storage.k8s.io", "StorageClass"), across("", "PersistentVolume")}},
	{Group: "", Kind: "Namespace"}:                          {namespace, nil},
}

// Reads returns what is read to judge an object of a kind, besides itself and its
// events.
func Reads(group, kind string) []Read {
	return rules[schema.GroupKind{Group: group, Kind: kind}].reads
}

// dated are the kinds of which it counts when they were last written.
var dated = []schema.GroupKind{
	{Group: "", Kind: "ConfigMap"},
	{Group: "", Kind: "Secret"},
	{Group: "apps", Kind: "DaemonSet"},
	{Group: "apps", Kind: "Deployment"},
	{Group: "apps", Kind: "StatefulSet"},
	{Group: "batch", Kind: "CronJob"},
}

// Dated tells the kinds of which managedFields are read, without the fields:
// they tell when an object was written, so that what was found before is not
// said of what it has become.
func Dated(group, kind string) bool {
	return slices.Contains(dated, schema.GroupKind{Group: group, Kind: kind})
}

// Object judges one object that ought to be there.
func (j *Judge) Object(id manifest.ID) Result {
	o := j.Live.Get(id)
	if o == nil {
		return j.absent(id)
	}
	if r, ok := j.leaving(o); ok {
		return r
	}
	if r, ok := j.byUserRule(o); ok {
		return r
	}
	if rule, ok := rules[o.GroupVersionKind().GroupKind()]; ok {
		return rule.judge(j, o)
	}
	return generic(j, o)
}
