package status

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// furtherRules are the rules of kinds that are seldom part of a deployment.
var furtherRules = map[schema.GroupKind]rule{
	{Group: gatewayGroup, Kind: "Gateway"}:                            gatewayOf,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: definition,
	{Group: "apiregistration.k8s.io", Kind: "APIService"}:             apiService,
	{Group: "argoproj.io", Kind: "Rollout"}:                           argoRollout,
	{Group: "", Kind: "ResourceQuota"}:                                resourceQuota,
}

// generic judges every kind that has no rule of its own. It goes by kstatus,
// https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md:
// an object whose controller has not seen its newest content is on its way, so
// is one with a condition Reconciling, or Ready that is not True; one with a
// condition Stalled has failed for good; and one that has none of these, such
// as a ConfigMap or a Role, is ready once it is there.
//
// That Ready is False does not tell whether waiting helps, so it is not final.
// Beyond kstatus, a condition is not believed that is about older content, and
// a custom resource that was just created is given a moment to get one.
func generic(j *Judge, o *unstructured.Unstructured) Result {
	if further, ok := furtherRules[o.GroupVersionKind().GroupKind()]; ok {
		return further(j, o)
	}
	if stale(o) {
		return unobserved(o)
	}
	if isUntold(o, j.Now) {
		return progressing(o, notObserved, "it was just created, and its controller has said nothing of it yet").next("wait a moment")
	}
	computed, err := status.Compute(o)
	if err != nil {
		return unknown(o, unreadable, "%v", err).next("look at it: %s", kubectl("get", IDOf(o), "-o", "yaml"))
	}
	if c := conditionIn(fields(o.Object).at("status"), "Ready"); computed.Status == status.CurrentStatus && staleCondition(o, c) {
		return progressing(o, notObserved, "the condition Ready is about generation %d, want %d", c.number("observedGeneration"), o.GetGeneration()).
			next("wait; if it stays so, the controller of this kind does not run")
	}
	return j.proven(ofKstatus(o, computed), o)
}

// firstWord is how long the controller of a custom resource may take to say
// something of a new object. Many kinds never get a status, so it is short.
const firstWord = 10 * time.Second

// isUntold tells of a new custom resource without a status: kstatus takes it as
// ready, which is not known before its controller has seen it.
func isUntold(o *unstructured.Unstructured, now time.Time) bool {
	age := now.Sub(o.GetCreationTimestamp().Time)
	return !builtIn(o.GroupVersionKind().Group) && len(fields(o.Object).at("status")) == 0 && age >= 0 && age < firstWord
}

// ofKstatus translates a result of kstatus.
func ofKstatus(o *unstructured.Unstructured, computed *status.Result) Result {
	describe := kubectl("describe", IDOf(o))
	switch computed.Status {
	case status.CurrentStatus:
		return ready(o)
	case status.FailedStatus:
		return failed(o, stalled, "%s", kstatusSaid(computed)).next("its controller has given up: %s", describe)
	case status.InProgressStatus:
		return progressing(o, notReady, "%s", kstatusSaid(computed)).next("see what it waits for: %s", describe)
	}
	return unknown(o, unreadable, "kstatus calls it %s: %s", computed.Status, oneLine(computed.Message)).next("look at it: %s", describe)
}

func kstatusSaid(r *status.Result) string {
	for _, c := range r.Conditions {
		return said(fields{"reason": c.Reason, "message": c.Message})
	}
	return oneLine(r.Message)
}

// definition judges a CustomResourceDefinition. kstatus takes one without
// conditions as ready: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/.
func definition(j *Judge, o *unstructured.Unstructured) Result {
	status := fields(o.Object).at("status")
	names, established := conditionIn(status, "NamesAccepted"), conditionIn(status, "Established")
	switch {
	case names.text("status") == "False":
		return j.proven(failed(o, definitionRefused, "%s", said(names)).
			next("another CustomResourceDefinition has these names: kubectl get crd"), o)
	case established.text("status") != "True":
		return progressing(o, definitionRefused, "is not established yet").next("wait a moment: %s", kubectl("describe", IDOf(o)))
	}
	return ready(o)
}

