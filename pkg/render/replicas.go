package render

import (
	"fmt"
	"strconv"

	"github.com/lading-dev/lading/pkg/settings"
)

// replicas returns the number of replicas that the bounds ask for. A lower
// bound counts, 0 of it being 1: scaling to zero is not for a Deployment.
// Without one the upper bound counts, 0 of it being "no limit".
func (c *renderContext) replicas() int {
	r := c.settings.Spec.Settings.Resources
	if r.MinReplicas == nil {
		return max(1, value(r.MaxReplicas))
	}
	return max(1, *r.MinReplicas)
}

// autoscaling returns what the HorizontalPodAutoscaler of the library needs,
// or nil where the number of replicas is fixed. That there is an upper bound,
// a request to take the percentage of, and a percentage, has been checked with
// the settings.
func (c *renderContext) autoscaling() any {
	r := c.settings.Spec.Settings.Resources
	low, high := max(1, value(r.MinReplicas)), value(r.MaxReplicas)
	switch {
	case r.AutoscalingMetric == "":
		return nil
	case r.AutoscalingMetric != "cpu" && r.AutoscalingMetric != "memory":
		c.warn(c.at("settings.resources.autoscaling_metric"),
			fmt.Sprintf("%q needs a metrics adapter in the cluster, so no autoscaler is written", r.AutoscalingMetric),
			"add a HorizontalPodAutoscaler with a Pods or External metric, or a KEDA ScaledObject, to additional_resources")
		return nil
	case high <= low:
		return nil
	}
	return map[string]any{
		"metric": r.AutoscalingMetric,
		"min":    int64(low),
		"max":    int64(high),
		"target": percentage(r.AutoscalingTarget),
	}
}

// percentage returns a target that is a whole percentage, 80 where there is
// none.
func percentage(target settings.Decimal) int64 {
	const usual = 80
	value, err := rational(string(target))
	if err != nil {
		return usual
	}
	whole, err := strconv.ParseInt(floor(value).String(), 10, 64)
	if err != nil {
		return usual
	}
	return whole
}

func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
