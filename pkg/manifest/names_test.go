package manifest

import (
	"strings"
	"testing"
)

func TestNamesAndLabelValuesOfAnyText(t *testing.T) {
	t.Parallel()
	a62, a63, a70 := strings.Repeat("a", 62), strings.Repeat("a", 63), strings.Repeat("a", 70)
	for _, c := range []struct{ in, name, label string }{
		{"My_Service", "my-service", "My_Service"},
		{"Weather Agent v2.0", "weather-agent-v2-0", "Weather-Agent-v2.0"},
		{"--A--b__c..d--", "a-b-c-d", "A--b__c..d"},
		{"team/ml platform", "team-ml-platform", "team-ml-platform"},
		{"1.0", "1-0", "1.0"},
		{"..a..b..", "a-b", "a..b"},
		{"***", "unnamed", ""},
		{"___", "unnamed", ""},
		{"", "unnamed", ""},
		{a70, a63, a63},
		{a62 + "-b", a62, a62},
		{a62 + ".b", a62, a62},
		{"my_deployment", "my-deployment", "my_deployment"},
		{"Café au lait", "caf-au-lait", "Caf--au-lait"},
		{"日本 web", "web", "web"},
		{"İstanbul \u212a", "i-stanbul-k", "stanbul"},
		{"a\xff\nb", "a-b", "a--b"},
	} {
		if got := K8sName(c.in, 63); got != c.name {
			t.Errorf("K8sName(%q) = %q, want %q", c.in, got, c.name)
		}
		if got := LabelValue(c.in, 63); got != c.label {
			t.Errorf("LabelValue(%q) = %q, want %q", c.in, got, c.label)
		}
	}
}

func TestNamesAreCutToTheirLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in          string
		limit       int
		name, label string
	}{
		{"abcdefghijklmnop", 8, "abcdefgh", "abcdefgh"},
		{"abc.def-", 4, "abc", "abc"},
		{"abc", 3, "abc", "abc"},
		{"abc", 0, "unnamed", ""},
		{"abc", -1, "unnamed", ""},
		{strings.Repeat("a", 70), 253, strings.Repeat("a", 63), strings.Repeat("a", 70)},
	} {
		if got := K8sName(c.in, c.limit); got != c.name {
			t.Errorf("K8sName(%q, %d) = %q, want %q", c.in, c.limit, got, c.name)
		}
		if got := LabelValue(c.in, c.limit); got != c.label {
			t.Errorf("LabelValue(%q, %d) = %q, want %q", c.in, c.limit, got, c.label)
		}
	}
}
