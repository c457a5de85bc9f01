package kubetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// A Type is a kind that the server serves.
type Type struct {
	Group, Version, Kind, Resource string
	Namespaced                     bool
	// Broken makes it part of an aggregated API whose backend does not answer.
	Broken bool
}

// Types are the kinds that every server serves from the start.
func Types() []Type {
	var all []Type
	for _, line := range builtin {
		words := strings.Fields(line)
		group, version, found := strings.Cut(words[0], "/")
		if !found {
			group, version = "", words[0]
		}
		for _, kind := range words[1:] {
			name, cluster := strings.CutPrefix(kind, "*")
			all = append(all, Type{Group: group, Version: version, Kind: name, Resource: plural(name), Namespaced: !cluster})
		}
	}
	return all
}

// builtin are API versions and their kinds, those behind * without a namespace.
// Of a group the first version is the preferred one.
var builtin = []string{
	"v1 ConfigMap Endpoints Event LimitRange *Namespace *Node PersistentVolumeClaim *PersistentVolume Pod ReplicationController ResourceQuota Secret ServiceAccount Service",
	"admissionregistration.k8s.io/v1 *MutatingWebhookConfiguration *ValidatingWebhookConfiguration",
	"apiextensions.k8s.io/v1 *CustomResourceDefinition",
	"apps/v1 ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
	"autoscaling/v2 HorizontalPodAutoscaler",
	"autoscaling/v1 HorizontalPodAutoscaler",
	"batch/v1 CronJob Job",
	"coordination.k8s.io/v1 Lease",
	"discovery.k8s.io/v1 EndpointSlice",
	"events.k8s.io/v1 Event",
	"networking.k8s.io/v1 *IngressClass Ingress NetworkPolicy",
	"policy/v1 PodDisruptionBudget",
	"rbac.authorization.k8s.io/v1 *ClusterRoleBinding *ClusterRole RoleBinding Role",
	"scheduling.k8s.io/v1 *PriorityClass",
	"storage.k8s.io/v1 *StorageClass",
}

// plural is the name of the resource of a kind.
func plural(kind string) string {
	name := strings.ToLower(kind)
	switch {
	case name == "endpoints":
		return name
	case strings.HasSuffix(name, "s"):
		return name + "es"
	case strings.HasSuffix(name, "y"):
		return strings.TrimSuffix(name, "y") + "ies"
	}
	return name + "s"
}

// ArgoCD returns the kinds that Argo CD brings along, for [Server.Serve].
func ArgoCD() []Type {
	return []Type{
		{Group: "argoproj.io", Version: "v1alpha1", Kind: "Application", Resource: "applications", Namespaced: true},
		{Group: "argoproj.io", Version: "v1alpha1", Kind: "AppProject", Resource: "appprojects", Namespaced: true},
	}
}

