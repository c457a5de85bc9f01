// What is read of the GitOps engines.

package observe

import (
	"cmp"
	"slices"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/settings"
)

// engineKinds are the kinds of each engine's own objects.
var engineKinds = map[string][]kindName{
	"argocd": {{"argoproj.io", "Application"}, {"argoproj.io", "AppProject"}},
	"flux":   {{"kustomize.toolkit.fluxcd.io", "Kustomization"}, {"source.toolkit.fluxcd.io", "GitRepository"}},
}

// engineNamespaces are where the engines' objects live unless the settings say
// otherwise.
var engineNamespaces = map[string]string{"argocd": "argocd", "flux": "flux-system"}

// EngineNamespace is where the objects of an environment's engine live, also
// before any was committed.
func EngineNamespace(e settings.EnvironmentSpec) string {
	return cmp.Or(e.Engine.Namespace, engineNamespaces[e.Engine.Kind])
}

// EngineOf tells which engine syncs a target and where its objects live: as was
// committed, else as the settings say. The kind is empty where there is none.
func EngineOf(t *committed.Target) (kind, namespace string) {
	for name, kinds := range engineKinds {
		if t.Unit != nil && t.Unit.Group() == kinds[0].group {
			return name, t.Unit.Namespace()
		}
	}
	return t.EnvironmentSpec.Engine.Kind, EngineNamespace(t.EnvironmentSpec)
}

// EngineWants returns what is read of the engines of targets.
func EngineWants(targets []*committed.Target) []kube.Want {
	var wants []kube.Want
	for _, t := range targets {
		kind, namespace := EngineOf(t)
		for _, k := range engineKinds[kind] {
			want := kube.Want{Group: k.group, Kind: k.kind, Namespace: namespace}
			if !slices.Contains(wants, want) {
				wants = append(wants, want)
			}
		}
	}
	return wants
}
