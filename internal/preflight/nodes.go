// Nodes that pods can run on.

package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/lading-dev/lading/pkg/manifest"
)

// isChoosy tells that not any node will do for pods: they want labels, or
// devices, whose resources have a domain in their names. See
// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources.
func (p podTemplate) isChoosy() bool {
	return len(mapping(p.spec, "nodeSelector"))+len(p.devices()) > 0
}

// devices are the extended resources that one pod takes.
func (p podTemplate) devices() demand {
	all := (&counter{}).pod(p.spec)
	maps.DeleteFunc(all, func(name string, _ resource.Quantity) bool {
		return !strings.HasPrefix(name, "requests.") || !strings.Contains(name, "/")
	})
	return all
}

// nodes only warns, since an autoscaler may add what is missing. It looks at
// labels and devices, and leaves what is free to the scheduler.
func (c *checker) nodes() {
	const name = "node"
	list := List{Kind: "Node"}
	nodes, known := c.facts.objects[list]
	for _, p := range c.pods {
		switch {
		case !p.isChoosy():
		case !known:
			c.unread(name, p.owner, list)
		case p.fitsOneOf(nodes):
			c.say(OK, name, p.owner, "there is a node with "+p.choice(), "")
		default:
			c.say(Warning, name, p.owner, "no node has "+p.choice()+", so that its pods wait until one is added",
				"correct node_selectors or resources in settings.deployer.pod_settings, or add such a node: kubectl get nodes --show-labels")
		}
	}
}

// choice says what a node must have.
func (p podTemplate) choice() string {
	var parts []string
	labels := mapping(p.spec, "nodeSelector")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, fmt.Sprintf("the label %s=%v", key, labels[key]))
	}
	devices := p.devices()
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		q := devices[name]
		parts = append(parts, fmt.Sprintf("%s %s", &q, strings.TrimPrefix(name, "requests.")))
	}
	return strings.Join(parts, " and ")
}

func (p podTemplate) fitsOneOf(nodes map[string]*manifest.Object) bool {
	labels, devices := mapping(p.spec, "nodeSelector"), p.devices()
	for _, node := range nodes {
		if hasLabels(node, labels) && hasDevices(node, devices) {
			return true
		}
	}
	return false
}

func hasLabels(node *manifest.Object, want map[string]any) bool {
	labels := mapping(node.Body, "metadata", "labels")
	for key, value := range want {
		if has, ok := labels[key]; !ok || has != value {
			return false
		}
	}
	return true
}

func hasDevices(node *manifest.Object, want demand) bool {
	allocatable := mapping(node.Body, "status", "allocatable")
	for name, need := range want {
		if has, ok := quantity(allocatable[strings.TrimPrefix(name, "requests.")]); !ok || has.Cmp(need) < 0 {
			return false
		}
	}
	return true
}
