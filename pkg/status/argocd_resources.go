package status

import (
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

// pending returns those of our objects that Argo CD does not hold for synced.
// Objects of other deployments that the Application syncs as well do not
// count, nor do hooks, which may be gone by now, and what has no state of its
// own. Of a deleted deployment it is what Argo CD still lists.
func (a *argoApp) pending() []pendingResource {
	listed := map[manifest.ID]fields{}
	for _, resource := range a.status.list("resources") {
		listed[resourceID(resource)] = resource
	}
	var pending []pendingResource
	for _, id := range a.Ours {
		resource, there := listed[id]
		p := pendingResource{id, resource.text("status"), resource.flag("requiresPruning", false)}
		switch {
		case a.Deleted:
			if there {
				pending = append(pending, p)
			}
		case !there && slices.Contains(a.Hooks, id):
		case !there, p.state != "" && p.state != "Synced" && !resource.flag("hook", false):
			pending = append(pending, p)
		}
	}
	return pending
}

func resourceID(resource fields) manifest.ID {
	return manifest.ID{Group: resource.text("group"), Kind: resource.text("kind"), Namespace: resource.text("namespace"), Name: resource.text("name")}
}

// notApplied says why ours differ although Argo CD has compared the very
// content: a sync that runs or failed goes before what keeps one from
// starting.
func (a *argoApp) notApplied() Result {
	pending := a.pending()
	var r Result
	for _, cause := range []func() (Result, bool){a.excluded, a.operation, a.autoSyncOff, a.window, a.refusedSync} {
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
func (a *argoApp) excluded() (Result, bool) {
	for _, p := range a.pending() {
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
	project := a.Live.Get(manifest.ID{Group: "argoproj.io", Kind: "AppProject", Namespace: a.projectNamespace(), Name: a.spec.text("project")})
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
	r.Next = "wait, or see the windows: argocd proj windows list " + project.GetName()
	if closed.manual {
		r.Next = "wait, or sync by hand, which the window allows: " + a.command("sync", "")
	}
	return r.about(IDOf(project)), true
}

// projectNamespace is where AppProjects lie: with the controller, wherever the
// Application is.
func (a *argoApp) projectNamespace() string {
	if namespace := a.status.text("controllerNamespace"); namespace != "" {
		return namespace
	}
	return a.id.Namespace
}

// refusedSync: Argo CD says why it does not start a sync.
func (a *argoApp) refusedSync() (Result, bool) {
	c := argoCondition(a.live, "SyncError")
	if c == nil {
		return Result{}, false
	}
	r := a.result(NotSynced, syncFailed, "Argo CD does not start a sync: %s", engineWords(c.text("message"))).next("%s", a.command("get", ""))
	r.Final = strings.Contains(c.text("message"), "auto-sync will wipe out all resources")
	if r.Final {
		r.Next = "sync it by hand if that is right: " + a.command("sync", "--prune")
	}
	// It takes the content for one that it has tried already, also where the
	// annotation manifest-generate-paths lets it take a correction for what it
	// corrects.
	if strings.HasPrefix(c.text("message"), "Failed last sync attempt") {
		r.Final = true
		r.Next = "sync it by hand, or publish once more: " + a.command("sync", "")
	}
	r.Evidence = []Evidence{conditionEvidence(a.id, c)}
	return r, true
}

// drift: nothing keeps Argo CD from syncing, and ours differ.
func (a *argoApp) drift(pending []pendingResource) Result {
	first := pending[0]
	if a.Deleted {
		r := a.result(NotSynced, prunePending, "%s is not deleted yet", first.id).next("%s", a.command("get", ""))
		if !fields(a.spec.at("syncPolicy").at("automated")).flag("prune", false) {
			r.Message += ", and automated pruning is off"
			r.Next = a.command("sync", "--prune")
			r.Final = true
		}
		return r
	}
	if first.state == "" {
		return a.result(NotSynced, resourceUntracked, "Argo CD does not list %s among what the Application syncs", first.id).next("%s", a.command("get", "--hard-refresh"))
	}
	operation := a.status.at("operationState")
	done := operation.text("phase") == "Succeeded" && a.relation(operationRevision(operation)) == Same
	if !done {
		return a.result(NotSynced, engineWaiting, "%s is %s and no sync has begun", listOf(pending), first.state).next("%s", a.command("sync", ""))
	}
	if reconciled, finished := a.status.text("reconciledAt"), operation.text("finishedAt"); reconciled != "" && reconciled <= finished {
		// Both are times in UTC, to the second. The comparison is the one that
		// made Argo CD begin the sync.
		return a.result(NotSynced, engineApplying, "Argo CD has applied it and not compared it again yet").next("wait")
	}
	r := a.result(NotSynced, driftedFromSynced, "%s is %s again after Argo CD synced it", listOf(pending), first.state).next("see what differs: %s", a.command("diff", ""))
	if n := operation.at("operation").at("sync").number("autoHealAttemptsCount"); n > 0 {
		r.Message += fmt.Sprintf(", %d times by now", n)
	}
	if !fields(a.spec.at("syncPolicy").at("automated")).flag("selfHeal", false) {
		r.Message += ", and self-healing is off"
		r.Next += "; put it right: " + a.command("sync", "")
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
