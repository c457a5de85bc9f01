package gitops

import (
	"maps"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

const level3 = namespaceText + `
apiVersion: v1
kind: Service
metadata: {name: "{{name}}", namespace: "{{ns}}"}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: my-ingress, namespace: "{{ns}}"}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: "{{name}}", namespace: monitoring}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: Fast}
---
`

func TestOneObjectIsOneFile(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(deployed(t, platform(), "prod", "Support Agent", "agents", level3)), nil)
	wantDiff(t, []string{
		"prod/_shared/.lading-3k9x0q",
		"prod/_shared/namespace-agents.yaml",
		"prod/agents/support-agent/.lading",
		"prod/agents/support-agent/_cluster/storageclass-%46ast.yaml",
		"prod/agents/support-agent/deployment.yaml",
		"prod/agents/support-agent/ingress-my-ingress.yaml",
		"prod/agents/support-agent/monitoring/servicemonitor.monitoring.coreos.com.yaml",
		"prod/agents/support-agent/service.yaml",
	}, tree.names())
}

func TestFilesHoldTheCanonicalBytes(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(deployed(t, platform(), "prod", "greet", "ml", configMap("flags", "on"))), nil)
	wantDiff(t, `apiVersion: v1
data:
  value: "on"
kind: ConfigMap
metadata:
  name: flags
  namespace: ml
`, tree["prod/ml/greet/configmap-flags.yaml"])
}

// An overlay may set another namespace than the settings; directories follow
// the objects.
func TestTheNamespaceInPathsIsTheFinalOne(t *testing.T) {
	t.Parallel()
	r := deployed(t, platform(), "prod", "greet", "ml-blue", configMap("flags", "on"))
	r.Settings.Namespace = "ml"
	wantDiff(t, []string{
		"prod/ml-blue/greet/.lading",
		"prod/ml-blue/greet/configmap-flags.yaml",
		"prod/ml-blue/greet/deployment.yaml",
	}, publish(t, runOf(r), nil).names())
}

func TestFinalNamespacesAreCheckedAgain(t *testing.T) {
	t.Parallel()
	p := platform(gitPath("{{environment}}/{{namespace}}"))
	a, b := deployed(t, p, "prod", "a", "blue", ""), deployed(t, p, "prod", "b", "blue", "")
	b.Settings.Namespace = "green"
	if problems := Check([]*settings.Resolved{a.Settings, b.Settings}, nil); len(problems) > 0 {
		t.Errorf("before overlays the directories differ, but: %v", problems)
	}
	_, err := Layout(runOf(a, b))
	wantError[settings.Problems](t, err, "directory prod/blue of prod/b is also the directory of prod/a")
}

func TestBranchPerEnvironmentHasTheSharedObjectsAtItsRoot(t *testing.T) {
	t.Parallel()
	p := platform(gitBranch("env/{{environment}}"), gitPath("{{namespace}}/{{deployment}}"))
	run := runOf(
		deployed(t, p, "dev", "greet", "ml", namespaceText),
		deployed(t, p, "prod", "greet", "ml", namespaceText))
	wantDiff(t, map[string][]string{
		"env/dev":  {"_shared/.lading-3k9x0q", "_shared/namespace-ml.yaml", "ml/greet/.lading", "ml/greet/deployment.yaml"},
		"env/prod": {"_shared/.lading-3k9x0q", "_shared/namespace-ml.yaml", "ml/greet/.lading", "ml/greet/deployment.yaml"},
	}, branchTrees(t, run))
}

func TestBranchNamesAndFoldersMayBothNameTheEnvironment(t *testing.T) {
	t.Parallel()
	p := platform(gitBranch("env/{{environment}}"))
	run := runOf(deployed(t, p, "dev", "greet", "ml", namespaceText))
	wantDiff(t, map[string][]string{
		"env/dev": {"dev/_shared/.lading-3k9x0q", "dev/_shared/namespace-ml.yaml", "dev/ml/greet/.lading", "dev/ml/greet/deployment.yaml"},
	}, branchTrees(t, run))
}

