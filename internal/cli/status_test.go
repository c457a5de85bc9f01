package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// A port is a harbour with a cluster.
type port struct {
	*harbour
	cluster    *kubetest.Server
	kubeconfig string
}

func newPort(t *testing.T) *port {
	t.Helper()
	p := &port{harbour: newHarbour(t), cluster: kubetest.New(t, kubetest.Options{})}
	var err error
	if p.kubeconfig, err = p.cluster.WriteKubeconfig(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return p
}

// sync makes the cluster have what the tip has.
func (p *port) sync(t *testing.T) {
	t.Helper()
	for _, target := range p.read(t, "") {
		p.rollOut(t, target.Shared)
		p.rollOut(t, target.Objects)
	}
}

func (p *port) rollOut(t *testing.T, objects []*manifest.Object) {
	t.Helper()
	var live []*unstructured.Unstructured
	for _, o := range objects {
		live = append(live, &unstructured.Unstructured{Object: o.Clone().Body})
	}
	if err := p.cluster.RollOut(live...); err != nil {
		t.Fatal(err)
	}
}

// status runs the command against the cluster.
func (p *port) status(t *testing.T, want exitStatus, args ...string) string {
	t.Helper()
	return p.run(t, want, append([]string{"status", "--repository", p.repository, "--kubeconfig", p.kubeconfig}, args...)...)
}

// document is the last JSON document of an output.
func document(t *testing.T, out string) statusDocument {
	t.Helper()
	var d statusDocument
	if err := json.NewDecoder(strings.NewReader(out[max(strings.Index(out, "{\n"), 0):])).Decode(&d); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return d
}

// phases are the phases of a status by deployment, with their reasons.
func phases(t *testing.T, out string) map[string]string {
	t.Helper()
	got := make(map[string]string)
	for _, d := range document(t, out).Deployments {
		got[d.Deployment] = strings.TrimSpace(string(d.Phase) + " " + string(d.Reason))
	}
	return got
}

func TestWithoutAnEngineLiveObjectsTell(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	out := p.status(t, differs, "-o", "json")
	if got := document(t, out).Deployments[0]; got.Phase != "NotSynced" {
		t.Errorf("nothing is live: %s %s", got.Phase, got.Reason)
	}
	if !strings.Contains(out, "the environment names no engine") || !strings.Contains(out, "proves less") {
		t.Errorf("that live objects are compared is not told:\n%s", out)
	}
	p.sync(t)
	if got := phases(t, p.status(t, done, "-o", "json")); got["greet"] != "Ready" {
		t.Errorf("all is live: %v", got)
	}
	p.publish(t, 2)
	if got := document(t, p.status(t, differs, "-o", "json")).Deployments[0]; got.Phase != "NotSynced" {
		t.Errorf("something older is live: %s %s", got.Phase, got.Reason)
	}
	if writes := p.cluster.Writes(); len(writes) > 0 {
		t.Errorf("status wrote: %v", writes)
	}
}

func TestARevisionIsNotMergedUntilItIs(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	one := p.publish(t, 1)
	p.sync(t)
	p.publish(t, 2, "--branch", "review")
	p.git(t, "update-ref", "refs/heads/review", gittest.OnTop(t, p.bare, one, "review"))
	p.git(t, "update-ref", "refs/pull/7/head", "refs/heads/review")
	out := p.status(t, differs, "--revision", "7", "-o", "json")
	if got := phases(t, out); got["greet"] != "NotSynced NotMerged" {
		t.Errorf("before the merge: %v", got)
	}
	if got := document(t, out).Deployments[0].Revision; got != "7" {
		t.Errorf("the revision is %q, want 7", got)
	}
	p.foreign(t, "main")
	gittest.Squash(t, p.bare, "main", "review")
	p.sync(t)
	if got := phases(t, p.status(t, done, "--revision", "7", "-o", "json")); got["greet"] != "Ready" {
		t.Errorf("after the merge: %v", got)
	}
	p.publish(t, 3)
	p.sync(t)
	if got := phases(t, p.status(t, differs, "--revision", "7", "-o", "json")); got["greet"] != "Superseded NewerCommitted" {
		t.Errorf("after another publish: %v", got)
	}
}

func TestADeletedDeploymentIsGoneWhenNothingOfItIsLive(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.sync(t)
	objects := p.one(t, "").Objects
	p.run(t, done, "delete", "greet", "--env", "prod", "--repository", p.local)
	if got := phases(t, p.status(t, differs, "greet", "-o", "json")); !strings.Contains(got["greet"], "StillLive") {
		t.Errorf("its objects are live: %v", got)
	}
	for _, o := range objects {
		p.cluster.Delete(o.Group(), o.Kind(), o.Namespace(), o.Name())
	}
	if got := phases(t, p.status(t, done, "greet", "-o", "json")); got["greet"] != "Gone" {
		t.Errorf("nothing of it is live: %v", got)
	}
	if got := document(t, p.status(t, done, "-o", "json")).Deployments; len(got) != 0 {
		t.Errorf("without its name it is told of: %v", got)
	}
}

func TestNamesThatNobodyKnowsAreToldWithWhatThereIs(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	out := p.status(t, failed, "gret")
	if want := "lading: there is no deployment \"gret\" in environment prod\nlading:   hint: did you mean \"greet\"?\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	p.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	if out := p.status(t, failed, "other"); !strings.Contains(out, "hint: the settings have it and it was not published yet: lading publish --env prod") {
		t.Errorf("got %q", out)
	}
	p.status(t, misused, "--env", "prd")
	p.status(t, misused, "")
	p.status(t, misused, "--timeout", "5m")
	p.status(t, misused, "--wait", "--sync-timeout", "-1s")
	p.status(t, failed, "--revision", "77")
	p.status(t, misused, "--revision", "#x")
	p.status(t, failed, "--revision", "feedbeef")
}

