// LimitRanges: what they give to containers, and what they keep out. See
// https://kubernetes.io/docs/concepts/policy/limit-range/.

package preflight

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// defaults are what the LimitRanges of a namespace give to containers that do
// not say it. What has a default limit and no default request requests it.
func (c *checker) defaults(namespace string) demand {
	d := make(demand)
	ranges := c.ranges(namespace)
	for _, of := range slices.Sorted(maps.Keys(ranges)) {
		for _, l := range mappings(mapping(ranges[of].Body, "spec")["limits"]) {
			if l["type"] == "Container" {
				given := resourcesOf(map[string]any{"resources": map[string]any{"limits": l["default"], "requests": l["defaultRequest"]}})
				d = given.givenTo(d)
			}
		}
	}
	return d
}

// ranges are the LimitRanges that there are going to be: what is rendered goes
// before what is there.
func (c *checker) ranges(namespace string) map[string]*manifest.Object {
	all := make(map[string]*manifest.Object)
	maps.Copy(all, c.facts.objects[List{Kind: "LimitRange", Namespace: namespace}])
	for id, o := range c.rendered {
		if id.Kind == "LimitRange" && id.Group == "" && id.Namespace == namespace {
			all[id.Name] = o
		}
	}
	return all
}

func (c *checker) limitRanges() {
	const name = "limit range"
	for _, namespace := range namespacesOf(c.Objects) {
		list := List{Kind: "LimitRange", Namespace: namespace}
		if _, known := c.facts.objects[list]; !known {
			c.unread(name, manifest.ID{Kind: "Namespace", Name: namespace}, list)
			continue
		}
		ranges := c.ranges(namespace)
		if len(ranges) == 0 {
			continue
		}
		limited := c.limited(namespace)
		for _, of := range slices.Sorted(maps.Keys(ranges)) {
			c.limitRange(name, ranges[of], limited)
		}
	}
}

// A limited thing is what the limits of one type hold for.
type limited struct {
	kind, what string
	has        demand
}

// limited lists the containers, pods and claims of a namespace.
func (c *checker) limited(namespace string) []limited {
	var all []limited
	n := c.counter(namespace)
	for _, p := range c.pods {
		if p.owner.Namespace != namespace || p.replicas == 0 {
			continue
		}
		for _, container := range p.containers() {
			all = append(all, limited{"Container", fmt.Sprintf("container %v of %s", container["name"], p.owner), n.container(container)})
		}
		all = append(all, limited{"Pod", fmt.Sprintf("a pod of %s", p.owner), n.pod(p.spec)})
	}
	for _, o := range c.Objects {
		if o.Namespace() != namespace {
			continue
		}
		for _, claim := range claimsOf(o, 1) {
			has := resourcesOf(claim.spec)
			if size, ok := has["requests.storage"]; ok {
				has["limits.storage"] = size // what a claim asks for is also all that it gets
			}
			all = append(all, limited{"PersistentVolumeClaim", "the claim of " + o.ID().String(), has})
		}
	}
	return all
}

func (c *checker) limitRange(name string, o *manifest.Object, all []limited) {
	fits := true
	for _, limits := range mappings(mapping(o.Body, "spec")["limits"]) {
		for _, l := range all {
			if l.kind != limits["type"] {
				continue
			}
			if problem := outside(limits, l.has); problem != "" {
				fits = false
				c.say(Failed, name, o.ID(), l.what+": "+problem, "set settings.resources, or the size of the claim, within the range")
			}
		}
	}
	if fits {
		c.say(OK, name, o.ID(), "containers, pods and claims are within it", "")
	}
}

// outside says which resource is out of the range. The maximum holds for limits,
// the minimum for requests, and both want them to be there.
func outside(limits map[string]any, has demand) string {
	for _, b := range []struct {
		bound, part, problem string
		sign                 int
	}{{"max", "limits", "more than", 1}, {"min", "requests", "less than", -1}} {
		bounds := mapping(limits, b.bound)
		for _, of := range slices.Sorted(maps.Keys(bounds)) {
			bound, valid := quantity(bounds[of])
			got, ok := has[b.part+"."+of]
			switch {
			case valid && !ok:
				return fmt.Sprintf("has no %s.%s, and the %s is %s", b.part, of, b.bound, &bound)
			case valid && got.Cmp(bound) == b.sign:
				return fmt.Sprintf("%s.%s is %s, %s the %s of %s", b.part, of, &got, b.problem, b.bound, &bound)
			}
		}
	}
	return cmp.Or(aboveDefault(limits, has), beyondRatio(limits, has))
}

// aboveDefault says what is requested beyond the limit that the range gives, of
// which the API server makes no pod.
func aboveDefault(limits map[string]any, has demand) string {
	defaults := mapping(limits, "default")
	for _, of := range slices.Sorted(maps.Keys(defaults)) {
		request, limit := has["requests."+of], has["limits."+of]
		if request.Cmp(limit) > 0 {
			return fmt.Sprintf("requests.%s is %s, more than the limit of %s that it gets from the range", of, &request, &limit)
		}
	}
	return ""
}

// beyondRatio says of which resource the limit is too many times the request.
func beyondRatio(limits map[string]any, has demand) string {
	ratios := mapping(limits, "maxLimitRequestRatio")
	for _, of := range slices.Sorted(maps.Keys(ratios)) {
		ratio, valid := quantity(ratios[of])
		limit, request := has["limits."+of], has["requests."+of]
		if valid && limit.AsApproximateFloat64() > ratio.AsApproximateFloat64()*request.AsApproximateFloat64() {
			return fmt.Sprintf("limits.%s is %s and requests.%s %s, and a limit may be %s times the request at most", of, &limit, of, &request, &ratio)
		}
	}
	return ""
}
