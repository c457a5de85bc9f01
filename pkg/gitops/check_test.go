package gitops

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

func TestCheckAcceptsTheLayoutsThatPeopleUse(t *testing.T) {
	t.Parallel()
	for situation, p := range map[string]*settings.Project{
		"folders":                          platform(),
		"branch per environment":           platform(gitBranch("env/{{environment}}"), gitPath("{{namespace}}/{{deployment}}")),
		"branch per environment, by id":    platform(gitBranch("{{ environment }}"), gitPath("{{id}}")),
		"branch per deployment":            platform(gitBranch("{{environment}}/{{deployment}}"), gitPath("manifests")),
		"one folder above all, upper case": platform(gitPath("Clusters/{{project}}/{{environment}}-{{deployment}}")),
	} {
		problems := Check(fleet(p), environmentsOf(p))
		if len(problems) > 0 {
			t.Errorf("%s: %v", situation, problems)
		}
	}
}

func TestCheckReportsLayoutsThatMixDeployments(t *testing.T) {
	t.Parallel()
	for situation, c := range map[string]struct {
		project *settings.Project
		want    []string
	}{
		"the environment is missing": {
			platform(gitPath("{{deployment}}")),
			[]string{"churn-predictor.yaml:1: directory churn-predictor of staging/Churn Predictor is also the directory of dev/Churn Predictor (churn-predictor.yaml:1)"},
		},
		"the deployment is missing": {
			platform(gitPath("{{environment}}/{{namespace}}")),
			[]string{"greet.yaml:1: directory dev/ml of dev/greet is also the directory of dev/Churn Predictor (churn-predictor.yaml:1)"},
		},
		"a directory around the shared objects": {
			platform(gitPath("{{environment}}"), gitBranch("{{deployment}}")),
			[]string{"lading.yaml:1: directory dev/_shared of the shared objects of dev lies in dev, the directory of dev/Churn Predictor (churn-predictor.yaml:1)"},
		},
		"unknown variable": {
			platform(gitPath("{{env}}/{{deployment}}")),
			[]string{"lading.yaml:1: gitops.path: unknown variable {{env}}, want one of {{project}}, {{environment}}, {{namespace}}, {{deployment}}, {{id}}"},
		},
		"out of the repository": {
			platform(gitPath("../{{environment}}/{{deployment}}")),
			[]string{`lading.yaml:1: gitops.path: directory "../dev/churn-predictor" has the segment "..", want a directory below the root`},
		},
		"absolute": {
			platform(gitPath("/{{environment}}/{{deployment}}")),
			[]string{"has an empty segment"},
		},
		"Git's own directory": {
			platform(gitPath("{{environment}}/.GIT/{{deployment}}")),
			[]string{"which Git keeps for itself"},
		},
		"where the engine's objects will be": {
			platform(gitPath("{{environment}}/_engine/{{deployment}}")),
			[]string{"which lading keeps for itself"},
		},
		"named as a ledger": {
			platform(gitPath("{{environment}}/.lading/{{deployment}}")),
			[]string{"want no directory named as a ledger"},
		},
		"braces left open": {
			platform(gitPath("{{environment}}/{{deployment")),
			[]string{"unbalanced braces"},
		},
		"a branch that Git does not allow": {
			platform(gitBranch("env..{{environment}}")),
			[]string{`lading.yaml:1: gitops.branch: "env..dev" is not a name that Git allows for a branch`},
		},
		"a branch that looks like a flag": {
			platform(gitBranch("--mirror")),
			[]string{"is not a name that Git allows"},
		},
	} {
		problems := Check(fleet(c.project), environmentsOf(c.project))
		if len(c.want) == 0 != (len(problems) == 0) {
			t.Errorf("%s: problems are %v", situation, problems)
		}
		for _, want := range c.want {
			if !strings.Contains(problems.Error(), want) {
				t.Errorf("%s: problems are\n%v\nwant among them: %s", situation, problems, want)
			}
		}
	}
}

func TestCheckReportsBranchesThatCannotExistSideBySide(t *testing.T) {
	t.Parallel()
	r := []*settings.Resolved{
		branched("dev", "release"), branched("staging", "Release"), branched("prod", "release/prod"),
	}
	want := `staging.yaml:1: branch Release of staging/greet differs only in case from branch release of dev/greet
prod.yaml:1: branch release/prod of prod/greet cannot exist beside branch release of dev/greet`
	wantDiff(t, want, Check(r, nil).Error())
}

func TestCheckKeepsDirectoriesApart(t *testing.T) {
	t.Parallel()
	for situation, c := range map[string]struct{ first, second, want string }{
		"equal but for case":     {"apps/greet", "Apps/Greet", "is also the directory of dev/greet"},
		"one in the other":       {"apps/all/greet", "apps/All", "lies in apps/All, the directory of dev/greet"},
		"names that begin alike": {"apps/greet", "apps/greeting", ""},
	} {
		a, b := branched("dev", "main"), branched("dev", "main")
		a.GitOps.Path, b.GitOps.Path = c.first, c.second
		problems := Check([]*settings.Resolved{a, b}, nil)
		if c.want == "" != (len(problems) == 0) || !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%s: problems are %v, want %q", situation, problems, c.want)
		}
	}
}

func TestCheckNeedsAProjectForItsName(t *testing.T) {
	t.Parallel()
	r := resolved(nil, "", "greet", "ml")
	r.GitOps.Path = "{{project}}/{{deployment}}"
	wantDiff(t, "gitops.path: {{project}} has no value here", Check([]*settings.Resolved{r}, nil).Error())
}

func branched(environment, branch string) *settings.Resolved {
	r := resolved(platform(), environment, "greet", "ml")
	r.Position.File = environment + ".yaml"
	r.GitOps.Branch = branch
	return r
}

// fleet is two deployments in all environments of a project.
func fleet(p *settings.Project) []*settings.Resolved {
	var out []*settings.Resolved
	for _, e := range p.Spec.Environments {
		out = append(out, resolved(p, e.Name, "Churn Predictor", "ml"), resolved(p, e.Name, "greet", "ml"))
	}
	return out
}

func environmentsOf(p *settings.Project) []Environment {
	var out []Environment
	for _, e := range p.Spec.Environments {
		out = append(out, completeEnvironment(p, e.Name))
	}
	return out
}
