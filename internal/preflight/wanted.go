// What has to be read.

package preflight

import "github.com/lading-dev/lading/pkg/manifest"

// A Want is a list to read, whole or without what the objects hold.
type Want struct {
	List
	OnlyMetadata bool
}

// wishes collects lists, each of them once.
type wishes struct {
	order []List
	whole map[List]bool
}

// want asks for the objects of a list, names for no more than their metadata.
func (w *wishes) want(l List)  { w.add(l, true) }
func (w *wishes) names(l List) { w.add(l, false) }

func (w *wishes) add(l List, whole bool) {
	if _, known := w.whole[l]; !known {
		w.order = append(w.order, l)
	}
	// Secrets keep their values to themselves whatever is asked.
	w.whole[l] = w.whole[l] || whole && l.Kind != "Secret"
}

// Wanted returns what has to be read to check the input, each list once.
// Secrets are read without their values.
func Wanted(in Input) []Want {
	w := &wishes{whole: make(map[List]bool)}
	w.want(List{Kind: "Namespace"})
	for _, namespace := range namespacesOf(in.Objects) {
		for _, kind := range []string{"ResourceQuota", "LimitRange", "ServiceAccount"} {
			w.want(List{Kind: kind, Namespace: namespace})
		}
	}
	for _, o := range in.Objects {
		w.object(o)
	}
	for _, p := range podsOf(in.Objects) {
		w.pods(p)
	}
	in.Engine.wants(w)
	wants := make([]Want, len(w.order))
	for i, l := range w.order {
		wants[i] = Want{l, !w.whole[l]}
	}
	return wants
}

// object asks for the others of its kind, among which may be the same object:
// quotas count it already. What it takes of them beside being there is known of
// few kinds.
func (w *wishes) object(o *manifest.Object) {
	if own := (List{Group: o.Group(), Kind: o.Kind(), Namespace: o.Namespace()}); own.Namespace != "" {
		w.add(own, o.PodSpec() != nil || own.Kind == "Service" || own.Kind == "PersistentVolumeClaim")
	}
	if isIngress(o) {
		w.want(List{Group: "networking.k8s.io", Kind: "IngressClass"})
	}
	if o.Kind() == "HorizontalPodAutoscaler" {
		w.want(List{Group: "apiregistration.k8s.io", Kind: "APIService"})
	}
	if len(claimsOf(o, 1)) > 0 {
		w.want(List{Group: "storage.k8s.io", Kind: "StorageClass"})
	}
	if makesClaims(o) {
		w.want(claimsIn(o.Namespace()))
	}
	if len(certificatesOf(o)) > 0 {
		w.names(List{Kind: "Secret", Namespace: o.Namespace()})
	}
	for _, p := range parentsOf(o) {
		w.want(List{Group: gatewayAPI, Kind: "Gateway", Namespace: p.namespace})
	}
}

func (w *wishes) pods(p podTemplate) {
	for _, k := range podClasses {
		if text(p.spec, k.field) != "" {
			w.want(k.List)
		}
	}
	for _, r := range p.references() {
		w.want(List{Kind: r.kind, Namespace: p.owner.Namespace})
	}
	if p.isChoosy() {
		w.want(List{Kind: "Node"})
	}
}
