package gitops

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

const roleFile = "prod/_shared/clusterrole-reader.yaml"

func TestObjectsThatSeveralDeploymentsRenderAreShared(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, namespaceText+clusterRole("reader", "get")), churn(t, namespaceText+clusterRole("reader", "get"))), nil)
	wantDiff(t, []string{
		"prod/_shared/.lading-3k9x0q",
		"prod/_shared/clusterrole-reader.yaml",
		"prod/_shared/namespace-ml.yaml",
		"prod/ml/churn/.lading",
		"prod/ml/churn/deployment.yaml",
		"prod/ml/greet/.lading",
		"prod/ml/greet/deployment.yaml",
	}, tree.names())
	wantDiff(t, []string{"/Namespace//ml", "rbac.authorization.k8s.io/ClusterRole//reader"}, tree.ledger(t, greetDir+".lading").Shared)
	shared := tree.ledger(t, "prod/_shared/.lading-3k9x0q")
	wantDiff(t, []string{"", "", "prod"}, []string{shared.Deployment, shared.ID, shared.Environment})
}

func TestSharedObjectsCarryNoLabelsOfADeployment(t *testing.T) {
	t.Parallel()
	p := platform(func(p *settings.Project) {
		p.Spec.Defaults.Settings.Deployer.Labels = settings.Map{{Key: "team", Value: "ml"}}
		p.Spec.Environments[2].Settings.Deployer.Labels = settings.Map{{Key: "tier", Value: "prod env"}}
	})
	role := strings.Replace(clusterRole("reader", "get"), "zenml-deployment-name: x", "team: %s, tier: prod-env, own: yes, owner: %s, stage: blue", 1)
	label := func(r Rendered, team, owner string) Rendered {
		r.Settings.Spec.Settings.Deployer.Labels = settings.Map{
			{Key: "team", Value: team}, {Key: "tier", Value: "prod env"}, {Key: "owner", Value: owner}, {Key: "stage", Value: "green"},
		}
		return r
	}
	a := label(deployed(t, p, "prod", "a", "ml", strings.NewReplacer("team: %s", "team: red", "owner: %s", "owner: ann").Replace(role)), "red", "ann")
	b := label(deployed(t, p, "prod", "b", "ml", strings.NewReplacer("team: %s", "team: ml", "owner: %s", "owner: bob").Replace(role)), "ml", "bob")
	tree := publish(t, runOf(a, b), nil)
	wantDiff(t, `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  labels:
    own: true
    stage: blue
    team: ml
    tier: prod-env
  name: reader
rules:
- verbs:
  - get
`, tree[roleFile])
}

// The deployment that renders it alone in this run is not the only one.
func TestWhatIsSharedStaysShared(t *testing.T) {
	t.Parallel()
	both := []Rendered{greet(t, clusterRole("reader", "get")), churn(t, clusterRole("reader", "get"))}
	tree := publish(t, runOf(both...), nil)
	wantDiff(t, []string(nil), actions(mustPlan(t, partOf(both[0]), tree)))
	wantDiff(t, []string{"changed " + roleFile, "ledger prod/_shared"},
		actions(mustPlan(t, partOf(greet(t, clusterRole("reader", "list"))), tree)))
	alone := publish(t, runOf(both[0]), tree)
	wantDiff(t, tree[roleFile], alone[roleFile])
}

func TestSharedObjectsGoWithTheLastThatNeedsThem(t *testing.T) {
	t.Parallel()
	both := []Rendered{greet(t, clusterRole("reader", "get")), churn(t, clusterRole("reader", "get"))}
	tree := publish(t, runOf(both...), nil)
	kept := []string{"ledger prod/ml/churn", "ledger prod/ml/greet"}
	gone := []string{"removed " + roleFile, "ledger removed prod/_shared", "ledger prod/ml/churn", "ledger prod/ml/greet"}
	without := func() *Run { return runOf(greet(t, ""), churn(t, "")) }
	incomplete := without()
	incomplete.Rendered[0].Incomplete = true
	for situation, c := range map[string]struct {
		run  *Run
		want []string
	}{
		"nobody renders it":         {without(), gone},
		"not all were rendered":     {partOf(without().Rendered...), kept},
		"one failed":                {failing(without(), resolved(platform(), "prod", "third", "ml")), kept},
		"one left documents out":    {incomplete, kept},
		"one of two still needs it": {runOf(both[0], churn(t, "")), kept[:1]},
	} {
		if got := actions(mustPlan(t, c.run, tree)); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: plan is %v, want %v", situation, got, c.want)
		}
	}
}