// Environments may have fixed paths of their own on one branch: the shared
// objects of each still lie apart.
func TestFixedPathsKeepTheEnvironmentsFolder(t *testing.T) {
	t.Parallel()
	dev, prod := platform(gitPath("development/{{deployment}}")), platform(gitPath("production/{{deployment}}"))
	run := runOf(deployed(t, dev, "dev", "greet", "ml", namespaceText), deployed(t, prod, "prod", "greet", "ml", namespaceText))
	wantDiff(t, []string{
		"dev/_shared/.lading-3k9x0q", "dev/_shared/namespace-ml.yaml", "development/greet/.lading", "development/greet/deployment.yaml",
		"prod/_shared/.lading-3k9x0q", "prod/_shared/namespace-ml.yaml", "production/greet/.lading", "production/greet/deployment.yaml",
	}, publish(t, run, nil).names())
}

// Two spellings of one repository are one destination.
func TestOneRepositoryHasOneBranchOfAName(t *testing.T) {
	t.Parallel()
	p := platform()
	a, b := deployed(t, p, "dev", "greet", "ml", ""), deployed(t, p, "prod", "greet", "ml", "")
	b.Settings.GitOps.Repository = "git@git.example.com:platform/rendered.git"
	arrangement, err := Layout(partOf(a, b))
	if err != nil {
		t.Fatal(err)
	}
	if len(arrangement.Branches) != 1 {
		t.Errorf("run goes to %d branches, want 1", len(arrangement.Branches))
	}
}

func TestLayoutRefusesObjectsThatTwoDeploymentsClaim(t *testing.T) {
	t.Parallel()
	p, shared := platform(), platform(oneCluster)
	for situation, c := range map[string]struct {
		run  *Run
		want []string // none: it is fine
	}{
		"two deployments, one ConfigMap": {
			runOf(deployed(t, p, "dev", "a", "ml", configMap("flags", "on")), deployed(t, p, "dev", "b", "ml", configMap("flags", "on"))),
			[]string{"configmap/ml/flags: is rendered by dev/a (a.yaml:7) and by dev/b (b.yaml:7)", "another name"},
		},
		"two environments on one cluster": {
			runOf(deployed(t, shared, "dev", "a", "ml", configMap("flags", "on")), deployed(t, shared, "prod", "a", "ml", configMap("flags", "on"))),
			[]string{"configmap/ml/flags: is rendered by dev/a (a.yaml:7) and by prod/a (a.yaml:7)", "different namespaces", "cluster.name"},
		},
		"two environments whose clusters nobody named": {
			runOf(deployed(t, noClusters(), "dev", "a", "ml", configMap("flags", "on")), deployed(t, noClusters(), "prod", "a", "ml", configMap("flags", "on"))),
			[]string{"cluster.name"},
		},
		"two environments, a cluster each": {
			run: runOf(deployed(t, p, "dev", "a", "ml", configMap("flags", "on")), deployed(t, p, "prod", "a", "ml", configMap("flags", "on"))),
		},
		"two namespaces": {
			run: runOf(deployed(t, p, "dev", "a", "blue", configMap("flags", "on")), deployed(t, p, "dev", "b", "green", configMap("flags", "on"))),
		},
		"one id, two environments, one cluster": {
			runOf(sameID(deployed(t, shared, "dev", "a", "ml", "")), sameID(deployed(t, shared, "prod", "a", "ml", ""))),
			[]string{"deployment.apps/ml/zenml-00000000-0000-4000-8000-000000000001: is rendered by dev/a", "by prod/a"},
		},
		"a ClusterRole for two environments of one cluster": {
			runOf(deployed(t, shared, "dev", "a", "ml", clusterRole("reader", "get")), deployed(t, shared, "prod", "a", "ml", clusterRole("reader", "get"))),
			[]string{"clusterrole.rbac.authorization.k8s.io/reader: is rendered by dev/a", "by prod/a"},
		},
		"a ClusterRole in two versions": {
			runOf(deployed(t, p, "dev", "a", "ml", clusterRole("reader", "get")), deployed(t, p, "dev", "b", "ml", clusterRole("reader", "list"))),
			[]string{"is rendered differently by dev/a (a.yaml:7) and by dev/b (b.yaml:7)", "make the two the same"},
		},
		"a Namespace for two environments of one cluster": {
			run: runOf(deployed(t, shared, "dev", "a", "ml", namespaceText), deployed(t, shared, "prod", "a", "ml", namespaceText)),
		},
		"a Namespace in two versions": {
			runOf(deployed(t, shared, "dev", "a", "ml", namespaceText), deployed(t, shared, "prod", "a", "ml", strings.Replace(namespaceText, "managed-by: zenml", "tier: prod", 1))),
			[]string{"namespace/ml: is rendered differently by dev/a", "namespaces.manage to false"},
		},
	} {
		_, err := Layout(c.run)
		if len(c.want) > 0 {
			t.Run(situation, func(t *testing.T) { wantError[*ClashError](t, err, c.want...) })
		} else if err != nil {
			t.Errorf("%s: %v", situation, err)
		}
	}
}

