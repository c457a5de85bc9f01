package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A pendingResource is one of ours that is not as committed, as Argo CD says.
type pendingResource struct {
	id manifest.ID
	// state is OutOfSync or Unknown, empty where the object is not listed.
	state string
	prune bool
}

// pending returns those of our objects that Argo CD does not hold for synced,
// apart from those that are spare and not on their way. Objects of other
// deployments that the Application syncs as well do not count, nor do hooks,
// which may be gone by now, and what has no state of its own. Of a deleted
// deployment it is what Argo CD still lists.
func (a *argoApp) pending() (pending, spare []pendingResource) {
	listed := map[manifest.ID]fields{}
	for _, resource := range a.status.list("resources") {
		listed[resourceID(resource)] = resource
	}
	for _, id := range a.Ours {
		resource, there := listed[id]
		p := pendingResource{id, resource.text("status"), resource.flag("requiresPruning", false)}
		switch {
		case a.Deleted && !there, !a.Deleted && a.isDone(p, there, resource.flag("hook", false)):
		case slices.Contains(a.Spare, id) && !a.notApplied([]pendingResource{p}).isOnItsWay():
			spare = append(spare, p)
		default:
			pending = append(pending, p)
		}
	}
	return pending, spare
}

// isDone tells that nothing is left to do about an object that ought to be live.
func (a *argoApp) isDone(p pendingResource, listed, hook bool) bool {
	if !listed {
		return slices.Contains(a.Hooks, p.id)
	}
	return p.state == "" || p.state == "Synced" || hook
}

func resourceID(resource fields) manifest.ID {
	return manifest.ID{Group: resource.text("group"), Kind: resource.text("kind"), Namespace: resource.text("namespace"), Name: resource.text("name")}
}

// notApplied says why ours differ although Argo CD has compared the very
// content: a sync that runs or failed goes before what keeps one from
// starting.
func (a *argoApp) notApplied(pending []pendingResource) Result {
	excluded := func() (Result, bool) { return a.excluded(pending) }
	var r Result
	for _, cause := range []func() (Result, bool){excluded, a.operation, a.autoSyncOff, a.window, a.refusedSync} {
		if cause, ok := cause(); ok {
			r = cause
			break
		}
	}
	if r.Reason == "" {
		r = a.drift(pending)
	}
	for _, p := range pending {
		if !slices.Contains(r.Objects, p.id) {
			r.Objects = append(r.Objects, p.id)
		}
	}
	return r
}

// excluded: kinds that argocd-cm leaves out are named by a condition and never
// listed.
func (a *argoApp) excluded(pending []pendingResource) (Result, bool) {
	for _, p := range pending {
		for _, c := range a.status.list("conditions") {
			kind := p.id.Group + "/" + p.id.Kind + " " + p.id.Name + " "
			if p.state == "" && c.text("type") == "ExcludedResourceWarning" && strings.Contains(c.text("message"), kind) {
				r := a.result(NotSynced, resourceExcluded, "%s is left out: %s", p.id, engineWords(c.text("message"))).
					next("change resource.exclusions in the ConfigMap argocd-cm")
				r.Final = true
				return r, true
			}
		}
	}
	return Result{}, false
}

// window: a sync window of the project keeps automated syncs from starting.
func (a *argoApp) window() (Result, bool) {
	project := a.Live.Get(a.projectID())
	if project == nil {
		return Result{}, false
	}
	windows, err := windowsFor(project, a.id.Name, a.spec.at("destination"))
	if err != nil {
		r := a.result(NotSynced, syncWindowInvalid, "AppProject %s: %v; Argo CD does not sync before that is corrected", project.GetName(), err).
			next("%s", kubectl("edit", IDOf(project)))
		r.Final = true
		return r.about(IDOf(project)), true
	}
	closed := windows.closed(a.Now)
	if closed == nil {
		return Result{}, false
	}
	r := a.result(NotSynced, syncWindowClosed, "AppProject %s: %s", project.GetName(), closed.why)
	if opens := windows.opens(a.Now); opens.IsZero() {
		r.Message += "; syncs are not allowed again within a year"
	} else {
		r.Message += "; syncs are allowed again from " + moment(opens)
	}
	r.Next = "wait, or see the windows: " + a.project("get", "-o", "yaml")
	if closed.manual {
		r.Next = "wait, or sync by hand, which the window allows: " + a.syncByHand()
	}
	return r.about(IDOf(project)), true
}

