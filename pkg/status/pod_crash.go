package status

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// finalRestarts is after how many restarts a crash counts as final: kubelet
// has waited 10, 20 and 40 s by then, long enough for what the container may
// have waited for.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
const finalRestarts = 3

// startWordings tell why a runtime cannot create or start a container.
var startWordings = []wording{
	{parts: []string{"exec format error"}, reason: imagePlatform, final: true, setting: "image",
		next: "build the image for the platform of node {node}, or choose nodes with settings.deployer.pod_settings.node_selectors"},
	{parts: []string{"executable file not found", "no such file or directory"}, reason: commandNotFound, final: true, setting: "settings.deployer.command",
		next: "correct settings.deployer.command, or the image's entrypoint"},
	{parts: []string{"permission denied"}, reason: notExecutable, final: true, setting: "settings.deployer.command",
		next: "make the file executable in the image, or correct settings.deployer.command"},
	{parts: []string{"no space left on device"}, reason: nodeDiskFull, next: "free the disk of the node: kubectl describe node {node}"},
}

// unstarted is the cause where the runtime cannot create or start a container.
func unstarted(c containerCase) (Result, bool) {
	state, message := c.waits()
	ended := c.termination()
	switch {
	case slices.Contains([]string{"CreateContainerError", "RunContainerError", "PostStartHookError", "PreCreateHookError", "PreStartHookError"}, state):
	case ended != nil && slices.Contains([]string{"StartError", "ContainerCannotRun"}, ended.Reason):
		message = ended.Message
	default:
		return Result{}, false
	}
	w, ok := meaning(startWordings, message)
	if !ok {
		w = wording{reason: containerStart}
	}
	hopeless := w.final && (c.status.RestartCount > 0 || state != "")
	return c.worded(w, "%s cannot start: %s", c, oneLine(message)).finalIf(hopeless), true
}

// termination is how the container ended last, nil where it is not said or
// where the container has recovered: it is ready, or runs again for long
// enough to be.
func (c containerCase) termination() *corev1.ContainerStateTerminated {
	if t := c.status.State.Terminated; t != nil {
		return t
	}
	if run := c.status.State.Running; c.status.Ready || run != nil && c.Now.Sub(run.StartedAt.Time) > patience(c.spec.ReadinessProbe) {
		return nil
	}
	return c.status.LastTerminationState.Terminated
}

// crashing is the cause where a container ends, though it ought not to, or
// with an error.
func crashing(c containerCase) (Result, bool) {
	state, _ := c.waits()
	t := c.termination()
	looping := state == "CrashLoopBackOff"
	if t == nil && !looping || t != nil && t.ExitCode == 0 && !c.keepsRunning() {
		return Result{}, false
	}
	if t == nil {
		t = &corev1.ContainerStateTerminated{ExitCode: -1}
	}
	r := c.crash(t)
	r.Log = c.log()
	return r.finalIf(looping && c.status.RestartCount >= finalRestarts || c.endsForGood()), true
}

// endsForGood tells whether an ended container is not started again.
func (c containerCase) endsForGood() bool {
	return c.status.State.Terminated != nil && c.Spec.RestartPolicy == corev1.RestartPolicyNever && !c.sidecar()
}

// crash tells kinds of ends apart. The runtime knows of memory, kubelet's
// events of probes; the rest is read from the exit code, as shells set it:
// https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html.
func (c containerCase) crash(t *corev1.ContainerStateTerminated) Result {
	look := "look at its last lines: " + c.logs()
	switch code := t.ExitCode; {
	case t.Reason == "OOMKilled":
		return progressing(c.Pod, oomKilled, "%s was killed because it used more memory than %s%s", c, c.memoryLimit(), c.restarts()).
			set("settings.resources.memory").next("raise settings.resources.memory, or make the server use less")
	case c.killedByProbe("Liveness", t):
		return c.livenessFailed()
	case c.killedByProbe("Startup", t):
		return progressing(c.Pod, startupFailing, "%s is killed because its startup probe fails: %s%s", c, c.response("Startup"), c.restarts()).next("%s", look)
	case code == 0:
		return progressing(c.Pod, exitedEarly, "%s ends without an error, though it ought to keep running%s", c, c.restarts()).
			set("settings.deployer.command").next("run a server that stays in the foreground; %s", look)
	case code == 127:
		return progressing(c.Pod, commandNotFound, "%s ends with exit code 127: a command was not found%s", c, c.restarts()).
			set("settings.deployer.command").next("%s", look)
	case code == 126:
		return progressing(c.Pod, notExecutable, "%s ends with exit code 126: a command cannot be executed%s", c, c.restarts()).
			set("settings.deployer.command").next("%s", look)
	case code > 128 && code < 160:
		return progressing(c.Pod, crashedBySignal, "%s ends with exit code %d, by %s%s", c, code, signal(code-128), c.restarts()).next("%s", look)
	case code < 0:
		return progressing(c.Pod, crashLoop, "%s ends again and again%s", c, c.restarts()).next("%s", look)
	default:
		return progressing(c.Pod, crashLoop, "%s ends with exit code %d%s%s", c, code, c.restarts(), lastWords(t.Message)).next("%s", look)
	}
}

// lastWords is what a container left in its termination message.
func lastWords(message string) string {
	if message == "" {
		return ""
	}
	return ": " + oneLine(message)
}

func (c containerCase) restarts() string {
	switch n := c.status.RestartCount; n {
	case 0:
		return ""
	case 1:
		return ", restarted once"
	default:
		return fmt.Sprintf(", restarted %d times", n)
	}
}

func (c containerCase) memoryLimit() string {
	if limit, ok := c.spec.Resources.Limits[corev1.ResourceMemory]; ok {
		return "its limit of " + limit.String()
	}
	return "its node has"
}

// signal names the signals that end servers.
func signal(number int32) string {
	name, ok := map[int32]string{
		1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL (illegal instruction)", 5: "SIGTRAP", 6: "SIGABRT (abort)", 7: "SIGBUS (bad memory access)",
		8: "SIGFPE (arithmetic error)", 9: "SIGKILL", 11: "SIGSEGV (segmentation fault)", 13: "SIGPIPE", 15: "SIGTERM",
	}[number]
	if !ok {
		return fmt.Sprintf("signal %d", number)
	}
	return name
}

// killedByProbe tells whether kubelet ended the container because of a probe.
// Its event that says so is of type Normal, which many do not read; without
// it, a probe that failed during a run counts that ended as kubelet ends them.
func (c containerCase) killedByProbe(probe string, t *corev1.ContainerStateTerminated) bool {
	return slices.ContainsFunc(c.told(), func(e Evidence) bool {
		switch e.Reason {
		case "Killing":
			return strings.HasPrefix(e.Message, "Container "+c.spec.Name+" ") && strings.Contains(e.Message, "failed "+strings.ToLower(probe)+" probe")
		case "Unhealthy":
			return strings.HasPrefix(e.Message, probe+" probe ") && !e.Last.Before(t.StartedAt.Time) && endedFromOutside(t.ExitCode)
		}
		return false
	})
}

// endedFromOutside tells whether a server ended as by kubelet's SIGTERM, which
// some take as a request, or by its SIGKILL.
func endedFromOutside(code int32) bool { return code == 0 || code == 128+15 || code == 128+9 }

func (c containerCase) livenessFailed() Result {
	response := c.response("Liveness")
	return progressing(c.Pod, livenessFailing, "%s is killed because its liveness probe fails: %s%s", c, response, c.restarts()).
		set(probeSetting(livenessSettings, response)).next("%s", c.probeAdvice(c.spec.LivenessProbe, response))
}
