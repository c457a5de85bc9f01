package status

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// The reasons that need more than a cluster to be found: the branch, a request
// to the deployment itself, or a dry run.
const (
	NotMerged      Reason = "NotMerged"
	NewerCommitted Reason = "NewerCommitted"
	ProbeFailed    Reason = "ProbeFailed"
	NotProbed      Reason = "NotProbed"
	WouldBeRefused Reason = "WouldBeRefused"
)

// commitReasons is their part of the catalogue.
var commitReasons = []ReasonInfo{
	{NotMerged, "The revision that was asked for is not in the branch that the engine follows.", "Merge the pull request."},
	{NewerCommitted, "The branch has newer content of the deployment than what was asked for, and the cluster has not what was asked for.", "Ask for the status of the newer content."},
	{ProbeFailed, "The deployment's URL does not answer the readiness path with 200, although its objects are ready.", "See what the URL answers, and what lies between: load balancer, ingress, firewall, name server."},
	{NotProbed, "The deployment is ready, and none of its URLs can be asked from here.", "Forward the port of its Service, or ask from within the cluster."},
	{WouldBeRefused, "The API server refuses the object in a dry run, so that no engine can apply it.", "Correct the setting or template that makes the field, and publish."},
}

// Unmerged is the sync of a revision that the branch does not have yet.
func Unmerged(revision, branch string) Sync {
	return Sync{Result: Result{
		Phase: NotSynced, Reason: NotMerged,
		Message: fmt.Sprintf("%s is not merged into %s", revision, branch),
		Next:    "merge it; status --wait goes on from there",
	}}
}

// Overtaken is the sync of content that is not live, and that the branch has
// newer content after.
func Overtaken(branch, commit string) Sync {
	return Sync{Result: Result{
		Phase: Superseded, Reason: NewerCommitted,
		Message: fmt.Sprintf("branch %s has newer content of the deployment, at %.10s", branch, commit),
		Next:    "ask for the status of the newer content: run the command again",
	}, Revision: commit}
}

// Probed is the report of a deployment that is ready and whose URL does not
// answer as it should; problem says what it does.
func (r Report) Probed(e Endpoint, problem string) Report {
	if r.Phase != Ready {
		return r
	}
	r.Result = Result{
		ID: e.Via, Phase: Progressing, Reason: ProbeFailed,
		Message: fmt.Sprintf("GET %s: %s", e.URL, problem),
		Next:    "curl -i " + e.URL,
	}
	return r
}

// Unprobed is the report of a deployment that is ready and of which no URL can
// be asked from here.
func (r Report) Unprobed() Report {
	remark := Result{ID: r.ID, Phase: Ready, Reason: NotProbed, Message: "it was not probed: it has no URL"}
	if len(r.URLs) > 0 {
		remark.ID, remark.Next = r.URLs[0].Via, r.URLs[0].Hint
		remark.Message = "it was not probed: it can only be reached from within the cluster"
	}
	r.Warnings = append(slices.Clone(r.Warnings), remark)
	return r
}

// Refused is the report of a deployment of which a dry run refused an object.
// It decides where the content is not applied yet; else it is a warning.
func (r Report) Refused(id manifest.ID, message, next string) Report {
	if next == "" {
		_, _, next = refusal(message)
		next = inPlace(next, id.Namespace, r.Environment)
	}
	next = cmp.Or(next, correctField)
	refused := Result{ID: id, Phase: Failed, Reason: WouldBeRefused, Message: message, Next: next, Final: true}
	if r.Sync.Phase == Ready || r.Reason == WouldBeRefused {
		r.Warnings = append(slices.Clone(r.Warnings), refused)
		return r
	}
	r.Result = refused
	return r
}
