package status

import (
	"cmp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/lading-dev/lading/pkg/manifest"
)

// placeWordings tell what the scheduler says. It gives the number of nodes for
// each constraint, and a node counts for the first constraint that it fails.
// So the constraint that is checked last was met by nodes that passed all the
// others, and is nearest to what has to change; the order here is the reverse
// of the scheduler's.
// https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
var placeWordings = []wording{
	{parts: []string{"no nodes available"}, reason: noNodes, next: "kubectl get nodes; add nodes"},
	{parts: []string{"unbound immediate persistentvolumeclaims", "unbound persistentvolumeclaims"}, reason: claimUnbound, setting: "settings.deployer.pod_settings.volumes"},
	{parts: []string{"pod affinity rules", "anti-affinity rules"}, reason: podAffinity, setting: "settings.deployer.pod_settings.affinity",
		next: "loosen settings.deployer.pod_settings.affinity, or add nodes"},
	{parts: []string{"topology spread constraints"}, reason: topologySpread, setting: "settings.deployer.pod_settings.additional_pod_spec_args",
		next: "loosen topology_spread_constraints in settings.deployer.pod_settings.additional_pod_spec_args, or add nodes where pods are lacking"},
	{parts: []string{"already in-use by another pod", "no available disk"}, reason: volumeInUse, setting: "settings.deployer.pod_settings.volumes",
		next: "wait until the old pod is gone; a volume that one pod may use at a time wants the strategy Recreate"},
	{parts: []string{"volume node affinity conflict", "persistentvolume's node affinity", "no available volume zone"}, reason: volumeZone, setting: "settings.deployer.pod_settings.volumes",
		next: "let nodes of the volume's zone take the pod, or create the volume anew with volumeBindingMode WaitForFirstConsumer"},
	{parts: []string{"didn't find available persistent volumes", "bound to non-existent pv"}, reason: claimUnbound, setting: "settings.deployer.pod_settings.volumes"},
	{parts: []string{"insufficient nvidia.com/", "insufficient amd.com/", "insufficient gpu.intel.com/"}, reason: insufficientGPU, setting: "settings.resources.gpu_count",
		next: "lower settings.resources.gpu_count, or add nodes with GPUs"},
	{parts: []string{"insufficient memory"}, reason: insufficientMemory, setting: "settings.resources.memory", next: "lower settings.resources.memory, or add nodes"},
	{parts: []string{"insufficient cpu"}, reason: insufficientCPU, setting: "settings.resources.cpu_count", next: "lower settings.resources.cpu_count, or add nodes"},
	{parts: []string{"too many pods"}, reason: tooManyPods, next: "add nodes"},
	{parts: []string{"insufficient ", "max volume count", "enough free storage"}, reason: insufficientOther, setting: "settings.deployer.pod_settings.resources",
		next: "lower settings.deployer.pod_settings.resources, or add nodes"},
	{parts: []string{"free ports"}, reason: portTaken, setting: "settings.deployer.pod_settings.additional_pod_spec_args", next: "do not ask for a host port"},
	{parts: []string{"node affinity/selector", "node selector", "requested node name"}, reason: nodeMismatch, setting: "settings.deployer.pod_settings.node_selectors",
		next: "compare the node selectors and affinity with kubectl get nodes --show-labels"},
	{parts: []string{"taint"}, reason: taintNotTolerated, setting: "settings.deployer.pod_settings.tolerations",
		next: "add settings.deployer.pod_settings.tolerations; kubectl describe nodes shows the taints"},
	{parts: []string{"were unschedulable"}, reason: nodesCordoned, next: "kubectl get nodes; kubectl uncordon NODE"},
}

