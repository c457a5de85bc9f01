package status

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestHealthRulesSayWhatIsWrongInThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ current, inProgress, failed, field, want string }{
		{"status.phase ==", "", "", "current", "current: line 1, column 16: Syntax error: mismatched input '<EOF>'"},
		{"true", "status.phase = 'a'", "", "inProgress", `inProgress: line 1, column 14: Syntax error: token recognition error at: '= '`},
		{"true", "", "a &&\nunknown()", "failed", "failed: line 2, column 8: undeclared reference to 'unknown' (in container '')"},
		{"", "", "", "current", "current: is empty, want an expression such as has(status.phase) && status.phase == 'Running'"},
	} {
		_, err := NewHealthRule("example.com", "Widget", c.current, c.inProgress, c.failed)
		var problem *HealthError
		if !errors.As(err, &problem) || problem.Field != c.field || problem.Hint() == "" {
			t.Fatalf("%+v: %v", c, err)
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", c, diff)
		}
	}
}

// The example of every hint has to be right itself.
func TestTheHintOfHealthRulesIsARule(t *testing.T) {
	t.Parallel()
	const example = "has(status.conditions) && status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')"
	if _, err := NewHealthRule("", "Widget", example, "", ""); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff("an expression is CEL over the object's fields, as in "+example, (&HealthError{}).Hint()); diff != "" {
		t.Error(diff)
	}
}

// Fields at the top of an object are variables, whatever the kind calls them.
func TestHealthRulesReadEveryFieldOfAnObject(t *testing.T) {
	t.Parallel()
	o := situationObject(t, `{apiVersion: v1, kind: Secret, type: Opaque, metadata: {name: s, namespace: prod}, data: {key: dmFsdWU=}}`)
	for current, want := range map[string]Phase{
		"type == 'Opaque' && kind == 'Secret' && metadata.name == 's'": Ready,
		"string(base64.decode(data.key)) == 'value'":                   Ready,
		"has(data.other)":           Progressing,
		"status.phase == 'Running'": Progressing,
		"data.all(k, data.all(l, k.matches('(x*)*') && k + l != 'xx'))": Ready,
	} {
		rule, err := NewHealthRule("", "Secret", current, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.judge(o).Phase; got != want {
			t.Errorf("%s: %s, want %s", current, got, want)
		}
	}
}

// The page on settings shows a rule that people will copy.
func TestTheExampleOfTheSettingsPageIsARule(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(page), "```yaml\nspec:\n  health:\n")
	block, _, _ = strings.Cut(block, "```")
	var rules []struct{ APIVersion, Kind, Current, InProgress, Failed string }
	if err := yaml.UnmarshalStrict([]byte(block), &rules); err != nil || !found || len(rules) == 0 {
		t.Fatalf("the page has no example of health: %v", err)
	}
	for _, r := range rules {
		if _, err := NewHealthRule("example.com", r.Kind, r.Current, r.InProgress, r.Failed); err != nil {
			t.Error(err)
		}
	}
}
