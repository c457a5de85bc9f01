package status

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A podCase is a pod that is being examined.
type podCase struct {
	*Judge
	*corev1.Pod
	events []Evidence // newest first
}

// podCauses are what can keep a pod from being ready, in the order in which
// they are looked for: what has ended comes before what never started, and a
// step of the pod's life before the next one. The first that applies is the
// cause.
//
// A cause is final where waiting cannot help. That is decided with care,
// since nobody waits any longer then: what is written in the manifests and
// wrong, as an image that does not exist once kubelet has tried twice, a key
// that an existing Secret lacks, or a crash after the third restart. What
// another may still supply, as a missing Secret, room on a node, or a
// registry that is down, is left to the deadline of whoever waits.
var podCauses = []func(*podCase) (Result, bool){
	ended,
	stuckTerminating,
	lostNode,
	gated,
	unplaced,
	startedContainers,
	unmounted,
	withoutSandbox,
	runningInit,
	failingProbe,
	closedGate,
	ephemeralContainers,
}

// pod judges a pod that stands alone.
func pod(j *Judge, p *corev1.Pod) Result {
	if p.Status.Phase == corev1.PodSucceeded || podReady(p) {
		return ready(p)
	}
	return j.podCause(p)
}

// podCause tells why a pod is not ready.
func (j *Judge) podCause(p *corev1.Pod) Result {
	c := &podCase{j, p, j.evidence(p.UID)}
	for _, cause := range podCauses {
		if r, ok := cause(c); ok {
			r.Evidence = c.events
			return r
		}
	}
	r := c.starting()
	r.Evidence = c.events
	return r
}

func podReady(p *corev1.Pod) bool {
	c := podCondition(p, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

func podCondition(p *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == kind {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

// starting is what is said of a pod with which nothing is wrong as far as can
// be told.
func (p *podCase) starting() Result {
	for _, c := range p.regular() {
		switch state := c.status.State; {
		case state.Running != nil && !c.status.Ready && c.spec.ReadinessProbe != nil:
			return progressing(p.Pod, podStarting, "%s waits for its first good readiness probe, which is tried %d s after the start and then every %d s",
				c, c.spec.ReadinessProbe.InitialDelaySeconds, max(c.spec.ReadinessProbe.PeriodSeconds, 1)).next("wait")
		case state.Waiting != nil:
			return progressing(p.Pod, podStarting, "%s is being created", c).next("wait")
		}
	}
	return progressing(p.Pod, podStarting, "pod %s is being started", p.Name).next("wait")
}

// event returns the newest event of a reason, nil where there is none.
func (p *podCase) event(reasons ...string) *Evidence {
	at := slices.IndexFunc(p.events, func(e Evidence) bool { return slices.Contains(reasons, e.Reason) })
	if at < 0 {
		return nil
	}
	return &p.events[at]
}

// near is the identity of another object in the pod's namespace.
func (p *podCase) near(kind, name string) manifest.ID {
	return manifest.ID{Kind: kind, Namespace: p.Namespace, Name: name}
}

// describe is the command that shows a pod with its events.
func (p *podCase) describe() string { return kubectl("describe", p.near("Pod", p.Name)) }

// worded makes a result of what a table says; it is not final yet.
func (p *podCase) worded(w wording, format string, args ...any) Result {
	r := progressing(p.Pod, w.reason, format, args...).set(w.setting)
	r.Next = p.filled(w.next)
	return r
}

// filled writes the pod's names into a next step.
func (p *podCase) filled(next string) string {
	if next == "" {
		return p.describe()
	}
	return strings.NewReplacer("{namespace}", p.Namespace, "{pod}", p.Name, "{node}", p.Spec.NodeName).Replace(next)
}
