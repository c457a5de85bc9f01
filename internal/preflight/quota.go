// Room in quotas. See
// https://kubernetes.io/docs/concepts/policy/resource-quotas/.

package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

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
		going, freed := c.going(namespace, n)
		for _, of := range slices.Sorted(maps.Keys(quotas)) {
			r := c.room(quotas[of])
			r.more, r.isSure, r.counter, r.going, r.freed = more, isSure, n, going, freed
			c.quota(name, r)
		}
	}
}

func (c *checker) counter(namespace string) *counter {
	return &counter{
		defaults: c.defaults(namespace), kinds: c.facts.Kinds,
		class:  c.byDefault(List{Group: "storage.k8s.io", Kind: "StorageClass"}, defaultStorageClass),
		claims: c.facts.objects[claimsIn(namespace)],
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
		} else if makesClaims(o) {
			isSure = isSure && n.claims != nil // they may have outlived it
		}
		d.addAll(n.of(o, c.willHave(o, live)), 1)
	}
	return d, isSure
}

// going lists the live objects of ZenML's label that are not rendered any more,
// as those of a deployment with a new id are not, and what they take. Those that
// others own go with them, and claims stay: those of a StatefulSet have its labels.
func (c *checker) going(namespace string, n *counter) (names []string, d demand) {
	d = make(demand)
	for list, objects := range c.facts.objects {
		if list.Namespace != namespace || list.Engine || list == claimsIn(namespace) {
			continue
		}
		for _, o := range objects {
			isOwned := mapping(o.Body, "metadata")["ownerReferences"] != nil
			if text(o.Body, "metadata", "labels", "managed-by") == "zenml" && !isOwned && !c.stays[o.ID()] {
				names = append(names, o.ID().String())
				d.addAll(n.of(o, replicasOf(o, nil)), 1)
			}
		}
	}
	slices.Sort(names)
	return names, d
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

// A room is a quota as it is going to be, and what is going to need some of it.
type room struct {
	manifest.ID
	// spec is what the quota says, hard what there is at most of each resource,
	// used what of it is used now.
	spec, hard, used map[string]any
	more             demand
	isSure           bool
	// going is what this publish removes, freed what it takes now.
	going []string
	freed demand
	*counter
}

// room reads a quota. What is rendered of it is what counts from then on.
func (c *checker) room(quota *manifest.Object) *room {
	r := &room{ID: quota.ID(), spec: mapping(quota.Body, "spec"), used: mapping(quota.Body, "status", "used")}
	r.hard = mapping(quota.Body, "status", "hard")
	if o := c.rendered[r.ID]; o != nil {
		r.spec, r.hard = mapping(o.Body, "spec"), nil
	}
	if r.hard == nil {
		r.hard = mapping(r.spec, "hard")
	}
	return r
}

// free is what nobody uses of a resource.
func (r *room) free(name string) (free, hard resource.Quantity, valid bool) {
	hard, valid = quantity(r.hard[name])
	free = hard.DeepCopy()
	if used, ok := quantity(r.used[name]); ok {
		free.Sub(used)
	}
	return free, hard, valid
}

// quota compares what is free with what more is needed. A quota of some pods
// only is not computed.
func (c *checker) quota(name string, r *room) {
	id := r.ID
	if r.spec["scopes"] != nil || r.spec["scopeSelector"] != nil {
		c.say(Unknown, name, id, "counts only some pods (it has scopes), which is not computed", "")
		return
	}
	const next = "raise the quota, or ask for less: fewer objects, or lower settings.resources"
	short, unlimited, uncounted := r.short(nil), c.unlimited(r), r.uncounted()
	switch {
	case len(short) > 0 && !r.isSure:
		c.say(Unknown, name, id, "has no room if all is new, and what is there already cannot be read: "+strings.Join(short, "; "), next)
	case len(r.short(r.freed)) > 0:
		c.say(Failed, name, id, strings.Join(short, "; "), next)
	case len(unlimited) > 0:
		for _, problem := range unlimited {
			c.say(Failed, name, id, problem, "set settings.resources, or pod_settings.resources")
		}
	case len(short) > 0:
		c.say(Warning, name, id, fmt.Sprintf("has room only when what is not rendered any more is gone (%s): %s", strings.Join(r.going, ", "), strings.Join(short, "; ")), "wait for the engine to remove it; new pods are tried again until then")
	case len(uncounted) > 0:
		c.say(Unknown, name, id, "limits what is not computed: "+strings.Join(uncounted, ", "), "compare with what is used: kubectl describe resourcequota "+id.Name+" -n "+id.Namespace)
	default:
		c.say(OK, name, id, "has room", "")
	}
}

// short lists what there is too little of, even where so much more is free.
func (r *room) short(freed demand) []string {
	var short []string
	for _, of := range slices.Sorted(maps.Keys(r.hard)) {
		need := r.more[counted(of)]
		free, hard, ok := r.free(of)
		if plus, isFreed := freed[counted(of)]; isFreed {
			free.Add(plus)
		}
		if ok && need.Sign() > 0 && need.Cmp(free) > 0 {
			short = append(short, fmt.Sprintf("%s: %s more are needed, %s of %s are free", of, &need, &free, &hard))
		}
	}
	return short
}

func (r *room) uncounted() []string {
	names := slices.Sorted(maps.Keys(r.hard))
	return slices.DeleteFunc(names, func(of string) bool { return isCounted(counted(of)) })
}

// unlimited finds containers that do not say what a quota counts: no pod of
// theirs is created, unless a LimitRange says it for them.
func (c *checker) unlimited(r *room) []string {
	if _, known := c.facts.objects[List{Kind: "LimitRange", Namespace: r.Namespace}]; !known {
		return nil
	}
	var unlimited []string
	for _, p := range c.pods {
		if p.owner.Namespace != r.Namespace || p.replicas == 0 {
			continue
		}
		for _, of := range []string{"requests.cpu", "requests.memory", "limits.cpu", "limits.memory"} {
			_, long := r.hard[of]
			_, short := r.hard[strings.TrimPrefix(of, "requests.")]
			if (long || short) && !r.allSay(p, of) {
				unlimited = append(unlimited, fmt.Sprintf("wants every container to have %s, and %s has one without", of, p.owner))
			}
		}
	}
	return unlimited
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