func TestWhatIsNotPublishedIsTold(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.write(t, "deployments/greet.yaml", greet)
	out := p.status(t, failed)
	want := fmt.Sprintf("lading: %s has no branch \"main\", so nothing is published for environment prod\n"+
		"lading:   hint: the first publish makes it: lading publish --env prod; or correct --branch or gitops.branch\n", p.bare)
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("before the first publish (-want +got):\n%s", diff)
	}
	p.publish(t, 1)
	p.sync(t)
	p.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	note := "lading: note: prod: not published yet: other; publish with 'lading publish --env prod', or merge the pull request that has it\n"
	if out := p.status(t, done); !strings.Contains(out, note) {
		t.Errorf("got %q", out)
	}
	if out := p.status(t, done, "greet"); strings.Contains(out, "not published") {
		t.Errorf("nobody asked for others: got %q", out)
	}
	if out := p.status(t, failed, "--branch", "mian"); !strings.Contains(out, `has no branch "mian"`) {
		t.Errorf("got %q", out)
	}
}

func TestWhatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.sync(t)
	p.cluster.Deny(kubetest.Denial{Group: "apps", Resource: "deployments"})
	if got := phases(t, p.status(t, failed, "-o", "json")); !strings.Contains(got["greet"], "Unknown") {
		t.Errorf("deployments are forbidden: %v", got)
	}
	p.cluster.Allow()
	p.cluster.Stop()
	if out := p.status(t, failed); !strings.Contains(out, "127.0.0.1") {
		t.Errorf("the cluster is away:\n%s", out)
	}
}

