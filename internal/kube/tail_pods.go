package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A container is one of a pod, as its status says.
type container struct {
	pod, name string
	// uid is the pod's, run names the present or last run of the container.
	uid, run string
	running  bool
	// started tells that it ran at least once, restarted that it did twice.
	started, restarted bool
	// waiting says why it does not run now.
	waiting string
}

func (k container) String() string { return k.pod + "/" + k.name }

// silence says why there is no log, empty where there is one.
func (k container) silence(previous bool) string {
	switch {
	case previous && !k.restarted:
		return "has no previous run"
	case !previous && !k.started:
		return "has not started" + k.waiting
	}
	return ""
}

// inReadingOrder puts pods of the newest content first, as the template's hash
// that the Deployment's controller gives tells them apart, and the oldest of
// them first.
func inReadingOrder(pods []*unstructured.Unstructured) []*unstructured.Unstructured {
	newest := make(map[string]string) // by content
	for _, p := range pods {
		hash, created := contentOf(p), createdAt(p)
		newest[hash] = max(newest[hash], created)
	}
	sorted := slices.Clone(pods)
	slices.SortStableFunc(sorted, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(
			cmp.Compare(newest[contentOf(b)], newest[contentOf(a)]),
			cmp.Compare(contentOf(a), contentOf(b)),
			cmp.Compare(createdAt(a), createdAt(b)),
			cmp.Compare(a.GetName(), b.GetName()),
		)
	})
	return sorted
}

func contentOf(pod *unstructured.Unstructured) string { return pod.GetLabels()["pod-template-hash"] }

// createdAt is a time that sorts as text.
func createdAt(o *unstructured.Unstructured) string {
	created, _, _ := unstructured.NestedString(o.Object, "metadata", "creationTimestamp")
	return created
}

// containersOf returns the containers of a pod in the order in which they run.
func containersOf(pod *unstructured.Unstructured) []container {
	return append(containersIn(pod, "initContainers", "initContainerStatuses"), containersIn(pod, "containers", "containerStatuses")...)
}

func containersIn(pod *unstructured.Unstructured, spec, status string) []container {
	var all []container
	for _, c := range mapsAt(pod.Object, "spec", spec) {
		k := container{pod: pod.GetName(), uid: string(pod.GetUID()), name: textAt(c, "name"), waiting: whyPending(pod)}
		for _, s := range mapsAt(pod.Object, "status", status) {
			if textAt(s, "name") == k.name {
				k.read(s)
			}
		}
		all = append(all, k)
	}
	return all
}

// read takes what the status of a container says.
// See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ContainerStatus.
func (k *container) read(s map[string]any) {
	restarts, _, _ := unstructured.NestedInt64(s, "restartCount")
	_, k.running, _ = unstructured.NestedMap(s, "state", "running")
	_, ended, _ := unstructured.NestedMap(s, "state", "terminated")
	_, endedBefore, _ := unstructured.NestedMap(s, "lastState", "terminated")
	k.started, k.restarted = k.running || ended || endedBefore, endedBefore
	k.run = fmt.Sprintf("%d %s", restarts, textAt(s, "containerID"))
	if reason := textAt(s, "state", "waiting", "reason"); reason != "" {
		k.waiting = because(reason, textAt(s, "state", "waiting", "message"))
	}
}

// whyPending says why nothing of a pod runs yet.
func whyPending(pod *unstructured.Unstructured) string {
	for _, c := range mapsAt(pod.Object, "status", "conditions") {
		if textAt(c, "type") == "PodScheduled" && textAt(c, "status") == "False" {
			return because(textAt(c, "reason"), textAt(c, "message"))
		}
	}
	return because(textAt(pod.Object, "status", "reason"), textAt(pod.Object, "status", "message"))
}

// because puts a reason and the first line of its message behind a sentence.
func because(reason, message string) string {
	message, _, _ = strings.Cut(message, "\n")
	switch {
	case reason == "":
		return ""
	case message == "":
		return ": " + reason
	}
	return ": " + reason + " (" + message + ")"
}

// mapsAt returns the mappings of a list.
func mapsAt(object map[string]any, path ...string) []map[string]any {
	field, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	list, _ := field.([]any)
	var all []map[string]any
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

func textAt(object map[string]any, path ...string) string {
	s, _, _ := unstructured.NestedString(object, path...)
	return s
}
