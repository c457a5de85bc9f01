package status

import "strings"

// A wording tells by a part of what a component says what is meant. Kubernetes
// has no codes for most of what goes wrong in a pod; the words come from
// kubelet, scheduler, container runtime and registry.
type wording struct {
	// parts are alternatives, in lower case.
	parts  []string
	reason Reason
	// setting and next go into the result; next may speak of {namespace},
	// {pod} and {node}.
	setting, next string
	// final tells that waiting cannot help once kubelet has tried repeatedly.
	final bool
}

// meaning returns the first entry of a table that has a part of the text.
func meaning(table []wording, text string) (wording, bool) {
	lower := strings.ToLower(text)
	for _, w := range table {
		for _, part := range w.parts {
			if strings.Contains(lower, part) {
				return w, true
			}
		}
	}
	return wording{}, false
}

// quotedAfter returns what stands in quotes after some words.
func quotedAfter(text, words string) (string, bool) {
	_, rest, ok := strings.Cut(text, words+` "`)
	if !ok {
		return "", false
	}
	name, _, ok := strings.Cut(rest, `"`)
	return name, ok
}

// oneLine makes one line of a text, at most so long that it can be read.
func oneLine(text string) string {
	const most = 400
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
