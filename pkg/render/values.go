package render

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/lading-dev/lading/internal/jinja"
	"github.com/lading-dev/lading/pkg/settings"
)

// The coats of a value. Settings are ordered mappings; jinja gets them as its
// own ordered mapping, jsonnet and the objects as Go's maps.

// jinjaValue returns a settings value as jinja knows it.
func jinjaValue(v any) any {
	switch v := v.(type) {
	case settings.Map:
		dict := jinja.NewDict()
		for _, entry := range v {
			dict.Set(entry.Key, jinjaValue(entry.Value))
		}
		return dict
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = jinjaValue(item)
		}
		return list
	}
	return v
}

// pairs returns a mapping as a list of [key, value].
func pairs(m settings.Map) []any {
	list := make([]any, len(m))
	for i, entry := range m {
		list[i] = []any{entry.Key, plainValue(entry.Value)}
	}
	return list
}

// plainValue returns a settings value with Go's own maps.
func plainValue(v any) any {
	return settings.Map{{Value: v}}.Plain()[""]
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

func mapList(maps []settings.Map) []any {
	list := make([]any, len(maps))
	for i, m := range maps {
		list[i] = m
	}
	return list
}

// merge returns low with the entries of high laid over it. Keys of low keep
// their place.
func merge(low, high settings.Map) settings.Map {
	merged := slices.Clone(low)
	for _, entry := range high {
		i := slices.IndexFunc(merged, func(e settings.Entry) bool { return e.Key == entry.Key })
		if i >= 0 {
			merged[i].Value = entry.Value
			continue
		}
		merged = append(merged, entry)
	}
	return merged
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func mapOrNil(m settings.Map) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

// maxExact is the first integer of which a float64, jsonnet's only number,
// cannot tell whether it was written so: 2^53+1 becomes 2^53 without a word.
const maxExact = 1 << 53

// inexact returns the path of a number that jsonnet may have changed, and ""
// where there is none.
func inexact(v any) string {
	switch v := v.(type) {
	case float64:
		if math.Abs(v) >= maxExact {
			return fmt.Sprintf(" (%.0f)", v)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if path := inexact(v[key]); path != "" {
				return "." + key + path
			}
		}
	case []any:
		for i, item := range v {
			if path := inexact(item); path != "" {
				return fmt.Sprintf("[%d]%s", i, path)
			}
		}
	}
	return ""
}

// withoutNull drops mapping values that are null, which say nothing, and
// returns the path of a null in a list, which Kubernetes does not take; of
// several the first in the order of the alphabet.
func withoutNull(v any) string {
	first := ""
	note := func(path string) {
		if first == "" || path < first {
			first = path
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			if item == nil {
				delete(v, key)
			} else if path := withoutNull(item); path != "" {
				note("." + key + path)
			}
		}
	case []any:
		for i, item := range v {
			if path := withoutNull(item); item == nil || path != "" {
				note(fmt.Sprintf("[%d]%s", i, path))
			}
		}
	}
	return first
}
