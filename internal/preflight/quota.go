// Room in quotas. See
// https://kubernetes.io/docs/concepts/policy/resource-quotas/.

package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/lading-dev/lading/pkg/manifest"
)

func (c *checker) quotas() {
	const name = "quota"
	for _, namespace := range namespacesOf(c.Objects) {
		list := List{Kind: "ResourceQuota", Namespace: namespace}
		quotas, known := c.facts.objects[list]
		if !known {
			c.unread(name, manifest.ID{Kind: "Namespace", Name: namespace}, list)
			continue
		}
		if len(quotas) == 0 {
			continue
		}
		n := c.counter(namespace)
		more, isSure := c.more(namespace, n)
		for _, of := range slices.Sorted(maps.Keys(quotas)) {
			c.quota(name, &room{quotas[of], more, isSure, n})
		}
	}
}

func (c *checker) counter(namespace string) *counter {
	return &counter{
		defaults: c.defaults(namespace), kinds: c.facts.Kinds,
		class: c.byDefault(List{Group: "storage.k8s.io", Kind: "StorageClass"}, defaultStorageClass),
	}
}

// more is what rendered objects of a namespace take more than those of the same
// name take already, and whether all of those are known.
func (c *checker) more(namespace string, n *counter) (d demand, isSure bool) {
	d, isSure = make(demand), true
	for _, o := range c.Objects {
		if o.Namespace() != namespace {
			continue
		}
		live, known := c.facts.get(List{Group: o.Group(), Kind: o.Kind(), Namespace: namespace}, o.Name())
		isSure = isSure && known
		if live != nil {
			d.addAll(n.of(live, replicasOf(live, nil)), -1)
		}
		d.addAll(n.of(o, c.willHave(o, live)), 1)
	}
	return d, isSure
}

// willHave is how many pods a workload is going to have: where it does not say
// it, it keeps those that an autoscaler or somebody gave it.
func (c *checker) willHave(o, live *manifest.Object) int64 {
	n := c.replicas[o.ID()]
	if _, says := o.Field("spec", "replicas"); says || live == nil {
		return n
	}
	return max(n, replicasOf(live, nil))
}

// A room is a quota, and what is going to need some of it.
type room struct {
	*manifest.Object
	more   demand
	isSure bool
	*counter
}

// hard is what there is at most of each resource, free what nobody uses of it.
func (r *room) hard() map[string]any {
	if hard := mapping(r.Body, "status", "hard"); hard != nil {
		return hard
	}
	return mapping(r.Body, "spec", "hard")
}

func (r *room) free(name string) (free, hard resource.Quantity, valid bool) {
	hard, valid = quantity(r.hard()[name])
	free = hard.DeepCopy()
	if used, ok := quantity(mapping(r.Body, "status", "used")[name]); ok {
		free.Sub(used)
	}
	return free, hard, valid
}

// quota compares what is free with what more is needed. A quota of some pods
// only is not computed.
func (c *checker) quota(name string, r *room) {
	id, spec := r.ID(), mapping(r.Body, "spec")
	if spec["scopes"] != nil || spec["scopeSelector"] != nil {
		c.say(Unknown, name, id, "counts only some pods (it has scopes), which is not computed", "")
		return
	}
	const next = "raise the quota, or ask for less: fewer objects, or lower settings.resources"
	short, uncounted := r.short(), r.uncounted()
	switch {
	case len(short) > 0 && !r.isSure:
		c.say(Unknown, name, id, "has no room if all is new, and what is there already cannot be read: "+strings.Join(short, "; "), next)
	case len(short) > 0:
		c.say(Failed, name, id, strings.Join(short, "; "), next)
	case c.unlimited(name, r):
	case c.stuck(name, r):
	case len(uncounted) > 0:
		c.say(Unknown, name, id, "limits what is not computed: "+strings.Join(uncounted, ", "), "compare with what is used: kubectl describe resourcequota "+id.Name+" -n "+id.Namespace)
	default:
		c.say(OK, name, id, "has room", "")
	}
}

// short lists what there is too little of.
func (r *room) short() []string {
	var short []string
	for _, of := range slices.Sorted(maps.Keys(r.hard())) {
		need := r.more[counted(of)]
		if free, hard, ok := r.free(of); ok && need.Sign() > 0 && need.Cmp(free) > 0 {
			short = append(short, fmt.Sprintf("%s: %s more are needed, %s of %s are free", of, &need, &free, &hard))
		}
	}
	return short
}

