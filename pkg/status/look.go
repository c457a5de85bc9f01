package status

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A check is one of the things that a rule looks at, in order. It tells
// whether it decides.
type check[C any] func(C) (Result, bool)

// firstOf returns the result of the first check that decides, else that all is
// well.
func firstOf[C any](checks []check[C], c C, o *unstructured.Unstructured) Result {
	for _, look := range checks {
		if r, ok := look(c); ok {
			return r
		}
	}
	return ready(o)
}

// remark is a result of something that works and is not as it should be. It
// does not count against the deployment.
func remark(o object, reason Reason, format string, args ...any) Result {
	r := progressing(o, reason, format, args...)
	r.Phase = Ready
	return r
}

// proven returns the result with the object's events as evidence.
func (j *Judge) proven(r Result, o *unstructured.Unstructured) Result {
	r.Evidence = j.evidence(o.GetUID())
	return r
}

// eventOf returns the newest event about an object with one of the reasons.
func (j *Judge) eventOf(o object, reasons ...string) (Evidence, bool) {
	for _, e := range j.evidence(o.GetUID()) {
		if slices.Contains(reasons, e.Reason) {
			return e, true
		}
	}
	return Evidence{}, false
}

// stale tells that a controller has not seen the newest content yet, by the
// convention of https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties.
func stale(o *unstructured.Unstructured) bool {
	return staleCondition(o, fields(o.Object).at("status"))
}

// staleCondition tells the same of one condition.
func staleCondition(o *unstructured.Unstructured, c fields) bool {
	seen, observes := observed(c)
	return observes && seen < o.GetGeneration()
}

// observed is the generation that a status or a condition is about, and
// whether it tells. Argo Rollouts writes it as a text:
// https://argo-rollouts.readthedocs.io/en/stable/features/specification/.
func observed(by fields) (generation int64, ok bool) {
	switch n := by["observedGeneration"].(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), true
	case string:
		generation, err := strconv.ParseInt(n, 10, 64)
		return generation, err == nil
	}
	return 0, false
}

// unobserved is the result where a controller has not seen the newest content.
func unobserved(o *unstructured.Unstructured) Result {
	seen, _ := observed(fields(o.Object).at("status"))
	return progressing(o, notObserved, "generation %d is not observed yet, only %d", o.GetGeneration(), seen).next("wait; if it stays so, the controller of this kind does not run")
}

// said returns what a condition tells: its reason and message, either of which
// may be missing.
func said(c fields) string {
	reason, message := c.text("reason"), oneLine(c.text("message"))
	switch {
	case message == "":
		return cmp.Or(reason, "no reason is given")
	case reason == "":
		return message
	}
	return reason + ": " + message
}

// isCoreName tells that an object bears the name of a deployment's own objects,
// so that settings and components made it.
func isCoreName(o *unstructured.Unstructured) bool {
	id := labelsOf(o).text("zenml-deployment-id")
	return id != "" && o.GetName() == "zenml-"+id
}

// setIf names the settings field where the object was made from settings.
func (r Result) setIf(o *unstructured.Unstructured, field string) Result {
	if isCoreName(o) {
		r.Setting = field
	}
	return r
}

func idsOfLive(all []*unstructured.Unstructured) []manifest.ID {
	ids := make([]manifest.ID, len(all))
	for i, o := range all {
		ids[i] = IDOf(o)
	}
	slices.SortFunc(ids, func(a, b manifest.ID) int { return cmp.Compare(a.String(), b.String()) })
	return ids
}

// quotedList writes names in quotes, separated by commas.
func quotedList(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return `"` + strings.Join(names, `", "`) + `"`
}

// isReady reads the condition Ready of a pod or a node.
func isReady(p *unstructured.Unstructured) bool {
	return conditionIn(fields(p.Object).at("status"), "Ready").text("status") == "True"
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n) + " " + noun + "s"
}
