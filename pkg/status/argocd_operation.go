package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// operation tells of the sync that runs or failed, where that explains why ours
// are not applied. A sync that failed and has tries left is running to Argo
// CD, with a time at which it finished.
// See https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/#automated-sync-semantics.
func (a *argoApp) operation() (Result, bool) {
	state := a.status.at("operationState")
	phase := state.text("phase")
	active := phase == "Running" || phase == "Terminating"
	if a.relation(operationRevision(state)) != Same || !a.ofPresentSource(state) {
		return a.busy(state), active
	}
	failed := phase == "Failed" || phase == "Error"
	switch {
	case active && strings.Contains(state.text("message"), "blocked by sync window"):
		if r, ok := a.window(); ok {
			return r, true
		}
		return a.result(NotSynced, syncWindowClosed, "%s", engineWords(state.text("message"))).
			next("see the windows: %s", a.project("get", "-o", "yaml")), true
	case active && state.text("finishedAt") != "":
		return a.retrying(state), true
	case active:
		return a.applying(state), true
	case failed:
		return a.exhausted(state), true
	}
	return Result{}, false
}

// operationRevision is the commit of a sync; between tries only the operation
// itself names it.
func operationRevision(state fields) string {
	if revision := state.at("syncResult").text("revision"); revision != "" {
		return revision
	}
	return state.at("operation").at("sync").text("revision")
}

// ofPresentSource: a sync from another source says nothing of this one, and
// Argo CD does not count it as a try.
func (a *argoApp) ofPresentSource(state fields) bool {
	result := state.at("syncResult")
	return len(result.at("source")) == 0 || sameContent(map[string]any(result.at("source")), map[string]any(a.spec.at("source")))
}

// startedAhead: a sync by hand may run before Argo CD has compared.
func (a *argoApp) startedAhead() (Result, bool) {
	state := a.status.at("operationState")
	if phase := state.text("phase"); phase != "Running" && phase != "Terminating" || a.relation(operationRevision(state)) != Same {
		return Result{}, false
	}
	return a.operation()
}

// refusedAny is a sync that failed, whatever its revision.
func (a *argoApp) refusedAny() (Result, bool) {
	state := a.status.at("operationState")
	phase := state.text("phase")
	if phase != "Failed" && phase != "Error" && (phase != "Running" || state.text("finishedAt") == "") {
		return Result{}, false
	}
	r, _ := a.refused(state)
	r.Final = false
	return r, true
}

// busy: Argo CD runs one sync at a time, and one that waits for the health of
// what it applied can keep the next from starting for good.
func (a *argoApp) busy(state fields) Result {
	return a.result(NotSynced, engineBusy, "Argo CD is still syncing %s: %s", shortCommit(operationRevision(state)), engineWords(state.text("message"))).
		next("wait, or end it: %s", a.terminate())
}

func (a *argoApp) applying(state fields) Result {
	r := a.result(NotSynced, engineApplying, "Argo CD is applying it").next("wait, and see how far it is: %s", a.describe())
	if message := engineWords(state.text("message")); message != "" {
		r.Message += ": " + message
	}
	return r
}

// retrying: what the same content cannot cure fails however often Argo CD
// tries; the rest may be cured from outside before its tries are used up.
func (a *argoApp) retrying(state fields) Result {
	r, hopeless := a.refused(state)
	if !hopeless {
		r.Phase = NotSynced
	}
	r.Final = hopeless
	if limit := state.at("operation").at("retry").number("limit"); limit >= 0 {
		r.Message += fmt.Sprintf(" (try %d of %d)", state.number("retryCount"), limit)
	}
	return r
}

// exhausted: Argo CD does not try this revision again by itself.
func (a *argoApp) exhausted(state fields) Result {
	r, _ := a.refused(state)
	r.Final = true
	if n := state.number("retryCount"); n > 0 {
		r.Message += fmt.Sprintf(" (tried %d times more)", n)
	}
	return r
}

// refused names the object that could not be applied and why, one of ours
// where there is one: a unit is applied as a whole, so that a neighbour's
// object can keep ours from being applied. It is hopeless where trying again
// does not help.
func (a *argoApp) refused(state fields) (r Result, hopeless bool) {
	message := state.text("message")
	culprit := a.culprit(state)
	if culprit != nil {
		message = culprit.text("message")
	}
	reason, hopeless, next := refusal(message)
	next = inPlace(next, a.namespaceOf(culprit), a.environment())
	if next == "" {
		next = "see the whole operation: " + a.describe()
	} else {
		next += "; for the same content again: " + a.syncByHand()
	}
	r = a.result(Failed, reason, "%s", engineWords(message)).next("%s", next)
	if culprit != nil {
		id := resourceID(culprit)
		r.Message = id.String() + ": " + r.Message
		if a.Unit != nil && a.Unit.ID() == a.id && !a.ours(id) {
			r.Message = "another object that the Application syncs stops it: " + r.Message
		}
		r = r.about(id)
	}
	r.Evidence = []Evidence{{
		Object: a.id, Reason: "Operation" + state.text("phase"), Message: engineWords(state.text("message")), Count: 1,
		Last: latest(state.text("finishedAt"), state.text("startedAt")),
	}}
	return r, hopeless
}

// namespaceOf is where the object of a sync's result is, or ought to be.
func (a *argoApp) namespaceOf(resource fields) string {
	return cmp.Or(resource.text("namespace"), a.spec.at("destination").text("namespace"))
}

// culprit is the result of the object or hook that failed, ours first.
func (a *argoApp) culprit(state fields) fields {
	var first fields
	for _, resource := range state.at("syncResult").list("resources") {
		hook := resource.text("hookPhase")
		if resource.text("status") != "SyncFailed" && hook != "Failed" && hook != "Error" {
			continue
		}
		if a.ours(resourceID(resource)) {
			return resource
		}
		if first == nil {
			first = resource
		}
	}
	return first
}

func (a *argoApp) ours(id manifest.ID) bool {
	return slices.Contains(a.Ours, id)
}
