package status

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// absent judges an object that is not among the live ones: unknown where its
// kind could not be read, else missing.
func (j *Judge) absent(id manifest.ID) Result {
	if gap := j.Live.Gap(id.Group, id.Kind, id.Namespace); gap != nil {
		return gap.About(id)
	}
	return Result{
		ID: id, Phase: Missing, Reason: objectMissing,
		Message: id.String() + " is not in the cluster",
		Next:    kubectl("get", id),
	}
}

// About is what a gap says of an object that ought to be there. The objects of
// a kind that the cluster does not serve cannot be there. What is forbidden
// stays so until somebody allows it.
func (g *Gap) About(id manifest.ID) Result {
	phase := Unknown
	if g.Reason == KindNotServed {
		phase = Missing
	}
	return Result{ID: id, Phase: phase, Reason: g.Reason, Message: g.Message, Next: g.Next, Final: g.Final || g.Reason == Forbidden}
}

// finaliserPatience is how long finalisers may take before they count as
// stuck. Removing a cloud's load balancer or disk takes up to a few minutes.
const finaliserPatience = 5 * time.Minute

// leaving judges an object that ought to be there and is being deleted. What
// keeps it are its finalisers: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/.
// A Namespace tells by its conditions what keeps it, which is a rule of its own.
func (j *Judge) leaving(o *unstructured.Unstructured) (Result, bool) {
	since := o.GetDeletionTimestamp()
	if since == nil || IDOf(o).Kind == "Namespace" {
		return Result{}, false
	}
	r := progressing(o, terminating, "is being deleted since %s", moment(since.Time)).
		next("wait until it is gone; the GitOps engine then creates it anew")
	finalisers := o.GetFinalizers()
	if len(finalisers) == 0 || j.Now.Sub(since.Time) < finaliserPatience {
		return r, true
	}
	r = failed(o, stuckFinaliser, "is being deleted since %s and kept by the finaliser %s",
		moment(since.Time), strings.Join(finalisers, ", ")).
		next("find out why the controller of this finaliser does not remove it: %s", kubectl("describe", IDOf(o)))
	r.Evidence = j.evidence(o.GetUID())
	return r, true
}

// moment writes a time as messages show it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// kubectl writes a command about one object, ready to paste.
func kubectl(verb string, id manifest.ID, more ...string) string {
	kind := strings.ToLower(id.Kind)
	if !wellKnown[id.Group] {
		kind += "." + id.Group
	}
	words := []string{"kubectl", verb, kind, id.Name}
	if id.Namespace != "" {
		words = append(words, "-n", id.Namespace)
	}
	return strings.Join(append(words, more...), " ")
}

// wellKnown are the groups whose kinds kubectl finds without the group.
var wellKnown = map[string]bool{"": true, "apps": true, "batch": true, "autoscaling": true, "policy": true}
