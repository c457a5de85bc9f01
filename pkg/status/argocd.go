package status

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// argocdEngine reads Applications of Argo CD 2.x and 3.x.
// See https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml.
func argocdEngine() syncEngine {
	return syncEngine{
		group: "argoproj.io", kind: "Application",
		judge: func(in EngineInput, live *unstructured.Unstructured) Sync { return newArgoApp(in, live).sync() },
		trouble: func(in EngineInput, live *unstructured.Unstructured) (Result, bool) {
			return newArgoApp(in, live).trouble()
		},
		path:    argoPath,
		content: [][]string{{"spec", "source"}, {"spec", "sources"}, {"spec", "destination"}, {"spec", "project"}},
	}
}

func argoPath(object map[string]any) string {
	return fields(object).at("spec").at("source").text("path")
}

// An argoApp is an Application as the controller left it.
type argoApp struct {
	EngineInput
	id     manifest.ID
	live   *unstructured.Unstructured
	spec   fields
	status fields
}

func newArgoApp(in EngineInput, live *unstructured.Unstructured) *argoApp {
	object := fields(live.Object)
	return &argoApp{EngineInput: in, id: IDOf(live), live: live, spec: object.at("spec"), status: object.at("status")}
}

// sync is the verdict. What Argo CD compared is taken for the target's content
// only where it compared the very source and destination of the present spec:
// after a change of the spec the old comparison stands until the next one.
func (a *argoApp) sync() Sync {
	revision := a.revision()
	relation := a.relation(revision)
	s := Sync{Result: Result{ID: a.id}, Revision: commitOf(revision)}
	known := a.compared() && a.status.at("sync").text("status") != "Unknown"
	pending, spare := a.pending()
	switch {
	case known && relation == Newer:
		s.Result = a.result(Superseded, revisionSuperseded, "Argo CD is at %s, which is newer", shortCommit(revision))
	case known && relation == Same && len(pending) == 0:
		s.Phase = Ready
		if len(spare) > 0 {
			s.Warnings = []Result{a.notApplied(spare)}
		}
	default:
		s.Result = a.because(relation, pending)
	}
	return s
}

// because says why the content is not known to be applied, what stops
// everything before what stops this revision.
func (a *argoApp) because(relation Relation, pending []pendingResource) Result {
	if r, ok := a.standstill(); ok {
		return a.unlessSynced(r)
	}
	if !a.compared() {
		return a.result(NotSynced, engineWaiting, "Argo CD has not compared since the Application changed").next("%s", a.refresh())
	}
	if a.status.at("sync").text("status") == "Unknown" {
		return a.result(Unknown, engineError, "Argo CD could not compare and does not say why").next("%s", a.refresh())
	}
	revision := a.revision()
	switch relation {
	case Same:
		return a.notApplied(pending)
	case Older:
		if r, ok := a.startedAhead(); ok {
			return r
		}
		if r, ok := a.autoSyncOff(); ok {
			return r
		}
		return a.behind(revision)
	}
	return a.result(Unknown, revisionUnknown, "Argo CD compared %s, which has no known relation to the target", shortCommit(revision)).
		next("see which branch it follows: %s", a.describe())
}

// unlessSynced: where the content was synced before Argo CD lost sight, only
// the live objects can tell whether it still is.
func (a *argoApp) unlessSynced(r Result) Result {
	lost := a.status.at("sync").text("status") == "Unknown"
	if lost && r.Reason != engineSuspended && a.lastSynced() {
		r.Phase, r.Final = Unknown, false
	}
	return r
}

// lastSynced reports whether the last sync that succeeded was of the target's
// content.
func (a *argoApp) lastSynced() bool {
	history := a.status.list("history")
	if len(history) == 0 {
		return false
	}
	last := history[len(history)-1]
	return a.relation(last.text("revision")) == Same && sameContent(map[string]any(last.at("source")), map[string]any(a.spec.at("source")))
}

