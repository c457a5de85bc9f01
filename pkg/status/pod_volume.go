package status

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// unmounted is the cause where a pod's containers wait for its volumes. Events
// tell which; they stay after the volumes are there, so they count only while
// containers are being created.
func unmounted(p *podCase) (Result, bool) {
	if !p.beingCreated() {
		return Result{}, false
	}
	if e := p.event("FailedAttachVolume"); e != nil {
		return p.unattached(e.Message), true
	}
	for _, e := range p.events {
		if e.Reason != "FailedMount" {
			continue
		}
		if r, ok := p.lacking(e.Message); ok {
			return r, true
		}
	}
	if e := p.event("FailedMount", "FailedMapVolume"); e != nil {
		return progressing(p.Pod, mountFailed, "a volume of pod %s cannot be mounted: %s", p.Name, oneLine(e.Message)).
			set("settings.deployer.pod_settings.volumes").next("%s", p.describe()), true
	}
	return Result{}, false
}

func (p *podCase) unattached(message string) Result {
	r := progressing(p.Pod, attachFailed, "a volume of pod %s cannot be attached to node %s: %s", p.Name, p.Spec.NodeName, oneLine(message)).
		set("settings.deployer.pod_settings.volumes").next("%s", p.describe())
	if strings.Contains(message, "Multi-Attach error") {
		r.Reason = volumeInUse
		r = r.next("wait until the old pod is gone; a volume that one node may use at a time wants the strategy Recreate")
	}
	for _, id := range p.claims() {
		r = r.about(id)
	}
	return r
}

// beingCreated tells whether kubelet is still to start the first container:
// volumes and network come before.
func (p *podCase) beingCreated() bool {
	for _, c := range append(p.inits(), p.regular()...) {
		if s := c.status; s.State.Running != nil || s.State.Terminated != nil || s.LastTerminationState.Terminated != nil {
			return false
		}
	}
	return p.Spec.NodeName != ""
}

// withoutSandbox is the cause where the node cannot set up the pod's network.
func withoutSandbox(p *podCase) (Result, bool) {
	e := p.event("FailedCreatePodSandBox", "FailedCreatePodContainer", "NetworkNotReady")
	if e == nil || !p.beingCreated() {
		return Result{}, false
	}
	return progressing(p.Pod, sandboxFailed, "node %s cannot set up the network of pod %s: %s", p.Spec.NodeName, p.Name, oneLine(e.Message)).
		next("look at the network plugin's pod on node %s", p.Spec.NodeName), true
}

// runningInit is the cause where the pod waits for an init container that runs.
func runningInit(p *podCase) (Result, bool) {
	for _, c := range p.inits() {
		if c.status.State.Running == nil || c.sidecar() {
			continue
		}
		runs := p.Now.Sub(c.status.State.Running.StartedAt.Time).Round(time.Second)
		r := progressing(p.Pod, initRunning, "%s runs for %s; the others start after it", c, runs).next("%s", c.logs())
		r.Log = &LogRef{Namespace: c.Namespace, Pod: c.Name, Container: c.spec.Name}
		return r, true
	}
	return Result{}, false
}

// active tells whether a pod counts among those that its owner wants.
func active(p *corev1.Pod) bool {
	return p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded && p.DeletionTimestamp == nil
}
