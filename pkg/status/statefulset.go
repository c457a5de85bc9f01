package status

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// statefulSet judges a StatefulSet. A partition keeps the pods below it at the
// older revision on purpose, so they need only be available.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
func statefulSet(j *Judge, s *appsv1.StatefulSet) Result {
	if s.Status.ObservedGeneration < s.Generation {
		return unseen(s, s.Status.ObservedGeneration)
	}
	waiting, lacking := statefulSetLacks(s)
	if !lacking {
		return statefulSetReady(s)
	}
	all := j.podsOf(s.UID)
	if r, ok := blockedByOldPod(j, s, waiting, all); ok {
		return r
	}
	if s.Status.Replicas < replicas(s.Spec.Replicas) {
		if cause, ok := j.creationTold(s); ok {
			return waiting.because(cause)
		}
	}
	return j.explainUpdate(waiting, all, olderThan(s))
}

// olderThan tells the pods that are to be replaced. Those that a partition
// keeps look the same; they are all that is left once the others are replaced.
func olderThan(s *appsv1.StatefulSet) func(*corev1.Pod) bool {
	replaced := s.Status.UpdatedReplicas >= toUpdate(s)
	return func(p *corev1.Pod) bool {
		return !replaced && p.Labels[appsv1.StatefulSetRevisionLabel] != s.Status.UpdateRevision
	}
}

// toUpdate is how many pods are to be of the new revision.
func toUpdate(s *appsv1.StatefulSet) int32 {
	wanted := replicas(s.Spec.Replicas)
	if u := s.Spec.UpdateStrategy.RollingUpdate; u != nil && u.Partition != nil {
		return max(wanted-*u.Partition, 0)
	}
	return wanted
}

func statefulSetReady(s *appsv1.StatefulSet) Result {
	wanted, r := replicas(s.Spec.Replicas), ready(s)
	if kept := wanted - s.Status.UpdatedReplicas; kept > 0 {
		r.Message = share(kept, wanted) + " kept at the older revision, as the partition asks"
	}
	return idle(r, wanted)
}

func statefulSetLacks(s *appsv1.StatefulSet) (Result, bool) {
	wanted, update, st := replicas(s.Spec.Replicas), toUpdate(s), s.Status
	manual := s.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType
	switch {
	case st.UpdatedReplicas < update && manual && st.Replicas >= wanted:
		return waitsForDeletion(s, st.UpdatedReplicas, wanted), true
	case st.UpdatedReplicas < update:
		return progressing(s, rollingOut, "%s of the new content", share(st.UpdatedReplicas, update)).next("wait"), true
	case st.Replicas > wanted:
		return tooMany(s, st.Replicas-wanted), true
	case st.ReadyReplicas < wanted:
		return unavailable(s, st.ReadyReplicas, wanted), true
	case s.Spec.MinReadySeconds > 0 && st.AvailableReplicas < wanted:
		return readyTooShort(s, st.AvailableReplicas, wanted, s.Spec.MinReadySeconds), true
	}
	return Result{}, false
}

// waitsForDeletion is the result of a workload with the strategy OnDelete.
func waitsForDeletion(o object, updated, wanted int32) Result {
	return failed(o, onDelete, "%s of the new content, and the strategy OnDelete replaces none by itself", share(updated, wanted)).
		next("delete the old pods one by one: kubectl get pods -n %s -L controller-revision-hash", o.GetNamespace())
}

// blockedByOldPod tells whether the rollout waits for a pod of older content
// that cannot become ready. Such a pod is not replaced even by content that
// would repair it, so that somebody has to delete it:
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback.
func blockedByOldPod(j *Judge, s *appsv1.StatefulSet, waiting Result, all []*corev1.Pod) (Result, bool) {
	if s.Spec.PodManagementPolicy == appsv1.ParallelPodManagement || waiting.Reason == onDelete {
		return Result{}, false
	}
	isOld := olderThan(s)
	old := slices.DeleteFunc(slices.Clone(all), func(p *corev1.Pod) bool { return !isOld(p) || !active(p) })
	cause, ok := j.blame(old)
	if !ok || !cause.Final {
		return Result{}, false
	}
	r := waiting.because(cause)
	r.Reason, r.Setting = oldPodBlocks, ""
	return r.next("%s", kubectl("delete", cause.ID)), true
}
