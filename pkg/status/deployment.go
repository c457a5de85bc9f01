package status

import (
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// deployment judges a Deployment by its own status, which counts pods of the
// new content and of older ones separately: it is ready when the controller
// has seen the newest content, all replicas are of it, none is left of an
// older one, and all are available. Where it is not, the cause is looked for
// in the new ReplicaSet and its pods; the health of an older one never counts.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
func deployment(j *Judge, d *appsv1.Deployment) Result {
	if d.Status.ObservedGeneration < d.Generation {
		return j.deploymentUnseen(d)
	}
	waiting, lacking := deploymentLacks(d)
	if !lacking {
		return idle(ready(d), replicas(d.Spec.Replicas))
	}
	r := j.caseOf(d)
	if d.Spec.Paused && r.known && r.rs == nil {
		return failed(d, paused, "%s, and the Deployment is paused", waiting.Message).
			next("take spec.paused out of the manifests, or: kubectl rollout resume deployment %s -n %s", d.Name, d.Namespace)
	}
	return r.phase(r.cause(waiting))
}

// A deploymentCase is a Deployment that is not ready, with what belongs to its
// present content.
type deploymentCase struct {
	*Judge
	*appsv1.Deployment
	rs    *appsv1.ReplicaSet // nil where there is none yet
	known bool               // whether ReplicaSets could be read
	pods  []*corev1.Pod      // without those that are being deleted
}

func (j *Judge) caseOf(d *appsv1.Deployment) *deploymentCase {
	rs, known := j.newReplicaSet(d)
	present := slices.DeleteFunc(j.newPods(d, rs), func(p *corev1.Pod) bool { return p.DeletionTimestamp != nil })
	return &deploymentCase{j, d, rs, known, present}
}

// replicas is how many are wanted; the API's default is one.
func replicas(wanted *int32) int32 {
	if wanted == nil {
		return 1
	}
	return *wanted
}

// idle says of a workload without replicas that nothing runs.
func idle(r Result, wanted int32) Result {
	if wanted == 0 {
		r.Message = "idle: no replicas are wanted"
	}
	return r
}

// deploymentUnseen is the result while the controller has not acted on the
// newest content. It also stays so where the ReplicaSet itself is refused. A
// condition keeps the words of the first refusal and an event has those of the
// newest; both may be about content that has been corrected since.
func (j *Judge) deploymentUnseen(d *appsv1.Deployment) Result {
	waiting := unseen(d, d.Status.ObservedGeneration)
	c := deploymentCondition(d, appsv1.DeploymentProgressing)
	if c == nil || c.Reason != "ReplicaSetCreateError" {
		return waiting
	}
	message, told := c.Message, c.LastUpdateTime.Time
	if e, ok := j.eventOf(d, c.Reason); ok && e.Last.After(told) {
		message, told = e.Message, e.Last
	}
	refused := j.notCreated(d, message)
	if told.Before(changed(d)) {
		return waiting.because(refused.notFinal())
	}
	return refused
}

// unseen is the result of a workload whose controller is at an older content.
func unseen(o object, observed int64) Result {
	return progressing(o, notObserved, "the controller has seen generation %d, and the content is generation %d", observed, o.GetGeneration()).
		next("wait; if it stays so, look whether the cluster's controller manager runs")
}

// deploymentLacks returns what is still to come.
func deploymentLacks(d *appsv1.Deployment) (Result, bool) {
	wanted, s := replicas(d.Spec.Replicas), d.Status
	old := s.Replicas - s.UpdatedReplicas
	switch {
	case s.UpdatedReplicas < wanted:
		return progressing(d, rollingOut, "%s of the new content", share(s.UpdatedReplicas, wanted)).next("wait"), true
	case old > 0:
		return progressing(d, oldPodsRemain, "still there: %s of older content", pods(old)).next("wait"), true
	case wanted == 0 && s.Replicas > 0:
		return progressing(d, oldPodsRemain, "still there: %s", pods(s.Replicas)).next("wait"), true
	case s.AvailableReplicas < wanted && s.ReadyReplicas >= wanted && d.Spec.MinReadySeconds > 0:
		return readyTooShort(d, s.AvailableReplicas, wanted, d.Spec.MinReadySeconds), true
	case s.AvailableReplicas < wanted:
		return unavailable(d, s.AvailableReplicas, wanted), true
	}
	return Result{}, false
}

// pods counts pods in words.
func pods(n int32) string {
	if n == 1 {
		return "1 pod"
	}
	return fmt.Sprintf("%d pods", n)
}

// share counts some pods among those that are wanted. What is said of them
// follows without a verb, so that it is right for any number.
func share(n, wanted int32) string { return fmt.Sprintf("%d of %d pods", n, wanted) }

func unavailable(o object, available, wanted int32) Result {
	return progressing(o, podsUnavailable, "%s available", share(available, wanted)).next("%s", kubectl("describe", idOf(o)))
}

func readyTooShort(o object, available, wanted, seconds int32) Result {
	return progressing(o, minReadySeconds, "%s ready for minReadySeconds (%d s)", share(available, wanted), seconds).next("wait")
}

// cause finds why something is lacking: pods that cannot be created, else
// pods that are not ready.
func (r *deploymentCase) cause(waiting Result) Result {
	if message := r.creationFailure(); message != "" {
		refused := waiting.because(r.notCreated(r.Deployment, message))
		if r.rs != nil {
			refused = refused.about(idOf(r.rs))
			refused.Evidence = r.evidence(r.rs.UID, r.UID)
		}
		return refused
	}
	if wanted := replicas(r.Spec.Replicas); r.rs != nil && r.rs.Status.AvailableReplicas < wanted && waiting.Reason != minReadySeconds {
		waiting.Message = share(r.rs.Status.AvailableReplicas, wanted) + " of the new content available"
	}
	found := r.explain(waiting, r.pods)
	if len(found.Evidence) == 0 {
		found.Evidence = r.evidence(r.UID)
	}
	return found
}

// creationFailure returns what the controller says where pods cannot be
// created. A Deployment also repeats what an old ReplicaSet says.
func (r *deploymentCase) creationFailure() string {
	if r.rs != nil {
		return replicaFailure(r.rs)
	}
	c := deploymentCondition(r.Deployment, appsv1.DeploymentReplicaFailure)
	if c == nil || c.Status != corev1.ConditionTrue || c.Reason != "FailedCreate" {
		return ""
	}
	return c.Message
}

// phase decides what a cause means. Once a rollout has completed, it is over,
// and the Deployment degrades where what is lacking was there before; pods
// that are younger than the time that a rollout may take may be new ones of a
// scaling. In a rollout, the Deployment fails when its deadline has passed, or
// when the cause is final, even while old pods serve.
func (r *deploymentCase) phase(found Result) Result {
	c := deploymentCondition(r.Deployment, appsv1.DeploymentProgressing)
	switch {
	case c != nil && r.timedOut(c):
		return deadlinePassed(found)
	case c != nil && c.Reason == "NewReplicaSetAvailable" && r.Status.UpdatedReplicas == r.Status.Replicas:
		unavailable := r.Status.AvailableReplicas == 0 && !r.scaledSince(c)
		if found.Final || unavailable || r.lackedFor() > progressDeadline(r.Deployment) {
			found.Phase = Degraded
		}
	}
	return found
}

// timedOut tells that the present rollout made no progress in time. When older
// content is asked for again, the controller leaves the condition of what it
// replaces as it is, which names the ReplicaSet that timed out.
// https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/progress.go
func (r *deploymentCase) timedOut(c *appsv1.DeploymentCondition) bool {
	if c.Reason != "ProgressDeadlineExceeded" {
		return false
	}
	name, named := quotedAfter(c.Message, "ReplicaSet")
	return !named || !r.known || r.rs != nil && r.rs.Name == name
}

// scaledSince tells whether the Deployment may have been scaled after its
// rollout had completed, and no longer ago than new pods may take. The
// controller tells nothing of a scaling.
func (r *deploymentCase) scaledSince(completed *appsv1.DeploymentCondition) bool {
	written := changed(r.Deployment)
	return written.After(completed.LastUpdateTime.Time) && r.Now.Sub(written) <= progressDeadline(r.Deployment)
}

// deadlinePassed keeps the reason of a pod, where one was found.
func deadlinePassed(r Result) Result {
	if slices.Contains([]Reason{rollingOut, oldPodsRemain, podsUnavailable, minReadySeconds, podStarting}, r.Reason) {
		r.Reason = deadlineExceeded
	}
	r.Message += "; the rollout made no progress within its deadline"
	if r.Next == "wait" {
		r.Next = kubectl("describe", r.ID)
	}
	return r.final()
}

func progressDeadline(d *appsv1.Deployment) time.Duration {
	if d.Spec.ProgressDeadlineSeconds == nil {
		return 600 * time.Second
	}
	return time.Duration(*d.Spec.ProgressDeadlineSeconds) * time.Second
}

// lackedFor is how long the oldest pod that is not ready has been there.
func (r *deploymentCase) lackedFor() time.Duration {
	oldest := r.Now
	for _, p := range r.pods {
		if active(p) && !podReady(p) && p.CreationTimestamp.Time.Before(oldest) {
			oldest = p.CreationTimestamp.Time
		}
	}
	return r.Now.Sub(oldest)
}

func deploymentCondition(d *appsv1.Deployment, kind appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	at := slices.IndexFunc(d.Status.Conditions, func(c appsv1.DeploymentCondition) bool { return c.Type == kind })
	if at < 0 {
		return nil
	}
	return &d.Status.Conditions[at]
}
