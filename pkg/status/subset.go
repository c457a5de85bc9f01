package status

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// Compare tells whether objects are applied where no engine can be asked: every
// field that was rendered must be live with its value. Fields beyond are those
// of the API server's defaults and of other managers and do not count, so that
// a field that was only taken away is not noticed.
//
// What is certain goes first: an object that differs decides even where others
// cannot be read.
func Compare(objects []*manifest.Object, live *Live) Sync {
	scaled := scaledObjects(objects, live)
	var gap *Sync
	for _, o := range objects {
		id := o.ID()
		found := live.Get(id)
		if found == nil {
			if g := live.Gap(id.Group, id.Kind, id.Namespace); g != nil && g.Reason != KindNotServed {
				if gap == nil {
					gap = &Sync{Result: Result{ID: id, Phase: Unknown, Reason: g.Reason, Message: g.Message, Next: g.Next}}
				}
				continue
			}
			return absentFrom(id, live)
		}
		if s, ok := compareObject(o, found, scaled[id]); !ok {
			return s
		}
	}
	if gap != nil {
		return *gap
	}
	return Sync{Result: Result{Phase: Ready}}
}

// absentFrom says that an object is not there, and why it cannot be.
func absentFrom(id manifest.ID, live *Live) Sync {
	r := Result{
		ID: id, Phase: NotSynced, Reason: notYetApplied,
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
	return Sync{Result: r}
}

// compareObject compares one object with its live state.
func compareObject(o *manifest.Object, live *unstructured.Unstructured, scaled bool) (Sync, bool) {
	c := comparison{
		typed:   builtIn(o.Group()),
		secret:  o.Group() == "" && o.Kind() == "Secret",
		exact:   o.Group() == "" && (o.Kind() == "Secret" || o.Kind() == "ConfigMap"),
		volumes: 0,
	}
	want := committedPart(o.Body, scaled, c.secret)
	d := c.mapping("", want, live.Object)
	if d == nil {
		return Sync{}, true
	}
	r := Result{
		ID: o.ID(), Phase: NotSynced, Reason: differsFromLive,
		Message: fmt.Sprintf("%s: %s is %s, want %s", o.ID(), d.path, d.got, d.want),
		Next:    "see whether the engine syncs it, or wait",
	}
	if version := live.GetAPIVersion(); version != o.APIVersion() {
		// The same object reads differently in another version.
		r.Phase = Unknown
		r.Message += fmt.Sprintf("; but it was rendered as %s and read as %s", o.APIVersion(), version)
	}
	return Sync{Result: r}, false
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
			want[key] = map[string]any{"labels": metadata["labels"], "annotations": metadata["annotations"]}
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
		if id.Kind == "" {
			id.Group, id.Kind = "apps", "Deployment" // KEDA's default
		}
		id.Namespace = namespace
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
