package kube

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/lading-dev/lading/pkg/status"
)

// A Resource is a kind as a cluster serves it.
type Resource struct {
	Group, Version, Name, Kind string
	Namespaced                 bool
	Verbs                      []string
}

// Resources are the kinds that a cluster serves.
type Resources struct {
	kinds map[schema.GroupKind]Resource
	// served are the kinds in all versions, also those that cannot be listed.
	served map[schema.GroupVersionKind]bool
	// silent are groups of aggregated APIs whose servers do not answer.
	silent map[string]bool
}

func newResources() *Resources {
	return &Resources{
		kinds:  make(map[schema.GroupKind]Resource),
		served: make(map[schema.GroupVersionKind]bool),
		silent: make(map[string]bool),
	}
}

// Find returns a kind in the version that the server prefers.
func (r *Resources) Find(group, kind string) (Resource, bool) {
	found, ok := r.kinds[schema.GroupKind{Group: group, Kind: kind}]
	return found, ok
}

// Serves tells whether a kind is served in this version. It is not known where
// the server of an aggregated API does not answer.
func (r *Resources) Serves(apiVersion, kind string) (served, known bool) {
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	served = r.served[gvk]
	return served, served || !r.silent[gvk.Group]
}

// missing is the gap of a kind that is not served.
func (r *Resources) missing(w Want) *status.Gap {
	gap := &status.Gap{Group: w.Group, Kind: w.Kind, Reason: status.KindNotServed}
	if r.silent[w.Group] {
		gap.Reason = status.Unreachable
		gap.Message = fmt.Sprintf("the aggregated API %s does not answer, and it serves %s", w.Group, w.Kind)
		gap.Next = "see which is not available: kubectl get apiservices"
		return gap
	}
	gap.Message = "the cluster serves no kind " + (schema.GroupKind{Group: w.Group, Kind: w.Kind}).String()
	gap.Next = installer(w.Group)
	return gap
}

// installers are who brings kinds, by the end of their group.
var installers = []struct{ group, next string }{
	{"argoproj.io", "install Argo CD, or name the cluster that it runs in with engine.context"},
	{"autoscaling.k8s.io", "install the Vertical Pod Autoscaler"},
	{"bitnami.com", "install Sealed Secrets"},
	{"cert-manager.io", "install cert-manager"},
	{"external-secrets.io", "install External Secrets"},
	{"gateway.networking.k8s.io", "install the CRDs of the Gateway API"},
	{"keda.sh", "install KEDA"},
	{"metrics.k8s.io", "install metrics-server"},
	{"monitoring.coreos.com", "install the Prometheus operator"},
	{"serving.knative.dev", "install Knative Serving"},
	{"toolkit.fluxcd.io", "install Flux, or name the cluster that it runs in with engine.context"},
}

// installer says what brings the kinds of a group.
func installer(group string) string {
	for _, i := range installers {
		if group == i.group || strings.HasSuffix(group, "."+i.group) {
			return i.next
		}
	}
	return "install the CRD, or the operator that brings it"
}

// path is that of all objects in a namespace, or of one.
func (r Resource) path(namespace, name string) string {
	path := "/apis/" + r.Group + "/" + r.Version
	if r.Group == "" {
		path = "/api/" + r.Version
	}
	if r.Namespaced && namespace != "" {
		path += "/namespaces/" + url.PathEscape(namespace)
	}
	path += "/" + r.Name
	if name != "" {
		path += "/" + url.PathEscape(name)
	}
	return path
}

// full is the resource with its group, as in deployments.apps.
func (r Resource) full() string {
	return schema.GroupResource{Group: r.Group, Resource: r.Name}.String()
}

// apiVersion is the version with its group, as in apps/v1.
func (r Resource) apiVersion() string {
	return schema.GroupVersion{Group: r.Group, Version: r.Version}.String()
}

// aggregated asks for all groups in one document: of Kubernetes 1.30 and newer,
// then of 1.26 and newer, then whatever the server has.
// See https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery.
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList," +
	"application/json"

