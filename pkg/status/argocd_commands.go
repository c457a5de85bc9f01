package status

import (
	"encoding/json"
	"strings"
)

// The commands of next steps are kubectl's, which whoever reads a cluster has.
// The argocd command has to be installed and logged in; it stands only where
// kubectl cannot do the same.

// describe shows the Application with its conditions and its last sync.
func (a *argoApp) describe() string { return kubectl("describe", a.id) }

// refresh makes Argo CD compare again; a hard one makes the manifests anew, too:
// https://argo-cd.readthedocs.io/en/stable/user-guide/annotations-and-labels/.
func (a *argoApp) refresh() string     { return a.refreshed("normal") }
func (a *argoApp) hardRefresh() string { return a.refreshed("hard") }

func (a *argoApp) refreshed(how string) string {
	return kubectl("annotate", a.id, "argocd.argoproj.io/refresh="+how, "--overwrite")
}

// syncByHand begins a sync of the branch as it is then. It has to name the
// options that automated syncs take from the Application:
// https://argo-cd.readthedocs.io/en/stable/user-guide/sync-kubectl/.
func (a *argoApp) syncByHand() string { return a.synced(map[string]any{}) }

// syncAndPrune deletes what is not committed any more as well.
func (a *argoApp) syncAndPrune() string { return a.synced(map[string]any{"prune": true}) }

func (a *argoApp) synced(sync map[string]any) string {
	if options := a.spec.at("syncPolicy")["syncOptions"]; options != nil {
		sync["syncOptions"] = options
	}
	return a.patch(map[string]any{"operation": map[string]any{"sync": sync}})
}

// terminate ends the sync that runs, as Argo CD's own API does.
func (a *argoApp) terminate() string {
	return a.patch(map[string]any{"status": map[string]any{"operationState": map[string]any{"phase": "Terminating"}}})
}

func (a *argoApp) patch(change map[string]any) string {
	text, err := json.Marshal(change)
	if err != nil {
		return a.describe() // no JSON has what cannot be written as JSON
	}
	quoted := "'" + strings.ReplaceAll(string(text), "'", `'\''`) + "'"
	return kubectl("patch", a.id, "--type", "merge", "-p", quoted)
}

// project is a command about the AppProject.
func (a *argoApp) project(verb string, more ...string) string {
	return kubectl(verb, a.projectID(), more...)
}

// logOf shows the last lines of one of Argo CD's own components.
func (a *argoApp) logOf(component string) string {
	return "kubectl logs -n " + a.controllerNamespace() + " -l app.kubernetes.io/name=" + component + " --tail=50"
}
