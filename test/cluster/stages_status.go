package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// why says what kubelets say about each failure: $image and $name are those of
// the first container, $pod is what kubelets call the pod.
var why = map[string]string{
	"pull-error":        `failed to pull and unpack image "$image": failed to resolve reference "$image": $image: not found`,
	"pull-unauthorized": `failed to pull and unpack image "$image": failed to resolve reference "$image": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
	"invalid-image":     `Failed to apply default image tag "$image": couldn't parse image name "$image": invalid reference format`,
	"config-error":      `secret "missing" not found`,
	"mount-error":       `MountVolume.SetUp failed for volume "config" : configmap "missing" not found`,
	"start-error":       `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "serve": executable file not found in $PATH`,
	"evicted":           `The node was low on resource: memory. Threshold quantity: 100Mi, available: 52340Ki. Container $name was using 812Mi, request is 256Mi, has larger consumption of memory. `,
	"readiness-fails":   `Readiness probe failed: HTTP probe failed with statuscode: 503`,
	"liveness-fails":    `Liveness probe failed: HTTP probe failed with statuscode: 500`,
}

// exits says how containers end.
var exits = map[string]struct {
	code   int
	reason string
}{
	"crash":          {1, "Error"},
	"exits":          {0, "Completed"},
	"oom":            {137, "OOMKilled"},
	"liveness-fails": {137, "Error"},
	"start-error":    {128, "StartError"},
	"init-crash":     {1, "Error"},
}

// podVariables is template text that sets what the templates of pods use:
// $first is the container that fails, $old its status so far, $restarts how
// often it was started again, $last how it ended, $why a message of failure.
func podVariables() string {
	return behaviourVariable() + `{{ $now := Now }}
{{ $first := index .spec.containers 0 }}
{{ $old := dict }}{{ with .status.containerStatuses }}{{ $old = index . 0 }}{{ end }}
{{ $state := or $old.state dict }}
{{ $restarts := int64 (or $old.restartCount 0) }}
{{ $last := (or $old.lastState dict).terminated }}
{{ $initRestarts := 0 }}{{ with .status.initContainerStatuses }}{{ $initRestarts = (index . 0).restartCount }}{{ end }}
{{ $pod := printf "%s_%s(%s)" .metadata.name .metadata.namespace .metadata.uid }}
{{ $why := or (index (or .metadata.annotations dict) "` + MessageAnnotation + `") (or (get (dict ` + pairs() + `) $behave) "") }}
{{ $why = ` + replaced("$why") + ` }}`
}

func pairs() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(why)) {
		fmt.Fprintf(&b, "%q %q ", name, why[name])
	}
	return b.String()
}

// text is a template expression for a text with placeholders.
func text(s string) string { return replaced(fmt.Sprintf("%q", s)) }

func replaced(expression string) string {
	return "(" + expression + ` | replace "$image" $first.image | replace "$name" $first.name | replace "$pod" $pod` +
		` | replace "$why" ` + whyOf(expression) + ")"
}

// whyOf avoids that $why is put into itself.
func whyOf(expression string) string {
	if expression == "$why" {
		return `""`
	}
	return "$why"
}

// ended is template text that sets $ended to how the container ends now.
func ended() string {
	var b strings.Builder
	b.WriteString("{{ $code := 0 }}{{ $reason := `Completed` }}")
	for _, name := range slices.Sorted(maps.Keys(exits)) {
		fmt.Fprintf(&b, "{{ if eq $behave %q }}{{ $code = %d }}{{ $reason = %q }}{{ end }}", name, exits[name].code, exits[name].reason)
	}
	b.WriteString(`{{ $ended := dict "exitCode" $code "reason" $reason "startedAt" (or ((or $state.running dict).startedAt) $now) "finishedAt" $now }}`)
	b.WriteString(`{{ if eq $behave "start-error" }}{{ $_ := set $ended "message" $why }}{{ end }}`)
	return b.String()
}

// podStatus is a template of a pod's whole status. Variables is template text
// that sets $next to the state of the first container, and may change $ready,
// $restarts, $last, $others (running or waiting) and $inits (done, waiting or
// crash).
func podStatus(phase, variables string) string {
	return podVariables() + `
{{ $ready := false }}{{ $sandbox := "True" }}{{ $others := "running" }}{{ $inits := "done" }}{{ $unready := "ContainersNotReady" }}` +
		ended() + variables + conditions + initStatuses + `
containerStatuses:
{{ range $i, $c := .spec.containers }}
- name: {{ $c.name | Quote }}
  image: {{ $c.image | Quote }}
  imageID: ""
  {{ if eq $i 0 }}
  ready: {{ $ready }}
  started: {{ hasKey $next "running" }}
  restartCount: {{ $restarts }}
  state: {{ toJson $next }}
  {{ with $last }}
  lastState: {terminated: {{ toJson . }}}
  {{ end }}
  {{ else if eq $others "running" }}
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
  {{ else }}
  ready: false
  started: false
  restartCount: 0
  state: {{ toJson $next }}
  {{ end }}
{{ end }}
phase: ` + phase + `
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
` + podAddress(phase)
}

func podAddress(phase string) string {
	if phase == "Pending" {
		return ""
	}
	return `podIP: {{ if .status.podIP }}{{ .status.podIP | Quote }}{{ else }}{{ PodIPWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid .metadata.name .metadata.namespace | Quote }}{{ end }}
`
}

// conditions keep the time since when they are as they are.
const conditions = `
{{ $want := "False" }}{{ if $ready }}{{ $want = "True" }}{{ end }}
{{ $since := $now }}{{ range .status.conditions }}{{ if and (eq .type "Ready") (eq .status $want) }}{{ $since = .lastTransitionTime }}{{ end }}{{ end }}
conditions:
- {type: PodReadyToStartContainers, status: {{ $sandbox | Quote }}, lastTransitionTime: {{ $now | Quote }}}
{{ range list "Ready" "ContainersReady" }}
{{ if $ready }}
- {type: {{ . }}, status: "True", lastTransitionTime: {{ $since | Quote }}, reason: null, message: null}
{{ else }}
- {type: {{ . }}, status: "False", lastTransitionTime: {{ $since | Quote }}, reason: {{ $unready }}, message: {{ printf "containers with unready status: [%s]" $first.name | Quote }}}
{{ end }}
{{ end }}
`

const initStatuses = `
{{ if and .spec.initContainers (ne $inits "done") }}
- {type: Initialized, status: "False", lastTransitionTime: {{ $now | Quote }}, reason: ContainersNotInitialized, message: {{ printf "containers with incomplete status: [%s]" (index .spec.initContainers 0).name | Quote }}}
{{ else }}
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}, reason: null, message: null}
{{ end }}
{{ with .spec.initContainers }}
initContainerStatuses:
{{ range $i, $c := . }}
- name: {{ $c.name | Quote }}
  image: {{ $c.image | Quote }}
  imageID: ""
  {{ if and (eq $inits "crash") (eq $i 0) }}
  ready: false
  started: false
  restartCount: {{ $initRestarts }}
  state: {waiting: {reason: CrashLoopBackOff, message: {{ printf "back-off 10s restarting failed container=%s pod=%s" $c.name $pod | Quote }}}}
  lastState: {terminated: {{ toJson $ended }}}
  {{ else if ne $inits "done" }}
  ready: false
  started: false
  restartCount: 0
  state: {waiting: {reason: PodInitializing}}
  {{ else if eq (or $c.restartPolicy "") "Always" }}
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
  {{ else }}
  ready: true
  started: false
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
  {{ end }}
{{ end }}
{{ end }}
`
