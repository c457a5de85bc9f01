// What is told of a pod.

package cli

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/status"
)

// describePod tells of a pod what kubectl does, and why it is not ready.
func describePod(p *unstructured.Unstructured, r status.Result) describedPod {
	phase, _, _ := unstructured.NestedString(p.Object, "status", "phase")
	node, _, _ := unstructured.NestedString(p.Object, "spec", "nodeName")
	if p.GetDeletionTimestamp() != nil {
		phase = "Terminating"
	}
	ready, lasting, restarts := countContainers(p)
	return describedPod{
		Namespace: p.GetNamespace(), Name: p.GetName(), Phase: phase, Reason: r.Reason, Message: r.Message,
		Ready: fmt.Sprintf("%d/%d", ready, lasting), Restarts: restarts, Node: node,
		Images: imagesOf(p), Created: timeOf(p.GetCreationTimestamp().Time),
	}
}

func imagesOf(p *unstructured.Unstructured) []string {
	images := []string{}
	for _, c := range objectsAt(p, "spec", "containers") {
		image, _ := c["image"].(string)
		images = append(images, image)
	}
	return images
}

// countContainers counts the containers that are to go on running, those of them
// that are ready, and the restarts of all. Containers that initialise a pod go
// on where they are always restarted:
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
func countContainers(p *unstructured.Unstructured) (ready, lasting int, restarts int64) {
	goesOn := make(map[any]bool)
	for _, c := range objectsAt(p, "spec", "initContainers") {
		if c["restartPolicy"] == "Always" {
			goesOn[c["name"]] = true
		}
	}
	for _, c := range objectsAt(p, "spec", "containers") {
		goesOn[c["name"]] = true
	}
	statuses := append(objectsAt(p, "status", "initContainerStatuses"), objectsAt(p, "status", "containerStatuses")...)
	for _, c := range statuses {
		n, _ := c["restartCount"].(int64)
		restarts += n
		if goesOn[c["name"]] && c["ready"] == true {
			ready++
		}
	}
	return ready, len(goesOn), restarts
}

// objectsAt reads a list of objects.
func objectsAt(o *unstructured.Unstructured, path ...string) []map[string]any {
	list, _, _ := unstructured.NestedSlice(o.Object, path...)
	var out []map[string]any
	for _, item := range list {
		if body, ok := item.(map[string]any); ok {
			out = append(out, body)
		}
	}
	return out
}
