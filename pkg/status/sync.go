package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// EngineInput is what the verdict of a GitOps engine on one deployment is made
// of.
type EngineInput struct {
	// Unit is the engine's object as committed: an Application, or a
	// Kustomization. It is nil where none is committed any more.
	Unit *manifest.Object
	// Live are the objects of the engine's cluster: Applications and
	// AppProjects, or Kustomizations and GitRepositories.
	Live *Live
	// Dir is the deployment's directory in the repository.
	Dir string
	// Ours are the deployment's objects. The unit may sync others as well.
	Ours []manifest.ID
	// Hooks are those of Ours that Argo CD takes away when they have done their
	// work, as [HooksOf] finds them.
	Hooks []manifest.ID
	// Spare are those of Ours whose failing is only a warning, as
	// [Target.Spare] finds them. An engine that applies all or nothing, as Flux
	// does, does not tell them apart.
	Spare []manifest.ID
	// History tells how a revision's Dir stands to the target's.
	History History
	// Deleted tells that the deployment was deleted.
	Deleted bool
	Now     time.Time
}

// A syncEngine reads the verdict of one GitOps engine from its objects.
type syncEngine struct {
	group, kind string
	// judge reads what the engine says of the content.
	judge func(EngineInput, *unstructured.Unstructured) Sync
	// trouble says what keeps an object from being applied, for an object that
	// applies other engine objects.
	trouble func(EngineInput, *unstructured.Unstructured) (Result, bool)
	// path is the directory that an object syncs.
	path func(object map[string]any) string
	// content are the fields that say what is synced from where to where.
	content [][]string
}

// syncEngines are the engines that can be asked.
func syncEngines() []syncEngine {
	return []syncEngine{argocdEngine(), fluxEngine()}
}

// Synced tells how far the engine has come with a deployment, by its own
// objects alone. It is pinned to content: the engine's revision counts as what
// the deployment's directory holds there, whatever the commit is called.
func Synced(in EngineInput) Sync {
	for _, e := range syncEngines() {
		if in.Unit != nil && in.Unit.Group() == e.group && in.Unit.Kind() == e.kind {
			return e.synced(in)
		}
	}
	if in.Deleted {
		return withoutUnit(in)
	}
	return Sync{Result: Result{
		Phase: Unknown, Reason: EngineUnknown,
		Message: "no engine object is committed for " + in.Dir,
		Next:    "name the engine in the environment's engine.kind, and publish",
	}}
}

// withoutUnit finds the object that synced a deleted deployment by the
// directory that it names, since nothing in Git names it any more.
func withoutUnit(in EngineInput) Sync {
	for _, e := range syncEngines() {
		if gap := in.Live.gapIn(e.group, e.kind); gap != nil && gap.Reason != KindNotServed {
			return unreadableEngine(manifest.ID{Group: e.group, Kind: e.kind}, gap)
		}
		for _, o := range in.Live.everywhere(e.group, e.kind) {
			if cleanPath(e.path(o.Object)) == cleanPath(in.Dir) {
				return e.remains(in, o)
			}
		}
	}
	return Sync{Result: Result{Phase: Ready}}
}

func (e syncEngine) synced(in EngineInput) Sync {
	id := in.Unit.ID()
	live := in.Live.Get(id)
	own := cleanPath(e.path(in.Unit.Body)) == cleanPath(in.Dir)
	if live == nil {
		if gap := in.Live.Gap(id.Group, id.Kind, id.Namespace); gap != nil {
			return unreadableEngine(id, gap)
		}
		if in.Deleted && own {
			return Sync{Result: Result{ID: id, Phase: Ready}}
		}
		return e.missing(in)
	}
	switch {
	case in.Deleted && own:
		return e.remains(in, live)
	case live.GetDeletionTimestamp() != nil:
		return leavingEngine(in, live)
	}
	if r, ok := e.outdated(in, live); ok {
		return Sync{Result: r}
	}
	return e.judge(in, live)
}

// unreadableEngine leaves it to the caller to compare the live objects.
func unreadableEngine(id manifest.ID, gap *Gap) Sync {
	return Sync{Result: Result{ID: id, Phase: Unknown, Reason: gap.Reason, Message: gap.Message, Next: gap.Next}}
}

// missing: the root has not made the engine object yet.
func (e syncEngine) missing(in EngineInput) Sync {
	id := in.Unit.ID()
	r := Result{
		ID: id, Phase: NotSynced, Reason: engineObjectMissing,
		Message: fmt.Sprintf("%s is not there: what syncs the engine objects has not created it yet", id),
		Next:    bootstrapCommand(in),
	}
	return Sync{Result: e.becauseOfRoot(in, r)}
}

// remains: the object that synced a deleted deployment is still there.
func (e syncEngine) remains(in EngineInput, live *unstructured.Unstructured) Sync {
	if live.GetDeletionTimestamp() != nil {
		return leavingEngine(in, live)
	}
	r := Result{
		ID: IDOf(live), Phase: NotSynced, Reason: engineObjectRemains,
		Message: fmt.Sprintf("the deployment was deleted and %s, which synced it, is still there", IDOf(live)),
		Next:    "wait until what syncs the engine objects removes it: " + kubectl("get", IDOf(live)),
	}
	return Sync{Result: e.becauseOfRoot(in, r)}
}

