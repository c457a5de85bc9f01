package gitops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

const (
	engineLedger = "prod/_engine/.lading-3k9x0q"
	greetEngine  = "prod/_engine/deployment-fecc95f7-ff1f-5c4d-9485-5aba6cf51486.yaml"
	churnEngine  = "prod/_engine/deployment-08c6acc3-43af-50a2-865b-f2f93f17d144.yaml"
)

// two are greet and churn, with the objects that both have.
func two(t *testing.T, p *settings.Project, objects string) []Rendered {
	t.Helper()
	return []Rendered{deployed(t, p, "prod", "greet", "ml", objects), deployed(t, p, "prod", "churn", "ml", objects)}
}

// engineFiles are the files in directories of engine objects.
func (m mapTree) engineFiles() []string {
	return slices.DeleteFunc(m.names(), func(name string) bool { return !strings.Contains(name, engineDir+"/") })
}

func TestWithoutAnEngineNothingIsWritten(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(two(t, platform(), namespaceText)...), nil)
	wantDiff(t, []string{}, tree.engineFiles())
}

func TestEngineObjectsComeAndGoWithDeployments(t *testing.T) {
	t.Parallel()
	p := withEngine("argocd")
	both := two(t, p, "")
	tree := publish(t, runOf(both...), nil)
	wantDiff(t, []string{engineLedger, churnEngine, greetEngine}, tree.engineFiles())

	wantDiff(t, []string(nil), actions(mustPlan(t, partOf(both[0]), tree)))
	removal := mustPlan(t, runOf(both[0]), tree)
	wantDiff(t, []string{
		"removed " + churnEngine, "removed prod/ml/churn/deployment.yaml",
		"ledger prod/_engine", "ledger removed prod/ml/churn",
	}, actions(removal))
	wantDiff(t, "Remove churn from prod", strings.SplitN(removal.Message(), "\n", 2)[0])

	failed := failing(runOf(both[0]), both[1].Settings)
	wantDiff(t, []string(nil), actions(mustPlan(t, failed, tree)))
}

// The directory stays when the last deployment goes, or the engine could not
// read that there is nothing left.
func TestTheEngineDirectoryOutlivesItsObjects(t *testing.T) {
	t.Parallel()
	p := withEngine("flux")
	tree := publish(t, runOf(two(t, p, "")...), nil)
	empty := partOf()
	empty.Environments = []Environment{completeEnvironment(p, "prod")}
	wantDiff(t, []string{engineLedger}, publish(t, empty, tree).names())
}

func TestEngineObjectsKeepTheirNames(t *testing.T) {
	t.Parallel()
	p := withEngine("argocd")
	tree := publish(t, runOf(two(t, p, namespaceText)...), nil)
	for situation, change := range map[string]func(r *settings.Resolved){
		"renamed":          func(r *settings.Resolved) { r.Name = "hello" },
		"in another place": func(r *settings.Resolved) { r.GitOps.Path = "{{environment}}/apps/{{namespace}}/{{deployment}}" },
	} {
		greet, churn := resolved(p, "prod", "greet", "ml"), resolved(p, "prod", "churn", "ml")
		change(greet)
		run := runOf(render(t, greet, coreText+namespaceText), render(t, churn, coreText+namespaceText))
		if situation == "in another place" {
			run.Rendered[1].Settings.GitOps.Path = greet.GitOps.Path
		}
		after := publish(t, run, tree)
		if !strings.Contains(after[greetEngine], "name: prod-greet-397cca425d\n") {
			t.Errorf("%s: the Application is now\n%s", situation, after[greetEngine])
		}
		if after[greetEngine] == tree[greetEngine] {
			t.Errorf("%s: the Application is the same, want another path", situation)
		}
	}
}

func TestAnotherIDIsAnotherEngineObject(t *testing.T) {
	t.Parallel()
	p := withEngine("argocd")
	tree := publish(t, runOf(two(t, p, "")...), nil)
	other := resolved(p, "prod", "greet", "ml")
	other.ID = "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"
	run := partOf(render(t, other, coreText))
	run.Recreate = true
	wantDiff(t, []string{engineLedger, churnEngine, "prod/_engine/deployment-3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f.yaml"},
		publish(t, run, tree).engineFiles())
}

