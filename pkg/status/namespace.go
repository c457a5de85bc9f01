package status

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// remaining are the conditions by which a Namespace that is being deleted tells
// what keeps it: https://github.com/kubernetes/api/blob/master/core/v1/types.go
// (NamespaceConditionType). Those that name a cause go first.
var remaining = []string{
	"NamespaceDeletionDiscoveryFailure",
	"NamespaceDeletionGroupVersionParsingFailure",
	"NamespaceDeletionContentFailure",
	"NamespaceFinalizersRemaining",
	"NamespaceContentRemaining",
}

// namespace judges a Namespace. One that is being deleted never comes back; the
// engine creates another one when it is gone.
func namespace(j *Judge, o *unstructured.Unstructured) Result {
	since := o.GetDeletionTimestamp()
	if since == nil {
		return ready(o)
	}
	keeps, found := keptBy(o)
	r := progressing(o, terminating, "is being deleted since %s%s", moment(since.Time), keeps).
		next("wait until it is gone; the GitOps engine then creates it anew")
	if found && j.Now.Sub(since.Time) >= finaliserPatience {
		r = failed(o, stuckNamespace, "is being deleted since %s%s", moment(since.Time), keeps).
			next("remove what keeps it: %s; an APIService that does not answer is shown by kubectl get apiservices", kubectl("describe", IDOf(o)))
	}
	return j.proven(r, o)
}

// keptBy tells what keeps a Namespace from going.
func keptBy(o *unstructured.Unstructured) (string, bool) {
	var texts []string
	for _, kind := range remaining {
		if c := conditionIn(fields(o.Object).at("status"), kind); c.text("status") == "True" {
			texts = append(texts, strings.TrimSuffix(oneLine(c.text("message")), "."))
		}
	}
	if len(texts) == 0 {
		return "", false
	}
	return "; " + strings.Join(texts, "; "), true
}
