package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What stages ask of pods, as jq expressions.
const (
	isRunning = `.status.containerStatuses[0].state.running != null`
	isResting = `.status.containerStatuses[0].state.running == null`
	isReady   = `([.status.conditions[]? | select(.type == "Ready" and .status == "True")] | length) > 0`
	isUnready = `([.status.conditions[]? | select(.type == "Ready" and .status == "True")] | length) == 0`
	restarts  = `.spec.restartPolicy != "Never"`
	runsOnce  = `.spec.restartPolicy == "Never"`
	isOfJob   = `([.metadata.ownerReferences[]? | select(.kind == "Job")] | length) > 0`
)

// when asks for one of some behaviours of a pod that lives, and for more.
func when(behaviours []string, more ...string) []string {
	return append([]string{
		`.metadata.deletionTimestamp == null`,
		`.status.startTime != null`,
		`(.status.phase == "Failed" or .status.phase == "Succeeded") | not`,
		behaviourOf() + ` | IN("` + strings.Join(behaviours, `", "`) + `")`,
	}, more...)
}

func of(behaviours ...string) []string { return behaviours }

func isWaiting(reason string) string {
	return fmt.Sprintf(`.status.containerStatuses[0].state.waiting.reason == %q`, reason)
}

func isNotWaiting(reason string) string {
	return fmt.Sprintf(`.status.containerStatuses[0].state.waiting.reason != %q`, reason)
}

// annotated is the duration that an annotation gives.
func annotated(name, otherwise string) string {
	return fmt.Sprintf(`(.metadata.annotations[%q] // %q)`, name, otherwise)
}

// since is the duration that depends on whether something is so.
func since(condition, yes, no string) string {
	return fmt.Sprintf("if %s then %s else %s end", condition, yes, no)
}

func quoted(names []string) string { return `"` + strings.Join(names, `" "`) + `"` }

// next is template text that sets the state of the first container to one of
// waiting.
func next(reason, message string) string {
	return fmt.Sprintf(`{{ $next := dict "waiting" (dict "reason" %q "message" %s) }}`, reason, text(message))
}

// running is template text for a container that runs, since when it does.
const running = `{{ $next := dict "running" (dict "startedAt" (or (or $state.running dict).startedAt $now)) }}`

// podStages lists what happens to pods, in the order of a pod's life.
func podStages(logs string) []stage {
	list := []stage{accepted(logs)}
	list = append(list, healthy()...)
	list = append(list, crashing()...)
	list = append(list, notStarting()...)
	return append(list, ending()...)
}

// accepted is what a kubelet says first.
func accepted(logs string) stage {
	return stage{
		name: "pod-accepted", next: true,
		when: []string{`.metadata.deletionTimestamp == null`, `.status.startTime == null`},
		status: podStatus("Pending", `{{ $sandbox = "False" }}{{ $others = "waiting" }}{{ $inits = "waiting" }}
{{ $next := dict "waiting" (dict "reason" "ContainerCreating") }}
{{ if .spec.initContainers }}{{ $next = dict "waiting" (dict "reason" "PodInitializing") }}{{ end }}`) + `
startTime: {{ $now | Quote }}
`,
		apply: []string{podVariables() + `
{{ $restarted := has $behave (list ` + quoted(slices.Sorted(maps.Keys(exits))) + `) }}
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Logs
metadata:
  name: {{ .metadata.name | Quote }}
  namespace: {{ .metadata.namespace | Quote }}
  ownerReferences: [{apiVersion: v1, kind: Pod, name: {{ .metadata.name | Quote }}, uid: {{ .metadata.uid | Quote }}}]
spec:
  logs:
  - logsFile: {{ print "` + logs + `/" $behave ".log" | Quote }}
    {{ if $restarted }}
    previousLogsFile: {{ print "` + logs + `/" $behave ".log" | Quote }}
    {{ end }}
`},
	}
}