// leavingEngine: an engine object that is being deleted takes along what it
// synced, and syncs nothing more.
func leavingEngine(in EngineInput, live *unstructured.Unstructured) Sync {
	since := live.GetDeletionTimestamp().Time
	id := IDOf(live)
	r := Result{
		ID: id, Phase: NotSynced, Reason: engineObjectLeaving,
		Message: fmt.Sprintf("%s is being deleted since %s", id, moment(since)),
		Next:    "wait until it is gone: " + kubectl("get", id, "-w"),
	}
	if keep := live.GetFinalizers(); len(keep) > 0 && in.Now.Sub(since) >= finaliserPatience {
		r.Message += ", kept by " + strings.Join(keep, ", ")
		r.Next = "see in its status and in the engine's log what it cannot delete: " + kubectl("describe", id)
	}
	if c := argoCondition(live, "DeletionError"); c != nil {
		r.Message += ": " + engineWords(c.text("message"))
		r.Evidence = append(r.Evidence, conditionEvidence(id, c))
	}
	return Sync{Result: r}
}

// outdated: the live engine object does not sync yet what the committed one
// says, so that nothing it tells is about the target.
func (e syncEngine) outdated(in EngineInput, live *unstructured.Unstructured) (Result, bool) {
	for _, path := range e.content {
		want, _ := in.Unit.Field(path...)
		got, _, _ := unstructured.NestedFieldNoCopy(live.Object, path...)
		if sameContent(want, got) {
			continue
		}
		field, had, wants := firstDifference(strings.Join(path, "."), want, got)
		r := Result{
			ID: IDOf(live), Phase: NotSynced, Reason: engineObjectOutdated,
			Message: fmt.Sprintf("%s has %s %s and %s is committed: what syncs the engine objects has not applied it yet", IDOf(live), field, had, wants),
			Next:    bootstrapCommand(in),
		}
		return e.becauseOfRoot(in, r), true
	}
	return Result{}, false
}

// becauseOfRoot gives the cause where the object that applies the engine
// objects cannot do so.
func (e syncEngine) becauseOfRoot(in EngineInput, r Result) Result {
	root := e.root(in, r.ID.Namespace)
	if root == nil {
		return r
	}
	cause, ok := e.trouble(in, root)
	if !ok {
		r.Next = kubectl("describe", IDOf(root))
		return r
	}
	r.Reason, r.Next, r.Final = cause.Reason, cause.Next, cause.Final
	r.Message += ": " + cause.Message
	r.Objects = append(r.Objects, cause.ID)
	r.Evidence = append(r.Evidence, cause.Evidence...)
	return r
}

// engineDirName is the last element of the directory that a root syncs.
const engineDirName = "_engine"

// root finds the object that applies the engine objects of the directory's
// environment: it syncs the _engine directory that is nearest to it.
func (e syncEngine) root(in EngineInput, namespace string) *unstructured.Unstructured {
	var nearest *unstructured.Unstructured
	length := -1
	for _, o := range in.Live.All(e.group, e.kind, namespace) {
		base, ok := strings.CutSuffix("/"+cleanPath(e.path(o.Object)), "/"+engineDirName)
		if ok && strings.HasPrefix("/"+cleanPath(in.Dir)+"/", base+"/") && len(base) > length {
			nearest, length = o, len(base)
		}
	}
	return nearest
}

func bootstrapCommand(in EngineInput) string {
	environment := in.environment()
	if environment == "" {
		return "check that what syncs the engine objects is there: lading bootstrap"
	}
	return fmt.Sprintf("if the engine's cluster never got it: lading bootstrap --env %s | kubectl apply -f -", environment)
}

// environment is what the engine's object says of itself, empty where it says
// nothing.
func (in EngineInput) environment() string {
	if in.Unit == nil {
		return ""
	}
	name, _ := in.Unit.Field("metadata", "labels", "lading.dev/environment")
	environment, _ := name.(string)
	return environment
}

// everywhere returns the objects of a kind in all namespaces, by name.
func (l *Live) everywhere(group, kind string) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for in, objects := range l.byKind {
		if in.group == group && in.kind == kind {
			all = append(all, objects...)
		}
	}
	slices.SortFunc(all, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return all
}

// gapIn returns the first gap of a kind, in whatever namespace.
func (l *Live) gapIn(group, kind string) *Gap {
	at := slices.IndexFunc(l.gaps, func(g Gap) bool { return g.Group == group && g.Kind == kind })
	if at < 0 {
		return nil
	}
	return &l.gaps[at]
}

// cleanPath writes a directory one way, "" for the root.
func cleanPath(path string) string {
	return strings.Trim(strings.TrimPrefix(path, "."), "/")
}
