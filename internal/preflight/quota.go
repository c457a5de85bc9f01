// Room in quotas and limits. See
// https://kubernetes.io/docs/concepts/policy/resource-quotas/ and
// https://kubernetes.io/docs/concepts/policy/limit-range/.

package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/lading-dev/lading/pkg/manifest"
)

// demand is what objects take of each resource that a quota may count.
type demand map[string]resource.Quantity

// add adds so many times a quantity; a negative number takes it away.
func (d demand) add(name string, q resource.Quantity, times int64) {
	sum, part := d[name], q.DeepCopy()
	part.Mul(times)
	sum.Add(part)
	d[name] = sum
}

// addPods adds what the pods of a template take, or with a sign of -1 takes it
// away.
func (d demand) addPods(p podTemplate, sign int64) {
	d.add("pods", *resource.NewQuantity(1, resource.DecimalSI), sign*p.replicas)
	for name, q := range p.takes() {
		d.add(name, q, sign*p.replicas)
	}
}

// takes sums up one pod. Init containers run before the others, one by one, so
// that they count only where one takes more than all others together.
func (p podTemplate) takes() demand {
	sum := make(demand)
	for _, c := range mappings(p.spec["containers"]) {
		for name, q := range resourcesOf(c) {
			sum.add(name, q, 1)
		}
	}
	for _, c := range mappings(p.spec["initContainers"]) {
		for name, q := range resourcesOf(c) {
			if have := sum[name]; q.Cmp(have) > 0 {
				sum[name] = q
			}
		}
	}
	return sum
}

// resourcesOf reads a container's resources as quotas call them. What has a
// limit and no request requests its limit.
func resourcesOf(container map[string]any) demand {
	out := make(demand)
	limits, requests := mapping(container, "resources", "limits"), mapping(container, "resources", "requests")
	for name, v := range limits {
		if q, ok := quantity(v); ok {
			out["limits."+name], out["requests."+name] = q, q
		}
	}
	for name, v := range requests {
		if q, ok := quantity(v); ok {
			out["requests."+name] = q
		}
	}
	return out
}

func quantity(v any) (resource.Quantity, bool) {
	q, err := resource.ParseQuantity(fmt.Sprint(v))
	return q, err == nil
}

// demandIn is what rendered objects of a namespace take more than those of the
// same name take already.
func (c *checker) demandIn(namespace string) demand {
	d := make(demand)
	for _, p := range c.pods {
		if p.owner.Namespace != namespace {
			continue
		}
		d.addPods(p, 1)
		live, _ := c.facts.get(List{p.owner.Group, p.owner.Kind, namespace}, p.owner.Name)
		if live == nil {
			continue
		}
		if spec := live.PodSpec(); spec != nil {
			d.addPods(podTemplate{p.owner, spec, replicasOf(live, nil)}, -1)
		}
	}
	return d
}

func (c *checker) quotas() {
	const name = "quota"
	for _, namespace := range namespacesOf(c.Objects) {
		list := List{"", "ResourceQuota", namespace}
		quotas, known := c.facts.objects[list]
		if !known {
			c.unread(name, manifest.ID{Kind: "Namespace", Name: namespace}, list)
			continue
		}
		more := c.demandIn(namespace)
		for _, of := range slices.Sorted(maps.Keys(quotas)) {
			c.quota(name, quotas[of], more)
		}
	}
}

// quota compares what is free with what more is needed. A quota of some pods
// only is not computed.
func (c *checker) quota(name string, q *manifest.Object, more demand) {
	if spec := mapping(q.Body, "spec"); spec["scopes"] != nil || spec["scopeSelector"] != nil {
		c.say(Unknown, name, q.ID(), "counts only some pods (it has scopes), which is not computed", "")
		return
	}
	hard, used := mapping(q.Body, "status", "hard"), mapping(q.Body, "status", "used")
	if hard == nil {
		hard = mapping(q.Body, "spec", "hard")
	}
	var short []string
	for _, of := range slices.Sorted(maps.Keys(hard)) {
		need, ok := more[counted(of)]
		limit, valid := quantity(hard[of])
		if !ok || !valid {
			continue
		}
		free := limit.DeepCopy()
		if u, ok := quantity(used[of]); ok {
			free.Sub(u)
		}
		if need.Sign() > 0 && need.Cmp(free) > 0 {
			short = append(short, fmt.Sprintf("%s: %s more are needed, %s of %s are free", of, &need, &free, &limit))
		}
	}
	if len(short) > 0 {
		c.say(Failed, name, q.ID(), strings.Join(short, "; "), "raise the quota, or lower settings.resources")
		return
	}
	if c.unlimited(name, q, hard) {
		return
	}
	c.say(OK, name, q.ID(), "has room", "")
}

