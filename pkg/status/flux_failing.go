package status

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// failing says why the last run did not get as far as applying, as Ready of
// the present generation tells. Flux tries again by itself for good; what the
// same content cannot cure is final.
// See https://fluxcd.io/flux/components/kustomize/kustomizations/#failed-kustomization.
func (k *fluxUnit) failing() (Result, bool) {
	ready := k.condition("Ready")
	if ready.text("status") != "False" || !k.current(ready) {
		return Result{}, false
	}
	switch ready.text("reason") {
	case "BuildFailed":
		r := k.told(Failed, manifestsUnreadable, ready).next("remove from %s what is not a manifest, or correct it, and publish", k.spec.text("path"))
		return k.unlessOther(r, true), true
	case "ReconciliationFailed":
		return k.refused(ready), true
	}
	return k.held()
}

// held says why the last run did not get as far as the content.
func (k *fluxUnit) held() (Result, bool) {
	ready := k.condition("Ready")
	if ready.text("status") != "False" || !k.current(ready) {
		return Result{}, false
	}
	switch ready.text("reason") {
	case "DependencyNotReady":
		return k.dependency(ready), true
	case "ArtifactFailed", "SourceNotReady":
		return k.artifactFailed(ready), true
	case "BuildFailed", "ReconciliationFailed", "HealthCheckFailed", "HealthCheckCanceled", "PruneFailed", "Progressing":
		return Result{}, false
	}
	return k.told(NotSynced, engineError, ready).next("%s", k.reconcile()), true
}

// unlessOther makes a failure final where it is the target's content that
// failed; another revision may be cured by the next one.
func (k *fluxUnit) unlessOther(r Result, hopeless bool) Result {
	r.Final = hopeless && k.relation(k.status.text("lastAttemptedRevision")) == Same
	if !r.Final {
		r.Phase = NotSynced
	}
	return r
}

// dependency: Flux names the Kustomization that it waits for; why that is not
// ready is the cause.
func (k *fluxUnit) dependency(ready fields) Result {
	r := k.told(NotSynced, dependencyNotReady, ready).next("%s", k.reconcile())
	for _, on := range k.spec.list("dependsOn") {
		id := manifest.ID{Group: kustomizeToolkit, Kind: "Kustomization", Namespace: cmp.Or(on.text("namespace"), k.id.Namespace), Name: on.text("name")}
		if !strings.Contains(r.Message, "'"+id.Namespace+"/"+id.Name+"'") {
			continue
		}
		r = r.about(id).next("flux get kustomization %s -n %s", id.Name, id.Namespace)
		live := k.Live.Get(id)
		if live == nil {
			continue
		}
		if cause, ok := newFluxUnit(k.EngineInput, live).trouble(); ok {
			r.Message += ": " + cause.Message
			r.Next, r.Final = cause.Next, cause.Final
			r.Evidence = append(r.Evidence, cause.Evidence...)
		}
	}
	return r
}

// artifactFailed: what the source fetched cannot be had, or does not have the
// directory.
func (k *fluxUnit) artifactFailed(ready fields) Result {
	source := k.source()
	if strings.Contains(ready.text("message"), "kustomization path not found") {
		r := k.told(NotSynced, sourcePathMissing, ready).
			next("see that %s is in the branch and that spec.ignore of the GitRepository %s does not leave it out", k.spec.text("path"), source.id.Name)
		r.Final = k.relation(source.revision()) == Same && !k.Deleted
		return r
	}
	if r, ok := source.trouble(); ok {
		return r
	}
	if source.there && source.revision() == "" { // it is new, and works as far as is known
		return source.behind()
	}
	return k.told(NotSynced, sourceFailed, ready).next("%s", k.reconcile())
}

// refused: the API server did not take an object. All objects are tried before
// any is applied, so that a neighbour's object can keep ours from being
// applied.
func (k *fluxUnit) refused(ready fields) Result {
	message := ready.text("message")
	reason, hopeless, next := refusal(message)
	id, ok := named(message, k.Ours)
	r := k.told(Failed, reason, ready).next("%s", cmp.Or(inPlace(next, id.Namespace, k.environment()), k.reconcile()))
	if ok {
		r = r.about(id)
	} else if k.Unit != nil && k.Unit.ID() == k.id && !strings.HasPrefix(message, "failed to build kube client") {
		r.Message = "another object that the Kustomization applies stops it: " + r.Message
	}
	return k.unlessOther(r, hopeless)
}

