package cluster

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"
)

// A stage is a change that kwok makes to an object as soon as it is in a
// state. See https://kwok.sigs.k8s.io/docs/user/stages-configuration/.
type stage struct {
	name   string
	group  string   // of the kind; empty for the core group
	kind   string   // Pod where empty
	when   []string // jq expressions that must all be true
	after  string   // a jq expression for a duration; at once where empty
	status string   // template of a patch of the status
	events []event
	apply  []string // templates of other objects
	next   bool     // look for another stage at once
	delete bool
}

// An event is told about a pod's first container, or its first init container.
type event struct {
	kind, reason, message string
	init                  bool
}

// stages returns what kwok is configured with. Logs are the names of files in
// a directory.
func stages(logs string) ([]byte, error) {
	var out bytes.Buffer
	for _, s := range append(objectStages(), podStages(logs)...) {
		text, err := yaml.Marshal(s.object())
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", s.name, err)
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	out.WriteString("---\n" + logsOfAll(logs))
	return out.Bytes(), nil
}

// logsOfAll is what pods print whose own Logs kwok does not know yet, or has
// lost sight of: see refreshedLogs. It is right for pods that ask for nothing.
func logsOfAll(logs string) string {
	return fmt.Sprintf(`{apiVersion: kwok.x-k8s.io/v1alpha1, kind: ClusterLogs, metadata: {name: all}, spec: {logs: [{logsFile: %q}]}}
`, logs+"/"+Behaviours[0].Name+".log")
}

func (s stage) object() map[string]any {
	kind, version := s.kind, "v1"
	if kind == "" {
		kind = "Pod"
	}
	if s.group != "" {
		version = s.group + "/v1"
	}
	var matches []any
	for _, w := range s.when {
		matches = append(matches, map[string]any{"key": w, "operator": "In", "values": []string{"true"}})
	}
	spec := map[string]any{
		"resourceRef": map[string]any{"apiGroup": version, "kind": kind},
		"selector":    map[string]any{"matchExpressions": matches},
		"steps":       s.steps(),
	}
	if s.after != "" {
		spec["delay"] = map[string]any{
			"durationMilliseconds": 0, "durationFrom": map[string]any{"expressionFrom": s.after},
		}
	}
	if s.next {
		spec["immediateNextStage"] = true
	}
	return map[string]any{
		"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage",
		"metadata": map[string]any{"name": s.name}, "spec": spec,
	}
}

// steps puts events first, as kubelets do: who sees the status also finds why.
func (s stage) steps() []any {
	var steps []any
	for _, e := range s.events {
		steps = append(steps, map[string]any{"apply": map[string]any{"template": e.template()}})
	}
	for _, a := range s.apply {
		steps = append(steps, map[string]any{"apply": map[string]any{"template": a}})
	}
	if s.status != "" {
		steps = append(steps, map[string]any{"patch": map[string]any{
			"subresource": "status", "root": "status", "template": s.status,
		}})
	}
	if s.delete {
		steps = append(steps, map[string]any{"delete": true})
	}
	return steps
}

// template makes one Event of all that say the same, which counts them by how
// often the container was started.
func (e event) template() string {
	containers := "containers"
	if e.init {
		containers = "initContainers"
	}
	return podVariables() + `
{{ $first = index .spec.` + containers + ` 0 }}
{{ $message := ` + text(e.message) + ` }}
apiVersion: v1
kind: Event
metadata:
  name: {{ printf "%s.%s" .metadata.name (sha256sum (print "` + e.reason + `" $message) | trunc 16) | Quote }}
  namespace: {{ .metadata.namespace | Quote }}
involvedObject:
  apiVersion: v1
  kind: Pod
  name: {{ .metadata.name | Quote }}
  namespace: {{ .metadata.namespace | Quote }}
  uid: {{ .metadata.uid | Quote }}
  fieldPath: {{ printf "spec.` + containers + `{%s}" $first.name | Quote }}
type: ` + e.kind + `
reason: ` + e.reason + `
message: {{ $message | Quote }}
count: {{ add $restarts 1 }}
firstTimestamp: {{ or .status.startTime .metadata.creationTimestamp | Quote }}
lastTimestamp: {{ now | date "2006-01-02T15:04:05Z07:00" | Quote }}
source: {component: kubelet, host: {{ .spec.nodeName | Quote }}}
reportingComponent: kubelet
reportingInstance: {{ .spec.nodeName | Quote }}
`
}

// objectStages are those of nodes, and of objects that get an address from
// somewhere.
func objectStages() []stage {
	const noAddress = `([.status.loadBalancer.ingress[]?] | length) == 0`
	wanted := fmt.Sprintf(`.metadata.annotations[%q] != "none"`, AddressAnnotation)
	return []stage{
		{name: "node-ready", kind: "Node", status: nodeStatus,
			when: []string{isUnready}},
		refreshedLogs(),
		{name: "service-address", kind: "Service", status: `loadBalancer: {ingress: [{ip: 203.0.113.10}]}`,
			when: []string{`.spec.type == "LoadBalancer"`, `.spec.loadBalancerClass == null`, wanted, noAddress}},
		{name: "ingress-address", group: "networking.k8s.io", kind: "Ingress", status: `loadBalancer: {ingress: [{ip: 203.0.113.11}]}`,
			when: []string{wanted, noAddress}},
	}
}

// refreshedLogs changes an object among the Logs every second. Who asks kwok
// for logs just when it learns of new ones gets, and makes it keep, a list
// without them, until the next change.
func refreshedLogs() stage {
	return stage{name: "node-refreshes-logs", kind: "Node", when: []string{isReady}, after: `"1s"`,
		apply: []string{`
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Logs
metadata:
  name: {{ .metadata.name | Quote }}
  namespace: default
  annotations: {sim.lading.dev/refreshed: {{ Now | Quote }}}
spec: {logs: []}
`},
		// The node's own change brings it here again.
		status: `conditions: [{type: Ready, lastHeartbeatTime: {{ Now | Quote }}}]`,
	}
}

const nodeStatus = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- {type: {{ .type | Quote }}, status: {{ .status | Quote }}, reason: {{ .reason | Quote }}, message: {{ .message | Quote }}, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $now | Quote }}}
{{ end }}
addresses:
- {address: {{ NodeIP | Quote }}, type: InternalIP}
- {address: {{ NodeName | Quote }}, type: Hostname}
{{ with NodePort }}
daemonEndpoints: {kubeletEndpoint: {Port: {{ . }}}}
{{ end }}
allocatable: {cpu: "32", memory: 256Gi, pods: "1000"}
capacity: {cpu: "32", memory: 256Gi, pods: "1000"}
nodeInfo: {architecture: amd64, bootID: "", containerRuntimeVersion: sim, kernelVersion: sim, kubeProxyVersion: "", kubeletVersion: v1.37.2, machineID: "", operatingSystem: linux, osImage: "", systemUUID: ""}
`
