package status

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// replicaSet judges a ReplicaSet that stands alone. Those of a Deployment are
// part of its rule.
func replicaSet(j *Judge, rs *appsv1.ReplicaSet) Result {
	wanted, s := replicas(rs.Spec.Replicas), rs.Status
	switch {
	case s.ObservedGeneration < rs.Generation:
		return unseen(rs, s.ObservedGeneration)
	case s.Replicas > wanted:
		return tooMany(rs, s.Replicas-wanted)
	case s.AvailableReplicas >= wanted:
		return idle(ready(rs), wanted)
	}
	waiting := unavailable(rs, s.AvailableReplicas, wanted)
	if message := replicaFailure(rs); message != "" {
		return waiting.because(j.notCreated(rs, message))
	}
	return j.explain(waiting, j.podsOf(rs.UID))
}

func tooMany(o object, n int32) Result {
	return progressing(o, oldPodsRemain, "still there: %s too many", pods(n)).next("wait")
}

// replicaFailure returns what a ReplicaSet says of pods that it cannot create.
func replicaFailure(rs *appsv1.ReplicaSet) string {
	at := slices.IndexFunc(rs.Status.Conditions, func(c appsv1.ReplicaSetCondition) bool {
		return c.Type == appsv1.ReplicaSetReplicaFailure && c.Status == corev1.ConditionTrue && c.Reason == "FailedCreate"
	})
	if at < 0 {
		return ""
	}
	return rs.Status.Conditions[at].Message
}
