// Requests for storage.

package preflight

import "github.com/lading-dev/lading/pkg/manifest"

// A claim is a request for storage that is made so many times.
type claim struct {
	spec  map[string]any
	times int64
}

// claimsOf finds the claims that an object is, or that it makes for each of so
// many pods.
func claimsOf(o *manifest.Object, replicas int64) []claim {
	if o.Kind() == "PersistentVolumeClaim" {
		return []claim{{mapping(o.Body, "spec"), 1}}
	}
	var claims []claim
	templates, _ := o.Field("spec", "volumeClaimTemplates")
	for _, t := range mappings(templates) {
		claims = append(claims, claim{mapping(t, "spec"), replicas})
	}
	for _, v := range mappings(o.PodSpec()["volumes"]) {
		if spec := mapping(v, "ephemeral", "volumeClaimTemplate", "spec"); spec != nil {
			claims = append(claims, claim{spec, replicas})
		}
	}
	return claims
}