// gated is the cause where a pod is held back from the scheduler:
// https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/.
func gated(p *podCase) (Result, bool) {
	if len(p.Spec.SchedulingGates) == 0 {
		return Result{}, false
	}
	var names []string
	for _, g := range p.Spec.SchedulingGates {
		names = append(names, g.Name)
	}
	return progressing(p.Pod, schedulingGated, "pod %s is held back by the scheduling gate %s", p.Name, strings.Join(names, ", ")).
		next("look at the controller that removes this gate"), true
}

// unplaced is the cause where no node was found for a pod.
func unplaced(p *podCase) (Result, bool) {
	if p.Spec.NodeName != "" {
		return Result{}, false
	}
	message, ok := p.schedulerSaid()
	if !ok {
		return p.unseen()
	}
	if name, ok := quotedAfter(message, "persistentvolumeclaim"); ok && strings.Contains(message, "not found") {
		return p.lackingObject(claimMissing, p.near("PersistentVolumeClaim", name)), true
	}
	w, ok := meaning(placeWordings, constraints(message))
	if !ok {
		w = wording{reason: unschedulable}
	}
	r := p.worded(w, "no node fits pod %s: %s", p.Name, oneLine(constraints(message)))
	if w.reason == nodeMismatch && strings.Contains(message, "untolerated taint") { // which the scheduler looks at first
		return r.next("%s; where a node with a taint is meant, add settings.deployer.pod_settings.tolerations", r.Next), true
	}
	if w.reason == claimUnbound {
		return p.withoutVolume(r), true
	}
	return r, true
}

// schedulerSaid returns what the scheduler says of a pod that it could not
// place: by a condition, which is newer than any event, else by an event.
func (p *podCase) schedulerSaid() (string, bool) {
	c := podCondition(p.Pod, corev1.PodScheduled)
	if c != nil && c.Status == corev1.ConditionFalse && c.Message != "" {
		return c.Message, true
	}
	if e := p.event("FailedScheduling"); e != nil {
		return e.Message, true
	}
	return "", false
}

// schedulerPatience is how long a scheduler may take to look at a pod.
const schedulerPatience = 30 * time.Second

// unseen is the cause where no scheduler has looked at a pod.
func (p *podCase) unseen() (Result, bool) {
	if p.Status.Phase != corev1.PodPending || p.Now.Sub(p.CreationTimestamp.Time) < schedulerPatience {
		return Result{}, false
	}
	name := cmp.Or(p.Spec.SchedulerName, "default-scheduler")
	return progressing(p.Pod, notScheduled, "pod %s waits for the scheduler %s", p.Name, name).
		set("settings.deployer.pod_settings.scheduler_name").next("check that the scheduler %s runs", name), true
}

// constraints leaves out what the scheduler says of preemption, which repeats
// the constraints.
func constraints(message string) string {
	before, _, _ := strings.Cut(message, " preemption:")
	return strings.TrimSuffix(before, ".")
}

// withoutVolume names the claims that are not bound.
func (p *podCase) withoutVolume(r Result) Result {
	claims := p.claims()
	for _, id := range claims {
		r = r.about(id)
	}
	if len(claims) == 1 {
		return r.next("%s", kubectl("describe", claims[0]))
	}
	return r.next("kubectl describe pvc -n %s", p.Namespace)
}

// claims are the claims of the pod that are not known to be bound.
func (p *podCase) claims() []manifest.ID {
	var ids []manifest.ID
	for _, v := range p.Spec.Volumes {
		name, ok := claimName(p.Name, v)
		if !ok {
			continue
		}
		id := p.near("PersistentVolumeClaim", name)
		o := p.Live.Get(id)
		if o == nil || fields(o.Object).at("status").text("phase") != "Bound" {
			ids = append(ids, id)
		}
	}
	return ids
}

// claimName returns the name of a volume's claim; that of an ephemeral volume
// is made of the pod's name and the volume's.
// https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming
func claimName(pod string, v corev1.Volume) (string, bool) {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName, true
	case v.Ephemeral != nil:
		return pod + "-" + v.Name, true
	}
	return "", false
}
