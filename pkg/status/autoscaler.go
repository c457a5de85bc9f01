package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A scalerCase is a HorizontalPodAutoscaler that is being examined.
type scalerCase struct {
	*Judge
	*unstructured.Unstructured
	spec, status fields
}

// autoscaler judges a HorizontalPodAutoscaler by its conditions, in the order
// in which the controller decides: whether it can reach its target, whether it
// has metrics, and whether a bound keeps it from doing what they ask for.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale-walkthrough/#appendix-horizontal-pod-autoscaler-status-conditions.
func autoscaler(j *Judge, o *unstructured.Unstructured) Result {
	object := fields(o.Object)
	h := &scalerCase{j, o, object.at("spec"), withConditions(o)}
	return firstOf([]check[*scalerCase]{
		(*scalerCase).unseen,
		(*scalerCase).unable,
		(*scalerCase).switchedOff,
		(*scalerCase).withoutMetrics,
		(*scalerCase).belowMinimum,
		(*scalerCase).atMaximum,
	}, h, o)
}

// withConditions returns the status. autoscaling/v1 keeps the conditions in an
// annotation.
func withConditions(o *unstructured.Unstructured) fields {
	status := fields(o.Object).at("status")
	text := o.GetAnnotations()["autoscaling.alpha.kubernetes.io/conditions"]
	var conditions []any
	if len(status.list("conditions")) > 0 || json.Unmarshal([]byte(text), &conditions) != nil {
		return status
	}
	out := fields{"conditions": conditions}
	for key, value := range status {
		out[key] = value
	}
	return out
}

func (h *scalerCase) condition(kind string) fields { return conditionIn(h.status, kind) }

func (h *scalerCase) target() manifest.ID {
	id := h.spec.at("scaleTargetRef").id()
	id.Namespace = h.GetNamespace()
	return id
}

func (h *scalerCase) describe() string { return kubectl("describe", IDOf(h.Unstructured)) }

// unseen: the controller looks at each autoscaler every 15 seconds.
func (h *scalerCase) unseen() (Result, bool) {
	switch {
	case stale(h.Unstructured):
		return unobserved(h.Unstructured), true
	case len(h.status.list("conditions")) > 0:
		return Result{}, false
	}
	return progressing(h, notObserved, "the controller has not looked at it yet").
		next("wait; it does so every 15 seconds"), true
}

func (h *scalerCase) unable() (Result, bool) {
	able := h.condition("AbleToScale")
	if able.text("status") != "False" {
		return Result{}, false
	}
	reason := AutoscalerUnable
	if able.text("reason") == "FailedGetScale" && strings.Contains(able.text("message"), "not found") {
		reason = ScaleTargetMissing
	}
	return h.proven(progressing(h, reason, "it cannot scale %s: %s", h.target(), said(able)).
		next("see that the target exists and what the controller says: %s", h.describe()).about(h.target()), h.Unstructured), true
}

// switchedOff: a target that is scaled to zero is left alone.
func (h *scalerCase) switchedOff() (Result, bool) {
	active := h.condition("ScalingActive")
	if active.text("status") != "False" || active.text("reason") != "ScalingDisabled" {
		return Result{}, false
	}
	return remark(h, ScalingDisabled, "%s is scaled to zero, which switches autoscaling off", h.target()).
		next("scale it to one or more to switch autoscaling on").setIf(h.Unstructured, "settings.resources.min_replicas").about(h.target()), true
}

// withoutMetrics reports that nothing can be measured. Where the metrics API is
// not there or a container has no request, that stays so; that there are no
// figures yet is normal in the first minute of a pod.
func (h *scalerCase) withoutMetrics() (Result, bool) {
	active := h.condition("ScalingActive")
	if active.text("status") != "False" {
		return Result{}, false
	}
	message := active.text("message")
	r := progressing(h, HPAWithoutMetrics, "%s", said(active)).
		next("check metrics-server: kubectl top pods -n %s; %s", h.GetNamespace(), h.describe()).
		setIf(h.Unstructured, "settings.resources.autoscaling_metric")
	switch {
	case strings.HasPrefix(message, "missing request for"), strings.Contains(message, ": missing request for"):
		r = h.withoutRequests(said(active), message)
	case active.text("reason") == "InvalidSelector", active.text("reason") == "InvalidMetricSourceType":
		r = failed(h, AutoscalerUnable, "%s", said(active)).next("correct spec.metrics or the target: %s", h.describe())
	case strings.Contains(message, "could not find the requested resource"), strings.Contains(message, "no custom metrics API"), strings.Contains(message, "no external metrics API"):
		r = r.final()
		r.Next = "install what serves the metrics API (metrics-server for cpu and memory): kubectl get apiservices | grep metrics"
	}
	return h.proven(r.about(h.target()), h.Unstructured), true
}

