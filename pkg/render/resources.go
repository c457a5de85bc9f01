package render

import (
	"strconv"

	"github.com/lading-dev/lading/pkg/settings"
)

// computeResources returns the requests and limits of the container: the same
// quantities as both from the resource settings, and those of the pod settings
// laid over each, key by key. It is empty where there are none.
func (c *renderContext) computeResources(wrong *problems) settings.Map {
	computed := c.quantities(wrong)
	var over settings.PodResources
	if pod := c.settings.Spec.Settings.Deployer.PodSettings; pod != nil {
		over = pod.Resources
	}
	return sides(merge(computed, quantityTexts(over.Requests)), merge(computed, quantityTexts(over.Limits)))
}

// sides returns requests and limits as one mapping, without those that are
// empty.
func sides(requests, limits settings.Map) settings.Map {
	var resources settings.Map
	if len(requests) > 0 {
		resources = append(resources, settings.Entry{Key: "requests", Value: requests})
	}
	if len(limits) > 0 {
		resources = append(resources, settings.Entry{Key: "limits", Value: limits})
	}
	return resources
}

// quantities returns what the resource settings ask for.
func (c *renderContext) quantities(wrong *problems) settings.Map {
	var out settings.Map
	r := c.settings.Spec.Settings.Resources
	if r.CPUCount != "" {
		cpu, err := cpuQuantity(r.CPUCount)
		wrong.addError(c.at("settings.resources.cpu_count"), err)
		out = append(out, settings.Entry{Key: "cpu", Value: cpu})
	}
	if r.Memory != "" {
		memory, err := memoryQuantity(r.Memory)
		wrong.addError(c.at("settings.resources.memory"), err)
		out = append(out, settings.Entry{Key: "memory", Value: memory})
	}
	if r.GPUCount != nil && *r.GPUCount > 0 {
		out = append(out, settings.Entry{Key: "nvidia.com/gpu", Value: strconv.Itoa(*r.GPUCount)})
	}
	return out
}

func quantityTexts(m settings.Map) settings.Map {
	texts := make(settings.Map, len(m))
	for i, entry := range m {
		texts[i] = settings.Entry{Key: entry.Key, Value: quantityText(entry.Value)}
	}
	return texts
}
