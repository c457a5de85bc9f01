// The project's own health rules.

package observe

import (
	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// healthPath is the field that has them.
const healthPath = "spec.health"

// healthRules compiles them, and reports all that are wrong.
func healthRules(checks []settings.HealthCheck) ([]status.HealthRule, error) {
	var problems settings.Problems
	var rules []status.HealthRule
	for _, c := range checks {
		rule, err := status.NewHealthRule(groupOf(c), c.Kind, c.Current, c.InProgress, c.Failed)
		if err != nil {
			problems = append(problems, &settings.Problem{Position: c.Position, Path: healthPath, Message: err.Error(), Hint: hint.Of(err)})
			continue
		}
		rules = append(rules, rule)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return rules, nil
}

func groupOf(c settings.HealthCheck) string {
	return (&manifest.Object{Body: map[string]any{"apiVersion": c.APIVersion}}).Group()
}

// HealthRule tells where the rule stands by which an object is judged, as in
// "lading.yaml:9:7: spec.health"; empty where there is none.
func (l *Looker) HealthRule(id manifest.ID) string {
	for _, c := range l.Health {
		if groupOf(c) == id.Group && c.Kind == id.Kind {
			return c.Position.String() + ": " + healthPath
		}
	}
	return ""
}
