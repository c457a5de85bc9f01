// Argo CD: one Application for each unit, and one that syncs the Applications.
// See https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
// and https://argo-cd.readthedocs.io/en/stable/operator-manual/cluster-bootstrapping/.

package gitops

import (
	"cmp"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

type argocd struct{}

// ownCluster is what Argo CD calls the cluster that it runs in.
const ownCluster = "https://kubernetes.default.svc"

// resourcesFinalizer makes Argo CD delete what an Application synced before the
// Application itself goes.
const resourcesFinalizer = "resources-finalizer.argocd.argoproj.io"

func (argocd) unit(s *site, u *unit) []map[string]any {
	app := application(s, u.name, u.labels)
	metadata := app["metadata"].(map[string]any)
	metadata["finalizers"] = []any{resourcesFinalizer}
	spec := app["spec"].(map[string]any)
	spec["destination"] = destination(s, u.namespace)
	spec["source"] = directorySource(s, u.path, u.skip)
	if u.kind == sharedUnit {
		metadata["annotations"] = map[string]any{"argocd.argoproj.io/sync-wave": "-1"}
	}
	if rules := ignoredReplicas(u.scaled); len(rules) > 0 {
		spec["ignoreDifferences"] = rules
		policy := spec["syncPolicy"].(map[string]any)
		policy["syncOptions"] = append(policy["syncOptions"].([]any), "RespectIgnoreDifferences=true")
	}
	return []map[string]any{app}
}

// root has no finaliser: who deletes it by mistake loses nothing else. It may
// sync to nothing, or the last deployment could never be removed.
func (argocd) root(s *site) []map[string]any {
	app := application(s, s.rootName(), s.labels())
	spec := app["spec"].(map[string]any)
	spec["destination"] = map[string]any{"server": ownCluster, "namespace": s.namespace}
	spec["source"] = directorySource(s, s.dir(), nil)
	automated := spec["syncPolicy"].(map[string]any)["automated"].(map[string]any)
	automated["allowEmpty"] = true
	return []map[string]any{app}
}

func (argocd) problem(*site) *settings.Problem { return nil }

// application is what all Applications of lading have. They do not have the
// annotation manifest-generate-paths, which would spare Argo CD making manifests
// again for commits elsewhere: with it, a correction that is published while a
// rejected sync is tried again is never synced. Argo CD compares the correction
// before it can sync it, finds afterwards that nothing changed since that
// comparison, and takes the failed sync for one of the same content
// (alreadyAttemptedSync, seen in 3.2).
func application(s *site, name string, labels map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "argoproj.io/v1alpha1",
		"kind":       "Application",
		"metadata": map[string]any{
			"name": name, "namespace": s.namespace, "labels": labels,
		},
		"spec": map[string]any{
			"project": cmp.Or(s.environment.Engine.Project, "default"),
			"syncPolicy": map[string]any{
				"automated":   map[string]any{"prune": true, "selfHeal": true},
				"syncOptions": []any{"ServerSideApply=true"},
				"retry":       retry(),
			},
		},
	}
}

// retry covers what becomes right by itself within about five minutes, above
// all a Namespace that another Application has yet to create.
func retry() map[string]any {
	return map[string]any{
		"limit":   int64(5),
		"backoff": map[string]any{"duration": "10s", "factor": int64(2), "maxDuration": "3m"},
	}
}

// directorySource says that the path holds plain manifests, so that no file
// that happens to lie there turns it into a chart or a kustomization.
func directorySource(s *site, path string, skip []string) map[string]any {
	directory := map[string]any{"recurse": true, "include": "*.yaml"}
	if len(skip) > 0 {
		directory["exclude"] = "{" + strings.Join(skip, "/*,") + "/*}"
	}
	return map[string]any{
		"repoURL": s.url, "targetRevision": s.branch, "path": path, "directory": directory,
	}
}

// destination names the environment's cluster as Argo CD knows it. The server
// goes first, since a name may be lading's only.
func destination(s *site, namespace string) map[string]any {
	out := map[string]any{}
	given, cluster := s.environment.Engine.Destination, s.environment.Cluster
	switch {
	case strings.Contains(given, "://"):
		out["server"] = given
	case given != "":
		out["name"] = given
	case cluster.Server != "":
		out["server"] = cluster.Server
	case cluster.Name != "":
		out["name"] = cluster.Name
	default:
		out["server"] = ownCluster
	}
	if namespace != "" {
		out["namespace"] = namespace
	}
	return out
}

// ignoredReplicas leaves the replicas of scaled objects to their autoscalers.
func ignoredReplicas(scaled []manifest.ID) []any {
	var rules []any
	for _, id := range scaled {
		rules = append(rules, map[string]any{
			"group": id.Group, "kind": id.Kind, "namespace": id.Namespace, "name": id.Name,
			"jsonPointers": []any{"/spec/replicas"},
		})
	}
	return rules
}
