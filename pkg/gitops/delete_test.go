package gitops

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

const crdText = "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}}\n---\n"

func TestOnlyACompleteRunRemovesDirectories(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, ""), churn(t, configMap("flags", "on"))), nil)
	gone := []string{
		"removed prod/ml/churn/configmap-flags.yaml",
		"removed prod/ml/churn/deployment.yaml",
		"ledger removed prod/ml/churn",
	}
	for situation, c := range map[string]struct {
		change func(*Run)
		want   []string
	}{
		"complete":                   {func(*Run) {}, gone},
		"a selector, -f or names":    {func(r *Run) { r.Environments[0].Complete = false }, nil},
		"the environment is unknown": {func(r *Run) { r.Environments = nil }, nil},
		"another environment":        {func(r *Run) { r.Environments[0].Name = "dev" }, nil},
		"it failed":                  {func(r *Run) { r.Failed = []*settings.Resolved{churn(t, "").Settings} }, nil},
		"a neighbour failed":         {func(r *Run) { r.Failed = []*settings.Resolved{resolved(platform(), "prod", "third", "ml")} }, nil},
		"one failed in dev":          {func(r *Run) { r.Failed = []*settings.Resolved{resolved(platform(), "dev", "third", "ml")} }, gone},
		"another left documents out": {func(r *Run) { r.Rendered[0].Incomplete = true }, gone},
	} {
		run := runOf(greet(t, ""))
		c.change(run)
		got := actions(mustPlan(t, run, tree))
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: plan is %v, want %v", situation, got, c.want)
		}
	}
}

func TestAnEmptyEnvironmentLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, ""), churn(t, "")), mapTree{"README.md": "x"})
	empty := runOf()
	empty.Environments = []Environment{completeEnvironment(platform(), "prod")}
	wantDiff(t, []string{"README.md"}, publish(t, empty, tree).names())
}

func TestNothingOfAnotherOwnerIsRemoved(t *testing.T) {
	t.Parallel()
	theirs := runOf(churn(t, ""))
	for situation, owner := range map[string]Owner{
		"another project":               {Project: "other", Source: source},
		"a copy in another repository":  {Project: "3k9x0q", Source: "git.example.com/fork/settings"},
		"settings without a project":    {Source: source},
		"settings without a repository": {Project: "3k9x0q"},
	} {
		theirs.Owner = owner
		tree := publish(t, theirs, nil)
		if p := mustPlan(t, runOf(greet(t, "")), tree); len(p.Touched) != 1 {
			t.Errorf("%s: plan is %v", situation, actions(p))
		}
		_, err := plan(t, runOf(churn(t, "")), tree)
		t.Run(situation, func(t *testing.T) {
			wantError[*ConflictError](t, err, "prod/ml/churn: belongs to "+owner.String()+", and this is project 3k9x0q of "+source)
		})
	}
}

// The other environments of the same branch are none of this run's business.
func TestACompleteRunOfOneEnvironmentKeepsTheOthers(t *testing.T) {
	t.Parallel()
	p := platform()
	tree := publish(t, runOf(deployed(t, p, "dev", "greet", "ml", ""), deployed(t, p, "prod", "greet", "ml", ""),
		deployed(t, p, "prod", "churn", "ml", "")), nil)
	got := publish(t, runOf(deployed(t, p, "prod", "greet", "ml", "")), tree)
	wantDiff(t, []string{
		"dev/ml/greet/.lading", "dev/ml/greet/deployment.yaml",
		"prod/ml/greet/.lading", "prod/ml/greet/deployment.yaml",
	}, got.names())
}

func TestAFileStaysThatMayComeFromADocumentThatWasLeftOut(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")+configMap("limits", "1"))), nil)
	less := greet(t, configMap("flags", "off"))
	less.Incomplete = true
	p := mustPlan(t, runOf(less), tree)
	wantDiff(t, []string{"changed prod/ml/greet/configmap-flags.yaml", "ledger prod/ml/greet"}, actions(p))
	wantDiff(t, []string{greetDir + "configmap-limits.yaml stays: documents were left out of this render, and it may come from one of them"}, p.Notices)

	tree = publish(t, runOf(less), tree)
	wantDiff(t, []string{"removed prod/ml/greet/configmap-limits.yaml", "ledger prod/ml/greet"},
		actions(mustPlan(t, runOf(greet(t, configMap("flags", "off"))), tree)))
}