// healthy are the stages of pods whose containers run.
func healthy() []stage {
	return []stage{
		{name: "pod-ready", when: when(of("ok", "slow", "evicted"), isUnready),
			after:  since(behaviourOf()+` == "slow" and `+isResting, annotated(DelayAnnotation, "10s"), `"0s"`),
			status: podStatus("Running", running+`{{ $ready = true }}`),
			events: []event{{kind: "Normal", reason: "Started", message: "Started container $name"}}},
		{name: "pod-unready", when: when(of("unready", "readiness-fails"), "("+isReady+") or ("+isResting+")"),
			status: podStatus("Running", running)},
		// Each probe leaves its time, which brings the pod here again.
		{name: "pod-readiness-fails", when: when(of("readiness-fails"), isRunning, isUnready),
			after:  since(`([.status.conditions[]? | select(.type == "Ready" and .lastProbeTime != null)] | length) == 0`, `"1s"`, `"5s"`),
			status: `conditions: [{type: Ready, lastProbeTime: {{ now | date "2006-01-02T15:04:05Z07:00" | Quote }}}]`,
			events: []event{{kind: "Warning", reason: "Unhealthy", message: "$why"}}},
	}
}

// crashing are the stages of pods whose first container ends and runs again,
// sooner than a kubelet would have it.
func crashing() []stage {
	loop := of("crash", "exits", "oom")
	killed := of("liveness-fails")
	wait := since(isWaiting("CrashLoopBackOff"), annotated(BackoffAnnotation, "4s"), `"0s"`)
	uptime := annotated(UptimeAnnotation, "1s")
	backoff := event{kind: "Warning", reason: "BackOff", message: "Back-off restarting failed container $name in pod $pod"}
	return []stage{
		{name: "pod-runs", when: when(append(loop, killed...), isResting, restarts), after: wait,
			status: podStatus("Running", counted+running+`{{ $ready = not $first.readinessProbe }}`)},
		{name: "pod-crashes", when: when(loop, isRunning, restarts), after: uptime,
			status: podStatus("Running", crashed), events: []event{backoff}},
		{name: "pod-liveness-fails", when: when(killed, isRunning, restarts), after: uptime,
			status: podStatus("Running", crashed), events: []event{
				{kind: "Warning", reason: "Unhealthy", message: "$why"},
				{kind: "Normal", reason: "Killing", message: "Container $name failed liveness probe, will be restarted"},
				backoff,
			}},
		{name: "pod-cannot-start", when: when(of("start-error"), restarts, isNotWaiting("RunContainerError")), after: wait,
			status: podStatus("Running", counted+next("RunContainerError", "$why")+`{{ $last = $ended }}`),
			events: []event{{kind: "Warning", reason: "Failed", message: "Error: $why"}}},
		{name: "pod-cannot-start-again", when: when(of("start-error"), isWaiting("RunContainerError"), restarts), after: `"2s"`,
			status: podStatus("Running", next("CrashLoopBackOff", "back-off 10s restarting failed container=$name pod=$pod")), events: []event{backoff}},
		{name: "pod-fails", when: when(of("crash", "oom", "start-error"), runsOnce), after: uptime,
			status: podStatus("Failed", `{{ $next := dict "terminated" $ended }}`)},
	}
}

// counted counts a container that runs again, and remembers how it ended.
const counted = `
{{ if or $state.terminated (eq (or (or $state.waiting dict).reason "") "CrashLoopBackOff") }}{{ $restarts = add $restarts 1 }}{{ end }}
{{ with $state.terminated }}{{ $last = . }}{{ end }}
`

// crashed: the first time a kubelet starts a container again at once, and then
// after ever longer waits.
const crashed = `
{{ $next := dict "terminated" $ended }}
{{ if $restarts }}
{{ $last = $ended }}
{{ $wait := index (list "10s" "20s" "40s" "1m20s" "2m40s" "5m0s") (min 5 (sub $restarts 1)) }}
{{ $next = dict "waiting" (dict "reason" "CrashLoopBackOff" "message" (printf "back-off %s restarting failed container=%s pod=%s" $wait $first.name $pod)) }}
{{ end }}
`