// Resources finds out which kinds the cluster serves: with two requests, or with
// one a group version where the server is old.
func (c *Client) Resources(ctx context.Context) (*Resources, error) {
	r := newResources()
	roots := []string{"/api", "/apis"}
	answers := make([]discovery, len(roots))
	err := each(len(roots), func(i int) error {
		return c.discover(ctx, roots[i], &answers[i])
	})
	if err != nil {
		return nil, err
	}
	for i, answer := range answers {
		if answer.Kind == "APIGroupDiscoveryList" {
			r.addGroups(answer.Items)
			continue
		}
		if err := c.legacy(ctx, r, roots[i], answer); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (c *Client) discover(ctx context.Context, path string, answer any) error {
	return c.ask(ctx, ask{method: "GET", path: path, accept: aggregated, verb: "get", resource: path}, answer)
}

// A discovery is an answer at /api or /apis, of any age.
type discovery struct {
	Kind  string            `json:"kind"`
	Items []discoveredGroup `json:"items"`
	// Versions are those of the core group, Groups the others, on old servers.
	Versions []string      `json:"versions"`
	Groups   []legacyGroup `json:"groups"`
}

type discoveredGroup struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Versions []struct {
		Version   string `json:"version"`
		Freshness string `json:"freshness"`
		Resources []struct {
			Resource     string   `json:"resource"`
			Scope        string   `json:"scope"`
			Verbs        []string `json:"verbs"`
			ResponseKind *struct {
				Kind string `json:"kind"`
			} `json:"responseKind"`
		} `json:"resources"`
	} `json:"versions"`
}

func (r *Resources) addGroups(groups []discoveredGroup) {
	for _, g := range groups {
		for _, v := range g.Versions {
			if v.Freshness == "Stale" {
				r.silent[g.Metadata.Name] = true
			}
			for _, res := range v.Resources {
				if res.ResponseKind == nil {
					continue
				}
				r.add(Resource{
					Group: g.Metadata.Name, Version: v.Version, Name: res.Resource, Kind: res.ResponseKind.Kind,
					Namespaced: res.Scope == "Namespaced", Verbs: res.Verbs,
				})
			}
		}
	}
}

// better are kinds whose rules need a version that old servers do not prefer.
var better = map[schema.GroupKind]string{
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: "v2",
}

// add takes a kind, unless an earlier and so preferred version of it is known
// or it cannot be listed, as what is only there to be created.
func (r *Resources) add(res Resource) {
	kind := schema.GroupKind{Group: res.Group, Kind: res.Kind}
	r.served[kind.WithVersion(res.Version)] = true
	_, known := r.kinds[kind]
	if (known && better[kind] != res.Version) || !slices.Contains(res.Verbs, "list") {
		return
	}
	r.kinds[kind] = res
}

type legacyGroup struct {
	Name     string `json:"name"`
	Versions []struct {
		GroupVersion string `json:"groupVersion"`
	} `json:"versions"`
	PreferredVersion struct {
		GroupVersion string `json:"groupVersion"`
	} `json:"preferredVersion"`
}

type legacyResources struct {
	Resources []struct {
		Name       string   `json:"name"`
		Namespaced bool     `json:"namespaced"`
		Kind       string   `json:"kind"`
		Verbs      []string `json:"verbs"`
	} `json:"resources"`
}

// legacy reads what an old server has, one request a group version. A group
// whose server does not answer is noted, and keeps nobody from the others.
func (c *Client) legacy(ctx context.Context, r *Resources, root string, answer discovery) error {
	versions := slices.Clone(answer.Versions)
	for _, g := range answer.Groups {
		versions = append(versions, g.PreferredVersion.GroupVersion)
		for _, v := range g.Versions {
			if v.GroupVersion != g.PreferredVersion.GroupVersion {
				versions = append(versions, v.GroupVersion)
			}
		}
	}
	lists := make([]legacyResources, len(versions))
	silent := make([]bool, len(versions))
	err := each(len(versions), func(i int) error {
		err := c.discover(ctx, root+"/"+versions[i], &lists[i])
		if problem := problemOf(err); root == "/apis" && (problem == Broken || problem == Absent) {
			silent[i] = true
			return nil
		}
		return err
	})
	for i, version := range versions {
		gv, _ := schema.ParseGroupVersion(version)
		if silent[i] {
			r.silent[gv.Group] = true
		}
		for _, res := range lists[i].Resources {
			if !strings.Contains(res.Name, "/") {
				r.add(Resource{gv.Group, gv.Version, res.Name, res.Kind, res.Namespaced, res.Verbs})
			}
		}
	}
	return err
}
