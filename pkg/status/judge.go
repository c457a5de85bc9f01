package status

import (
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

// rules are the built-in rules by kind. What is not here is judged by its
// conditions ([generic]).
var rules = map[schema.GroupKind]rule{
	{Group: "apps", Kind: "Deployment"}:                     typed(deployment),
	{Group: "apps", Kind: "StatefulSet"}:                    typed(statefulSet),
	{Group: "apps", Kind: "DaemonSet"}:                      typed(daemonSet),
	{Group: "batch", Kind: "Job"}:                           typed(job),
	{Group: "batch", Kind: "CronJob"}:                       typed(cronJob),
	{Group: "apps", Kind: "ReplicaSet"}:                     typed(replicaSet),
	{Group: "", Kind: "Pod"}:                                typed(pod),
	{Group: "", Kind: "Service"}:                            service,
	{Group: "networking.k8s.io", Kind: "Ingress"}:           ingress,
	{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}: httpRoute,
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: autoscaler,
	{Group: "policy", Kind: "PodDisruptionBudget"}:          disruptionBudget,
	{Group: "", Kind: "PersistentVolumeClaim"}:              volumeClaim,
	{Group: "", Kind: "Namespace"}:                          namespace,
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
		return rule(j, o)
	}
	return generic(j, o)
}
