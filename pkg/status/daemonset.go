package status

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// daemonSet judges a DaemonSet: each node that it is meant for has an
// available pod of the new content.
// https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
func daemonSet(j *Judge, d *appsv1.DaemonSet) Result {
	if d.Status.ObservedGeneration < d.Generation {
		return unseen(d, d.Status.ObservedGeneration)
	}
	waiting, lacking := daemonSetLacks(d)
	if !lacking {
		r := ready(d)
		if d.Status.DesiredNumberScheduled == 0 {
			r.Message = "idle: no node is meant for it"
		}
		return r
	}
	if d.Status.CurrentNumberScheduled < d.Status.DesiredNumberScheduled {
		if cause, ok := j.creationTold(d); ok {
			return waiting.because(cause)
		}
	}
	return j.explainUpdate(waiting, j.podsOf(d.UID), outdated(d))
}

// outdated tells the pods that are to be replaced, by the number that the API
// server gives to pod templates and the controller to pods. Where an older
// template was asked for again, its pods stay and count as outdated.
func outdated(d *appsv1.DaemonSet) func(*corev1.Pod) bool {
	newest := d.Annotations[appsv1.DeprecatedTemplateGeneration]
	return func(p *corev1.Pod) bool {
		number := p.Labels["pod-template-generation"]
		return newest != "" && number != "" && number != newest
	}
}

func daemonSetLacks(d *appsv1.DaemonSet) (Result, bool) {
	s, wanted := d.Status, d.Status.DesiredNumberScheduled
	manual := d.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType
	switch {
	case s.UpdatedNumberScheduled < wanted && manual && s.CurrentNumberScheduled >= wanted:
		return waitsForDeletion(d, s.UpdatedNumberScheduled, wanted), true
	case s.UpdatedNumberScheduled < wanted:
		return progressing(d, rollingOut, "%s of the new content", share(s.UpdatedNumberScheduled, wanted)).next("wait"), true
	case s.NumberAvailable < wanted && s.NumberReady >= wanted && d.Spec.MinReadySeconds > 0:
		return readyTooShort(d, s.NumberAvailable, wanted, d.Spec.MinReadySeconds), true
	case s.NumberAvailable < wanted:
		return unavailable(d, s.NumberAvailable, wanted), true
	}
	return Result{}, false
}
