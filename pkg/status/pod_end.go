package status

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/lading-dev/lading/pkg/manifest"
)

// ended is the cause where a pod has failed for good. Its controller creates
// another one; a pod that stands alone stays so. Of a pod whose node vanished
// only the condition of a disruption tells.
// https://kubernetes.io/docs/concepts/scheduling-eviction/
func ended(p *podCase) (Result, bool) {
	if p.Status.Phase != corev1.PodFailed {
		return Result{}, false
	}
	said := cmp.Or(oneLine(p.Status.Message), "nothing tells why")
	switch reason := p.Status.Reason; {
	case preempted(p.Pod):
		return p.endedAs(podPreempted, "pod %s was preempted: %s", p.Name, said).
			set("settings.deployer.pod_settings.additional_pod_spec_args").next("add nodes, or give the pods a PriorityClass"), true
	case reason == "Evicted":
		return p.evicted(said), true
	case slices.Contains([]string{"NodeShutdown", "Shutdown", "Terminated"}, reason):
		return p.endedAs(nodeShutdown, "pod %s ended because its node was shut down: %s", p.Name, said).next("wait for the replacement pod"), true
	case reason != "":
		return p.endedAs(podRejected, "node %s refused pod %s with %s: %s", p.Spec.NodeName, p.Name, reason, said).next("%s", p.describe()), true
	}
	if c := podCondition(p.Pod, corev1.DisruptionTarget); c != nil && c.Status == corev1.ConditionTrue {
		return p.endedAs(podFailed, "pod %s failed: %s", p.Name, cmp.Or(oneLine(c.Message), c.Reason)).next("%s", p.describe()), true
	}
	if r, ok := startedContainers(p); ok {
		return r, true
	}
	return p.endedAs(podFailed, "pod %s failed: %s", p.Name, said).next("%s", p.describe()), true
}

// endedAs is final for a pod that nobody replaces.
func (p *podCase) endedAs(reason Reason, format string, args ...any) Result {
	return progressing(p.Pod, reason, format, args...).finalIf(len(p.OwnerReferences) == 0)
}

func (p *podCase) evicted(said string) Result {
	setting := "settings.deployer.pod_settings.resources"
	if strings.Contains(said, "memory") {
		setting = "settings.resources.memory"
	}
	return p.endedAs(podEvicted, "pod %s was evicted from node %s: %s", p.Name, p.Spec.NodeName, said).
		set(setting).next("request what the pod really uses, and look at the node: kubectl describe node %s", p.Spec.NodeName)
}

// preempted tells whether the pod made room for another one; the scheduler
// says so by a condition.
// https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
func preempted(p *corev1.Pod) bool {
	c := podCondition(p, corev1.DisruptionTarget)
	return p.Status.Reason == "Preempting" || c != nil && c.Status == corev1.ConditionTrue && c.Reason == corev1.PodReasonPreemptionByScheduler
}

// endPatience is how long after its grace period a pod may still be there.
const endPatience = time.Minute

// stuckTerminating is the cause where a pod ought to be gone. The time of a
// deletion includes the grace period.
func stuckTerminating(p *podCase) (Result, bool) {
	if !overdue(p.Pod, p.Now) {
		return Result{}, false
	}
	r := progressing(p.Pod, podStuck, "pod %s ought to be gone since %s", p.Name, moment(p.DeletionTimestamp.Time))
	if len(p.Finalizers) > 0 {
		r.Message += ", and is kept by the finaliser " + strings.Join(p.Finalizers, ", ")
		return r.next("find out why the controller of this finaliser does not remove it: %s", p.describe()), true
	}
	return r.about(manifest.ID{Kind: "Node", Name: p.Spec.NodeName}).
		next("look at its node: kubectl describe node %s; if that is gone for good: %s", p.Spec.NodeName, kubectl("delete", p.near("Pod", p.Name), "--force")), true
}

// overdue tells whether a pod is being deleted for longer than it may take.
func overdue(p *corev1.Pod, now time.Time) bool {
	return p.DeletionTimestamp != nil && now.Sub(p.DeletionTimestamp.Time) > endPatience
}

// lostNode is the cause where the node of a pod does not answer. Kubelet can
// say nothing then: the node controller marks the pods.
// https://kubernetes.io/docs/concepts/architecture/nodes/#condition
func lostNode(p *podCase) (Result, bool) {
	told := p.Status.Reason == "NodeLost" || p.Status.Phase == corev1.PodUnknown
	e := p.event("NodeNotReady")
	unseen := e != nil && p.containersSeemReady()
	if !told && !unseen && !p.nodeNotReady() {
		return Result{}, false
	}
	return progressing(p.Pod, nodeLost, "node %s of pod %s does not answer", p.Spec.NodeName, p.Name).
		about(manifest.ID{Kind: "Node", Name: p.Spec.NodeName}).next("kubectl describe node %s", p.Spec.NodeName), true
}

// containersSeemReady tells whether all containers were ready when kubelet
// last said something.
func (p *podCase) containersSeemReady() bool {
	return len(p.Status.ContainerStatuses) > 0 &&
		!slices.ContainsFunc(p.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return !s.Ready })
}

// nodeNotReady looks at the node itself, where it is known.
func (p *podCase) nodeNotReady() bool {
	o := p.Live.Get(manifest.ID{Kind: "Node", Name: p.Spec.NodeName})
	if o == nil {
		return false
	}
	node, err := as[corev1.Node](o)
	return err == nil && slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue
	})
}
