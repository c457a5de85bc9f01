// Requests for storage.

package preflight

import (
	"strconv"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A claim is a request for storage that is made so many times.
type claim struct {
	spec  map[string]any
	times int64
	// prefix begins the names of those that a StatefulSet makes of a template,
	// from is the number that ends the first name.
	prefix string
	from   int64
}

// claimsOf finds the claims that an object is, or that it makes for each of so
// many pods.
func claimsOf(o *manifest.Object, replicas int64) []claim {
	if o.Kind() == "PersistentVolumeClaim" {
		return []claim{{spec: mapping(o.Body, "spec"), times: 1}}
	}
	var claims []claim
	from := integer(mapping(o.Body, "spec", "ordinals")["start"], 0)
	templates, _ := o.Field("spec", "volumeClaimTemplates")
	for _, t := range mappings(templates) {
		prefix := text(t, "metadata", "name") + "-" + o.Name() + "-"
		claims = append(claims, claim{mapping(t, "spec"), replicas, prefix, from})
	}
	for _, v := range mappings(o.PodSpec()["volumes"]) {
		if spec := mapping(v, "ephemeral", "volumeClaimTemplate", "spec"); spec != nil {
			claims = append(claims, claim{spec: spec, times: replicas})
		}
	}
	return claims
}

// makesClaims tells that an object makes claims that outlive it. See
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage.
func makesClaims(o *manifest.Object) bool {
	templates, _ := o.Field("spec", "volumeClaimTemplates")
	return len(mappings(templates)) > 0
}

// madeAlready are those of the live claims that a StatefulSet made of the
// template, or one of its name before it.
func (c claim) madeAlready(live map[string]*manifest.Object) []*manifest.Object {
	var made []*manifest.Object
	for name, o := range live {
		ordinal, isOfTemplate := strings.CutPrefix(name, c.prefix)
		n, err := strconv.ParseInt(ordinal, 10, 64)
		if c.prefix != "" && isOfTemplate && err == nil && n >= c.from && n-c.from < c.times {
			made = append(made, o)
		}
	}
	return made
}

// isBound tells that a claim has its volume, and needs its class no more.
func isBound(o *manifest.Object) bool {
	return o != nil && text(o.Body, "status", "phase") == "Bound"
}

// claimsIn is the list of a namespace's claims.
func claimsIn(namespace string) List {
	return List{Kind: "PersistentVolumeClaim", Namespace: namespace}
}
