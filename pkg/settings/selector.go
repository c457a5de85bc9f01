package settings

import (
	"fmt"
	"slices"
	"strings"
)

// A selector chooses deployments by their labels; all its requirements must
// hold. It is written as kubectl's -l:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
type selector []requirement

// A requirement says that a label has one of some values, or any; negated,
// that it does not, which holds too where there is no such label.
type requirement struct {
	key    string
	values []string // nil: any value
	not    bool
}

var (
	setRequirement   = lazily(`^(\S+)\s+(in|notin)\s*\(([^()]*)\)$`)
	equalRequirement = lazily(`^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$`)
	keyRequirement   = lazily(`^(!?)\s*([^\s=!()]+)$`)
)

func parseSelector(s string) (selector, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var sel selector
	for _, part := range splitSelector(s) {
		r, err := parseRequirement(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		sel = append(sel, r)
	}
	return sel, nil
}

// splitSelector splits at the commas outside of parentheses.
func splitSelector(s string) []string {
	var parts []string
	start, depth := 0, 0
	for i, c := range []byte(s) {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func parseRequirement(s string) (requirement, error) {
	r, ok := readRequirement(s)
	if !ok {
		return r, fmt.Errorf("%s is not a requirement, want one such as team=ml, tier!=test, env in (dev,prod), gpu or !gpu", show(s))
	}
	if message, _ := ruleNamed("label-keys").check(r.key); message != "" {
		return r, fmt.Errorf("label key %s", message)
	}
	return r, nil
}

func readRequirement(s string) (requirement, bool) {
	if m := setRequirement().FindStringSubmatch(s); m != nil {
		values := strings.Split(m[3], ",")
		for i, v := range values {
			values[i] = strings.TrimSpace(v)
		}
		return requirement{m[1], values, m[2] == "notin"}, true
	}
	if m := equalRequirement().FindStringSubmatch(s); m != nil {
		return requirement{m[1], []string{m[3]}, m[2] == "!="}, true
	}
	if m := keyRequirement().FindStringSubmatch(s); m != nil {
		return requirement{key: m[2], not: m[1] == "!"}, true
	}
	return requirement{}, false
}

func (s selector) matches(labels map[string]string) bool {
	for _, r := range s {
		value, ok := labels[r.key]
		found := ok && (r.values == nil || slices.Contains(r.values, value))
		if found == r.not {
			return false
		}
	}
	return true
}
