package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

const preflightProject = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: shop}
spec:
  key: abcdef
  deployments: ["deployments/*.yaml"]
  gitops: {repository: "https://git.example.com/platform/rendered.git"}
  namespaces: {manage: false}
  environments: [{name: prod, engine: {kind: argocd}}]
`

const preflightDeployment = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec:
  image: registry.example.com/zenml:greet
  id: 3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f
  secretEnv: {API_TOKEN: {secret: api, key: token}}
  settings:
    deployer: {namespace: ml, service_type: ClusterIP, image_pull_secrets: [registry], service_account_name: runner}
    resources: {cpu_count: 1, memory: 1GB, min_replicas: 2, max_replicas: 3, autoscaling_metric: cpu}
`

const preflightCluster = `
apiVersion: v1
kind: Namespace
metadata: {name: ml}
status: {phase: Active}
---
apiVersion: v1
kind: Secret
metadata: {name: registry, namespace: ml}
data: {.dockerconfigjson: aHVudGVyMg==}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: team, namespace: ml}
status: {hard: {requests.cpu: "3"}, used: {requests.cpu: "2"}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {group: metrics.k8s.io}
status: {conditions: [{type: Available, status: "True"}]}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: argocd}
spec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: "*"}]}
`

// preflightDesk is a project and a cluster that has some of what it needs.
func preflightDesk(t *testing.T) (*desk, *kubetest.Server) {
	t.Helper()
	server := kubetest.New(t, kubetest.Options{})
	server.Serve(kubetest.ArgoCD()...)
	server.Serve(
		kubetest.Type{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService", Resource: "apiservices"},
		kubetest.Type{Group: "metrics.k8s.io", Version: "v1beta1", Kind: "PodMetrics", Resource: "pods", Namespaced: true},
	)
	if err := server.ApplyYAML(preflightCluster); err != nil {
		t.Fatal(err)
	}
	file, err := server.WriteKubeconfig(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{dir: t.TempDir(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	d.getenv = func(name string) string {
		if name == "KUBECONFIG" {
			return file
		}
		return ""
	}
	d.write(t, "lading.yaml", preflightProject)
	d.write(t, "deployments/greet.yaml", preflightDeployment)
	return d, server
}

// states are the checks of a preflight that are not well.
func states(t *testing.T, output string) []string {
	t.Helper()
	var answer struct {
		Cluster string
		Checks  []struct{ State, Check, Object, Message string }
	}
	if err := json.NewDecoder(strings.NewReader(output)).Decode(&answer); err != nil {
		t.Fatalf("%v in:\n%s", err, output)
	}
	var bad []string
	for _, c := range answer.Checks {
		if c.State != "ok" {
			bad = append(bad, c.State+" "+c.Check+" "+c.Object)
		}
	}
	return bad
}

func TestPreflightTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	d, server := preflightDesk(t)
	want := []string{
		"failed secret secret/ml/api",
		"failed service account serviceaccount/ml/runner",
		"failed quota resourcequota/ml/team",
		"failed engine application.argoproj.io/argocd/prod-root-668ae902e9",
	}
	output := d.run(t, failed, "preflight", "--env", "prod", "-o", "json")
	if diff := cmp.Diff(want, states(t, output)); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, output)
	}
	if strings.Contains(output, "hunter2") || strings.Contains(output, "aHVudGVyMg") {
		t.Error("the output has the value of a Secret")
	}
	if writes := server.Writes(); len(writes) > 0 {
		t.Errorf("preflight would have written: %q", writes)
	}
	if !slices.ContainsFunc(server.Requests(), func(r string) bool { return strings.Contains(r, "/namespaces/ml/secrets?") }) {
		t.Errorf("no list of secrets among %q", server.Requests())
	}
}

func TestPreflightTakesWhatMayNotBeReadForUnknown(t *testing.T) {
	t.Parallel()
	d, server := preflightDesk(t)
	if err := server.ApplyYAML("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner, namespace: ml}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: prod-root-668ae902e9, namespace: argocd}\n"); err != nil {
		t.Fatal(err)
	}
	server.Delete("", "ResourceQuota", "ml", "team")
	server.Deny(kubetest.Denial{Resource: "secrets"})
	want := []string{"unknown image pull secret secret/ml/registry", "unknown secret secret/ml/api"}
	slices.Sort(want)
	got := states(t, d.run(t, done, "preflight", "--env", "prod", "-o", "json"))
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if table := d.run(t, failed, "preflight", "--env", "prod", "--strict"); !strings.Contains(table, "unknown  secret") || !strings.Contains(table, "2 of ") {
		t.Errorf("got:\n%s", table)
	}
}

func TestPreflightAsksForThePermissionsOfStatus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		denial kubetest.Denial
		want   string
	}{
		"lists":   {kubetest.Denial{Resource: "replicasets"}, `failed permission - status and logs need the rule {apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list", "watch"]} in namespace ml`},
		"watches": {kubetest.Denial{Resource: "replicasets", Verb: "watch"}, `warning permission - status and logs list again and again, and see changes later, without the rule {apiGroups: ["apps"], resources: ["replicasets"], verbs: ["watch"]} in namespace ml`},
	} {
		d, server := preflightDesk(t)
		server.Deny(test.denial)
		output := d.run(t, failed, "preflight", "greet", "--env", "prod")
		for _, want := range []string{test.want, `'lading rbac --env prod' prints the roles that grant it`} {
			if !strings.Contains(strings.Join(strings.Fields(output), " "), want) {
				t.Errorf("%s: want %q in:\n%s", name, want, output)
			}
		}
	}
}

func TestPreflightGoesOnWhereACheckIsForbidden(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"server version": "/version", "permission": "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
	} {
		d, server := preflightDesk(t)
		server.Fail(kubetest.Fault{
			Refusal: kubetest.Refusal{Status: 403, Reason: "Forbidden", Message: "not for you"},
			Match:   func(_, asked string) bool { return asked == path },
		})
		want := []string{"unknown " + name + " ", "failed secret secret/ml/api"}
		if got := states(t, d.run(t, failed, "preflight", "--env", "prod", "-o", "json")); !slices.Equal(got[:2], want) {
			t.Errorf("%s: got %q, want %q first", path, got, want)
		}
	}
}

func TestPreflightOfAnEngineThatIsNotThere(t *testing.T) {
	t.Parallel()
	d, _ := preflightDesk(t)
	d.write(t, "lading.yaml", strings.Replace(preflightProject, "argocd", "flux", 1))
	output := d.run(t, failed, "preflight", "--env", "prod")
	for _, want := range []string{"failed engine - context", "the cluster serves no kind", "install it, or name the cluster that it runs in with engine.context"} {
		if !strings.Contains(strings.Join(strings.Fields(output), " "), want) {
			t.Errorf("want %q in:\n%s", want, output)
		}
	}
}

func TestPreflightOfAClusterThatIsNotThere(t *testing.T) {
	t.Parallel()
	d, server := preflightDesk(t)
	server.Stop()
	if output := d.run(t, failed, "preflight", "--env", "prod"); !strings.Contains(output, "connection refused") || strings.Contains(output, "STATE") {
		t.Errorf("got:\n%s", output)
	}
	d.run(t, misused, "preflight", "grete", "--env", "prod")
	d.run(t, misused, "preflight", "--env", "prod", "--context", "elsewhere")
}
