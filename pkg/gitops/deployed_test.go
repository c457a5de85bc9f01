package gitops

import (
	"context"
	"slices"
	"testing"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/settings"
)

// directoriesOf are the directories of some deployments.
func directoriesOf(deployed []*Deployed) []string {
	var dirs []string
	for _, d := range deployed {
		dirs = append(dirs, d.Directory)
	}
	return dirs
}

func TestDeploymentsAreThoseOfOneEnvironment(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := platform(oneCluster)
	tree := publish(t, runOf(
		deployed(t, p, "dev", "greet", "dev-ml", ""),
		deployed(t, p, "prod", "greet", "ml", namespaceText),
		deployed(t, p, "prod", "churn", "agents", ""),
	), nil)
	tree["prod/odd/.lading"] = "{}"
	name := greetName()
	found, notices, err := Deployments(ctx, tree, name)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, []string{"prod/agents/churn", "prod/ml/greet"}, directoriesOf(found))
	if len(notices) != 1 {
		t.Errorf("notices are %q, want one about the ledger that cannot be read", notices)
	}
	// A template that does not tell, and one that nothing follows.
	name.Path = "{{deployment}}-{{environment}}"
	if found, _, err = Deployments(ctx, tree, name); err != nil || len(found) != 2 {
		t.Errorf("got %v, %v", directoriesOf(found), err)
	}
	name.Path = "clusters/{{environment}}/{{deployment}}"
	if found, _, err = Deployments(ctx, tree, name); err != nil || found != nil {
		t.Errorf("got %v, %v", directoriesOf(found), err)
	}
}

func TestObjectsAreReadAsTheyWereCommitted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tree := publish(t, runOf(greet(t, namespaceText+configMap("flags", "on"))), nil)
	found, err := Find(ctx, tree, greetName())
	if err != nil {
		t.Fatal(err)
	}
	shared, err := SharedFiles(ctx, tree, "prod", greetName().Project.Spec.GitOps)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, map[string]string{"/Namespace//ml": "prod/_shared/namespace-ml.yaml"}, shared)
	files := append(found.Files(), "prod/_shared/namespace-ml.yaml", "prod/absent.yaml")
	objects, err := ReadObjects(tree, files)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]string)
	for file, o := range objects {
		ids[file] = ObjectKey(o.ID())
	}
	resource := "zenml-" + found.Ledger.ID
	wantDiff(t, map[string]string{
		"prod/_shared/namespace-ml.yaml":     "/Namespace//ml",
		"prod/ml/greet/configmap-flags.yaml": "/ConfigMap/ml/flags",
		"prod/ml/greet/deployment.yaml":      "apps/Deployment/ml/" + resource,
	}, ids)
	for _, broken := range []string{"{", "a: 1\n---\nb: 2\n", "[]"} {
		tree["prod/ml/greet/deployment.yaml"] = broken
		_, err := ReadObjects(tree, files)
		wantError[*UnreadableError](t, err, "prod/ml/greet/deployment.yaml: ")
	}
}

func TestAnEngineObjectIsFoundByWhatItSyncs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, kind := range []string{"argocd", "flux"} {
		for grouping, want := range map[string]string{
			byDeployment: "prod/ml/greet", byNamespace: "prod/ml", byEnvironment: "prod",
		} {
			p := withEngine(kind, groupedBy(grouping))
			tree := publish(t, runOf(two(t, p, namespaceText)...), nil)
			name := greetName()
			name.Project = p
			found, err := Find(ctx, tree, name)
			if err != nil {
				t.Fatal(err)
			}
			units, err := ReadEngineUnits(ctx, tree, "prod", p.Spec.GitOps, []*Deployed{found})
			if err != nil {
				t.Fatal(err)
			}
			own, shared := units.Of("prod/ml/greet"), units.Exactly("prod/_shared")
			if own == nil || shared == nil {
				t.Errorf("%s by %s: engine objects are %v and %v", kind, grouping, own, shared)
				continue
			}
			if at, _ := SyncedPath(own); at != want {
				t.Errorf("%s by %s: the engine object syncs %q, want %q", kind, grouping, at, want)
			}
			if grouping == byDeployment && units.Exactly("prod/ml/churn") != nil {
				t.Errorf("%s: the engine object of another deployment was read", kind)
			}
			if units.Exactly("prod/ml/greet/deeper") != nil || units.Of("elsewhere") != nil {
				t.Errorf("%s by %s: an engine object was found for what nothing syncs", kind, grouping)
			}
		}
	}
	none, err := ReadEngineUnits(ctx, mapTree{}, "prod", settings.GitOps{}, nil)
	if err != nil || none.Of("prod/ml/greet") != nil {
		t.Errorf("an empty branch has engine objects: %v, %v", none, err)
	}
}

func TestTheLastRevisionOfWhatIsGoneIsFound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	root := t.TempDir()
	path := gittest.Bare(t, root, "r.git")
	first := publish(t, runOf(greet(t, configMap("flags", "on")), churn(t, "")), nil)
	commitTree(t, path, "first", nil, first)
	second := publish(t, runOf(greet(t, configMap("flags", "off")), churn(t, "")), first)
	last := commitTree(t, path, "second", first, second)
	third := publish(t, runOf(churn(t, "")), second)
	commitTree(t, path, "third", second, third)
	gittest.Commit(t, path, "main", "other", map[string]string{"other": "1"})
	if slices.Contains(third.names(), "prod/ml/greet/.lading") {
		t.Fatal("greet was not removed")
	}
	overEveryWay(t, root, func(t *testing.T, repo *gitrepo.Repo) {
		tip, err := repo.Fetch(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		d, at, err := Last(ctx, repo, tip, greetName())
		if err != nil {
			t.Fatal(err)
		}
		if at.Commit() != last || d.Directory != "prod/ml/greet" {
			t.Errorf("found %s at %s, want prod/ml/greet at %s", d.Directory, at.Commit(), last)
		}
		name := greetName()
		name.Deployment = "never"
		_, _, err = Last(ctx, repo, tip, name)
		wantError[*MissingError](t, err, `no deployment "never"`)
	})
}

func TestBranchesOfAnEnvironment(t *testing.T) {
	t.Parallel()
	p := platform(gitBranch("env/{{environment}}-{{namespace}}"))
	resolved := []*settings.Resolved{resolved(p, "prod", "greet", "ml"), resolved(p, "prod", "churn", "agents"), resolved(p, "dev", "greet", "x")}
	got, err := Branches(Environment{Name: "prod", Project: p, GitOps: p.Spec.GitOps}, resolved)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, []string{"env/prod-agents", "env/prod-ml"}, got)
	if _, err := Branches(Environment{Name: "prod", Project: p, GitOps: p.Spec.GitOps}, nil); err == nil {
		t.Error("without deployments the branch is known")
	}
}
