package status

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// fluxEngine reads Kustomizations of Flux 2 and the GitRepositories that they
// name. See https://fluxcd.io/flux/components/kustomize/kustomizations/#kustomization-status.
func fluxEngine() syncEngine {
	return syncEngine{
		group: kustomizeToolkit, kind: "Kustomization",
		judge: func(in EngineInput, live *unstructured.Unstructured) Sync { return newFluxUnit(in, live).sync() },
		trouble: func(in EngineInput, live *unstructured.Unstructured) (Result, bool) {
			return newFluxUnit(in, live).trouble()
		},
		path:    func(object map[string]any) string { return fields(object).at("spec").text("path") },
		content: [][]string{{"spec", "path"}, {"spec", "sourceRef"}, {"spec", "kubeConfig"}, {"spec", "targetNamespace"}},
	}
}

const (
	kustomizeToolkit = "kustomize.toolkit.fluxcd.io"
	sourceToolkit    = "source.toolkit.fluxcd.io"
)

// A fluxUnit is a Kustomization as the controller left it.
type fluxUnit struct {
	EngineInput
	id         manifest.ID
	live       *unstructured.Unstructured
	spec       fields
	status     fields
	generation int64
}

func newFluxUnit(in EngineInput, live *unstructured.Unstructured) *fluxUnit {
	object := fields(live.Object)
	return &fluxUnit{
		EngineInput: in, id: IDOf(live), live: live,
		spec: object.at("spec"), status: object.at("status"), generation: live.GetGeneration(),
	}
}

// sync is the verdict. lastAppliedRevision is never waited for: it moves only
// when everything that the Kustomization applies is healthy, where it was told
// to wait for that. See https://github.com/fluxcd/flux2/discussions/4346.
func (k *fluxUnit) sync() Sync {
	attempted := k.status.text("lastAttemptedRevision")
	applied := k.applied()
	s := Sync{Result: Result{ID: k.id}, Revision: commitOf(attempted)}
	if s.Revision == "" {
		s.Revision = commitOf(applied)
	}
	switch {
	case k.relation(attempted) == Newer:
		s.Result = k.superseded(attempted)
	case k.relation(applied) == Newer:
		s.Result = k.superseded(applied)
	case k.relation(applied) == Same:
		s.Result, s.Revision = k.isApplied(), commitOf(applied)
	default:
		s.Result = k.because(attempted)
	}
	return s
}

func (k *fluxUnit) superseded(revision string) Result {
	return k.result(Superseded, revisionSuperseded, "Flux is at %s, which is newer", shortCommit(revision))
}

// isApplied: the content is in the cluster. What Flux could not delete beside
// it matters only to a deployment that ought to be gone; otherwise it is a
// remark on a result that is ready.
func (k *fluxUnit) isApplied() Result {
	ready := k.condition("Ready")
	if ready.text("reason") != "PruneFailed" {
		return Result{ID: k.id, Phase: Ready}
	}
	phase := Ready
	if k.Deleted {
		phase = NotSynced
	}
	return k.told(phase, pruneFailed, ready).next("see what keeps the object: kubectl describe kustomization.%s %s -n %s", kustomizeToolkit, k.id.Name, k.id.Namespace)
}

// applied is the revision whose content is in the cluster, as far as the
// Kustomization of the present generation tells, else empty.
//
// The controller works in this order: it fetches, sets lastAttemptedRevision,
// builds, applies, prunes, checks health, and only then sets
// lastAppliedRevision. Ready says how far the last run came, and while one
// runs, Reconciling's message does. What an earlier run applied stands where
// the spec is the same and no later run got as far as applying: the newest
// entry of the history tells, which older versions do not keep.
func (k *fluxUnit) applied() string {
	attempted := k.status.text("lastAttemptedRevision")
	ready := k.condition("Ready")
	if k.current(ready) {
		switch ready.text("reason") {
		case "ReconciliationSucceeded", "HealthCheckFailed", "HealthCheckCanceled", "PruneFailed":
			return attempted
		case "ReconciliationFailed":
			return ""
		}
		if strings.HasPrefix(k.condition("Reconciling").text("message"), "Running health checks for revision "+attempted+" ") {
			return attempted
		}
	}
	if k.status.number("observedGeneration") != k.generation {
		return ""
	}
	history := k.status.list("history")
	if len(history) == 0 {
		return k.status.text("lastAppliedRevision")
	}
	switch history[0].text("lastReconciledStatus") {
	case "ReconciliationSucceeded", "HealthCheckFailed", "PruneFailed":
		return history[0].at("metadata").text("revision")
	}
	return ""
}