// projectID names the AppProject. It lies with the controller, wherever the
// Application is.
func (a *argoApp) projectID() manifest.ID {
	return manifest.ID{Group: "argoproj.io", Kind: "AppProject", Namespace: a.controllerNamespace(), Name: a.spec.text("project")}
}

func (a *argoApp) controllerNamespace() string {
	return cmp.Or(a.status.text("controllerNamespace"), a.id.Namespace)
}

// refusedSync: Argo CD says why it does not start a sync.
func (a *argoApp) refusedSync() (Result, bool) {
	c := argoCondition(a.live, "SyncError")
	if c == nil {
		return Result{}, false
	}
	r := a.result(NotSynced, syncFailed, "Argo CD does not start a sync: %s", engineWords(c.text("message"))).next("%s", a.describe())
	r.Final = strings.Contains(c.text("message"), "auto-sync will wipe out all resources")
	if r.Final {
		r.Next = "sync it by hand if that is right: " + a.syncAndPrune()
	}
	// It takes the content for one that it has tried already, also where the
	// annotation manifest-generate-paths lets it take a correction for what it
	// corrects.
	if strings.HasPrefix(c.text("message"), "Failed last sync attempt") {
		r.Final = true
		r.Next = "sync it by hand, or publish once more: " + a.syncByHand()
	}
	r.Evidence = []Evidence{conditionEvidence(a.id, c)}
	return r, true
}

// drift: nothing keeps Argo CD from syncing, and ours differ.
func (a *argoApp) drift(pending []pendingResource) Result {
	first := pending[0]
	if a.Deleted {
		r := a.result(NotSynced, prunePending, "%s is not deleted yet", first.id).next("%s", a.describe())
		if !fields(a.spec.at("syncPolicy").at("automated")).flag("prune", false) {
			r.Message += ", and automated pruning is off"
			r.Next = a.syncAndPrune()
			r.Final = true
		}
		return r
	}
	if first.state == "" {
		return a.result(NotSynced, resourceUntracked, "Argo CD does not list %s among what the Application syncs", first.id).next("%s", a.hardRefresh())
	}
	operation := a.status.at("operationState")
	done := operation.text("phase") == "Succeeded" && a.relation(operationRevision(operation)) == Same
	if !done {
		return a.result(NotSynced, engineWaiting, "%s is %s and no sync has begun", listOf(pending), first.state).next("%s", a.syncByHand())
	}
	if reconciled, finished := a.status.text("reconciledAt"), operation.text("finishedAt"); reconciled != "" && reconciled <= finished {
		// Both are times in UTC, to the second. The comparison is the one that
		// made Argo CD begin the sync.
		return a.result(NotSynced, engineApplying, "Argo CD has applied it and not compared it again yet").next("wait")
	}
	r := a.result(NotSynced, driftedFromSynced, "%s is %s again after Argo CD synced it", listOf(pending), first.state).next("see what differs: argocd app diff %s -N %s", a.id.Name, a.id.Namespace)
	if n := operation.at("operation").at("sync").number("autoHealAttemptsCount"); n > 0 {
		r.Message += fmt.Sprintf(", %d times by now", n)
	}
	if !fields(a.spec.at("syncPolicy").at("automated")).flag("selfHeal", false) {
		r.Message += ", and self-healing is off"
		r.Next += "; put it right: " + a.syncByHand()
		r.Final = true
	}
	return r
}

// listOf names the first of some resources.
func listOf(pending []pendingResource) string {
	if len(pending) == 1 {
		return pending[0].id.String()
	}
	return fmt.Sprintf("%s with %d more", pending[0].id, len(pending)-1)
}