func TestOnlyACommandRemovesNamespacesAndDefinitions(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, namespaceText+crdText)), nil)
	for _, file := range []string{"prod/_shared/namespace-ml.yaml", greetDir + "_cluster/customresourcedefinition-widgets.example.com.yaml"} {
		for _, line := range []string{
			"    argocd.argoproj.io/sync-options: Prune=false,Delete=false\n",
			"    kustomize.toolkit.fluxcd.io/prune: disabled\n",
		} {
			if !strings.Contains(tree[file], line) {
				t.Errorf("%s has no %q:\n%s", file, line, tree[file])
			}
		}
	}

	kept := publish(t, runOf(greet(t, "")), tree)
	wantDiff(t, tree.names(), kept.names())

	empty := runOf()
	empty.Environments = []Environment{completeEnvironment(platform(), "prod")}
	wantDiff(t, []string{
		"prod/_shared/.lading-3k9x0q",
		"prod/_shared/namespace-ml.yaml",
		"prod/ml/greet/.lading",
		"prod/ml/greet/_cluster/customresourcedefinition-widgets.example.com.yaml",
	}, publish(t, empty, tree).names())
}

// The way out until there is a command: who means it removes the file.
func TestANamespaceThatWasRemovedByHandIsLetGo(t *testing.T) {
	t.Parallel()
	file := "prod/_shared/namespace-ml.yaml"
	tree := publish(t, runOf(greet(t, namespaceText)), nil).with(mapTree{file: ""})
	wantDiff(t, []string{"prod/ml/greet/.lading", "prod/ml/greet/deployment.yaml"}, publish(t, runOf(greet(t, "")), tree).names())
}

func TestOtherSyncOptionsStay(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                                    "Prune=false,Delete=false",
		"ServerSideApply=true":                "ServerSideApply=true,Prune=false,Delete=false",
		"Prune=confirm, Replace=true,Delete=": " Replace=true,Prune=false,Delete=false",
	} {
		if got := withoutDeletion(given); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}

func TestPinnedDirectoriesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, namespaceText+clusterRole("reader", "get")), churn(t, clusterRole("reader", "get"))), nil)
	pinned := tree.ledger(t, greetDir+".lading")
	pinned.Pin = &Pin{Reason: "incident 7"}
	data, err := pinned.Encode()
	if err != nil {
		t.Fatal(err)
	}
	tree = tree.with(mapTree{greetDir + ".lading": string(data)})

	p := mustPlan(t, runOf(greet(t, configMap("flags", "on"))), tree)
	wantDiff(t, []string{"prod/greet is pinned and stays as it is: incident 7"}, p.Notices)
	wantDiff(t, []string{"removed prod/ml/churn/deployment.yaml", "ledger removed prod/ml/churn"}, actions(p))

	empty := runOf()
	empty.Environments = []Environment{completeEnvironment(platform(), "prod")}
	wantDiff(t, []string{"removed prod/ml/churn/deployment.yaml", "ledger removed prod/ml/churn"}, actions(mustPlan(t, empty, tree)))

	taking := churn(t, strings.ReplaceAll(coreText, "{{name}}", greet(t, "").Settings.ResourceName()))
	_, err = plan(t, runOf(render(t, resolved(platform(), "prod", "greet", "ml"), configMap("flags", "on")), taking), tree)
	wantError[*SafetyError](t, err, "prod/churn would take over deployment.apps/ml/", "which stays as it is in this run")

	moved := deployed(t, platform(), "prod", "greet", "blue", "")
	_, err = plan(t, runOf(moved), tree)
	wantError[*SafetyError](t, err, "prod/greet is pinned in prod/ml/greet and would move to prod/blue/greet")
}

func TestADeploymentThatWasDeletedOnPurposeStaysDeleted(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, ""), churn(t, "")), nil)
	deleted := tree.ledger(t, greetDir+".lading")
	deleted.State, deleted.Objects = stateDeleted, nil
	deleted.seal()
	data, err := deleted.Encode()
	if err != nil {
		t.Fatal(err)
	}
	tree = tree.with(mapTree{greetDir + ".lading": string(data), greetDir + "deployment.yaml": ""})

	_, err = plan(t, runOf(greet(t, "")), tree)
	wantError[*SafetyError](t, err, "prod/greet was deleted from prod/ml/greet on purpose", "remove the deployment from the settings")
	wantDiff(t, []string{"ledger removed prod/ml/greet"}, actions(mustPlan(t, runOf(churn(t, "")), tree)))
}
