package status

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// The reasons of a whole deployment.
const (
	NothingRendered Reason = "NothingRendered"
	StillLive       Reason = "StillLive"
	KeptOnPurpose   Reason = "KeptOnPurpose"
)

// reportReasons is the part of the catalogue that is about deployments as a whole.
var reportReasons = []ReasonInfo{
	{NothingRendered, "The deployment's directory holds no objects.", "Look at the branch with `lading verify`; publish the deployment again."},
	{StillLive, "The deployment was deleted and the engine says that it is done, but an object of it is still there.",
		"See whether pruning is switched off for the object or the engine; delete the object by hand if nobody needs it."},
	{KeptOnPurpose, "The object asks the engine not to prune it, so it stays after its deployment was deleted.", "Delete it by hand if nobody needs it."},
}

// reportGone judges a deployment that was deleted. It is gone when nothing of
// it is live, and no engine that can be asked still has to act.
func (j *Judge) reportGone(t *Target, r *Report) {
	r.Warnings = r.Sync.warnings()
	var left []Result
	for _, o := range t.Objects {
		switch result := j.remains(t, o); {
		case result.Phase == Ready && result.Reason != "":
			r.Warnings = append(r.Warnings, result)
		case result.Phase != Gone:
			left = append(left, result)
			r.Objects = append(r.Objects, result)
		}
	}
	switch {
	case !r.Sync.Phase.IsGood() && r.Sync.Phase != Unknown:
		r.Result = r.Sync.Result
	case len(left) == 0:
		r.Result = Result{ID: t.decisive(), Phase: Gone}
	default:
		r.Result = summary(t.verdict(left, nil), left)
	}
}

// summary says of the worst of several objects that there are more.
func summary(worst Result, left []Result) Result {
	if others := len(left) - 1; others > 0 {
		worst.Message += fmt.Sprintf(" (and %d more of its objects)", others)
	}
	for _, o := range left {
		if o.ID != worst.ID {
			worst = worst.about(o.ID)
		}
	}
	return worst
}

// remains judges an object that ought to be there no longer.
func (j *Judge) remains(t *Target, want *manifest.Object) Result {
	id := want.ID()
	if isNeverRemoved(id) {
		return Result{ID: id, Phase: Gone}
	}
	o := j.Live.Get(id)
	if o == nil {
		if gap := j.Live.Gap(id.Group, id.Kind, id.Namespace); gap != nil && gap.Reason != KindNotServed {
			return j.absent(id)
		}
		return Result{ID: id, Phase: Gone}
	}
	if !t.owns(want, o) {
		return Result{ID: id, Phase: Gone}
	}
	if r, ok := j.leaving(o); ok {
		return r.next("%s", laterOr(r, "wait until it is gone"))
	}
	if isKept(want) {
		return Result{ID: id, Phase: Ready, Reason: KeptOnPurpose, Message: id.String() + " asks not to be pruned and stays", Next: kubectl("delete", id)}
	}
	return progressing(o, StillLive, "%s is still live", id).next("see why it was not pruned: %s", kubectl("get", id, "-o", "yaml"))
}

// laterOr keeps the next step of what waiting cannot help. What [Judge.leaving]
// says otherwise is about an object that ought to come back.
func laterOr(r Result, wait string) string {
	if r.Final {
		return r.Next
	}
	return wait
}

// isNeverRemoved tells the kinds that lading never lets an engine remove, since
// the content of others would go with them.
func isNeverRemoved(id manifest.ID) bool {
	return id == manifest.ID{Kind: "Namespace", Name: id.Name} ||
		id == manifest.ID{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: id.Name}
}

// owns tells whether a live object is still this deployment's: under the same
// name another one may have taken over.
func (t *Target) owns(want *manifest.Object, live *unstructured.Unstructured) bool {
	const label = "zenml-deployment-id"
	owner, labelled := live.GetLabels()[label]
	if labelled {
		return owner == t.DeploymentID
	}
	wanted, _ := want.Field("metadata", "labels", label)
	return wanted == nil
}

// isKept tells whether an object asks the engine to leave it:
// https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources,
// https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources.
func isKept(o *manifest.Object) bool {
	value, _ := o.Field("metadata", "annotations")
	annotations, _ := value.(map[string]any)
	for option := range strings.SplitSeq(fields(annotations).text("argocd.argoproj.io/sync-options"), ",") {
		if o := strings.TrimSpace(option); o == "Prune=false" || o == "Delete=false" {
			return true
		}
	}
	return fields(annotations).text("kustomize.toolkit.fluxcd.io/prune") == "disabled"
}