// withoutRequests is final, unless new pods of the target have the request: then
// the pod that the controller speaks of is one of older content.
func (h *scalerCase) withoutRequests(said, message string) Result {
	metric, container := requestIn(message)
	if h.targetRequests(metric, container) {
		return progressing(h, HPAWithoutRequests, "%s; new pods of %s have one", said, h.target()).
			next("wait until its older pods are gone; %s", h.describe())
	}
	return failed(h, HPAWithoutRequests, "%s", said).
		next("set a request for %s: settings.resources.%s", metric, resourceSetting(metric)).
		setIf(h.Unstructured, "settings.resources."+resourceSetting(metric))
}

// targetRequests tells whether the target's template requests some of a resource
// for a container, or for all of them where none is named. A limit is a request
// where there is no other:
// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/.
func (h *scalerCase) targetRequests(metric, container string) bool {
	target := h.Live.Get(h.target())
	if target == nil {
		return false
	}
	spec := fields(target.Object).at("spec").at("template").at("spec")
	meant := spec.list("containers")
	if container != "" {
		meant = slices.DeleteFunc(slices.Concat(meant, spec.list("initContainers")), func(c fields) bool { return c.text("name") != container })
	}
	return len(meant) > 0 && !slices.ContainsFunc(meant, func(c fields) bool {
		resources := c.at("resources")
		return resources.at("requests")[metric] == nil && resources.at("limits")[metric] == nil
	})
}

// requestIn returns the resource that a message about requests names, and the
// container, which older versions leave out.
func requestIn(message string) (metric, container string) {
	_, rest, _ := strings.Cut(message, "missing request for ")
	metric, rest, _ = strings.Cut(rest, " in container ")
	container, _, _ = strings.Cut(rest, " of Pod ")
	return metric, container
}

func resourceSetting(metric string) string {
	if metric == "cpu" {
		return "cpu_count"
	}
	return "memory"
}

// bounds returns the fewest and most replicas.
func (h *scalerCase) bounds() (low, high int64) {
	low = 1
	if _, set := h.spec["minReplicas"]; set {
		low = h.spec.number("minReplicas")
	}
	return low, h.spec.number("maxReplicas")
}

func (h *scalerCase) belowMinimum() (Result, bool) {
	low, _ := h.bounds()
	current := h.status.number("currentReplicas")
	if current >= low {
		return Result{}, false
	}
	return h.proven(progressing(h, BelowMinReplicas, "%s has %s, want at least %d", h.target(), count(int(current), "replica"), low).
		next("wait until it has scaled up; %s", h.describe()).about(h.target()), h.Unstructured), true
}

// atMaximum remarks that the metrics ask for more than the bound allows.
func (h *scalerCase) atMaximum() (Result, bool) {
	limited := h.condition("ScalingLimited")
	_, high := h.bounds()
	if limited.text("status") != "True" || limited.text("reason") != "TooManyReplicas" {
		return Result{}, false
	}
	return remark(h, AutoscalerAtLimit, "the metrics ask for more than the %s that maxReplicas allows%s", count(int(high), "replica"), h.usage()).
		next("raise settings.resources.max_replicas, or give each replica more").
		setIf(h.Unstructured, "settings.resources.max_replicas"), true
}

// usage tells what was measured last against what is aimed at.
func (h *scalerCase) usage() string {
	for i, metric := range h.status.list("currentMetrics") {
		name := metric.at("resource").text("name")
		now := metric.at("resource").at("current")
		if _, measured := now["averageUtilization"]; name == "" || !measured {
			continue
		}
		if specs := h.spec.list("metrics"); i < len(specs) && specs[i].at("resource").text("name") == name {
			return fmt.Sprintf("; %s is at %d%%, want %d%%", name, now.number("averageUtilization"), specs[i].at("resource").at("target").number("averageUtilization"))
		}
	}
	return ""
}
