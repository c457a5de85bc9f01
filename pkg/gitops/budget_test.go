package gitops

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

// budgeted is the project of these tests, with the usual bounds.
func budgeted(change ...func(*settings.Project)) *settings.Project {
	return platform(append([]func(*settings.Project){func(p *settings.Project) {
		p.Spec.GitOps.Deletions = settings.Deletions{MaxObjects: 50, MaxPercent: 30}
	}}, change...)...)
}

// fleetOf is n deployments, each a Deployment and some ConfigMaps.
func fleetOf(t *testing.T, p *settings.Project, n, configMaps int) []Rendered {
	t.Helper()
	fleet := make([]Rendered, n)
	for i := range fleet {
		var objects strings.Builder
		for j := range configMaps {
			objects.WriteString(configMap(fmt.Sprintf("c%d-%d", i, j), "x"))
		}
		fleet[i] = deployed(t, p, "prod", fmt.Sprintf("d%02d", i), "ml", objects.String())
	}
	return fleet
}

const claimText = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: '{{ns}}'}}\n---\n"
const setText = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: '{{ns}}'}}\n---\n"

func TestDeletionsBeyondTheBudgetAreRefused(t *testing.T) {
	t.Parallel()
	limit := func(objects, percent int) func(*settings.Project) {
		return func(p *settings.Project) {
			p.Spec.GitOps.Deletions = settings.Deletions{MaxObjects: objects, MaxPercent: percent}
		}
	}
	reviewed := func(p *settings.Project) { p.Spec.GitOps.Review = "pull-request" }
	fleet := func(n int) func(p *settings.Project) []Rendered {
		return func(p *settings.Project) []Rendered { return fleetOf(t, p, n, 1) }
	}
	with := func(objects string) func(p *settings.Project) []Rendered {
		return func(p *settings.Project) []Rendered {
			return []Rendered{deployed(t, p, "prod", "greet", "ml", objects)}
		}
	}
	for situation, c := range map[string]struct {
		project       *settings.Project
		before, after func(*settings.Project) []Rendered
		want          string // "" where it passes
	}{
		"nothing goes":                        {budgeted(), fleet(3), fleet(3), ""},
		"one of two deployments":              {budgeted(), fleet(2), fleet(1), ""},
		"two of three, four objects":          {budgeted(), fleet(3), fleet(1), ""},
		"three of four, six objects":          {budgeted(), fleet(4), fleet(1), "would delete 6 objects: more than 30 % of 8 (gitops.deletions.max_percent)\n  configmap/ml/c1-0 of d01\n"},
		"three of ten, 30 %":                  {budgeted(), fleet(10), fleet(7), ""},
		"6 of 20, one of them shared":         {budgeted(), with(namespaceText + manyConfigMaps(18)), with(namespaceText + manyConfigMaps(12)), ""},
		"four of ten":                         {budgeted(), fleet(10), fleet(6), "more than 30 % of 20"},
		"four of ten, 40 % allowed":           {budgeted(limit(50, 40)), fleet(10), fleet(6), ""},
		"52 objects":                          {budgeted(limit(50, 100)), with(manyConfigMaps(52)), with(""), "would delete 52 objects: more than 50 (gitops.deletions.max_objects)"},
		"none may go":                         {budgeted(limit(0, 100)), with(configMap("a", "1")), with(""), "would delete 1 object: more than 0 (gitops.deletions.max_objects)"},
		"the last deployment":                 {budgeted(), fleet(1), fleet(0), "would delete 2 objects: the environment would be empty\n"},
		"the last deployment, all allowed":    {budgeted(limit(50, 100)), fleet(1), fleet(0), "would be empty"},
		"a claim":                             {budgeted(), with(claimText), with(""), "PersistentVolumeClaim objects take data"},
		"a stateful set and a claim":          {budgeted(), with(claimText + setText), with(""), "PersistentVolumeClaim and StatefulSet objects take data"},
		"everything, in a pull request":       {budgeted(reviewed), fleet(9), fleet(0), ""},
		"a claim, in a pull request":          {budgeted(reviewed), with(claimText), with(""), ""},
		"namespaces and definitions stay":     {budgeted(), with(namespaceText + crdText), with(""), ""},
		"replaced by as many, with other ids": {budgeted(), with(configMap("a", "1")), with(configMap("b", "1")), ""},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			tree := publish(t, runOf(c.before(c.project)...), nil)
			run := runOf(c.after(c.project)...)
			run.Environments = []Environment{completeEnvironment(c.project, "prod")}
			err := mustPlan(t, run, tree).Guard(nil)
			if c.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantError[*SafetyError](t, err, "prod: publishing would delete ", c.want, "\n    Approve-Deletions: d1")
		})
	}
}

func TestMovesAreNoDeletions(t *testing.T) {
	t.Parallel()
	before := fleetOf(t, budgeted(), 9, 2)
	tree := publish(t, runOf(before...), nil)
	moved := runOf(fleetOf(t, budgeted(gitPath("apps/{{environment}}/{{deployment}}")), 9, 2)...)
	p := mustPlan(t, moved, tree)
	wantDiff(t, 0, len(p.Deletions()))
	if err := p.Guard(nil); err != nil {
		t.Error(err)
	}

	// A cluster-scoped object that becomes shared leaves its deployment only.
	alone := publish(t, runOf(greet(t, clusterRole("reader", "get"))), nil)
	shared := runOf(greet(t, clusterRole("reader", "get")), churn(t, clusterRole("reader", "get")))
	wantDiff(t, 0, len(mustPlan(t, shared, alone).Deletions()))
}

