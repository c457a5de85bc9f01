// Which ReplicaSet and which pods are of a Deployment's present content.

package status

import (
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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