func TestLayoutReportsEveryClash(t *testing.T) {
	t.Parallel()
	objects := configMap("flags", "on") + configMap("limits", "1")
	_, err := Layout(runOf(deployed(t, platform(), "dev", "a", "ml", objects), deployed(t, platform(), "dev", "b", "ml", objects)))
	wantError[*ClashError](t, err, "configmap/ml/flags", "configmap/ml/limits")
}

func TestNoSecretInPlainTextReachesGit(t *testing.T) {
	t.Parallel()
	for situation, c := range map[string]struct {
		object string
		refuse bool
	}{
		"data":              {"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ml}, data: {k: djE=}}", true},
		"stringData":        {"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ml}, stringData: {k: v}}", true},
		"data of a kind":    {"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ml}, data: djE=}", true},
		"in a List":         {"{apiVersion: v1, kind: List, metadata: {name: l, namespace: ml}, items: [{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: djE=}}]}", true},
		"in a template":     {"{apiVersion: example.com/v1, kind: Cloner, metadata: {name: c, namespace: ml}, spec: {template: {kind: Secret, metadata: {name: s}, stringData: {k: v}}}}", true},
		"without values":    {"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ml}, type: Opaque, data: {}}", false},
		"sealed":            {"{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: s, namespace: ml}, spec: {encryptedData: {k: AgB}}}", false},
		"a service account": {"{apiVersion: v1, kind: ServiceAccount, metadata: {name: s, namespace: ml}, secrets: [{kind: Secret, name: s}]}", false},
	} {
		_, err := Layout(runOf(deployed(t, platform(), "prod", "greet", "ml", c.object)))
		if !c.refuse {
			if err != nil {
				t.Errorf("%s: %v", situation, err)
			}
			continue
		}
		t.Run(situation, func(t *testing.T) {
			wantError[*SafetyError](t, err, "greet.yaml:7: secret/", "of prod/greet holds the values of a Secret", "spec.secretEnv")
		})
		if strings.Contains(err.Error(), "djE=") {
			t.Errorf("%s: the error shows the value: %v", situation, err)
		}
	}
}

func branchTrees(t *testing.T, run *Run) map[string][]string {
	t.Helper()
	arrangement, err := Layout(run)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, b := range arrangement.Branches {
		p, err := NewPlan(t.Context(), run, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		got[b.Branch] = mapTree{}.apply(t, p).names()
	}
	return got
}

func noClusters() *settings.Project {
	return platform(func(p *settings.Project) {
		for i := range p.Spec.Environments {
			p.Spec.Environments[i].Cluster = settings.Cluster{}
		}
	})
}

// sameID gives a deployment the id that its file would have written.
func sameID(r Rendered) Rendered {
	old := r.Settings.ResourceName()
	r.Settings.ID, r.Settings.IDGiven = "00000000-0000-4000-8000-000000000001", true
	for _, o := range r.Set.Objects() {
		if metadata := maps.Clone(o.Body["metadata"].(map[string]any)); metadata["name"] == old {
			metadata["name"] = r.Settings.ResourceName()
			o.Body["metadata"] = metadata
		}
	}
	return r
}
