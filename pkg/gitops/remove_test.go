package gitops

import (
	"context"
	"testing"
	"time"
)

var noon = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)

func greetName() Name {
	p := platform()
	return Name{Environment: "prod", Deployment: "greet", Path: p.Spec.GitOps.Path, Project: p}
}

func removal() Removal {
	return Removal{Name: greetName(), Owner: Owner{Project: "3k9x0q", Source: source}, Tool: Tool{Version: "v0.1.0"}, Now: noon}
}

// edit plans and applies an edit.
func edit(t *testing.T, present mapTree) func(p *Plan, err error) mapTree {
	t.Helper()
	return func(p *Plan, err error) mapTree {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return present.apply(t, p)
	}
}

func TestARemovedDeploymentLeavesALedgerThatSaysSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")), churn(t, "")), mapTree{greetDir + "notes.txt": "mine"})
	p, err := PlanRemoval(ctx, removal(), tree)
	gone := edit(t, tree)(p, err)
	wantDiff(t, []string{
		"removed " + greetDir + "configmap-flags.yaml", "removed " + greetDir + "deployment.yaml", "ledger prod/ml/greet",
	}, actions(p))
	l := gone.ledger(t, greetDir+".lading")
	if l.State != "deleted" || len(l.Objects) > 0 || l.ID == "" || gone[greetDir+"notes.txt"] != "mine" {
		t.Errorf("ledger is %+v", l)
	}
	wantDiff(t, "Delete greet from prod\n\nprod/greet (removed)\n"+
		"  removed  configmap/ml/flags\n  removed  deployment.apps/ml/zenml-"+l.ID+"\n\n"+
		"Source-Repository: "+source+"\nRendered-By: lading v0.1.0\n", p.Message())

	again, err := PlanRemoval(ctx, removal(), gone)
	if err != nil || len(again.Changes) > 0 {
		t.Errorf("removing it again changes %v (%v)", actions(again), err)
	}
	_, err = plan(t, runOf(greet(t, "")), gone)
	wantError[*SafetyError](t, err, "was deleted from prod/ml/greet on purpose", "lading delete greet --env prod --undelete")

	// The ledger goes when the settings have the deployment no more.
	after := publish(t, runOf(churn(t, "")), gone)
	if _, ok := after[greetDir+".lading"]; ok {
		t.Error("the ledger stays although the settings do not have the deployment")
	}

	// Or it is rendered again, with the identity that it had.
	allowed := edit(t, gone)(PlanRestoration(ctx, removal(), gone))
	if l := allowed.ledger(t, greetDir+".lading"); l.State != "" || l.ID == "" {
		t.Errorf("ledger is %+v", l)
	}
	publish(t, runOf(greet(t, ""), churn(t, "")), allowed)
}

func TestARemovalIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tree := publish(t, runOf(greet(t, "")), nil)
	other := removal()
	other.Owner.Project = "other"
	_, err := PlanRemoval(ctx, other, tree)
	wantError[*ConflictError](t, err, "belongs to project 3k9x0q", "--project")

	absent := removal()
	absent.Deployment = "gret"
	_, err = PlanRemoval(ctx, absent, tree)
	wantError[*MissingError](t, err, `there is no deployment "gret" in environment prod`, "there is greet")

	_, err = PlanRemoval(ctx, removal(), pinned(t, tree, Pin{Reason: "wait", Until: "2026-02-02T00:00:00Z"}))
	wantError[*SafetyError](t, err, "prod/greet is pinned: wait, until 2026-02-02T00:00:00Z", "--unpin")

	if _, err := PlanRemoval(ctx, removal(), pinned(t, tree, Pin{Until: "2026-02-01T12:00:00Z"})); err != nil {
		t.Errorf("a pin that ended refuses: %v", err)
	}
}

// pinned returns the tree with greet's directory pinned.
func pinned(t *testing.T, tree mapTree, pin Pin) mapTree {
	t.Helper()
	l := tree.ledger(t, greetDir+".lading")
	l.Pin = &pin
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return tree.with(mapTree{greetDir + ".lading": string(data)})
}

func TestDefinitionsGoWithAnExplicitRemoval(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, crdText)), nil)
	p, err := PlanRemoval(context.Background(), removal(), tree)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, "customresourcedefinition.apiextensions.k8s.io/widgets.example.com stays in the cluster, where no engine prunes it; "+
		"remove it there if it shall go", p.Notices[0])
}

func TestADeploymentIsFoundByNameOrIDWhereverItLies(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, ""), churn(t, "")), nil)
	l := tree.ledger(t, greetDir+".lading")
	elsewhere := mapTree{}
	for name, content := range tree {
		elsewhere["deep/er/"+name] = content
	}
	for situation, c := range map[string]struct {
		tree mapTree
		name Name
		want string
	}{
		"by name":                {tree, greetName(), "prod/ml/greet"},
		"by id":                  {tree, Name{Environment: "prod", Deployment: l.ID}, "prod/ml/greet"},
		"without settings":       {tree, Name{Environment: "prod", Deployment: "greet"}, "prod/ml/greet"},
		"under another template": {elsewhere, greetName(), "deep/er/prod/ml/greet"},
	} {
		found, err := Find(context.Background(), c.tree, c.name)
		if err != nil || found.Directory != c.want {
			t.Errorf("%s: found %+v (%v), want %s", situation, found, err, c.want)
		}
	}
	for situation, tree := range map[string]mapTree{
		"another environment": tree,
		"an empty branch":     nil,
		"a file on the way":   {"prod": "x"},
		"a link on the way":   {"prod/ml": "-> elsewhere"},
	} {
		name := greetName()
		if situation == "another environment" {
			name.Environment = "dev"
		}
		_, err := Find(context.Background(), tree, name)
		t.Run(situation, func(t *testing.T) { wantError[*MissingError](t, err, "there is no deployment") })
	}
	_, err := Find(context.Background(), tree.with(mapTree{greetDir + ".lading": "{}"}), greetName())
	wantError[*LedgerError](t, err, "is not a ledger")
}
