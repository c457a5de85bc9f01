package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// targetOf is a target with some objects; its core objects are called zenml-1.
func targetOf(t *testing.T, yaml string) *statusTarget {
	t.Helper()
	target := &statusTarget{Target: status.Target{Environment: "prod", Deployment: "greet", ResourceName: "zenml-1"}}
	for _, d := range manifest.Documents([]byte(yaml)) {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		target.Objects = append(target.Objects, &manifest.Object{Body: d.Value.(map[string]any)})
	}
	return target
}

// wishes writes wants as kind.group in namespace [selectors].
func wishes(wants []kube.Want) []string {
	var out []string
	for _, w := range wants {
		text := strings.TrimSuffix(w.Kind+"."+w.Group, ".")
		if w.Namespace != "" {
			text += " in " + w.Namespace
		}
		if selectors := w.Labels + w.Fields; selectors != "" {
			text += " [" + selectors + "]"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

const coreObjects = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: zenml-1, namespace: ml}
spec: {template: {spec: {containers: [{name: main, image: i}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: zenml-1, namespace: ml}
spec: {selector: {managed-by: zenml, zenml-deployment-id: "1"}}
---
`

func TestOnlyWhatRulesLookAtIsRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		objects string
		want    []string
	}{
		"core objects": {coreObjects, []string{
			"Deployment.apps in ml", "EndpointSlice.discovery.k8s.io in ml", "Event in ml [type!=Normal]",
			"Pod in ml [managed-by=zenml]", "ReplicaSet.apps in ml [managed-by=zenml]", "Service in ml",
		}},
		"an ingress": {"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: ml}}", []string{
			"EndpointSlice.discovery.k8s.io in ml", "Event in ml [type!=Normal]", "Ingress.networking.k8s.io in ml", "IngressClass.networking.k8s.io", "Service in ml",
		}},
		"pods of others": {coreObjects + "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: ml}, spec: {selector: {app: db}, type: NodePort}}", []string{
			"Deployment.apps in ml", "EndpointSlice.discovery.k8s.io in ml", "Event in ml [type!=Normal]",
			"Node", "Pod in ml", "ReplicaSet.apps in ml", "Service in ml",
		}},
		"a volume": {`{apiVersion: batch/v1, kind: Job, metadata: {name: j, namespace: ml}, spec: {template: {spec: {containers: [{name: main}], volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}}}}`, []string{
			"Event in ml [type!=Normal]", "Job.batch in ml", "PersistentVolumeClaim in ml", "Pod in ml", "StorageClass.storage.k8s.io",
		}},
		"a config map of somebody else": {`{apiVersion: batch/v1, kind: CronJob, metadata: {name: j, namespace: ml}, spec: {jobTemplate: {spec: {template: {spec: {containers: [{envFrom: [{configMapRef: {name: c}}]}]}}}}}}`, []string{
			"ConfigMap in ml", "CronJob.batch in ml", "Event in ml [type!=Normal]", "Job.batch in ml", "Pod in ml",
		}},
		"a claim": {`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: ml}}`, []string{
			"Event in ml [type!=Normal]", "PersistentVolume", "PersistentVolumeClaim in ml", "Pod in ml [managed-by=zenml]", "StorageClass.storage.k8s.io",
		}},
		"a route to a gateway elsewhere": {`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, namespace: ml}, spec: {parentRefs: [{name: g, namespace: edge}]}}`, []string{
			"Event in ml [type!=Normal]", "Gateway.gateway.networking.k8s.io in edge", "Gateway.gateway.networking.k8s.io in ml", "HTTPRoute.gateway.networking.k8s.io in ml", "Service in ml",
		}},
		"a kind without namespaces": {"{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}}", []string{"StorageClass.storage.k8s.io"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants := wantsOf([]*statusTarget{targetOf(t, c.objects)}, func() bool { t.Error("one namespace, and all were asked for"); return true })
			if diff := cmp.Diff(c.want, wishes(wants)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestManyNamespacesAreOneListWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	var targets []*statusTarget
	for i := range maxNamespaces + 1 {
		targets = append(targets, targetOf(t, strings.ReplaceAll(coreObjects, "namespace: ml", fmt.Sprintf("namespace: ml-%d", i))))
	}
	if got := wishes(wantsOf(targets, func() bool { return true })); len(got) != 6 || slices.ContainsFunc(got, func(w string) bool { return strings.Contains(w, " in ") }) {
		t.Errorf("allowed: %q", got)
	}
	if got := wishes(wantsOf(targets, func() bool { return false })); len(got) != 36 {
		t.Errorf("not allowed: %q", got)
	}
}

func TestAServerIsReadWithTheCredentialsOfEachEnvironment(t *testing.T) {
	t.Parallel()
	getenv := map[string]string{"LADING_SERVER": "https://one.example", "LADING_TOKEN_ML": "of-ml", "LADING_TOKEN_AGENTS": "of-agents"}
	env := &Env{Getenv: func(name string) string { return getenv[name] }}
	var flags clusterFlags
	groups := make(clusterGroups)
	for _, name := range []string{"ml", "agents", "ml"} {
		e := settings.EnvironmentSpec{Name: name}
		client, err := flags.connect(env, e, settings.DeployerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		groups.of(client)
	}
	if len(groups) != 2 {
		t.Errorf("got %d ways to the server, want one for each token", len(groups))
	}
}

func TestAnEngineThatCannotBeWatchedIsNotJudgedByAnOldList(t *testing.T) {
	t.Parallel()
	gone := status.NewLive(nil, []status.Gap{{Kind: "Application", Reason: status.Unreachable}})
	one := &statusCluster{engine: true, unwatched: gone, live: status.NewLive(nil, nil)}
	clusters := &statusClusters{engines: map[string]*statusCluster{"prod": one}, all: []*statusCluster{one}}
	if err := clusters.look(); err != nil {
		t.Fatal(err)
	}
	if one.live != gone {
		t.Error("a look goes by what a list once told")
	}
}

func TestAProbeWantsTwoHundred(t *testing.T) {
	t.Parallel()
	answer := http.StatusOK
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.WriteHeader(answer)
	}))
	defer server.Close()
	target := targetOf(t, coreObjects)
	ready := func() []status.Report {
		return []status.Report{{Result: status.Result{Phase: status.Ready}, URLs: []status.Endpoint{{URL: "http://zenml-1.ml.svc.cluster.local:8000"}, {URL: server.URL}}}}
	}
	p := newProber()
	answer = http.StatusServiceUnavailable
	reports := ready()
	p.all(context.Background(), []*statusTarget{target}, reports)
	if r := reports[0]; r.Phase != status.Progressing || r.Reason != status.ProbeFailed || !strings.Contains(r.Message, "503") || asked != "/api/health" {
		t.Errorf("503: %s %s %q, asked for %s", r.Phase, r.Reason, r.Message, asked)
	}
	answer = http.StatusOK
	reports = ready()
	p.all(context.Background(), []*statusTarget{target}, reports)
	if reports[0].Phase != status.Ready {
		t.Errorf("200: %s %s", reports[0].Phase, reports[0].Message)
	}
	server.Close()
	if problem := p.get(context.Background(), server.URL); !strings.Contains(problem, "refused") {
		t.Errorf("nobody listens: %q", problem)
	}
}

func TestWithoutSettingsTheBranchIsEnough(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.sync(t)
	elsewhere := *p.harbour
	elsewhere.dir = t.TempDir()
	out := elsewhere.run(t, done, "status", "--no-project", "--env", "prod", "--repository", p.repository, "--kubeconfig", p.kubeconfig, "-o", "json")
	if got := phases(t, out); got["greet"] != "Ready" {
		t.Errorf("got %v", got)
	}
	elsewhere.run(t, misused, "status", "--no-project", "--env", "prod", "--repository", p.repository, "--kubeconfig", p.kubeconfig, "-l", "team=ml")
	out = elsewhere.run(t, done, "status", "--no-project", "--env", "staging", "--repository", p.repository, "--kubeconfig", p.kubeconfig)
	if !strings.Contains(out, "note: ") {
		t.Errorf("nothing is told of an empty environment: %q", out)
	}
	elsewhere.run(t, misused, "status", "--no-project", "--env", "prod", "--kubeconfig", p.kubeconfig)
	elsewhere.run(t, failed, "status", "--no-project", "--env", "prod", "--repository", p.repository+"/nowhere", "--kubeconfig", p.kubeconfig)
}

func TestOneFileWithoutAProject(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.dir = t.TempDir()
	p.write(t, "greet.yaml", strings.Replace(greet, "settings: {", "id: 3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f, settings: {", 1))
	p.run(t, done, "publish", "--trust-inputs", "-f", "greet.yaml", "--repository", p.local)
	p.rollOut(t, p.one(t, "").Objects)
	p.rollOut(t, p.one(t, "").shared)
	if got := phases(t, p.status(t, done, "-f", "greet.yaml", "-o", "json")); got["greet"] != "Ready" {
		t.Errorf("got %v", got)
	}
}
