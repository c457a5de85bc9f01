package status

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// A containerCase is a container of a pod that is being examined.
type containerCase struct {
	*podCase
	spec   corev1.Container
	status corev1.ContainerStatus
	role   string
}

// String names the container as messages do.
func (c containerCase) String() string { return c.role + ` "` + c.spec.Name + `" of pod ` + c.Name }

// containerCauses are what can be wrong with a container, in the order of its
// life. A container shows one state at a time, so few of them can apply at once.
var containerCauses = []func(containerCase) (Result, bool){
	unpulled,
	unconfigured,
	unstarted,
	crashing,
}

// startedContainers looks at init containers and at the others. A cause that
// is final goes before one that is not.
func startedContainers(p *podCase) (Result, bool) {
	return firstCause(slices.Concat(p.inits(), p.regular()))
}

// ephemeralContainers looks at containers that somebody added to debug. They
// do not decide whether the pod is ready, so nothing about them is final.
// https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
func ephemeralContainers(p *podCase) (Result, bool) {
	r, ok := firstCause(p.ephemeral())
	r.Phase, r.Final = Progressing, false
	return r, ok
}

func firstCause(containers []containerCase) (Result, bool) {
	var first Result
	for _, c := range containers {
		for _, cause := range containerCauses {
			r, ok := cause(c)
			if ok && r.Final {
				return r, true
			}
			if ok && first.Reason == "" {
				first = r
			}
		}
	}
	return first, first.Reason != ""
}

// inits are the init containers; those that always restart are sidecars:
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
func (p *podCase) inits() []containerCase {
	all := p.cases(p.Spec.InitContainers, p.Status.InitContainerStatuses, "init container")
	for i := range all {
		if all[i].sidecar() {
			all[i].role = "sidecar"
		}
	}
	return all
}

func (p *podCase) regular() []containerCase {
	return p.cases(p.Spec.Containers, p.Status.ContainerStatuses, "container")
}

func (p *podCase) ephemeral() []containerCase {
	specs := make([]corev1.Container, len(p.Spec.EphemeralContainers))
	for i, e := range p.Spec.EphemeralContainers {
		specs[i] = corev1.Container(e.EphemeralContainerCommon)
	}
	return p.cases(specs, p.Status.EphemeralContainerStatuses, "ephemeral container")
}

// cases joins what containers ought to be with how they are. A container
// without a status has not been looked at by kubelet yet.
func (p *podCase) cases(specs []corev1.Container, statuses []corev1.ContainerStatus, role string) []containerCase {
	var all []containerCase
	for _, spec := range specs {
		at := slices.IndexFunc(statuses, func(s corev1.ContainerStatus) bool { return s.Name == spec.Name })
		if at >= 0 {
			all = append(all, containerCase{p, spec, statuses[at], role})
		}
	}
	return all
}

func (c containerCase) sidecar() bool {
	return c.spec.RestartPolicy != nil && *c.spec.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// keepsRunning tells whether the container is to run as long as its pod.
func (c containerCase) keepsRunning() bool {
	return c.sidecar() || c.role == "container" && cmp.Or(c.Spec.RestartPolicy, corev1.RestartPolicyAlways) == corev1.RestartPolicyAlways
}

// waits returns why the container waits, and what is said about it.
func (c containerCase) waits() (reason, message string) {
	if w := c.status.State.Waiting; w != nil {
		return w.Reason, w.Message
	}
	return "", ""
}

// told are the events of the pod that are not about another container.
func (c containerCase) told() []Evidence {
	return slices.DeleteFunc(slices.Clone(c.events), func(e Evidence) bool { return e.Container != "" && e.Container != c.spec.Name })
}

// said returns what was said about the container: first what its state says,
// then the events of some reasons, newest first, without those that speak of
// another container's image.
func (c containerCase) said(reasons ...string) []string {
	_, message := c.waits()
	said := []string{message}
	for _, e := range c.told() {
		if slices.Contains(reasons, e.Reason) && !c.ofOthers(e.Message) {
			said = append(said, e.Message)
		}
	}
	return said
}

func (c containerCase) ofOthers(text string) bool {
	if strings.Contains(text, c.spec.Image) {
		return false
	}
	return slices.ContainsFunc(slices.Concat(c.Spec.InitContainers, c.Spec.Containers), func(other corev1.Container) bool {
		return other.Name != c.spec.Name && strings.Contains(text, other.Image)
	})
}

// log names the log of the run that tells most: the last one that ended.
func (c containerCase) log() *LogRef {
	ended := c.status.LastTerminationState.Terminated != nil && c.status.State.Terminated == nil
	return &LogRef{Namespace: c.Namespace, Pod: c.Name, Container: c.spec.Name, Previous: ended}
}

// logs is the command that shows that log.
func (c containerCase) logs() string {
	words := []string{"-c", c.spec.Name}
	if c.log().Previous {
		words = append(words, "--previous")
	}
	return strings.Join(append([]string{"kubectl logs", c.Name, "-n", c.Namespace}, words...), " ")
}