// trouble is what keeps an Application from applying anything, for the one
// that applies the engine objects.
func (a *argoApp) trouble() (Result, bool) {
	if r, ok := a.standstill(); ok {
		return r, true
	}
	if a.relation(a.revision()) == Older {
		return a.behind(a.revision()), true
	}
	for _, cause := range []func() (Result, bool){a.autoSyncOff, a.refusedAny, a.window} {
		if r, ok := cause(); ok {
			return r, true
		}
	}
	return Result{}, false
}

// standstill is what keeps Argo CD from judging the Application at all.
func (a *argoApp) standstill() (Result, bool) {
	if skip, _ := strconv.ParseBool(a.live.GetAnnotations()["argocd.argoproj.io/skip-reconcile"]); skip {
		r := a.result(NotSynced, engineSuspended, "the annotation argocd.argoproj.io/skip-reconcile tells Argo CD to leave %s alone", a.id.Name).
			next("kubectl annotate application.argoproj.io %s -n %s argocd.argoproj.io/skip-reconcile-", a.id.Name, a.id.Namespace)
		r.Final = true
		return r, true
	}
	if r, ok := a.badCondition(); ok {
		return r, true
	}
	if a.status.text("reconciledAt") != "" {
		return Result{}, false
	}
	created := a.live.GetCreationTimestamp().Time
	age := a.Now.Sub(created)
	if created.IsZero() || age < controllerPatience {
		return a.result(NotSynced, engineWaiting, "Argo CD has not looked at the Application yet").next("%s", a.refresh()), true
	}
	return a.result(NotSynced, engineNotRunning, "Argo CD has not looked at the Application in %s", age.Round(time.Minute)).
		next("see whether the application controller runs and watches the namespace %s: kubectl get pods -A -l app.kubernetes.io/name=argocd-application-controller", a.id.Namespace), true
}

// controllerPatience is how long a controller may take to look at a new object
// for the first time.
const controllerPatience = 5 * time.Minute

// refreshPatience is how old a comparison may be. By default Argo CD compares
// every two to three minutes; it can be told to wait for webhooks.
const refreshPatience = 15 * time.Minute

func (a *argoApp) behind(revision string) Result {
	r := a.result(NotSynced, sourceBehind, "Argo CD is at %s and has not seen the commit yet", shortCommit(revision)).next("%s", a.refresh())
	last := instant(a.status.text("reconciledAt"))
	if !last.IsZero() && a.Now.Sub(last) > refreshPatience {
		r.Message += fmt.Sprintf("; it compared last at %s", moment(last))
		r.Next += "; if that changes nothing, see whether the application controller runs"
	}
	return r
}

func (a *argoApp) autoSyncOff() (Result, bool) {
	automated, on := a.spec.at("syncPolicy")["automated"].(map[string]any)
	if on && fields(automated).flag("enabled", true) {
		return Result{}, false
	}
	r := a.result(NotSynced, autoSyncOff, "automated sync of the Application is off").
		next("sync it by hand: %s", a.syncByHand())
	r.Final = true
	return r, true
}

// compared reports whether the comparison is that of the present spec.
func (a *argoApp) compared() bool {
	to := a.status.at("sync").at("comparedTo")
	for _, field := range []string{"source", "sources", "destination"} {
		if !sameContent(a.spec[field], to[field]) {
			return false
		}
	}
	return true
}

// revision is what was compared: of several sources that with the directory.
func (a *argoApp) revision() string {
	sync := a.status.at("sync")
	revisions, _ := sync["revisions"].([]any)
	for i, source := range a.spec.list("sources") {
		path := cleanPath(source.text("path"))
		if i < len(revisions) && source.text("chart") == "" && source.text("ref") == "" && holds(path, cleanPath(a.Dir)) {
			text, _ := revisions[i].(string)
			return text
		}
	}
	return sync.text("revision")
}

// holds reports whether one clean directory is or lies in another.
func holds(outer, inner string) bool {
	return outer == "" || strings.HasPrefix(inner+"/", outer+"/")
}

func (a *argoApp) result(phase Phase, reason Reason, format string, args ...any) Result {
	return Result{ID: a.id, Phase: phase, Reason: reason, Message: fmt.Sprintf(format, args...)}
}
