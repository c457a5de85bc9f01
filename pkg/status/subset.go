package status

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// unapplied returns a result for each object that is not live as rendered, or
// of which that is not known, in their order.
func unapplied(objects []*manifest.Object, live *Live) []Result {
	scaled := scaledObjects(objects, live)
	var results []Result
	for _, o := range objects {
		id := o.ID()
		found := live.Get(id)
		switch gap := live.Gap(id.Group, id.Kind, id.Namespace); {
		case found != nil:
			if r, ok := compareObject(o, found, scaled[id]); !ok {
				results = append(results, r)
			}
		case gap != nil && gap.Reason != KindNotServed:
			results = append(results, gap.About(id))
		default:
			results = append(results, absentFrom(id, live))
		}
	}
	return results
}

// absentFrom says that an object is not there, and why it cannot be.
func absentFrom(id manifest.ID, live *Live) Result {
	r := Result{
		ID: id, Phase: NotSynced, Reason: NotYetApplied,
		Message: id.String() + " is not in the cluster",
		Next:    "see whether the engine syncs it, or wait",
	}
	namespace := manifest.ID{Kind: "Namespace", Name: id.Namespace}
	if g := live.Gap(id.Group, id.Kind, id.Namespace); g != nil {
		r.Reason, r.Next = syncNoKind, g.Next
		r.Message += ": " + g.Message
	} else if o := live.Get(namespace); o != nil && o.GetDeletionTimestamp() != nil {
		r.Reason, r.Next = namespaceLeaving, kubectl("describe", namespace)+" tells what keeps it"
		r.Message += ": its namespace is being deleted since " + moment(o.GetDeletionTimestamp().Time)
		r = r.about(namespace)
	}
	return r
}

// compareObject compares one object with its live state. It is not ok, with the
// first field that tells so, where it differs.
func compareObject(o *manifest.Object, live *unstructured.Unstructured, scaled bool) (r Result, ok bool) {
	c := comparison{
		typed:  builtIn(o.Group()),
		secret: o.Group() == "" && o.Kind() == "Secret",
		exact:  o.Group() == "" && (o.Kind() == "Secret" || o.Kind() == "ConfigMap"),
	}
	want := committedPart(o.Body, scaled, c.secret)
	d := c.mapping("", want, live.Object)
	if d == nil {
		return Result{}, true
	}
	r = Result{
		ID: o.ID(), Phase: NotSynced, Reason: DiffersFromLive,
		Message: fmt.Sprintf("%s: %s is %s, want %s", o.ID(), d.path, d.got, d.want),
		Next:    "see whether the engine syncs it, or wait",
	}
	if version := live.GetAPIVersion(); version != o.APIVersion() {
		// The same object reads differently in another version.
		r.Phase = Unknown
		r.Message += fmt.Sprintf("; but it was rendered as %s and read as %s", o.APIVersion(), version)
	}
	return r, false
}

// committedPart is the part of an object that somebody applies: neither its
// identity, which was used to find it, nor its status.
func committedPart(body map[string]any, scaled, secret bool) map[string]any {
	want := map[string]any{}
	for key, value := range body {
		switch key {
		case "apiVersion", "kind", "status":
		case "metadata":
			metadata, _ := value.(map[string]any)
			want[key] = map[string]any{"labels": metadata["labels"], "annotations": notForEngines(metadata["annotations"])}
		case "spec":
			spec, ok := value.(map[string]any)
			if ok && scaled {
				value = without(spec, "replicas")
			}
			want[key] = value
		default:
			want[key] = value
		}
	}
	if secret {
		return withEncoded(want)
	}
	return want
}

// notForEngines leaves out the annotations by which engines are told what to do
// with an object. Whoever applies it in their place may well leave them out.
func notForEngines(annotations any) any {
	all, ok := annotations.(map[string]any)
	if !ok {
		return annotations
	}
	rest := maps.Clone(all)
	maps.DeleteFunc(rest, func(name string, _ any) bool {
		return strings.HasPrefix(name, "argocd.argoproj.io/") || strings.HasPrefix(name, "kustomize.toolkit.fluxcd.io/")
	})
	if len(rest) == 0 && len(all) > 0 {
		return nil
	}
	return rest
}

func without(m map[string]any, key string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// scaledObjects are those whose replicas an autoscaler decides, be it rendered
// or live.
func scaledObjects(objects []*manifest.Object, live *Live) map[manifest.ID]bool {
	scaled := map[manifest.ID]bool{}
	scale := func(kind, group, namespace string, body map[string]any) {
		if kind+"."+group != "HorizontalPodAutoscaler.autoscaling" && kind+"."+group != "ScaledObject.keda.sh" {
			return
		}
		target := fields(body).at("spec").at("scaleTargetRef")
		id := target.id()
		if target.text("apiVersion") == "" {
			id.Group = "apps" // as KEDA takes it, and a Deployment where no kind is named
		}
		id.Kind, id.Namespace = cmp.Or(id.Kind, "Deployment"), namespace
		scaled[id] = true
	}
	var namespaces []string
	for _, o := range objects {
		scale(o.Kind(), o.Group(), o.Namespace(), o.Body)
		if !slices.Contains(namespaces, o.Namespace()) {
			namespaces = append(namespaces, o.Namespace())
		}
	}
	for _, namespace := range namespaces {
		for _, o := range live.All("autoscaling", "HorizontalPodAutoscaler", namespace) {
			scale("HorizontalPodAutoscaler", "autoscaling", namespace, o.Object)
		}
		for _, o := range live.All("keda.sh", "ScaledObject", namespace) {
			scale("ScaledObject", "keda.sh", namespace, o.Object)
		}
	}
	return scaled
}

// builtIn reports whether a group's objects pass through Go types of the API
// server, which drop what is empty. Custom resources are kept as they are.
func builtIn(group string) bool {
	switch group {
	case "gateway.networking.k8s.io", "snapshot.storage.k8s.io", "metrics.k8s.io", "x-k8s.io":
		return false
	}
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") && !strings.HasSuffix(group, ".x-k8s.io")
}