// Two branches were merged, and another owner shares the object already.
func TestWhatAnotherOwnerSharesIsNotDeleted(t *testing.T) {
	t.Parallel()
	theirs := runOf(deployed(t, platform(), "prod", "x", "ml", clusterRole("reader", "get")),
		deployed(t, platform(), "prod", "y", "ml", clusterRole("reader", "get")))
	theirs.Owner.Project = "other"
	ours := runOf(greet(t, clusterRole("reader", "get")))
	p := mustPlan(t, ours, publish(t, ours, nil).with(publish(t, theirs, nil)))
	wantDiff(t, []string{"removed prod/ml/greet/_cluster/clusterrole-reader.yaml", "ledger prod/_shared", "ledger prod/ml/greet"}, actions(p))
	wantDiff(t, 0, len(p.Deletions()))
}

// Only what the run deletes counts, and only this owner's objects.
func TestOthersDoNotMakeThePercentageSmaller(t *testing.T) {
	t.Parallel()
	theirs := runOf(deployed(t, platform(), "prod", "huge", "ml", manyConfigMaps(90)))
	theirs.Owner.Project = "other"
	theirs.Rendered[0].Settings.GitOps.Path = "prod/other/{{deployment}}"
	tree := publish(t, theirs, nil)
	tree = publish(t, runOf(fleetOf(t, budgeted(), 4, 1)...), tree)
	err := mustPlan(t, runOf(fleetOf(t, budgeted(), 1, 1)...), tree).Guard(nil)
	wantError[*SafetyError](t, err, "more than 30 % of 8")
}

func manyConfigMaps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(configMap(fmt.Sprintf("m%d", i), "x"))
	}
	return b.String()
}

// A partial run measures by the whole environment too.
func TestTheWholeEnvironmentIsCountedInAPartialRun(t *testing.T) {
	t.Parallel()
	p := budgeted()
	fleet := fleetOf(t, p, 20, 1)
	fleet[0] = deployed(t, p, "prod", "d00", "ml", manyConfigMaps(9))
	tree := publish(t, runOf(fleet...), nil)
	run := partOf(deployed(t, p, "prod", "d00", "ml", ""))
	run.Environments = []Environment{completeEnvironment(p, "prod")}
	run.Environments[0].Complete = false
	if err := mustPlan(t, run, tree).Guard(nil); err != nil {
		t.Errorf("9 of 48 were refused: %v", err)
	}
}

func TestDeletionsAreListedByDeployment(t *testing.T) {
	t.Parallel()
	fleet := fleetOf(t, budgeted(), 2, 1)
	name := fleet[1].Settings.ResourceName()
	tree := publish(t, runOf(fleet...), nil)
	p := mustPlan(t, runOf(fleet[0]), tree)
	wantDiff(t, []Deletion{
		{"prod", "d01", "/ConfigMap/ml/c1-0", "prod/ml/d01/configmap-c1-0.yaml"},
		{"prod", "d01", "apps/Deployment/ml/" + name, "prod/ml/d01/deployment.yaml"},
	}, p.Deletions())
}

// The token of a refusal is good for retries, for another tip, for a part; and
// not for more than the budget beyond it.
func TestATokenLetsExactlyItsDeletionsPass(t *testing.T) {
	t.Parallel()
	p := budgeted()
	tree := publish(t, runOf(fleetOf(t, p, 20, 1)...), nil)
	keep := func(n int) *Run {
		run := runOf(fleetOf(t, p, n, 1)...)
		run.Environments = []Environment{completeEnvironment(p, "prod")}
		return run
	}
	refusal := mustPlan(t, keep(10), tree).Guard(nil)
	wantError[*SafetyError](t, refusal, "more than 30 % of 40", "deployment.apps/ml/zenml-", " of d10", " of d19")
	var safety *SafetyError
	errors.As(refusal, &safety)
	_, word, _ := strings.Cut(safety.Next, "Approve-Deletions: ")
	approved, err := ParseApprovals(word)
	if err != nil {
		t.Fatal(err)
	}
	for situation, c := range map[string]struct {
		run  *Run
		tree mapTree
		want string
	}{
		"the same":                        {keep(10), tree, ""},
		"on another tip":                  {keep(10), tree.with(mapTree{"README.md": "x"}), ""},
		"a part of it":                    {keep(13), tree, ""},
		"with a little more":              {keep(8), tree, ""},
		"with much more":                  {keep(3), tree, "would delete 14 objects: more than 30 % of 40"},
		"and the rest of the environment": {keep(0), tree, "the environment would be empty"},
	} {
		err := mustPlan(t, c.run, c.tree).Guard(approved)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: refused: %v", situation, err)
		case c.want != "":
			wantError[*SafetyError](t, err, c.want)
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(deployed(t, budgeted(), "prod", "greet", "ml", manyConfigMaps(maxListed+2))), nil)
	err := mustPlan(t, runOf(deployed(t, budgeted(), "prod", "greet", "ml", "")), tree).Guard(nil)
	wantError[*SafetyError](t, err, "would delete 202 objects", "and 2 more")
}

func TestEachEnvironmentIsRefusedByItself(t *testing.T) {
	t.Parallel()
	p := budgeted()
	tree := publish(t, runOf(deployed(t, p, "dev", "a", "ml", claimText), deployed(t, p, "prod", "a", "ml", claimText)), nil)
	err := mustPlan(t, runOf(deployed(t, p, "dev", "a", "ml", ""), deployed(t, p, "prod", "a", "ml", "")), tree).Guard(nil)
	wantError[*SafetyError](t, err, "dev: publishing would delete 1 object", "prod: publishing would delete 1 object")
}