func TestPinnedDeploymentsKeepTheirEngineObjects(t *testing.T) {
	t.Parallel()
	both := two(t, withEngine("argocd"), "")
	tree := publish(t, runOf(both...), nil)
	ledger := tree.ledger(t, greetDir+".lading")
	ledger.Pin = &Pin{Reason: "incident 7"}
	data, err := ledger.Encode()
	if err != nil {
		t.Fatal(err)
	}
	pinned := tree.with(mapTree{greetDir + ".lading": string(data)})
	wantDiff(t, []string(nil), actions(mustPlan(t, runOf(both...), pinned)))
	wantDiff(t, []string{engineLedger, greetEngine}, publish(t, runOf(both[0]), pinned).engineFiles())

	late := pinned.with(mapTree{greetEngine: "", churnEngine: "", engineLedger: ""})
	wantDiff(t, tree.engineFiles(), publish(t, runOf(both...), late).engineFiles())
}

func TestWhatIsNotSharedIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := withEngine("flux")
	none := publish(t, runOf(two(t, p, "")...), nil)
	if strings.Contains(none[greetEngine], "dependsOn") {
		t.Errorf("without shared objects greet waits for some:\n%s", none[greetEngine])
	}
	withNamespace := publish(t, runOf(two(t, p, namespaceText)...), none)
	if !strings.Contains(withNamespace[greetEngine], "dependsOn:\n  - name: prod-shared-f9a62c232f\n") {
		t.Errorf("greet does not wait for its Namespace:\n%s", withNamespace[greetEngine])
	}
	back := publish(t, runOf(two(t, p, "")...), withNamespace)
	wantDiff(t, []string{engineLedger, churnEngine, greetEngine, "prod/_engine/shared.yaml"}, back.engineFiles())
	shared := publish(t, runOf(two(t, p, clusterRole("reader", "get"))...), none)
	wantDiff(t, none.engineFiles(), publish(t, runOf(two(t, p, "")...), shared).engineFiles())
}

func TestGroupsFollowTheirMembers(t *testing.T) {
	t.Parallel()
	p := withEngine("argocd", groupedBy(byNamespace))
	agent := deployed(t, p, "prod", "agent", "agents", "")
	tree := publish(t, runOf(append(two(t, p, ""), agent)...), nil)
	wantDiff(t, []string{engineLedger, "prod/_engine/namespace-agents.yaml", "prod/_engine/namespace-ml.yaml"}, tree.engineFiles())
	tree = publish(t, runOf(two(t, p, "")...), tree)
	wantDiff(t, []string{engineLedger, "prod/_engine/namespace-ml.yaml"}, tree.engineFiles())

	scaled := deployed(t, p, "prod", "greet", "ml", hpaText)
	part := publish(t, partOf(scaled), tree)
	wantDiff(t, tree["prod/_engine/namespace-ml.yaml"], part["prod/_engine/namespace-ml.yaml"])
	whole := publish(t, runOf(scaled, two(t, p, "")[1]), tree)
	if !strings.Contains(whole["prod/_engine/namespace-ml.yaml"], "RespectIgnoreDifferences=true") {
		t.Errorf("the group does not know of its autoscaler:\n%s", whole["prod/_engine/namespace-ml.yaml"])
	}
}

func TestLargeGroupsAreRefused(t *testing.T) {
	t.Parallel()
	p := withEngine("argocd", groupedBy(byEnvironment))
	var many, large strings.Builder
	for i := range maxGroupObjects {
		many.WriteString(configMap(fmt.Sprintf("c%d", i), "x"))
	}
	for i := range 9 {
		large.WriteString(configMap(fmt.Sprintf("c%d", i), strings.Repeat("x", 1<<20)))
	}
	for situation, c := range map[string]struct{ objects, want string }{
		"many objects":  {many.String(), "is environment, and prod holds 2001 objects"},
		"large objects": {large.String(), "holds 10 objects in 9.0 MB, want at most 2000 objects and 8 MB"},
	} {
		_, err := plan(t, runOf(deployed(t, p, "prod", "greet", "ml", c.objects)), nil)
		if err == nil {
			t.Fatalf("%s: not refused", situation)
		}
		wantError[settings.Problems](t, err, "environment prod: gitops.group_by: ", c.want)
	}
}

func TestRegroupingIsRefused(t *testing.T) {
	t.Parallel()
	single, grouped := withEngine("argocd"), withEngine("argocd", groupedBy(byNamespace))
	tree := publish(t, runOf(two(t, single, "")...), nil)
	_, err := plan(t, runOf(two(t, grouped, "")...), tree)
	wantError[*SafetyError](t, err, "prod: the engine objects sync by deployment and would sync by namespace", "--recreate")

	part := partOf(two(t, grouped, "")[0])
	part.Recreate = true
	_, err = plan(t, part, tree)
	wantError[*SafetyError](t, err, "in a run of the whole environment")

	whole := runOf(two(t, grouped, "")...)
	whole.Recreate = true
	wantDiff(t, []string{engineLedger, "prod/_engine/namespace-ml.yaml"}, publish(t, whole, tree).engineFiles())
}

