package gitops

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

func TestTheIDOfADirectoryDoesNotChangeByAccident(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(deployed(t, platform(), "prod", "my_deployment", "ml", "")), nil)
	old := resolved(platform(), "prod", "my_deployment", "ml").ID
	for situation, c := range map[string]struct {
		run  *Run
		hint string
	}{
		"the name changed, its directory not": {
			runOf(deployed(t, platform(), "prod", "my-deployment", "ml", "")),
			`add 'key: "my_deployment"' to spec of the deployment`,
		},
		"the project has another key": {
			runOf(deployed(t, platform(func(p *settings.Project) { p.Spec.Key = "new" }), "prod", "my_deployment", "ml", "")),
			`add 'id: ` + old + `' to spec.environments.prod of the deployment`,
		},
		"an id was given": {
			runOf(sameID(deployed(t, platform(), "prod", "my_deployment", "ml", ""))),
			`add 'id: ` + old + `' to spec.environments.prod of the deployment`,
		},
	} {
		_, err := plan(t, c.run, tree)
		t.Run(situation, func(t *testing.T) {
			wantError[*SafetyError](t, err,
				"my-deployment.yaml:1: prod/my", "has the id "+old+" in prod/ml/my-deployment and would get", c.hint, "--recreate")
		})
		c.run.Recreate = true
		publish(t, c.run, tree)
	}
}

// A custom template need not write the id anywhere: the ledger has to take the
// new one all the same, or the next run would be refused again.
func TestARecreatedDirectoryHasTheNewID(t *testing.T) {
	t.Parallel()
	a := render(t, resolved(platform(), "prod", "a", "ml"), configMap("flags", "on"))
	tree := publish(t, runOf(a), nil)
	b := render(t, sameID(a).Settings, configMap("flags", "on"))
	tree = publish(t, recreating(runOf(b)), tree)
	wantDiff(t, "00000000-0000-4000-8000-000000000001", tree.ledger(t, "prod/ml/a/.lading").ID)
	if p := mustPlan(t, runOf(b), tree); len(p.Changes) > 0 {
		t.Errorf("plan is %v", actions(p))
	}
}

// Without a project there is no environment in the settings to add an id to.
func TestTheLineToAddFitsTheFile(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(deployed(t, nil, "", "greet", "ml", "")), nil)
	other := sameID(deployed(t, nil, "", "greet", "ml", ""))
	_, err := plan(t, runOf(other), tree)
	wantError[*SafetyError](t, err, `add 'id: `+resolved(nil, "", "greet", "ml").ID+`' to spec of the deployment`)
}

// A renamed deployment has another id. Its old directory goes and a new one
// comes; only where both have the same object is it refused.
func TestAnotherDeploymentDoesNotTakeObjectsOver(t *testing.T) {
	t.Parallel()
	old := deployed(t, platform(), "prod", "old", "ml", configMap("flags", "on"))
	tree := publish(t, runOf(old), nil)
	renamed := func() Rendered { return deployed(t, platform(), "prod", "new", "ml", configMap("flags", "on")) }
	for situation, c := range map[string]struct {
		run  *Run
		want []string
	}{
		"renamed":                    {runOf(renamed()), []string{`prod/new would take over configmap/ml/flags from prod/old (prod/ml/old, id `, `add 'key: "old"' to spec`}},
		"beside one that stays":      {partOf(renamed()), []string{"which stays as it is in this run", "without a selector"}},
		"beside one that failed":     {failing(runOf(renamed()), old.Settings), []string{"which stays as it is in this run"}},
		"recreated, but it stays":    {recreating(partOf(renamed())), []string{"which stays as it is in this run"}},
		"given up in the same run":   {runOf(deployed(t, platform(), "prod", "old", "ml", ""), renamed()), nil},
		"recreated":                  {recreating(runOf(renamed())), nil},
		"the object has other names": {runOf(deployed(t, platform(), "prod", "new", "ml", configMap("flags-2", "on"))), nil},
		"another cluster":            {partOf(deployed(t, platform(), "dev", "new", "ml", configMap("flags", "on"))), nil},
	} {
		_, err := plan(t, c.run, tree)
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", situation, err)
			}
			continue
		}
		t.Run(situation, func(t *testing.T) { wantError[*SafetyError](t, err, c.want...) })
	}
}