// Flux returns the kinds that Flux brings along, for [Server.Serve].
func Flux() []Type {
	return []Type{
		{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization", Resource: "kustomizations", Namespaced: true},
		{Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "GitRepository", Resource: "gitrepositories", Namespaced: true},
	}
}

// Serve adds kinds, as a new CRD does. An empty Resource is the plural.
func (s *Server) Serve(types ...Type) {
	for _, t := range types {
		if t.Resource == "" {
			t.Resource = plural(t.Kind)
		}
		s.store.addType(t)
	}
}

// Withdraw takes a kind away, with its objects.
func (s *Server) Withdraw(group, kind string) { s.store.removeType(group, kind) }

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// discover answers what kinds there are: in one document, or by group and
// version as servers did before.
// See https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api.
func (s *Server) discover(w http.ResponseWriter, r *http.Request, path string) bool {
	types := s.store.allTypes()
	together := !s.options.Legacy && strings.Contains(r.Header.Get("Accept"), "as=APIGroupDiscoveryList")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case together && (path == "/api" || path == "/apis"):
		w.Header().Set("Content-Type", aggregated)
		_ = json.NewEncoder(w).Encode(groupDiscoveryList(types, path == "/api"))
	case path == "/api":
		reply(w, map[string]any{"kind": "APIVersions", "versions": []string{"v1"}})
	case path == "/apis":
		reply(w, map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": legacyGroups(types)})
	case len(parts) == 2 && parts[0] == "api":
		return s.resourceList(w, types, "", parts[1])
	case len(parts) == 3 && parts[0] == "apis":
		return s.resourceList(w, types, parts[1], parts[2])
	default:
		return false
	}
	return true
}

func groupDiscoveryList(types []Type, core bool) map[string]any {
	var items []any
	for _, group := range groupsOf(types) {
		if (group == "") != core {
			continue
		}
		var versions []any
		for _, version := range versionsOf(types, group) {
			var resources []any
			freshness := "Current"
			for _, t := range types {
				if t.Group != group || t.Version != version {
					continue
				}
				if t.Broken {
					freshness = "Stale"
					continue
				}
				resources = append(resources, discovered(t))
			}
			versions = append(versions, map[string]any{"version": version, "resources": resources, "freshness": freshness})
		}
		items = append(items, map[string]any{"metadata": map[string]any{"name": group}, "versions": versions})
	}
	return map[string]any{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": map[string]any{}, "items": items}
}

func discovered(t Type) map[string]any {
	scope := "Cluster"
	if t.Namespaced {
		scope = "Namespaced"
	}
	return map[string]any{
		"resource": t.Resource, "scope": scope, "verbs": verbs, "singularResource": strings.ToLower(t.Kind),
		"responseKind": map[string]any{"group": t.Group, "version": t.Version, "kind": t.Kind},
		"subresources": []any{map[string]any{
			"subresource": "status", "verbs": []string{"get", "patch", "update"},
			"responseKind": map[string]any{"group": t.Group, "version": t.Version, "kind": t.Kind},
		}},
	}
}

var verbs = []string{"create", "delete", "get", "list", "patch", "update", "watch"}

func legacyGroups(types []Type) []any {
	var groups []any
	for _, group := range groupsOf(types) {
		if group == "" {
			continue
		}
		var versions []any
		for _, v := range versionsOf(types, group) {
			versions = append(versions, map[string]any{"groupVersion": group + "/" + v, "version": v})
		}
		groups = append(groups, map[string]any{"name": group, "versions": versions, "preferredVersion": versions[0]})
	}
	return groups
}

func (s *Server) resourceList(w http.ResponseWriter, types []Type, group, version string) bool {
	var resources []any
	for _, t := range types {
		if t.Group != group || t.Version != version {
			continue
		}
		if t.Broken {
			refuse(w, &Refusal{Status: http.StatusServiceUnavailable, Reason: "ServiceUnavailable", Message: "service unavailable"})
			return true
		}
		resources = append(resources,
			map[string]any{"name": t.Resource, "singularName": strings.ToLower(t.Kind), "namespaced": t.Namespaced, "kind": t.Kind, "verbs": verbs},
			map[string]any{"name": t.Resource + "/status", "singularName": "", "namespaced": t.Namespaced, "kind": t.Kind, "verbs": []string{"get"}})
	}
	if resources == nil {
		return false
	}
	reply(w, map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": strings.Trim(group+"/"+version, "/"), "resources": resources})
	return true
}

// groupsOf returns the groups in the order in which they were added.
func groupsOf(types []Type) []string {
	var groups []string
	for _, t := range types {
		if !slices.Contains(groups, t.Group) {
			groups = append(groups, t.Group)
		}
	}
	return groups
}

func versionsOf(types []Type, group string) []string {
	var versions []string
	for _, t := range types {
		if t.Group == group && !slices.Contains(versions, t.Version) {
			versions = append(versions, t.Version)
		}
	}
	return versions
}