func TestAnObjectMovesWhenItBecomesShared(t *testing.T) {
	t.Parallel()
	alone := greet(t, clusterRole("reader", "get"))
	tree := publish(t, runOf(alone, churn(t, "")), nil)
	second := churn(t, clusterRole("reader", "get"))
	p := mustPlan(t, runOf(alone, second), tree)
	wantDiff(t, []string{
		"moved " + roleFile + " from prod/ml/greet/_cluster/clusterrole-reader.yaml",
		"ledger prod/_shared", "ledger prod/ml/churn", "ledger prod/ml/greet",
	}, actions(p))
	_, err := plan(t, partOf(second), tree)
	wantError[*SafetyError](t, err, "prod/churn would take over clusterrole.rbac.authorization.k8s.io/reader from prod/greet",
		"render both in one run")
}

// What must stay, since only a command removes it or since documents were left
// out, does not stay twice.
func TestWhatMovesDoesNotStayBehind(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, crdText+configMap("flags", "on")), churn(t, "")), nil)
	less := greet(t, crdText)
	less.Incomplete = true
	wantDiff(t, []string{
		"moved prod/_shared/customresourcedefinition-widgets.example.com.yaml from prod/ml/greet/_cluster/customresourcedefinition-widgets.example.com.yaml",
		"moved prod/ml/churn/configmap-flags.yaml from prod/ml/greet/configmap-flags.yaml",
		"ledger prod/_shared", "ledger prod/ml/churn", "ledger prod/ml/greet",
	}, actions(mustPlan(t, runOf(less, churn(t, crdText+configMap("flags", "on"))), tree)))
}

func TestWhatAThirdHasIsNotSharedWithoutIt(t *testing.T) {
	t.Parallel()
	third := deployed(t, platform(), "prod", "third", "ml", clusterRole("reader", "get"))
	tree := publish(t, runOf(greet(t, ""), churn(t, ""), third), nil)
	_, err := plan(t, partOf(greet(t, clusterRole("reader", "get")), churn(t, clusterRole("reader", "get"))), tree)
	wantError[*SafetyError](t, err, "would take over clusterrole.rbac.authorization.k8s.io/reader from prod/third")
}

func TestSeveralOwnersShareADirectory(t *testing.T) {
	t.Parallel()
	ours := func() *Run { return runOf(greet(t, namespaceText)) }
	theirs := runOf(churn(t, namespaceText))
	theirs.Owner = Owner{Project: "other", Source: "git.example.com/other/settings"}
	tree := publish(t, ours(), publish(t, theirs, nil))
	wantDiff(t, []string{
		"prod/_shared/.lading-3k9x0q",
		"prod/_shared/.lading-other",
		"prod/_shared/namespace-ml.yaml",
		"prod/ml/churn/.lading", "prod/ml/churn/deployment.yaml",
		"prod/ml/greet/.lading", "prod/ml/greet/deployment.yaml",
	}, tree.names())

	labelled := strings.Replace(namespaceText, "managed-by: zenml", "managed-by: zenml, tier: prod", 1)
	_, err := plan(t, runOf(greet(t, labelled)), tree)
	wantError[*ConflictError](t, err,
		"prod/_shared/namespace-ml.yaml: namespace/ml is shared with project other of git.example.com/other/settings, which renders it differently from prod/greet",
		"namespaces.manage: false")
}

func TestASharedObjectStaysWhileAnotherOwnerListsIt(t *testing.T) {
	t.Parallel()
	ours := runOf(greet(t, clusterRole("reader", "get")), churn(t, clusterRole("reader", "get")))
	theirs := runOf(deployed(t, platform(), "prod", "x", "other", clusterRole("reader", "get")))
	theirs.Owner = Owner{Project: "other", Source: source}
	tree := publish(t, theirs, publish(t, ours, nil))
	wantDiff(t, 2, strings.Count(strings.Join(tree.names(), " "), "_shared/.lading-"))
	wantDiff(t, []string{"ledger removed prod/_shared", "ledger prod/ml/churn", "ledger prod/ml/greet"},
		actions(mustPlan(t, runOf(greet(t, ""), churn(t, "")), tree)))
}

// Two copies of one project have one key, and so the same ledger's name.
func TestACopyOfAProjectDoesNotTakeTheSharedLedger(t *testing.T) {
	t.Parallel()
	theirs := runOf(churn(t, namespaceText))
	theirs.Owner.Source = "git.example.com/fork/settings"
	_, err := plan(t, runOf(greet(t, namespaceText)), publish(t, theirs, nil))
	wantError[*ConflictError](t, err, "prod/_shared/.lading-3k9x0q: belongs to project 3k9x0q of git.example.com/fork/settings")
}
