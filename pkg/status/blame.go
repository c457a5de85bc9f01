package status

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/lading-dev/lading/pkg/manifest"
)

// because returns a result that waits for something, with the cause that was
// found underneath. The message tells both.
func (r Result) because(cause Result) Result {
	cause.ID, cause.Message = r.ID, r.Message+": "+cause.Message
	return cause
}

// podsOf returns the pods that name an owner, in the order of their names.
// Those that cannot be read as pods are left out.
func (j *Judge) podsOf(owner types.UID) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, o := range j.Live.OwnedBy(owner, "Pod") {
		if p, err := as[corev1.Pod](o); err == nil {
			pods = append(pods, p)
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return pods
}

// blame looks among pods for what keeps them from being ready. The result is
// about the pod that tells most, and names the others with the same trouble.
func (j *Judge) blame(pods []*corev1.Pod) (Result, bool) {
	found := j.causes(pods)
	if len(found) == 0 {
		return Result{}, false
	}
	worst := slices.MinFunc(found, func(a, b podTrouble) int { return cmp.Compare(a.rank(), b.rank()) })
	with := []manifest.ID{worst.ID}
	for _, t := range found {
		if t.Reason == worst.Reason && t.ID != worst.ID && t.pod.DeletionTimestamp == nil {
			with = append(with, t.ID)
		}
	}
	worst.Objects = append(with, worst.Objects...)
	return worst.Result, true
}

// A podTrouble is a pod with the cause that keeps it from being ready.
type podTrouble struct {
	Result
	pod *corev1.Pod
}

// rank orders troubles: what is final, then what is wrong, then what is only
// on its way. Pods that have ended count last, since others replace them.
func (t podTrouble) rank() int {
	switch {
	case !active(t.pod) && t.Reason != podStuck:
		return 4
	case t.Final:
		return 0
	case t.Reason == podStarting:
		return 3
	case t.Reason == initRunning:
		return 2
	}
	return 1
}

// causes looks at each pod that is not ready and not about to go.
func (j *Judge) causes(pods []*corev1.Pod) []podTrouble {
	var found []podTrouble
	for _, p := range pods {
		going := p.DeletionTimestamp != nil && !overdue(p, j.Now)
		if going || p.Status.Phase == corev1.PodSucceeded || podReady(p) && p.DeletionTimestamp == nil {
			continue
		}
		found = append(found, podTrouble{j.podCause(p), p})
	}
	return found
}

// explain returns a waiting result with the cause that blames the pods, or
// with a word on why the pods are not known.
func (j *Judge) explain(waiting Result, pods []*corev1.Pod) Result {
	if cause, ok := j.blame(pods); ok {
		return waiting.because(cause)
	}
	gap := j.Live.Gap("", "Pod", waiting.ID.Namespace)
	if gap == nil || len(pods) > 0 {
		return waiting
	}
	waiting.Message += "; its pods are not known: " + gap.Message
	return waiting.next("%s", gap.Next)
}

// explainUpdate explains a result of a workload whose controller replaces its
// pods one by one. Pods of the newest content tell why it is not ready; what is
// wrong with older ones may be what the newest content repairs.
func (j *Judge) explainUpdate(waiting Result, pods []*corev1.Pod, isOld func(*corev1.Pod) bool) Result {
	newest := slices.DeleteFunc(slices.Clone(pods), isOld)
	if cause, ok := j.blame(newest); ok {
		return waiting.because(cause)
	}
	if waiting.Final {
		return waiting
	}
	return j.explain(waiting, pods).notFinal()
}

// createWordings tell why a controller cannot create pods. A denial does not
// go away by waiting; room in a quota may come, and so may what is missing.
var createWordings = []wording{
	{parts: []string{"exceeded quota"}, reason: quotaExceeded, setting: "settings.resources", next: "kubectl describe resourcequota -n {namespace}"},
	{parts: []string{"failed quota"}, reason: quotaNeedsResources, setting: "settings.resources", next: "set what the quota asks for in settings.resources", final: true},
	{parts: []string{"failed calling webhook"}, reason: webhookUnreachable, next: "look at the service of the webhook that the message names"},
	{parts: []string{"denied the request"}, reason: webhookDenied, next: "do what the webhook asks for, or talk to its owners", final: true},
	{parts: []string{"validatingadmissionpolicy"}, reason: policyDenied, next: "do what the policy asks for, or talk to its owners", final: true},
	{parts: []string{"violates podsecurity", "security context constraint"}, reason: podSecurityViolated, setting: "settings.deployer.pod_settings.container_security_context",
		next: "set what the message asks for in settings.deployer.pod_settings.container_security_context", final: true},
	{parts: []string{"error looking up service account"}, reason: serviceAccountGone, setting: "settings.deployer.service_account_name",
		next: "create the ServiceAccount in namespace {namespace}, or change settings.deployer.service_account_name"},
	{parts: []string{"usage per container", "usage per pod", "limit to request ratio"}, reason: limitRangeViolated, setting: "settings.resources",
		next: "kubectl describe limitrange -n {namespace}", final: true},
	{parts: []string{"no priorityclass"}, reason: priorityClassMissing, setting: "settings.deployer.pod_settings.additional_pod_spec_args", next: "kubectl get priorityclass"},
	{parts: []string{`runtimeclass "`}, reason: runtimeClassMissing, setting: "settings.deployer.pod_settings.additional_pod_spec_args", next: "kubectl get runtimeclass"},
	{parts: []string{"being terminated"}, reason: namespaceLeaving, next: "kubectl describe namespace {namespace}"},
	{parts: []string{"is invalid"}, reason: podInvalid, next: "correct the field that the message names", final: true},
}

// notCreated makes a result of what a controller says when it cannot create
// pods.
func (j *Judge) notCreated(o object, message string) Result {
	w, ok := meaning(createWordings, message)
	if !ok {
		w = wording{reason: createFailed, next: kubectl("describe", idOf(o))}
	}
	r := progressing(o, w.reason, "pods cannot be created: %s", oneLine(message)).set(w.setting).
		next("%s", strings.ReplaceAll(w.next, "{namespace}", o.GetNamespace())).finalIf(w.final)
	if w.reason == serviceAccountGone {
		r = r.about(manifest.ID{Kind: "ServiceAccount", Namespace: o.GetNamespace(), Name: serviceAccountIn(message)})
	}
	r.Evidence = j.evidence(o.GetUID())
	return r
}

// serviceAccountIn reads "error looking up service account namespace/name: …".
func serviceAccountIn(message string) string {
	_, rest, _ := strings.Cut(message, "service account ")
	path, _, _ := strings.Cut(rest, ":")
	_, name, _ := strings.Cut(path, "/")
	return name
}

// creationTold returns what an owner's newest event says of pods that could
// not be created. It is asked where pods are lacking. That some were created
// since, or that the owner was changed, makes it the past or a matter of time.
func (j *Judge) creationTold(o object) (Result, bool) {
	e, ok := j.eventOf(o, "FailedCreate")
	if !ok || slices.ContainsFunc(j.podsOf(o.GetUID()), func(p *corev1.Pod) bool { return p.CreationTimestamp.After(e.Last) }) {
		return Result{}, false
	}
	refused := j.notCreated(o, e.Message)
	if e.Last.Before(changed(o)) {
		return refused.notFinal(), true
	}
	return refused, true
}