func TestAnotherEngineIsRefused(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(two(t, withEngine("argocd"), "")...), nil)
	for want, other := range map[string]*settings.Project{
		"would become kustomization.kustomize.toolkit.fluxcd.io/flux-system/prod-churn": withEngine("flux"),
		"would become application.argoproj.io/gitops/prod-churn":                        synced(settings.Engine{Kind: "argocd", Namespace: "gitops"}),
	} {
		run := runOf(two(t, other, "")...)
		_, err := plan(t, run, tree)
		wantError[*SafetyError](t, err, "the engine object application.argoproj.io/argocd/prod-churn", want, "--recreate")
		run.Recreate = true
		wantDiff(t, tree.engineFiles(), publish(t, run, tree).engineFiles())
	}
}

// An engine that loses an object deletes what that syncs, so leaving out the
// setting must not do it.
func TestEngineObjectsStayWhenTheSettingGoes(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(two(t, withEngine("argocd"), "")...), nil)
	p := mustPlan(t, runOf(two(t, platform(), "")...), tree)
	wantDiff(t, 0, len(p.Changes))
	wantDiff(t, []string{"prod: the engine objects in prod/_engine stay as they are, since the environment names no engine; " +
		"removing them makes the engine delete what they sync"}, p.Notices)
}

func TestProjectsShareAnEnvironment(t *testing.T) {
	t.Parallel()
	p := withEngine("flux")
	ours := runOf(two(t, p, namespaceText)[0])
	theirs := runOf(two(t, p, namespaceText)[1])
	theirs.Owner = Owner{Project: "other", Source: "git.example.com/other/settings"}
	tree := publish(t, theirs, publish(t, ours, nil))
	wantDiff(t, []string{engineLedger, "prod/_engine/.lading-other", churnEngine, greetEngine, "prod/_engine/shared.yaml"}, tree.engineFiles())
	gone := partOf()
	gone.Environments = []Environment{completeEnvironment(p, "prod")}
	wantDiff(t, []string{engineLedger, "prod/_engine/.lading-other", churnEngine, "prod/_engine/shared.yaml"}, publish(t, gone, tree).engineFiles())

	grouped := runOf(two(t, withEngine("flux", groupedBy(byNamespace)), namespaceText)[0])
	_, err := plan(t, grouped, publish(t, theirs, nil))
	wantError[*ConflictError](t, err, "prod/ml/churn: belongs to project other", "makes one engine object of all below prod/ml")
}

func TestStraysAndVariablesAreTold(t *testing.T) {
	t.Parallel()
	strays := mapTree{
		"prod/ml/greet/kustomization.yaml":    "resources: []\n",
		"prod/ml/greet/sub/Chart.yaml":        "name: x\n",
		"prod/_engine/.argocd-source-x.yaml":  "{}\n",
		"prod/ml/elsewhere/Kustomization":     "{}\n",
		"prod/ml/greet/.argocd-source.yaml/x": "a directory\n",
	}
	argo := mustPlan(t, runOf(two(t, withEngine("argocd"), "")...), strays)
	wantDiff(t, []string{
		"prod/_engine/.argocd-source-x.yaml is not lading's and lies where argocd syncs: Argo CD lets it overrule the Application; move it away",
		"prod/ml/greet/kustomization.yaml is not lading's and lies where argocd syncs: Argo CD reads it as a manifest and cannot apply it; move it away",
		"prod/ml/greet/sub/Chart.yaml is not lading's and lies where argocd syncs: Argo CD reads it as a manifest, and other tools take the directory for a Helm chart; move it away",
	}, argo.Notices[1:])

	greet := deployed(t, withEngine("flux"), "prod", "greet", "ml", configMap("script", "echo ${HOME} $(ID)"))
	first := mustPlan(t, runOf(greet), nil)
	told := "prod/ml/greet/configmap-script.yaml holds ${HOME}, which Flux replaces where spec.postBuild is set; lading never sets it"
	if !slices.Contains(first.Notices, told) {
		t.Errorf("notices are %q, want one about a variable", first.Notices)
	}
	if again := mustPlan(t, runOf(greet), publish(t, runOf(greet), nil)); len(again.Notices) > 0 {
		t.Errorf("an unchanged publish tells %q", again.Notices)
	}
}

func TestTheRootIsToldOnce(t *testing.T) {
	t.Parallel()
	run := runOf(two(t, synced(settings.Engine{Kind: "argocd", Context: "hub"}), "")...)
	p := mustPlan(t, run, nil)
	wantDiff(t, []string{"prod: apply the root of the engine objects once: lading bootstrap --env prod | kubectl --context hub apply -f -"}, p.Notices)
}