// notStarting are the stages of pods whose first container does not start.
func notStarting() []stage {
	pulls, probed := of("pull-error", "pull-unauthorized"), `([.status.conditions[]? | select(.lastProbeTime != null)] | length) == 0`
	return []stage{
		{name: "pod-pulls", when: when(pulls, isResting, isNotWaiting("ErrImagePull")),
			after:  since(isWaiting("ImagePullBackOff"), annotated(BackoffAnnotation, "6s"), `"0s"`),
			status: podStatus("Pending", next("ErrImagePull", "$why")),
			events: []event{
				{kind: "Normal", reason: "Pulling", message: `Pulling image "$image"`},
				{kind: "Warning", reason: "Failed", message: `Failed to pull image "$image": $why`},
				{kind: "Warning", reason: "Failed", message: "Error: ErrImagePull"},
			}},
		{name: "pod-pull-waits", when: when(pulls, isWaiting("ErrImagePull")), after: `"1s"`,
			status: podStatus("Pending", next("ImagePullBackOff", `Back-off pulling image "$image": ErrImagePull: $why`)),
			events: []event{
				{kind: "Normal", reason: "BackOff", message: `Back-off pulling image "$image"`},
				{kind: "Warning", reason: "Failed", message: "Error: ImagePullBackOff"},
			}},
		{name: "pod-image-invalid", when: when(of("invalid-image"), isResting, isNotWaiting("InvalidImageName")),
			status: podStatus("Pending", next("InvalidImageName", "$why")),
			events: []event{
				{kind: "Warning", reason: "InspectFailed", message: "$why"},
				{kind: "Warning", reason: "Failed", message: "Error: InvalidImageName"},
			}},
		{name: "pod-config-missing", when: when(of("config-error"), isResting, isNotWaiting("CreateContainerConfigError")),
			status: podStatus("Pending", next("CreateContainerConfigError", "$why")),
			events: []event{{kind: "Warning", reason: "Failed", message: "Error: $why"}}},
		// Each try leaves its time, which brings the pod here again.
		{name: "pod-mount-fails", when: when(of("mount-error"), isResting), after: since(probed, `"0s"`, `"5s"`),
			status: `conditions: [{type: PodReadyToStartContainers, lastProbeTime: {{ now | date "2006-01-02T15:04:05Z07:00" | Quote }}}]`,
			events: []event{{kind: "Warning", reason: "FailedMount", message: "$why"}}},
		{name: "pod-init-crashes", when: when(of("init-crash"), `.spec.initContainers != null`),
			after: since(`.status.initContainerStatuses[0].restartCount == 0`, `"1s"`, annotated(BackoffAnnotation, "4s")),
			status: podStatus("Pending", next("PodInitializing", "")+
				`{{ $others = "waiting" }}{{ $inits = "crash" }}{{ $initRestarts = add $initRestarts 1 }}`),
			events: []event{{kind: "Warning", reason: "BackOff", init: true,
				message: "Back-off restarting failed container $name in pod $pod"}}},
	}
}

// ending are the stages of pods that end.
func ending() []stage {
	return []stage{
		{name: "pod-evicted", when: when(of("evicted"), isReady), after: annotated(UptimeAnnotation, "3s"),
			status: podStatus("Failed", `{{ $unready = "PodFailed" }}{{ $others = "waiting" }}
{{ $next := dict "terminated" (dict "exitCode" 137 "reason" "Error" "startedAt" (or (or $state.running dict).startedAt $now) "finishedAt" $now) }}`) + `
reason: Evicted
message: {{ $why | Quote }}
`,
			events: []event{{kind: "Warning", reason: "Evicted", message: "$why"}}},
		{name: "pod-completes", when: when(of("ok", "slow"), isOfJob, isReady), after: annotated(UptimeAnnotation, "1s"),
			status: podStatus("Succeeded", `{{ $unready = "PodCompleted" }}{{ $next := dict "terminated" $ended }}`)},
		{name: "pod-deleted", when: []string{`.metadata.deletionTimestamp != null`}, delete: true},
	}
}