func TestAnotherOwnersObjectsAreAConflict(t *testing.T) {
	t.Parallel()
	theirs := runOf(deployed(t, platform(), "prod", "old", "ml", configMap("flags", "on")))
	theirs.Owner = Owner{Project: "other", Source: source}
	tree := publish(t, theirs, nil)
	_, err := plan(t, partOf(deployed(t, platform(), "prod", "new", "ml", configMap("flags", "on"))), tree)
	wantError[*ConflictError](t, err,
		"prod/ml/old: configmap/ml/flags, which prod/new renders, is published here by project other of "+source)

	elsewhere := platform(func(p *settings.Project) { p.Spec.Environments[2].Cluster.Name = "prod-us" })
	mustPlan(t, partOf(deployed(t, elsewhere, "prod", "new", "ml", configMap("flags", "on"))), tree)
}

// Objects that move are no deletions, and are told as moves.
func TestMoves(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")), churn(t, "")), nil)
	movedFlags := "moved prod/ml/churn/configmap-flags.yaml from prod/ml/greet/configmap-flags.yaml"
	dev := platform(func(p *settings.Project) {
		p.Spec.Environments[2].Name, p.Spec.Environments[2].Key = "production", "prod"
	})
	for situation, c := range map[string]struct {
		run  *Run
		want []string
	}{
		"an object to another deployment": {
			partOf(greet(t, ""), churn(t, configMap("flags", "on"))),
			[]string{movedFlags, "ledger prod/ml/churn", "ledger prod/ml/greet"},
		},
		"a path template": {
			partOf(deployed(t, platform(gitPath("{{environment}}/{{deployment}}")), "prod", "greet", "ml", configMap("flags", "off"))),
			[]string{
				"moved prod/greet/configmap-flags.yaml from prod/ml/greet/configmap-flags.yaml",
				"moved prod/greet/deployment.yaml from prod/ml/greet/deployment.yaml",
				"ledger prod/greet", "ledger removed prod/ml/greet",
			},
		},
		"a namespace: the objects are others": {
			partOf(deployed(t, platform(), "prod", "greet", "blue", configMap("flags", "on"))),
			[]string{
				"added prod/blue/greet/configmap-flags.yaml", "added prod/blue/greet/deployment.yaml",
				"removed prod/ml/greet/configmap-flags.yaml", "removed prod/ml/greet/deployment.yaml",
				"ledger prod/blue/greet", "ledger removed prod/ml/greet",
			},
		},
		"a renamed environment": {
			partOf(deployed(t, dev, "production", "greet", "ml", configMap("flags", "on"))),
			[]string{
				"moved production/ml/greet/configmap-flags.yaml from prod/ml/greet/configmap-flags.yaml",
				"moved production/ml/greet/deployment.yaml from prod/ml/greet/deployment.yaml",
				"ledger removed prod/ml/greet", "ledger production/ml/greet",
			},
		},
	} {
		p := mustPlan(t, c.run, tree)
		if got := actions(p); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: plan is\n%s\nwant\n%s", situation, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		publish(t, c.run, tree)
	}
}

func TestAPlanOwnsTheDirectoriesOfDeployments(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, namespaceText)), nil)
	moved := deployed(t, platform(gitPath("{{environment}}/{{deployment}}")), "prod", "greet", "blue", namespaceText)
	wantDiff(t, []string{"prod/greet", "prod/ml/greet"}, mustPlan(t, runOf(moved), tree).Owned())
}

// The id that a key would give is worked out here once more, to tell the line
// that keeps an identity.
func TestKeysGiveTheIDsOfTheSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lading.yaml": "apiVersion: lading.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\n" +
			"spec: {key: 3k9x0q, deployments: ['*/deployment.yaml'], environments: [{name: dev}, {name: prod, key: live}]}\n",
		"greet/deployment.yaml": "apiVersion: lading.dev/v1alpha1\nkind: PipelineDeployment\nmetadata: {name: gre\u0301et}\nspec: {image: x}\n",
	} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := settings.Load(settings.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range loaded.Resolved {
		wantDiff(t, r.ID, r.DeriveID(r.Name))
	}
	wantDiff(t, 2, len(loaded.Resolved))
	if problems := Check(loaded.Resolved, nil); len(problems) > 0 {
		t.Errorf("what the settings default to is wrong: %v", problems)
	}
}

// One id in two environments is two deployments, as long as the project has
// both environments.
func TestOneIDInTwoEnvironmentsIsNoMove(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(sameID(deployed(t, platform(), "prod", "greet", "ml", ""))), nil)
	got := publish(t, runOf(sameID(deployed(t, platform(), "dev", "greet", "ml", ""))), tree)
	wantDiff(t, []string{
		"dev/ml/greet/.lading", "dev/ml/greet/deployment.yaml",
		"prod/ml/greet/.lading", "prod/ml/greet/deployment.yaml",
	}, got.names())
}

func recreating(r *Run) *Run {
	r.Recreate = true
	return r
}

func failing(r *Run, failed *settings.Resolved) *Run {
	r.Failed = []*settings.Resolved{failed}
	return r
}
