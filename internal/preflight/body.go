// Reading of bodies, in which any field may be missing or of another type.

package preflight

func mapping(body map[string]any, path ...string) map[string]any {
	for _, key := range path {
		body, _ = body[key].(map[string]any)
	}
	return body
}

func mappings(v any) []map[string]any {
	list, _ := v.([]any)
	var all []map[string]any
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

func text(body map[string]any, path ...string) string {
	last := len(path) - 1
	s, _ := mapping(body, path[:last]...)[path[last]].(string)
	return s
}

// integer reads a number as decoders give it.
func integer(v any, otherwise int64) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case int:
		return int64(n)
	case float64:
		return int64(n)
	}
	return otherwise
}