// because says why the content is not known to be applied: what stops Flux
// whatever the revision, then what the source has, then how far Flux came.
func (k *fluxUnit) because(attempted string) Result {
	if r, ok := k.halted(); ok {
		return r
	}
	if k.relation(attempted) == Same {
		return k.attempting(attempted)
	}
	source := k.source()
	fetched := source.revision()
	switch k.relation(fetched) {
	case Same:
		return k.notBegun(fetched)
	case Newer:
		return k.superseded(fetched)
	}
	if r, ok := source.trouble(); ok {
		return r
	}
	switch {
	case k.relation(fetched) == Older:
		return source.behind()
	case fetched == "" && k.relation(attempted) == Older:
		return k.result(NotSynced, sourceBehind, "Flux is at %s; what it has fetched since is unknown", shortCommit(attempted)).next("%s", k.reconcile())
	case fetched != "" || attempted != "":
		at := fetched
		if at == "" {
			at = attempted
		}
		return k.result(Unknown, revisionUnknown, "Flux is at %s, which has no known relation to the target", shortCommit(at)).
			next("see which branch it follows: flux get source git %s -n %s", source.id.Name, source.id.Namespace)
	}
	if r, ok := k.failing(); ok {
		return r
	}
	return k.waiting()
}

// trouble is what keeps a Kustomization from applying anything, for the one
// that applies the engine objects.
func (k *fluxUnit) trouble() (Result, bool) {
	if r, ok := k.halted(); ok {
		return r, true
	}
	if r, ok := k.source().trouble(); ok {
		return r, true
	}
	if source := k.source(); k.relation(source.revision()) == Older {
		return source.behind(), true
	}
	return k.failing()
}

// halted: suspended, never looked at, or given up.
func (k *fluxUnit) halted() (Result, bool) {
	if k.spec.flag("suspend", false) {
		r := k.result(NotSynced, engineSuspended, "the Kustomization %s is suspended", k.id.Name).
			next("flux resume kustomization %s -n %s", k.id.Name, k.id.Namespace)
		r.Final = true
		return r, true
	}
	if stalled := k.condition("Stalled"); stalled.text("status") == "True" && k.current(stalled) {
		r := k.told(NotSynced, engineConfigInvalid, stalled).next("correct the Kustomization by the environment's engine settings and publish")
		r.Final = true
		return r, true
	}
	if len(k.status.list("conditions")) > 0 {
		return Result{}, false
	}
	created := k.live.GetCreationTimestamp().Time
	age := k.Now.Sub(created)
	if created.IsZero() || age < controllerPatience {
		return k.waiting(), true
	}
	return k.result(NotSynced, engineNotRunning, "Flux has not looked at the Kustomization in %s", age.Round(time.Minute)).
		next("see whether the controllers run: flux check"), true
}

func (k *fluxUnit) waiting() Result {
	return k.result(NotSynced, engineWaiting, "Flux has not looked at the Kustomization yet").next("%s", k.reconcile())
}

// notBegun: the source has the content and the Kustomization is not there yet.
// That an earlier commit failed does not tell anything of this one.
func (k *fluxUnit) notBegun(fetched string) Result {
	if r, ok := k.held(); ok {
		return r
	}
	r := k.result(NotSynced, engineWaiting, "Flux has fetched %s and not begun to apply it", shortCommit(fetched)).next("%s", k.reconcile())
	if last, ok := k.failing(); ok {
		r.Message += fmt.Sprintf("; %s failed: %s", shortCommit(k.status.text("lastAttemptedRevision")), last.Message)
	}
	return r
}

// attempting: Flux is at the content and has not applied it, or could not.
func (k *fluxUnit) attempting(attempted string) Result {
	if r, ok := k.failing(); ok {
		return r
	}
	if !k.current(k.condition("Ready")) {
		return k.result(NotSynced, engineWaiting, "Flux has not looked at the Kustomization since it changed").next("%s", k.reconcile())
	}
	r := k.result(NotSynced, engineApplying, "Flux is applying %s", shortCommit(attempted)).next("flux get kustomization %s -n %s --watch", k.id.Name, k.id.Namespace)
	history := k.status.list("history")
	if len(history) > 0 && history[0].text("lastReconciledStatus") == "ReconciliationFailed" {
		r.Message += " again, after it failed"
	}
	return r
}

// condition returns the condition of a type, empty where there is none.
func (k *fluxUnit) condition(kind string) fields { return conditionIn(k.status, kind) }

func conditionIn(status fields, kind string) fields {
	for _, c := range status.list("conditions") {
		if c.text("type") == kind {
			return c
		}
	}
	return nil
}

// current reports whether a condition is about the present spec.
func (k *fluxUnit) current(condition fields) bool {
	return len(condition) > 0 && condition.number("observedGeneration") == k.generation
}

func (k *fluxUnit) result(phase Phase, reason Reason, format string, args ...any) Result {
	return Result{ID: k.id, Phase: phase, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// told is a result in the words of a condition.
func (k *fluxUnit) told(phase Phase, reason Reason, condition fields) Result {
	r := k.result(phase, reason, "%s", engineWords(condition.text("message")))
	r.Evidence = []Evidence{conditionEvidence(k.id, condition)}
	return r
}

func (k *fluxUnit) reconcile() string {
	return fmt.Sprintf("flux reconcile kustomization %s -n %s --with-source", k.id.Name, k.id.Namespace)
}
