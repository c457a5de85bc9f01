package status

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// disruptionBudget judges a PodDisruptionBudget:
// https://kubernetes.io/docs/tasks/run-application/configure-pdb/. What it
// protects has results of its own, so most of what can be said is a remark.
func disruptionBudget(j *Judge, o *unstructured.Unstructured) Result {
	return firstOf([]check[*budgetCase]{
		(*budgetCase).unseen,
		(*budgetCase).unable,
		(*budgetCase).several,
		(*budgetCase).nothingSelected,
		(*budgetCase).notMet,
		(*budgetCase).allowsNothing,
	}, &budgetCase{j, o, fields(o.Object).at("spec"), fields(o.Object).at("status")}, o)
}

// A budgetCase is a PodDisruptionBudget that is being examined.
type budgetCase struct {
	*Judge
	*unstructured.Unstructured
	spec, status fields
}

func (b *budgetCase) unseen() (Result, bool) {
	if _, observes := b.status["observedGeneration"]; !observes {
		return progressing(b, notObserved, "the controller has not looked at it yet").next("wait a moment"), true
	}
	return unobserved(b.Unstructured), stale(b.Unstructured)
}

// unable: the controller cannot tell how many pods there ought to be.
func (b *budgetCase) unable() (Result, bool) {
	c := conditionIn(b.status, "DisruptionAllowed")
	if c.text("reason") != "SyncFailed" {
		return Result{}, false
	}
	return b.proven(progressing(b, DisruptionBudgetUnable, "%s", said(c)).
		next("its pods need a controller with a scale, or minAvailable a whole number: %s", kubectl("describe", IDOf(b.Unstructured))), b.Unstructured), true
}

// several reports pods that two budgets protect: such a pod cannot be evicted
// at all, https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/.
func (b *budgetCase) several() (Result, bool) {
	mine := b.selector().chosen(b.Live, "", "Pod", b.GetNamespace())
	for _, other := range b.Live.All("policy", "PodDisruptionBudget", b.GetNamespace()) {
		spec := fields(other.Object).at("spec")
		if other.GetName() == b.GetName() || spec["selector"] == nil {
			continue
		}
		if at := slices.IndexFunc(mine, func(p *unstructured.Unstructured) bool { return selects(spec.at("selector"), labelsOf(p)) }); at >= 0 {
			pod := IDOf(mine[at])
			return remark(b, SeveralDisruptionBudgets, "it protects %s, and so does %s: the pod can not be evicted at all", pod, IDOf(other)).
				next("leave each pod to one PodDisruptionBudget").setIf(b.Unstructured, "components").about(IDOf(other), pod), true
		}
	}
	return Result{}, false
}

func (b *budgetCase) selector() selector { return selectorIn(b.spec.at("selector")) }

// nothingSelected goes by the controller's own count.
func (b *budgetCase) nothingSelected() (Result, bool) {
	if b.status.number("expectedPods") > 0 || b.status.number("currentHealthy") > 0 {
		return Result{}, false
	}
	if len(b.workloadsFor(b.selector(), b.GetNamespace())) > 0 {
		return ready(b), true
	}
	return remark(b, SelectorMatchesNothing, "its selector %s chooses no pod, so it protects nothing", b.selector()).
		next("compare the selector with kubectl get pods --show-labels -n %s", b.GetNamespace()), true
}

func (b *budgetCase) notMet() (Result, bool) {
	healthy, want := b.status.number("currentHealthy"), b.status.number("desiredHealthy")
	if healthy >= want {
		return Result{}, false
	}
	return b.proven(progressing(b, DisruptionBudgetNotMet, "%s healthy, want %d of %d", count(int(healthy), "pod"), want, b.status.number("expectedPods")).
		next("see why the other pods are not ready: kubectl get pods -n %s", b.GetNamespace()), b.Unstructured), true
}

// allowsNothing remarks that there are as many healthy pods as there must be,
// and no more, so that no node can be drained.
func (b *budgetCase) allowsNothing() (Result, bool) {
	healthy, expected := b.status.number("currentHealthy"), b.status.number("expectedPods")
	if b.status.number("disruptionsAllowed") > 0 || expected == 0 {
		return Result{}, false
	}
	r := remark(b, NoDisruptionsAllowed, "%d of %d pods healthy, and it allows none to be evicted: nodes cannot be drained", healthy, expected)
	if healthy < expected {
		return r.next("see why the other pods are not ready: kubectl get pods -n %s", b.GetNamespace()), true
	}
	return r.next("run more replicas than the budget asks for, or lower minAvailable").setIf(b.Unstructured, "settings.resources.min_replicas"), true
}