func (r *room) uncounted() []string {
	names := slices.Sorted(maps.Keys(r.hard()))
	return slices.DeleteFunc(names, func(of string) bool { return isCounted(counted(of)) })
}

// unlimited finds containers that do not say what a quota counts: no pod of
// theirs is created, unless a LimitRange says it for them.
func (c *checker) unlimited(name string, r *room) bool {
	if _, known := c.facts.objects[List{Kind: "LimitRange", Namespace: r.Namespace()}]; !known {
		return false
	}
	found := false
	for _, p := range c.pods {
		if p.owner.Namespace != r.Namespace() {
			continue
		}
		for _, of := range []string{"requests.cpu", "requests.memory", "limits.cpu", "limits.memory"} {
			_, long := r.hard()[of]
			_, short := r.hard()[strings.TrimPrefix(of, "requests.")]
			if (long || short) && !r.allSay(p, of) {
				found = true
				c.say(Failed, name, r.ID(), fmt.Sprintf("wants every container to have %s, and %s has one without", of, p.owner), "set settings.resources, or pod_settings.resources")
			}
		}
	}
	return found
}

// allSay tells that all containers of a pod, or the pod as a whole, say how much
// they take of something.
func (n *counter) allSay(p podTemplate, of string) bool {
	if _, ok := resourcesOf(p.spec)[of]; ok {
		return true
	}
	return !slices.ContainsFunc(p.containers(), func(container map[string]any) bool {
		_, ok := n.container(container)[of]
		return !ok
	})
}

// stuck warns of rolling updates that begin with a pod more than there are now,
// which the quota has no room for: they never get further.
func (c *checker) stuck(name string, r *room) bool {
	var stuck []string
	for _, p := range c.pods {
		list := List{Group: p.owner.Group, Kind: p.owner.Kind, Namespace: r.Namespace()}
		live, _ := c.facts.get(list, p.owner.Name)
		o := c.rendered[p.owner]
		if p.owner.Namespace != r.Namespace() || live == nil || !beginsWithMore(o, c.willHave(o, live)) {
			continue
		}
		if lack := r.lacks(r.pod(p.spec)); lack != "" {
			stuck = append(stuck, fmt.Sprintf("an update of %s starts a new pod before it stops an old one, and there is no room for it: %s", p.owner, lack))
		}
	}
	if len(stuck) == 0 {
		return false
	}
	if len(stuck) > 1 {
		stuck[0] += fmt.Sprintf("; so it is with %d more", len(stuck)-1)
	}
	c.say(Warning, name, r.ID(), stuck[0], "raise the quota, or let updates stop a pod first: maxUnavailable 1 and maxSurge 0 in spec.strategy.rollingUpdate")
	return true
}

// lacks says what is missing for one pod, once all objects are there.
func (r *room) lacks(pod demand) string {
	for _, of := range slices.Sorted(maps.Keys(r.hard())) {
		need, more := pod[counted(of)], r.more[counted(of)]
		free, hard, ok := r.free(of)
		free.Sub(more)
		if ok && need.Sign() > 0 && need.Cmp(free) > 0 {
			return fmt.Sprintf("%s: %s are needed, %s of %s will be free", of, &need, &free, &hard)
		}
	}
	return ""
}

// beginsWithMore tells that a rolling update of a Deployment may not stop a pod
// before a new one is ready. Shares of the replicas are rounded down, so that
// it is so for few replicas unless something else is set. See
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment.
func beginsWithMore(o *manifest.Object, replicas int64) bool {
	if o.Kind() != "Deployment" || o.Group() != "apps" || text(o.Body, "spec", "strategy", "type") == "Recreate" || replicas == 0 {
		return false
	}
	rolling := mapping(o.Body, "spec", "strategy", "rollingUpdate")
	return share(rolling["maxUnavailable"], replicas, false) == 0 && share(rolling["maxSurge"], replicas, true) > 0
}

// share is a number, or a percentage of all, a quarter where nothing is said.
func share(v any, all int64, up bool) int {
	of := intstr.FromString("25%")
	if v != nil {
		of = intstr.Parse(fmt.Sprint(v))
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(&of, int(all), up)
	if err != nil {
		return 1 // the API server refuses it
	}
	return n
}
