// What engines must not delete, and what must not reach Git.

package gitops

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

const (
	argoSyncOptions = "argocd.argoproj.io/sync-options"
	fluxPrune       = "kustomize.toolkit.fluxcd.io/prune"
)

// isProtected reports the kinds whose deletion would take other teams' objects
// with it. Neither a render that lacks them nor an engine that prunes removes
// them; a person or an explicit command does.
func isProtected(id manifest.ID) bool { return isNamespace(id) || isCRD(id) }

func isNamespace(id manifest.ID) bool { return id.Group == "" && id.Kind == "Namespace" }

func isCRD(id manifest.ID) bool {
	return id.Group == "apiextensions.k8s.io" && id.Kind == "CustomResourceDefinition"
}

// protect returns the object with the annotations that keep engines from
// deleting it, see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
// and https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources.
// Other sync options of the object stay. The object itself is not changed.
func protect(o *manifest.Object) *manifest.Object {
	body := maps.Clone(o.Body)
	metadata, _ := body["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	given, _ := metadata["annotations"].(map[string]any)
	annotations := maps.Clone(given)
	if annotations == nil {
		annotations = make(map[string]any, 2)
	}
	options, _ := annotations[argoSyncOptions].(string)
	annotations[argoSyncOptions] = withoutDeletion(options)
	annotations[fluxPrune] = "disabled"
	metadata["annotations"] = annotations
	body["metadata"] = metadata
	return &manifest.Object{Body: body, Origin: o.Origin}
}

func withoutDeletion(options string) string {
	kept := slices.DeleteFunc(strings.Split(options, ","), func(option string) bool {
		name, _, _ := strings.Cut(strings.TrimSpace(option), "=")
		return name == "" || name == "Prune" || name == "Delete"
	})
	return strings.Join(append(kept, "Prune=false", "Delete=false"), ",")
}

// refusePlaintext returns a [*SafetyError] for an object that holds the values
// of a Secret, also inside a List.
func refusePlaintext(deployment string, o *manifest.Object) error {
	name, found := plaintext(o.Body)
	if !found {
		return nil
	}
	return &SafetyError{
		Message: fmt.Sprintf("%s: %s of %s holds the values of a Secret, which would be plain text in Git",
			o.Origin, name, deployment),
		Next: "keep the Secret out of the manifests and refer to it (spec.secretEnv, spec.auth), or render a sealed form of it",
	}
}

// plaintext looks for a Secret with data at any depth and returns its name.
func plaintext(v any) (name string, found bool) {
	switch v := v.(type) {
	case map[string]any:
		o := manifest.Object{Body: v}
		if o.Kind() == "Secret" && (holdsValues(v["data"]) || holdsValues(v["stringData"])) {
			return o.ID().String(), true
		}
		for _, key := range sortedKeys(v) {
			if name, found := plaintext(v[key]); found {
				return name, true
			}
		}
	case []any:
		for _, item := range v {
			if name, found := plaintext(item); found {
				return name, true
			}
		}
	}
	return "", false
}

// holdsValues reports whether data holds anything. What is not a mapping is
// no valid Secret, but may be a secret.
func holdsValues(data any) bool {
	if m, ok := data.(map[string]any); ok {
		return len(m) > 0
	}
	return data != nil
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
