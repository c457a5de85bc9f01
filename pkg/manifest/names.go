package manifest

import "strings"

// maxName is the length that Kubernetes allows for an RFC 1123 label.
const maxName = 63

// K8sName makes a name of any text: lower case, every character outside
// [a-z0-9-] a dash, no dash at either end or beside another, at most limit and
// at most 63 characters. A text without any usable character is "unnamed".
// ZenML derives its resource names in the same way.
func K8sName(s string, limit int) string {
	name := dashed(s)
	if limit = min(max(limit, 0), maxName); len(name) > limit {
		name = strings.TrimRight(name[:limit], "-")
	}
	if name == "" {
		return "unnamed"
	}
	return name
}

// dashed lower-cases s and puts one dash for each run of other characters,
// none at the ends.
func dashed(s string) string {
	// Python lower-cases İ to an i and a combining dot, Go to the i alone.
	s = strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307"))
	name := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			name = append(name, byte(r))
		case len(name) > 0 && name[len(name)-1] != '-':
			name = append(name, '-')
		}
	}
	return strings.TrimRight(string(name), "-")
}

// LabelValue makes a label value of any text: every character outside
// [A-Za-z0-9._-] a dash, none but letters and digits at the ends, at most
// limit characters. It may return the empty string, a valid label value.
func LabelValue(s string, limit int) string {
	value := strings.TrimFunc(strings.Map(labelRune, s), isSeparator)
	if limit = max(limit, 0); len(value) > limit {
		value = strings.TrimRight(value[:limit], "._-")
	}
	return value
}

func labelRune(r rune) rune {
	if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || isSeparator(r) {
		return r
	}
	return '-'
}

func isSeparator(r rune) bool { return r == '.' || r == '_' || r == '-' }
