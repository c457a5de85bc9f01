package status

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// failingProbe is the cause where a container runs and does not answer its
// startup or readiness probe. Until the first failure is told, it is starting.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
func failingProbe(p *podCase) (Result, bool) {
	for _, c := range append(p.inits(), p.regular()...) {
		if c.status.State.Running == nil || c.role == "init container" {
			continue
		}
		started := c.spec.StartupProbe == nil || c.status.Started == nil || *c.status.Started
		if !started && c.response("Startup") != "" {
			return c.probeFailed(startupFailing, "startup", c.spec.StartupProbe, c.response("Startup"), startupSettings), true
		}
		if started && !c.status.Ready && c.spec.ReadinessProbe != nil {
			if response := c.notReadyBecause(); response != "" {
				return c.probeFailed(readinessFailing, "readiness", c.spec.ReadinessProbe, response, readinessSettings), true
			}
		}
	}
	return Result{}, false
}

func (c containerCase) probeFailed(reason Reason, name string, probe *corev1.Probe, response string, s probeSettings) Result {
	r := progressing(c.Pod, reason, "%s runs, and its %s probe%s fails: %s", c, name, target(probe), response).
		set(probeSetting(s, response)).next("%s", c.probeAdvice(probe, response))
	r.Log = &LogRef{Namespace: c.Namespace, Pod: c.Name, Container: c.spec.Name}
	return r
}

// response returns what the newest event says of a failing probe, empty where
// there is none.
func (c containerCase) response(probe string) string {
	for _, e := range c.told() {
		for _, how := range []string{" probe failed: ", " probe errored: ", " probe errored and resulted in "} {
			if rest, ok := strings.CutPrefix(e.Message, probe+how); ok && e.Reason == "Unhealthy" {
				return oneLine(rest)
			}
		}
	}
	return ""
}

// notReadyBecause returns the response to the readiness probe. Events are kept
// for an hour only, so that a container that runs for long is taken to fail.
func (c containerCase) notReadyBecause() string {
	if response := c.response("Readiness"); response != "" {
		return response
	}
	runs := c.Now.Sub(c.status.State.Running.StartedAt.Time)
	if runs > patience(c.spec.ReadinessProbe) {
		return fmt.Sprintf("the container runs for %s and is not ready; no event tells the response", runs.Round(time.Second))
	}
	return ""
}

// patience is after how long a probe has been tried often enough, and its
// failures have been told.
func patience(p *corev1.Probe) time.Duration {
	if p == nil {
		return time.Minute
	}
	seconds := p.InitialDelaySeconds + max(p.PeriodSeconds, 1)*max(p.FailureThreshold, 1) + max(p.TimeoutSeconds, 1)
	return time.Duration(seconds)*time.Second + time.Minute
}

// probeSettings are the settings of one probe; a startup probe has none.
type probeSettings struct{ path, timeout string }

var (
	readinessSettings = probeSettings{"settings.deployer.readiness_probe_path", "settings.deployer.readiness_probe_timeout"}
	startupSettings   = probeSettings{}
	livenessSettings  = probeSettings{"settings.deployer.liveness_probe_path", "settings.deployer.liveness_probe_timeout"}
)

// probeSetting returns the settings field that a response speaks of: the path
// where the server answers with a client's error, the timeout where it
// answers late, the port where nobody listens. A server's own error is none.
func probeSetting(s probeSettings, response string) string {
	switch {
	case refused(response):
		return "settings.deployer.service_port"
	case late(response):
		return s.timeout
	case strings.Contains(response, "statuscode: 4"):
		return s.path
	}
	return ""
}

func refused(response string) bool { return strings.Contains(response, "connection refused") }

func late(response string) bool {
	return strings.Contains(response, "timeout") || strings.Contains(response, "deadline exceeded") || strings.Contains(response, "timed out")
}

// probeAdvice says what to do about a response.
func (c containerCase) probeAdvice(probe *corev1.Probe, response string) string {
	look := "kubectl logs " + c.Name + " -n " + c.Namespace + " -c " + c.spec.Name
	switch {
	case refused(response):
		return "nothing listens on " + portOf(probe) + ": settings.deployer.service_port moves the probes and the Service, while the server inside keeps its own port " +
			"(8000 for ZenML, unless its uvicorn_port says otherwise); make them equal, or look whether it starts: " + look
	case strings.Contains(response, "statuscode: 401"), strings.Contains(response, "statuscode: 403"):
		return "the server asks for credentials that a probe does not have: let the probe ask for a path that needs none"
	case strings.Contains(response, "statuscode: 4"):
		return "the server answers, but not on this path: correct the path of the probe"
	case late(response):
		return "the server answers too late: raise the timeout or the resources, or look why: " + look
	}
	return "look why the server answers so: " + look
}

// target says what a probe asks for.
func target(p *corev1.Probe) string {
	switch {
	case p == nil:
		return ""
	case p.HTTPGet != nil:
		return " on " + portOf(p) + " " + p.HTTPGet.Path
	case p.TCPSocket != nil, p.GRPC != nil:
		return " on " + portOf(p)
	case p.Exec != nil:
		return " " + oneLine(strings.Join(p.Exec.Command, " "))
	}
	return ""
}

func portOf(p *corev1.Probe) string {
	switch {
	case p == nil:
	case p.HTTPGet != nil:
		return "port " + p.HTTPGet.Port.String()
	case p.TCPSocket != nil:
		return "port " + p.TCPSocket.Port.String()
	case p.GRPC != nil:
		return fmt.Sprintf("port %d", p.GRPC.Port)
	}
	return "the port of the probe"
}

// closedGate is the cause where the containers are ready and the pod is not,
// because of a condition that a controller outside the pod sets:
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate.
func closedGate(p *podCase) (Result, bool) {
	if c := podCondition(p.Pod, corev1.ContainersReady); c == nil || c.Status != corev1.ConditionTrue {
		return Result{}, false
	}
	for _, gate := range p.Spec.ReadinessGates {
		c := podCondition(p.Pod, gate.ConditionType)
		if c != nil && c.Status == corev1.ConditionTrue {
			continue
		}
		said := "nobody has set it"
		if c != nil {
			said = "it is " + string(c.Status) + lastWords(c.Message)
		}
		return progressing(p.Pod, readinessGate, "pod %s waits for its readiness gate %s: %s", p.Name, gate.ConditionType, said).
			next("look at the controller that sets %s", gate.ConditionType), true
	}
	return Result{}, false
}