// counted is the full name of a resource: cpu is requests.cpu.
func counted(name string) string {
	if name == "cpu" || name == "memory" {
		return "requests." + name
	}
	return name
}

// unlimited finds containers that do not say what a quota counts: no pod of
// theirs is created, unless a LimitRange says it for them.
func (c *checker) unlimited(name string, q *manifest.Object, hard map[string]any) bool {
	found := false
	for _, p := range c.pods {
		if p.owner.Namespace != q.Namespace() {
			continue
		}
		for _, of := range []string{"requests.cpu", "requests.memory", "limits.cpu", "limits.memory"} {
			_, long := hard[of]
			_, short := hard[strings.TrimPrefix(of, "requests.")]
			if !long && !short || p.allSay(of) || c.defaulted(q.Namespace(), of) {
				continue
			}
			c.say(Failed, name, q.ID(), fmt.Sprintf("wants every container to have %s, and %s has one without", of, p.owner), "set settings.resources, or pod_settings.resources")
			found = true
		}
	}
	return found
}

func (p podTemplate) allSay(of string) bool {
	for _, c := range p.containers() {
		if _, ok := resourcesOf(c)[of]; !ok {
			return false
		}
	}
	return true
}

// defaulted tells that a LimitRange gives containers what they leave out, or
// that it is not known whether one does.
func (c *checker) defaulted(namespace, of string) bool {
	ranges, known := c.facts.objects[List{"", "LimitRange", namespace}]
	part, resource, _ := strings.Cut(of, ".")
	for _, o := range ranges {
		for _, l := range mappings(mapping(o.Body, "spec")["limits"]) {
			byDefault := mapping(l, "default")[resource] != nil
			if l["type"] == "Container" && (byDefault || part == "requests" && mapping(l, "defaultRequest")[resource] != nil) {
				return true
			}
		}
	}
	return !known
}

func (c *checker) limitRanges() {
	const name = "limit range"
	for _, namespace := range namespacesOf(c.Objects) {
		list := List{"", "LimitRange", namespace}
		ranges, known := c.facts.objects[list]
		if !known {
			c.unread(name, manifest.ID{Kind: "Namespace", Name: namespace}, list)
			continue
		}
		for _, of := range slices.Sorted(maps.Keys(ranges)) {
			c.limitRange(name, ranges[of])
		}
	}
}

func (c *checker) limitRange(name string, o *manifest.Object) {
	fits := true
	for _, l := range mappings(mapping(o.Body, "spec")["limits"]) {
		if l["type"] != "Container" {
			continue
		}
		for _, p := range c.pods {
			if p.owner.Namespace != o.Namespace() {
				continue
			}
			for _, container := range p.containers() {
				if problem := outside(l, container); problem != "" {
					fits = false
					c.say(Failed, name, o.ID(), fmt.Sprintf("container %v of %s: %s", container["name"], p.owner, problem), "set settings.resources within the range")
				}
			}
		}
	}
	if fits {
		c.say(OK, name, o.ID(), "containers are within it", "")
	}
}

// outside says which resource of a container is out of the range. The maximum
// holds for limits, the minimum for requests.
func outside(limits, container map[string]any) string {
	has := resourcesOf(container)
	for _, b := range []struct {
		bound, part, problem string
		sign                 int
	}{{"max", "limits", "more than", 1}, {"min", "requests", "less than", -1}} {
		bounds := mapping(limits, b.bound)
		for _, of := range slices.Sorted(maps.Keys(bounds)) {
			bound, valid := quantity(bounds[of])
			got, ok := has[b.part+"."+of]
			if valid && ok && got.Cmp(bound) == b.sign {
				return fmt.Sprintf("%s.%s is %s, %s the %s of %s", b.part, of, &got, b.problem, b.bound, &bound)
			}
		}
	}
	return ""
}