func TestEnginesThatCannotSyncAreProblems(t *testing.T) {
	t.Parallel()
	local := func(p *settings.Project) { p.Spec.GitOps.Repository = "../rendered.git" }
	for want, p := range map[string]*settings.Project{
		"lading.yaml:1: environment prod: gitops.url: is missing: the engine cannot reach a repository that is a path of this machine": withEngine("argocd", local),
		`engine.kubeconfig_secret: is missing: Flux runs in the cluster of context "hub" and would apply there`:                        synced(settings.Engine{Kind: "flux", Context: "hub"}),
		"gitops.url: is \"git://git.example.com/x.git\", want https:// or ssh://":                                                      withEngine("flux", func(p *settings.Project) { p.Spec.GitOps.Repository = "git://git.example.com/x.git" }),
		"gitops.group_by: is namespace, and \"{{environment}}/{{deployment}}\" has no directory that holds a whole namespace":          withEngine("argocd", groupedBy(byNamespace), gitPath("{{environment}}/{{deployment}}")),
		"gitops.group_by: is environment, and \"{{namespace}}/{{environment}}/{{deployment}}\" has no directory that holds a whole":    withEngine("argocd", groupedBy(byEnvironment), gitPath("{{namespace}}/{{environment}}/{{deployment}}")),
	} {
		problems := CheckEngines([]Environment{completeEnvironment(p, "prod"), completeEnvironment(p, "dev")})
		if len(problems) != 1 || !strings.Contains(problems.Error(), want) {
			t.Errorf("problems are %q, want one: %s", problems.Error(), want)
		}
	}
	if problems := CheckEngines([]Environment{completeEnvironment(withEngine("argocd"), "prod")}); len(problems) > 0 {
		t.Errorf("good settings have the problem %s", problems)
	}
}

// A directory on disk may belong to no repository yet.
func TestWithoutAURLEngineObjectsAreLeftOut(t *testing.T) {
	t.Parallel()
	p := withEngine("argocd", func(p *settings.Project) { p.Spec.GitOps.Repository = "" })
	got := mustPlan(t, runOf(two(t, p, "")...), nil)
	wantDiff(t, []string{"prod: engine objects are left out, since no URL of the repository is known; set gitops.url"}, got.Notices)
	wantDiff(t, []string{}, mapTree{}.apply(t, got).engineFiles())
}

func TestARenamedEnvironmentLeavesItsEngineObjects(t *testing.T) {
	t.Parallel()
	old := withEngine("argocd")
	tree := publish(t, runOf(two(t, old, "")...), nil)
	renamed := withEngine("argocd", func(p *settings.Project) {
		p.Spec.Environments[2].Name, p.Spec.Environments[2].Key = "production", "prod"
	})
	var both []Rendered
	for _, name := range []string{"greet", "churn"} {
		both = append(both, deployed(t, renamed, "production", name, "ml", ""))
	}
	p := mustPlan(t, runOf(both...), tree)
	if want := `the engine objects in prod/_engine stay, although environment prod is production now: see "Renaming an environment" in docs/engines.md`; !slices.Contains(p.Notices, want) {
		t.Errorf("notices are %q, want %q", p.Notices, want)
	}
	after := tree.apply(t, p)
	wantDiff(t, tree[greetEngine], after[greetEngine])
}

func TestDeletingADeploymentDeletesItsEngineObject(t *testing.T) {
	t.Parallel()
	run := runOf(two(t, withEngine("argocd"), "")...)
	tree := publish(t, run, nil)
	p, err := PlanRemoval(context.Background(), Removal{Name: Name{Environment: "prod", Deployment: "greet"}, Owner: run.Owner, Engine: "argocd"}, tree)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, []string(nil), p.Notices)
	after := tree.apply(t, p)
	wantDiff(t, []string{engineLedger, churnEngine}, after.engineFiles())
	wantDiff(t, []string{engineLedger, churnEngine}, publish(t, partOf(run.Rendered[1]), after).engineFiles())
}

func TestBootstrapWantsAnEngine(t *testing.T) {
	t.Parallel()
	_, err := Bootstrap(nil, []Environment{completeEnvironment(platform(), "prod")})
	wantError[settings.Problems](t, err, "environment prod: engine.kind: is missing")
	branches := withEngine("argocd", gitBranch("{{environment}}-{{deployment}}"))
	var resolved []*settings.Resolved
	for _, r := range two(t, branches, "") {
		resolved = append(resolved, r.Settings)
	}
	roots, err := Bootstrap(resolved, []Environment{completeEnvironment(branches, "prod")})
	if err != nil || len(roots) != 2 || roots[0].Branch != "prod-churn" || roots[1].Branch != "prod-greet" {
		t.Errorf("roots are %v (%v), want one for each of two branches", roots, err)
	}
}
