package status

import (
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
// newest content. It also stays so where the ReplicaSet itself is refused,
// which only a condition tells.
func (j *Judge) deploymentUnseen(d *appsv1.Deployment) Result {
	if c := deploymentCondition(d, appsv1.DeploymentProgressing); c != nil && c.Reason == "ReplicaSetCreateError" {
		return j.notCreated(d, c.Message)
	}
	return unseen(d, d.Status.ObservedGeneration)
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
		return progressing(d, rollingOut, "%d of %s are of the new content", s.UpdatedReplicas, pods(wanted)).next("wait"), true
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

func unavailable(o object, available, wanted int32) Result {
	return progressing(o, podsUnavailable, "%d of %s are available", available, pods(wanted)).next("%s", kubectl("describe", idOf(o)))
}

func readyTooShort(o object, available, wanted, seconds int32) Result {
	return progressing(o, minReadySeconds, "%d of %s are ready for minReadySeconds (%d s)", available, pods(wanted), seconds).next("wait")
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
		waiting.Message = fmt.Sprintf("%d of %s of the new content are available", r.rs.Status.AvailableReplicas, pods(wanted))
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
	case c != nil && c.Reason == "ProgressDeadlineExceeded":
		return deadlinePassed(found)
	case c != nil && c.Reason == "NewReplicaSetAvailable" && r.Status.UpdatedReplicas == r.Status.Replicas:
		if found.Final || r.Status.AvailableReplicas == 0 || r.lackedFor() > progressDeadline(r.Deployment) {
			found.Phase = Degraded
		}
	}
	return found
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

// revision is the annotation by which a Deployment numbers its ReplicaSets.
const revision = "deployment.kubernetes.io/revision"

// newReplicaSet returns the ReplicaSet of the Deployment's present pod
// template, the oldest one where there are several, as the controller does;
// nil where there is none yet, and whether ReplicaSets are known.
// Webhooks may have changed the template of a ReplicaSet, so the revision
// counts as well; that of a paused Deployment is not moved.
func (j *Judge) newReplicaSet(d *appsv1.Deployment) (*appsv1.ReplicaSet, bool) {
	var same, numbered *appsv1.ReplicaSet
	for _, o := range j.Live.OwnedBy(d.UID, "ReplicaSet") {
		rs, err := as[appsv1.ReplicaSet](o)
		if err != nil {
			continue
		}
		if sameTemplate(d.Spec.Template, rs.Spec.Template) && (same == nil || rs.CreationTimestamp.Before(&same.CreationTimestamp)) {
			same = rs
		}
		if number := rs.Annotations[revision]; number != "" && number == d.Annotations[revision] && !d.Spec.Paused {
			numbered = rs
		}
	}
	if same == nil {
		same = numbered
	}
	return same, j.Live.Gap("apps", "ReplicaSet", d.Namespace) == nil
}

// sameTemplate compares pod templates without the hash that the controller
// adds to a ReplicaSet's.
func sameTemplate(a, b corev1.PodTemplateSpec) bool {
	b.Labels = maps.Clone(b.Labels)
	delete(b.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return equality.Semantic.DeepEqual(a, b)
}

// newPods returns the pods of the new ReplicaSet. Where ReplicaSets are not
// known, the controller's own words name it: ReplicaSet "web-5d8" is progressing.
func (j *Judge) newPods(d *appsv1.Deployment, rs *appsv1.ReplicaSet) []*corev1.Pod {
	if rs != nil {
		return j.podsOf(rs.UID)
	}
	c := deploymentCondition(d, appsv1.DeploymentProgressing)
	if c == nil || j.Live.Gap("apps", "ReplicaSet", d.Namespace) == nil {
		return nil
	}
	name, ok := quotedAfter(c.Message, "ReplicaSet")
	if !ok {
		return nil
	}
	return j.podsOwnedByName(d.Namespace, name)
}

func (j *Judge) podsOwnedByName(namespace, name string) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, o := range j.Live.All("", "Pod", namespace) {
		owned := slices.ContainsFunc(o.GetOwnerReferences(), func(r metav1.OwnerReference) bool {
			return r.Kind == "ReplicaSet" && r.Name == name
		})
		if p, err := as[corev1.Pod](o); owned && err == nil {
			pods = append(pods, p)
		}
	}
	return pods
}