// A fluxSource is the GitRepository that a Kustomization applies from.
type fluxSource struct {
	unit   *fluxUnit
	id     manifest.ID
	there  bool
	spec   fields
	status fields
	gen    int64
}

func (k *fluxUnit) source() *fluxSource {
	ref := k.spec.at("sourceRef")
	s := &fluxSource{unit: k, id: manifest.ID{
		Group: sourceToolkit, Kind: ref.text("kind"),
		Namespace: cmp.Or(ref.text("namespace"), k.id.Namespace), Name: ref.text("name"),
	}}
	if live := k.Live.Get(s.id); live != nil {
		object := fields(live.Object)
		s.there, s.spec, s.status, s.gen = true, object.at("spec"), object.at("status"), live.GetGeneration()
	}
	return s
}

// revision is what the source has fetched.
func (s *fluxSource) revision() string { return s.status.at("artifact").text("revision") }

// trouble says what keeps the source from fetching.
// See https://fluxcd.io/flux/components/source/gitrepositories/#gitrepository-status.
func (s *fluxSource) trouble() (Result, bool) {
	if !s.there {
		return s.absent()
	}
	if s.spec.flag("suspend", false) {
		r := s.result(NotSynced, sourceSuspended, "the GitRepository %s is suspended", s.id.Name).
			next("flux resume source git %s -n %s", s.id.Name, s.id.Namespace)
		r.Final = true
		return r, true
	}
	for _, kind := range []string{"Stalled", "FetchFailed", "BuildFailed", "StorageOperationFailed", "Ready"} {
		c := conditionIn(s.status, kind)
		bad := c.text("status") == "True"
		if kind == "Ready" {
			bad = c.text("status") == "False"
		}
		if !bad || c.number("observedGeneration") != s.gen {
			continue
		}
		return s.failed(kind, c), true
	}
	return Result{}, false
}

func (s *fluxSource) absent() (Result, bool) {
	if gap := s.unit.Live.Gap(s.id.Group, s.id.Kind, s.id.Namespace); gap != nil {
		return Result{}, false
	}
	if s.id.Kind != "GitRepository" {
		return Result{}, false
	}
	return s.result(NotSynced, sourceMissing, "the GitRepository %s/%s is not there", s.id.Namespace, s.id.Name).next("%s", bootstrapCommand(s.unit.EngineInput)), true
}

func (s *fluxSource) failed(kind string, c fields) Result {
	message := c.text("message")
	r := s.result(NotSynced, sourceFailed, "%s", engineWords(message)).
		next("flux reconcile source git %s -n %s", s.id.Name, s.id.Namespace)
	r.Reason, r.Final = sourceRefusal(message)
	if r.Reason == manifestsUnreadable {
		r.Reason = sourceFailed
	}
	if c.text("reason") == "AuthenticationFailed" {
		r.Reason, r.Final = sourceUnauthorized, true
	}
	if r.Reason == sourceUnauthorized {
		secret := cmp.Or(s.spec.at("secretRef").text("name"), "that engine.repository_secret names")
		r.Next = fmt.Sprintf("correct the Secret %s in the namespace %s; then %s", secret, s.id.Namespace, r.Next)
	}
	if kind == "Stalled" {
		r.Final = true
		r.Next = "correct gitops.url or the engine's settings, and apply the output of lading bootstrap again"
	}
	r.Evidence = []Evidence{conditionEvidence(s.id, c)}
	return r
}

// behind: the source works and has not fetched the commit yet.
func (s *fluxSource) behind() Result {
	return s.result(NotSynced, sourceBehind, "the GitRepository %s has %s and has not fetched the commit yet; it looks every %s",
		s.id.Name, shortCommit(s.revision()), cmp.Or(s.spec.text("interval"), "now and then")).
		next("flux reconcile source git %s -n %s", s.id.Name, s.id.Namespace)
}

func (s *fluxSource) result(phase Phase, reason Reason, format string, args ...any) Result {
	return Result{ID: s.id, Phase: phase, Reason: reason, Message: fmt.Sprintf(format, args...)}
}