func TestOneClusterDoesNotHideAnother(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.write(t, "lading.yaml", strings.Replace(shop, "[{name: prod}]", "[{name: prod, cluster: {name: a}}, {name: edge, cluster: {name: b, context: edge}}]", 1))
	p.publish(t, 1)
	p.sync(t)
	away := kubetest.New(t, kubetest.Options{})
	text := string(p.cluster.Kubeconfig()) + strings.ReplaceAll(strings.ReplaceAll(string(away.Kubeconfig()), "test", "edge"), "current-context: edge", "")
	away.Stop()
	merged := mergeKubeconfigs(t, text)
	p.write(t, "kubeconfig", merged)
	p.kubeconfig = p.dir + "/kubeconfig"
	_, waited := p.waiting(t, "--sync-timeout", "300ms")()
	for _, out := range []string{p.status(t, failed, "-o", "json"), waited} {
		got := make(map[string]string)
		for _, d := range document(t, out).Deployments {
			got[d.Environment] = strings.TrimSpace(string(d.Phase) + " " + string(d.Reason))
		}
		if diff := cmp.Diff(map[string]string{"prod": "Ready", "edge": "Unknown Unreachable"}, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
	w := p.begin(t)
	w.says(t, "prod/greet: Ready")
	if err := away.Restart(); err != nil {
		t.Fatal(err)
	}
	w.says(t, "edge/greet: NotSynced")
	w.cancel()
	away.RequireToken("another")
	if _, out := p.waiting(t)(); !strings.Contains(out, "edge/greet: Unknown (Forbidden)") {
		t.Errorf("a cluster that does not accept us: got\n%s", out)
	}
}

// mergeKubeconfigs puts two configurations that stand one behind the other
// together.
func mergeKubeconfigs(t *testing.T, text string) string {
	t.Helper()
	merged := map[string]any{"apiVersion": "v1", "kind": "Config"}
	second := strings.LastIndex(text, "apiVersion: v1\nkind: Config")
	for _, part := range []string{text[:second], text[second:]} {
		body := manifest.Documents([]byte(part))[0].Value.(map[string]any)
		for _, key := range []string{"contexts", "clusters", "users"} {
			have, _ := merged[key].([]any)
			merged[key] = append(have, body[key].([]any)...)
		}
		if current := body["current-context"]; current != nil {
			merged["current-context"] = current
		}
	}
	out, err := manifest.AppendYAML(nil, merged)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestADryRunTellsWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.cluster.Reject(func(o map[string]any) *kubetest.Refusal {
		if o["kind"] != "Service" {
			return nil
		}
		return &kubetest.Refusal{Status: 422, Reason: "Invalid", Message: "spec.ports: Required value"}
	})
	d := document(t, p.status(t, rolloutBad, "--server-dry-run", "-o", "json")).Deployments[0]
	if d.Reason != "WouldBeRefused" || !strings.Contains(d.Message, "spec.ports: Required value") || d.Next == "" {
		t.Errorf("got %s %q", d.Reason, d.Message)
	}
}

// Engines make the namespace first, which a dry run cannot.
func TestADryRunDoesNotMindThatTheNamespaceComesFirst(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.cluster.Reject(func(o map[string]any) *kubetest.Refusal {
		if o["kind"] == "Namespace" {
			return nil
		}
		return &kubetest.Refusal{Status: 404, Reason: "NotFound", Message: `namespaces "zenml-deployments" not found`}
	})
	d := document(t, p.status(t, differs, "--server-dry-run", "-o", "json")).Deployments[0]
	if d.Phase != status.NotSynced {
		t.Errorf("got %s %s %q", d.Phase, d.Reason, d.Message)
	}
}

func TestDescribeTellsEverything(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 2)
	p.sync(t)
	out := p.run(t, done, "describe", "greet", "--repository", p.repository, "--kubeconfig", p.kubeconfig)
	for _, want := range []string{
		"Name:         greet\n", "Environment:  prod\n", "Image:        registry.example.com/zenml:greet\n", "Replicas:     2\n",
		"Directory:    prod/zenml-deployments/greet\n", "Status:  Ready, 2/2 pods ready", "node-1", "1/1 ready", "0 restarts",
		"spec.settings.resources.min_replicas", "greet.yaml:4:", "deployment.apps/zenml-deployments/zenml-",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in\n%s", want, out)
		}
	}
	out = p.run(t, done, "describe", "greet", "--repository", p.repository, "--kubeconfig", p.kubeconfig, "-o", "json")
	var got []description
	if err := json.NewDecoder(strings.NewReader(out[max(strings.Index(out, "[\n"), 0):])).Decode(&got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(got) != 1 || len(got[0].Pods) != 2 || got[0].Git.Directory != "prod/zenml-deployments/greet" {
		t.Errorf("got %+v", got)
	}
}

// application is the live Application of greet, at a commit.
func (p *port) application(t *testing.T, commit string) {
	t.Helper()
	target := p.one(t, "")
	if target.Unit == nil {
		t.Fatal("the branch has no engine object for greet")
	}
	now := p.now.Format(time.RFC3339)
	for _, unit := range []*manifest.Object{target.Unit, target.SharedUnit} {
		if unit == nil {
			continue
		}
		body := unit.Clone().Body
		objects := target.Objects
		if unit == target.SharedUnit {
			objects = target.Shared
		}
		var resources []any
		for _, o := range objects {
			_, version, _ := strings.Cut(o.APIVersion(), "/")
			resources = append(resources, map[string]any{"group": o.Group(), "version": version, "kind": o.Kind(), "namespace": o.Namespace(), "name": o.Name(), "status": "Synced"})
		}
		source := body["spec"].(map[string]any)["source"]
		body["status"] = map[string]any{
			"sync":           map[string]any{"status": "Synced", "revision": commit, "comparedTo": map[string]any{"source": source, "destination": body["spec"].(map[string]any)["destination"]}},
			"resources":      resources,
			"reconciledAt":   now,
			"health":         map[string]any{"status": "Healthy"},
			"operationState": map[string]any{"phase": "Succeeded", "startedAt": now, "finishedAt": now, "operation": map[string]any{"sync": map[string]any{"revision": commit}}, "syncResult": map[string]any{"revision": commit, "source": source}},
		}
		if err := p.cluster.Apply(&unstructured.Unstructured{Object: body}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheEnginesRevisionIsComparedByContent(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.cluster.Serve(kubetest.ArgoCD()...)
	p.write(t, "lading.yaml", strings.Replace(shop, "environments: [{name: prod}]",
		"gitops: {url: 'https://git.example.com/r.git'}\n  environments: [{name: prod, engine: {kind: argocd}}]", 1))
	one := p.publish(t, 1)
	p.application(t, one)
	p.sync(t)
	if got := phases(t, p.status(t, done, "-o", "json")); got["greet"] != "Ready" {
		t.Errorf("the engine is there: %v", got)
	}
	for range 10 {
		p.foreign(t, "main")
	}
	if got := phases(t, p.status(t, done, "-o", "json")); got["greet"] != "Ready" {
		t.Errorf("after ten commits of others: %v", got)
	}
	p.publish(t, 2)
	out := p.status(t, differs, "-o", "json")
	if got := document(t, out).Deployments[0]; got.Phase != "NotSynced" || strings.Contains(out, "proves less") {
		t.Errorf("the engine is behind: %s %s\n%s", got.Phase, got.Reason, out)
	}
	p.cluster.Deny(kubetest.Denial{Group: "argoproj.io"})
	if out := p.status(t, differs, "-o", "json"); !strings.Contains(out, "proves less") {
		t.Errorf("the engine may not be asked:\n%s", out)
	}
	p.cluster.Allow()
	p.cluster.Withdraw("argoproj.io", "Application")
	if out := p.status(t, differs, "-o", "json"); !strings.Contains(out, "proves less") {
		t.Errorf("the engine is not there:\n%s", out)
	}
}

func TestADeletedDeploymentWaitsForItsEngineObject(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.cluster.Serve(kubetest.ArgoCD()...)
	p.write(t, "lading.yaml", strings.Replace(shop, "environments: [{name: prod}]",
		"gitops: {url: 'https://git.example.com/r.git'}\n  environments: [{name: prod, engine: {kind: argocd}}]", 1))
	p.application(t, p.publish(t, 1))
	p.sync(t)
	before := p.one(t, "")
	p.run(t, done, "delete", "greet", "--env", "prod", "--repository", p.local)
	if got := phases(t, p.status(t, differs, "greet", "-o", "json")); got["greet"] != "NotSynced EngineObjectRemains" {
		t.Errorf("its Application is there: %v", got)
	}
	for _, o := range append(before.Objects, before.Unit) {
		p.cluster.Delete(o.Group(), o.Kind(), o.Namespace(), o.Name())
	}
	out := p.status(t, done, "greet", "-o", "json")
	if got := phases(t, out); got["greet"] != "Gone" || strings.Contains(out, "proves less") {
		t.Errorf("nothing of it is left: %v\n%s", got, out)
	}
}

func TestAThousandDeploymentsAreListedAtOnce(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	const many = 1000
	var b strings.Builder
	for i := range many {
		b.WriteString(strings.ReplaceAll(greet, "greet", fmt.Sprintf("greet-%04d", i)) + "---\n")
	}
	p.write(t, "deployments/greet.yaml", b.String())
	p.run(t, done, "publish", "--trust-inputs", "--repository", p.local)
	p.sync(t)
	before := len(p.cluster.Requests())
	out := p.status(t, done, "-o", "json")
	if got := len(document(t, out).Deployments); got != many {
		t.Errorf("%d deployments, want %d", got, many)
	}
	requests := p.cluster.Requests()[before:]
	// Discovery, and per kind one list in pages of some hundreds.
	if len(requests) > 40 {
		t.Errorf("%d requests:\n%s", len(requests), strings.Join(requests, "\n"))
	}
}
