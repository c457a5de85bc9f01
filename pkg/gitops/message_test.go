package gitops

import (
	"fmt"
	"strings"
	"testing"
)

func TestMessageTellsWhatHappenedToWhich(t *testing.T) {
	t.Parallel()
	r := greet(t, configMap("flags", "off")+configMap("texts", "hi"))
	tree := publish(t, runOf(greet(t, configMap("flags", "on")+configMap("limits", "1")), churn(t, "")), nil)
	wantDiff(t, `Publish 2 deployments to prod

prod/churn (removed)
  removed  deployment.apps/ml/`+churn(t, "").Settings.ResourceName()+`
prod/greet
  changed  configmap/ml/flags
  removed  configmap/ml/limits
  added    configmap/ml/texts

Source-Commit: c0ffee
Source-Repository: git.example.com/ml/settings
Rendered-By: lading v0.1.0
`, mustPlan(t, runOf(r), tree).Message())
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	touched := func(environment, deployment string, removed bool) Touched {
		return Touched{Environment: environment, Deployment: deployment, Removed: removed}
	}
	for situation, c := range map[string]struct {
		touched []Touched
		want    string
	}{
		"one deployment":            {[]Touched{touched("prod", "", false), touched("prod", "greet", false)}, "Publish greet to prod"},
		"one in two environments":   {[]Touched{touched("dev", "greet", false), touched("prod", "greet", false)}, "Publish greet to dev, prod"},
		"one is removed":            {[]Touched{touched("prod", "greet", true)}, "Remove greet from prod"},
		"two are removed":           {[]Touched{touched("prod", "a", true), touched("prod", "b", true)}, "Remove 2 deployments from prod"},
		"shared objects only":       {[]Touched{touched("prod", "", false)}, "Publish shared objects to prod"},
		"only .gitattributes":       {nil, "Prepare the repository for lading"},
		"a long name":               {[]Touched{touched("prod", strings.Repeat("ö", 90), false)}, "Publish " + strings.Repeat("ö", 63) + "…"},
		"a name with a line break ": {[]Touched{touched("prod", "a\n\nSigned-off-by: eve", false)}, "Publish a Signed-off-by: eve to prod"},
	} {
		p := &Plan{Touched: c.touched, run: &Run{}}
		if got := p.subject(); got != c.want {
			t.Errorf("%s: got %q, want %q", situation, got, c.want)
		}
	}
}

func TestAMessageOfAFleetStaysReadable(t *testing.T) {
	t.Parallel()
	p := &Plan{run: &Run{}}
	for i := range 300 {
		p.Touched = append(p.Touched, Touched{Environment: "prod", Deployment: fmt.Sprintf("d%03d", i),
			Objects: []ObjectChange{{Action: Changed, Object: "/Service/ml/x", File: "x"}}})
	}
	got := p.Message()
	if !strings.HasSuffix(got, "prod/d199\n  changed  service/ml/x\nand 100 more\n") {
		t.Errorf("message ends in %q", got[len(got)-80:])
	}
}

func TestAMessageNamesMovesAndLedgers(t *testing.T) {
	t.Parallel()
	p := &Plan{run: &Run{}, Touched: []Touched{
		{Environment: "prod", Deployment: "a", From: "prod/old/a", Objects: []ObjectChange{{Action: Moved, Object: "/Service/ml/x"}}},
		{Environment: "prod", Deployment: "b"},
	}}
	wantDiff(t, `Publish 2 deployments to prod

prod/a (moved from prod/old/a)
  moved    service/ml/x
prod/b (ledger only)
`, p.Message())
}
