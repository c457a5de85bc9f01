package observe

import (
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

const sharedObjects = `apiVersion: v1
kind: Namespace
metadata: {name: ml}
`

// application is an Argo CD Application that has synced a directory.
func application(name, dir, revision string, objects ...*manifest.Object) *manifest.Object {
	var resources []any
	for _, o := range objects {
		resources = append(resources, map[string]any{
			"group": o.Group(), "kind": o.Kind(), "namespace": o.Namespace(), "name": o.Name(), "status": "Synced",
		})
	}
	source := map[string]any{"repoURL": "https://git.example.com/r.git", "path": dir, "targetRevision": "main"}
	destination := map[string]any{"server": "https://kubernetes.default.svc"}
	return &manifest.Object{Body: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
		"metadata": map[string]any{"name": name, "namespace": "argocd"},
		"spec":     map[string]any{"source": source, "destination": destination, "project": "default"},
		"status": map[string]any{
			"reconciledAt": "2026-01-01T00:00:00Z", "resources": resources,
			"sync": map[string]any{
				"status": "Synced", "revision": revision,
				"comparedTo": map[string]any{"source": source, "destination": destination},
			},
		},
	}}
}

// What of the shared objects no engine tells, the live ones have to.
func TestSharedObjectsOfWhichTheEngineCannotTellAreCompared(t *testing.T) {
	t.Parallel()
	target := targetOf(t, coreObjects)
	own, shared := application("greet", "greet", strings.Repeat("1", 40), target.Objects...), application("shared", "shared", strings.Repeat("2", 40))
	target.Environment, target.Dir, target.Unit, target.SharedUnit = "prod", "greet", own, shared
	target.SharedContent = &committed.Content{Dir: "shared"}
	target.Shared = targetOf(t, sharedObjects).Objects
	relations := func(r status.Relation) status.History { return func(string) status.Relation { return r } }
	target.History, target.SharedHistory = relations(status.Same), relations(status.Unrelated)

	engine := &cluster{engine: true, live: liveOf(own, shared)}
	pods := &cluster{}
	l := &Looker{clusters: &clusters{
		engines: side{of: map[string]*cluster{"prod": engine}}, pods: side{of: map[string]*cluster{"prod": pods}},
	}}
	for phase, live := range map[status.Phase][]*manifest.Object{
		status.NotSynced: target.Objects,
		status.Ready:     slices.Concat(target.Objects, target.Shared),
	} {
		pods.live = liveOf(live...)
		got := l.engineSync(target, time.Now())
		if got.Phase != phase || got.Compared == nil || got.Compared.ID != shared.ID() {
			t.Errorf("got %s %s (%s), compared because of %v, want %s because of the shared Application", got.Phase, got.Reason, got.Message, got.Compared, phase)
		}
	}
}

func TestNobodyIsToldToWaitForAnEngineThatIsNotThere(t *testing.T) {
	t.Parallel()
	target := targetOf(t, coreObjects)
	target.Environment, target.Dir, target.Branch = "prod", "greet", &committed.Branch{Name: "main"}
	l := &Looker{clusters: &clusters{pods: side{of: map[string]*cluster{"prod": {live: liveOf()}}}}}
	want := "set engine.kind of the environment and publish, or wait until something else syncs greet on main"
	if got := l.compare(target, status.Result{}); got.Next != want {
		t.Errorf("next is %q, want %q", got.Next, want)
	}
	target.EnvironmentSpec.Engine.Kind = "argocd"
	if got := l.compare(target, status.Result{}); got.Next == want {
		t.Errorf("next is %q where an engine is to sync it", got.Next)
	}
}

func liveOf(objects ...*manifest.Object) *status.Live {
	var live []*unstructured.Unstructured
	for _, o := range objects {
		live = append(live, &unstructured.Unstructured{Object: o.Clone().Body})
	}
	return status.NewLive(live, nil)
}