// apiService judges an APIService, whose condition is called Available:
// https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/.
func apiService(j *Judge, o *unstructured.Unstructured) Result {
	c := conditionIn(fields(o.Object).at("status"), "Available")
	if c.text("status") == "True" {
		return ready(o)
	}
	return j.proven(progressing(o, notReady, "%s", said(c)).next("see that its Service has ready pods: %s", kubectl("describe", IDOf(o))), o)
}

// argoRollout judges a Rollout of Argo Rollouts by its phase, since it has no
// condition Ready. One that is paused goes on when somebody says so, one that
// was aborted only with other content or by a retry:
// https://argo-rollouts.readthedocs.io/en/stable/features/specification/.
func argoRollout(j *Judge, o *unstructured.Unstructured) Result {
	status := fields(o.Object).at("status")
	told := said(fields{"reason": status["phase"], "message": status["message"]})
	switch phase := status.text("phase"); {
	case stale(o):
		return unobserved(o)
	case isStaleWorkload(o):
		return progressing(o, notObserved, "generation %s of the workload that it refers to is not observed yet, only %s",
			o.GetAnnotations()[workloadGeneration], status.text("workloadObservedGeneration")).next("wait; if it stays so, Argo Rollouts does not run")
	case phase == "Healthy":
		return ready(o)
	case phase == "Degraded":
		return j.proven(degradedRollout(o, told), o)
	default:
		return j.proven(progressing(o, notReady, "%s", told).next("see what it waits for: %s", kubectl("describe", IDOf(o))), o)
	}
}

// degradedRollout is final where the Rollout was aborted: nothing goes on then.
func degradedRollout(o *unstructured.Unstructured, told string) Result {
	r := degraded(o, notReady, "%s", told).next("see why: %s", kubectl("describe", IDOf(o)))
	if fields(o.Object).at("status").flag("abort", false) {
		r.Final = true
		r.Next += fmt.Sprintf("; then publish other content, or try again: kubectl argo rollouts retry rollout %s -n %s", o.GetName(), o.GetNamespace())
	}
	return r
}

// workloadGeneration is where Argo Rollouts notes the newest generation of the
// Deployment that workloadRef names; its own generation stays what it is then.
const workloadGeneration = "rollout.argoproj.io/workload-generation"

// isStaleWorkload tells that the status of a Rollout is about an older content
// of the workload that it refers to:
// https://argo-rollouts.readthedocs.io/en/stable/migrating/#reference-deployment-from-rollout.
func isStaleWorkload(o *unstructured.Unstructured) bool {
	seen := fields(o.Object).at("status").text("workloadObservedGeneration")
	newest := o.GetAnnotations()[workloadGeneration]
	return len(fields(o.Object).at("spec").at("workloadRef")) > 0 && newest != "" && seen != newest
}

// resourceQuota remarks what is used up.
func resourceQuota(_ *Judge, o *unstructured.Unstructured) Result {
	status := fields(o.Object).at("status")
	var full []string
	for name, limit := range status.at("hard") {
		used := status.at("used").text(name)
		if hard, ok := limit.(string); ok && usedUp(used, hard) {
			full = append(full, fmt.Sprintf("%s (%s of %s)", name, used, hard))
		}
	}
	if len(full) == 0 {
		return ready(o)
	}
	slices.Sort(full)
	return remark(o, QuotaUsedUp, "nothing is left of %s", strings.Join(full, ", ")).
		next("have the quota raised before anything is added: %s", kubectl("describe", IDOf(o)))
}

// usedUp tells that as much is used as there may be. A limit of zero forbids
// something and is no shortage.
func usedUp(used, hard string) bool {
	u, err := resource.ParseQuantity(used)
	h, bad := resource.ParseQuantity(hard)
	return err == nil && bad == nil && !h.IsZero() && u.Cmp(h) >= 0
}
