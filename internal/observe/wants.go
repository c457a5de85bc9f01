// Which objects of a cluster are read to judge deployments.

package observe

import (
	"cmp"
	"maps"
	"slices"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// A kindName is a kind of some group.
type kindName struct{ group, kind string }

// notNormal leaves out the events that say that all goes well.
const notNormal = "type!=Normal"

// Managed selects what belongs to a deployment of ZenML's kind.
const Managed = "managed-by=zenml"

// maxNamespaces is up to how many namespaces are read one by one.
const maxNamespaces = 5

// A wishList collects what is wanted of one cluster.
type wishList struct {
	// namespaces are those of each kind; the empty one stands for kinds
	// without namespaces.
	namespaces map[kindName]map[string]bool
	events     map[string]bool
	// onlyCore tells that all pods are of core Deployments, which label them.
	onlyCore bool
}

// Wants returns what is read to judge targets, ordered. wide tells that lists
// over all namespaces are allowed.
func Wants(targets []*committed.Target, wide func() bool) []kube.Want {
	w := &wishList{namespaces: make(map[kindName]map[string]bool), events: make(map[string]bool), onlyCore: true}
	for _, t := range targets {
		for _, o := range t.Objects {
			w.object(t, o)
		}
		for _, o := range t.Shared {
			w.want(kindName{o.Group(), o.Kind()}, o.Namespace())
		}
	}
	return w.wants(wide)
}

func (w *wishList) object(t *committed.Target, o *manifest.Object) {
	kind, namespace := kindName{o.Group(), o.Kind()}, o.Namespace()
	w.want(kind, namespace)
	w.events[namespace] = true
	for _, r := range status.Reads(kind.group, kind.kind) {
		if r.ClusterScoped {
			w.want(kindName{r.Group, r.Kind}, "")
		} else {
			w.want(kindName{r.Group, r.Kind}, namespace)
		}
	}
	pods := o.PodSpec()
	if pods != nil && (o.Kind() != "Deployment" || o.Name() != t.ResourceName) || selectsOthers(o) {
		w.onlyCore = false
	}
	if mountsClaims(pods) {
		w.want(kindName{"", "PersistentVolumeClaim"}, namespace)
		w.want(kindName{"storage.k8s.io", "StorageClass"}, "")
	}
	if hasKey(pods, "configMapRef", "configMapKeyRef", "configMap") {
		w.want(kindName{"", "ConfigMap"}, namespace)
	}
	if kind == (kindName{"", "Service"}) {
		if kindOfService, _ := o.Field("spec", "type"); kindOfService == "NodePort" {
			w.want(kindName{"", "Node"}, "")
		}
	}
	w.gateways(o)
}

// gateways are also wanted where a route says that they live elsewhere.
func (w *wishList) gateways(o *manifest.Object) {
	parents, _ := o.Field("spec", "parentRefs")
	list, _ := parents.([]any)
	for _, p := range list {
		parent, _ := p.(map[string]any)
		if namespace, _ := parent["namespace"].(string); namespace != "" && o.Group() == "gateway.networking.k8s.io" {
			w.want(kindName{"gateway.networking.k8s.io", "Gateway"}, namespace)
		}
	}
}

// selectsOthers tells that an object is about pods that are not labelled as
// those of core Deployments.
func selectsOthers(o *manifest.Object) bool {
	var selector any
	var ok bool
	switch (kindName{o.Group(), o.Kind()}) {
	case kindName{"", "Service"}:
		selector, ok = o.Field("spec", "selector")
	case kindName{"policy", "PodDisruptionBudget"}:
		selector, _ = o.Field("spec", "selector", "matchLabels")
		ok = true
	}
	labels, _ := selector.(map[string]any)
	return ok && labels["managed-by"] != "zenml"
}

func mountsClaims(podSpec map[string]any) bool {
	volumes, _ := podSpec["volumes"].([]any)
	return slices.ContainsFunc(volumes, func(v any) bool {
		volume, _ := v.(map[string]any)
		return volume["persistentVolumeClaim"] != nil || volume["ephemeral"] != nil
	})
}

// hasKey tells whether any of some keys is anywhere below a value. Secrets are
// not among those that are asked for: who may list them may read them.
func hasKey(v any, keys ...string) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if slices.Contains(keys, key) || hasKey(value, keys...) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return hasKey(item, keys...) })
	}
	return false
}

func (w *wishList) want(kind kindName, namespace string) {
	if w.namespaces[kind] == nil {
		w.namespaces[kind] = make(map[string]bool)
	}
	w.namespaces[kind][namespace] = true
}

// wants makes one list of each kind and namespace, or of each kind where there
// are many namespaces.
func (w *wishList) wants(wide func() bool) []kube.Want {
	delete(w.events, "")
	if len(w.events) > 0 {
		w.namespaces[kindName{"", "Event"}] = w.events
	}
	most := 0
	for _, namespaces := range w.namespaces {
		most = max(most, len(namespaces))
	}
	atOnce := most > maxNamespaces && wide()
	var wants []kube.Want
	for kind, namespaces := range w.namespaces {
		want := kube.Want{Group: kind.group, Kind: kind.kind, Labels: w.labels(kind), Fields: fieldsOf(kind)}
		if atOnce && len(namespaces) > maxNamespaces {
			wants = append(wants, want)
			continue
		}
		for namespace := range maps.Keys(namespaces) {
			want.Namespace = namespace
			wants = append(wants, want)
		}
	}
	slices.SortFunc(wants, func(a, b kube.Want) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace))
	})
	return wants
}

// labels keeps the pods of others away, as far as those of targets can be told
// from them.
func (w *wishList) labels(kind kindName) string {
	if w.onlyCore && (kind == kindName{"", "Pod"} || kind == kindName{"apps", "ReplicaSet"}) {
		return Managed
	}
	return ""
}

func fieldsOf(kind kindName) string {
	if kind == (kindName{"", "Event"}) {
		return notNormal
	}
	return ""
}
