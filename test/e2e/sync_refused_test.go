//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A pod disruption budget that no API server takes, and a ConfigMap that cannot
// be changed.
const (
	invalidBudget = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: "{{name}}"}
spec: {minAvailable: "some", selector: {matchLabels: {a: b}}}
`
	fixedConfig = `
apiVersion: v1
kind: ConfigMap
metadata: {name: fixed}
immutable: true
data: {key: %s}
`
)

func TestWhatTheAPIServerRejectsIsToldInItsWords(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "rejected", syncOptions{})
		p.deployment(t, "fixed", "app", "", "additional_resources: [extras.yaml]")
		p.write(t, "fixed/extras.yaml", fmt.Sprintf(fixedConfig, "old"))
		p.deployment(t, "web", "app", "")
		p.start(t, "fixed", "web")

		p.deployment(t, "web", "app", "", "additional_resources: [extras.yaml]")
		p.write(t, "web/extras.yaml", invalidBudget)
		p.write(t, "fixed/extras.yaml", fmt.Sprintf(fixedConfig, "new"))
		p.publish(t, "--recreate")
		web, fixed := p.wait(t, "web"), p.wait(t, "fixed")
		got := web.end(t).wants(t, "Failed SyncRejected")
		if !strings.Contains(got.Message, "PodDisruptionBudget") && !strings.Contains(got.Message, "poddisruptionbudget") || !strings.Contains(got.Message, "some") || got.Next == "" || !got.Final {
			t.Errorf("it does not say what the API server said, or what to do:\n%s", got.result.stdout)
		}
		got = fixed.end(t).wants(t, "Failed SyncImmutableField")
		if !strings.Contains(got.Message, "immutable") || got.Next == "" || !got.Final {
			t.Errorf("it does not say what the API server said, or what to do:\n%s", got.result.stdout)
		}

		p.deployment(t, "web", "app", "memory: 512MiB")
		p.publish(t)
		if e.kind == "argocd" { // which tries what was rejected for minutes
			got = p.until(t, "web", "NotSynced EngineBusy")
			p.obey(t, got)
		}
		p.until(t, "web", "Ready")
	})
}

// The engine stands in another cluster than the pods, as far as kubeconfigs tell,
// each environment has a branch, and each namespace an engine object.
func TestOldPodsDoNotMakeABrokenRolloutReady(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		o := syncOptions{
			gitops:      ", group_by: namespace, branch: 'rendered/{{environment}}'",
			environment: ", cluster: {context: work}",
			engine:      ", context: hub",
		}
		if e.kind == "flux" {
			o.engine += ", kubeconfig_secret: work"
			kubectl(t, "create", "secret", "generic", "work", "-n", e.namespace, "--from-file=value="+shared.Kubeconfig())
		}
		p := newSync(t, e, "broken", o)
		p.kubeconfig = twoContexts(t)
		p.deployment(t, "web", "app", "")
		p.publish(t, "--init")
		p.bootstrap(t)
		p.until(t, "web", "Ready")
		p.deployment(t, "web", "no-such", "")
		p.publish(t)
		got := p.wait(t, "web").end(t).wants(t, "Failed ImageNotFound")
		if got.Pods.Ready != 0 || got.Sync.Phase != "Ready" || got.Sync.Revision != p.tip(t, "rendered/"+p.env) {
			t.Errorf("want it synced and no pod ready:\n%s", got.result.stdout)
		}
		if n := p.live(t, "web", ".status.availableReplicas"); n != "1" {
			t.Errorf("%s old pods are available, want 1", n)
		}
	})
}

// twoContexts is a kubeconfig that knows the cluster under two names.
func twoContexts(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(shared.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	names := kubectl(t, "config", "view", "-o", "jsonpath={.contexts[0].name} {.contexts[0].context.cluster} {.contexts[0].context.user}")
	var context, server, user string
	if _, err := fmt.Sscan(names, &context, &server, &user); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hub", "work"} {
		kubectl(t, "config", "set-context", name, "--cluster="+server, "--user="+user, "--kubeconfig="+path)
	}
	kubectl(t, "config", "delete-context", context, "--kubeconfig="+path)
	kubectl(t, "config", "unset", "current-context", "--kubeconfig="+path)
	return path
}

func TestAnEngineThatCannotFetchSaysWhy(t *testing.T) {
	locked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(locked.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	eachEngine(t, func(t *testing.T, e engine) {
		private := newSync(t, e, "private", syncOptions{url: locked.URL + "/private.git"})
		private.deployment(t, "web", "app", "")
		private.publish(t)
		private.bootstrap(t)
		got := private.wait(t, "web").end(t).wants(t, "NotSynced SourceUnauthorized")
		if !got.Final || got.GaveUp != "" || !strings.Contains(got.Message, "uthentication") {
			t.Errorf("it does not tell at once that the engine lacks credentials:\n%s", got.result.stdout)
		}

		down := newSync(t, e, "unreachable", syncOptions{url: gone.URL + "/unreachable.git"})
		down.deployment(t, "web", "app", "")
		down.publish(t)
		down.bootstrap(t)
		down.asking(t, "the refused connection is the cause", func() string {
			got := down.status(t, "web")
			if got.verdict() == "NotSynced SourceFailed" && strings.Contains(got.Message, "refused") {
				return yesIf(fmt.Sprint(got.Final), "false") // a server that is down may come back
			}
			return got.result.stdout
		})
	})
}

func TestAnEngineThatWasToldNotToSyncSaysSo(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "held", syncOptions{})
		names := []string{"paused", "source", "window"}
		for _, name := range names {
			p.deployment(t, name, "app", "")
		}
		p.start(t, names...)
		publish := func() {
			for _, name := range names {
				p.deployment(t, name, "app", "memory: 512MiB")
			}
			p.publish(t)
		}
		hold := map[string]func(*testing.T, syncProject, func()){"argocd": heldArgoCD, "flux": heldFlux}
		hold[e.kind](t, p, publish)
	})
}

func heldFlux(t *testing.T, p syncProject, publish func()) {
	unit, root := p.unit(t, "paused"), p.root(t)
	source := kubectl(t, "get", p.e.units, root, "-n", p.e.namespace, "-o", "jsonpath={.spec.sourceRef.name}")
	p.patch(t, "kustomizations.kustomize.toolkit.fluxcd.io/"+unit, `{"spec":{"suspend":true}}`)
	publish()
	if got := p.wait(t, "paused").end(t).wants(t, "NotSynced EngineSuspended"); !got.Final {
		t.Errorf("a wait for it need not go on:\n%s", got.result.stdout)
	}
	p.until(t, "source", "Ready")

	p.patch(t, "gitrepositories.source.toolkit.fluxcd.io/"+source, `{"spec":{"suspend":true}}`)
	p.deployment(t, "source", "app", "memory: 1GiB")
	p.publish(t)
	if got := p.wait(t, "source").end(t).wants(t, "NotSynced SourceSuspended"); !got.Final {
		t.Errorf("a wait for it need not go on:\n%s", got.result.stdout)
	}

	// The source leaves the directory out.
	p.patch(t, "gitrepositories.source.toolkit.fluxcd.io/"+source, `{"spec":{"suspend":false,"ignore":"/`+p.env+`/`+p.env+`/source"}}`)
	if got := p.wait(t, "source").end(t).wants(t, "NotSynced SourcePathMissing"); !got.Final {
		t.Errorf("a wait for it need not go on:\n%s", got.result.stdout)
	}
	p.patch(t, "gitrepositories.source.toolkit.fluxcd.io/"+source, `{"spec":{"ignore":null}}`)
	p.until(t, "source", "Ready")
	p.patch(t, "kustomizations.kustomize.toolkit.fluxcd.io/"+unit, `{"spec":{"suspend":false}}`)
	p.until(t, "paused", "Ready")
}

func heldArgoCD(t *testing.T, p syncProject, publish func()) {
	paused, source, window := p.unit(t, "paused"), p.unit(t, "source"), p.unit(t, "window")
	// The root would take changes back.
	p.patch(t, "applications/"+p.root(t), `{"spec":{"syncPolicy":{"automated":null}}}`)
	p.patch(t, "applications/"+paused, `{"spec":{"syncPolicy":{"automated":null}}}`)
	p.patch(t, "applications/"+source, `{"metadata":{"annotations":{"argocd.argoproj.io/skip-reconcile":"true"}}}`)
	p.patch(t, "appprojects/default", `{"spec":{"syncWindows":[{"kind":"deny","schedule":"* * * * *","duration":"1h","applications":["`+window+`"]}]}}`)
	t.Cleanup(func() {
		_, _ = shared.Kubectl(context.Background(), "patch", "appprojects/default", "-n", p.e.namespace, "--type=merge", "-p", `{"spec":{"syncWindows":null}}`)
	})
	publish()
	got := p.wait(t, "paused").end(t).wants(t, "NotSynced AutoSyncOff")
	if !got.Final {
		t.Errorf("a wait for it need not go on:\n%s", got.result.stdout)
	}
	p.obey(t, got)
	p.until(t, "paused", "Ready")
	if got := p.wait(t, "source").end(t).wants(t, "NotSynced EngineSuspended"); !got.Final {
		t.Errorf("a wait for it need not go on:\n%s", got.result.stdout)
	}
	p.until(t, "window", "NotSynced SyncWindowClosed")
	p.patch(t, "appprojects/default", `{"spec":{"syncWindows":null}}`)
	p.until(t, "window", "Ready")
	p.patch(t, "applications/"+source, `{"metadata":{"annotations":{"argocd.argoproj.io/skip-reconcile":null}}}`)
	p.until(t, "source", "Ready")
}

// Flux applies a deployment after its namespace.
func TestADependencyThatIsRefusedIsTheCause(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "depends", syncOptions{})
		apply(t, "default", strings.ReplaceAll(noSuchNamespace, "$namespace", p.env))
		eventually(t, "the namespace is denied", func() string {
			if _, err := shared.Kubectl(t.Context(), "create", "namespace", p.env, "--dry-run=server"); err == nil {
				return "it is accepted"
			}
			return "yes"
		})
		p.deployment(t, "web", "app", "")
		p.publish(t)
		p.bootstrap(t)
		verdict := map[string]string{"argocd": "Failed SyncWebhookDenied", "flux": "NotSynced DependencyNotReady"}
		got := p.wait(t, "web").end(t).wants(t, verdict[e.kind])
		if !got.Final || !strings.Contains(got.Message, "ask the platform team") {
			t.Errorf("it does not tell why there is no namespace:\n%s", got.result.stdout)
		}
	})
}

const noSuchNamespace = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: $namespace}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [namespaces], resourceNames: [$namespace]}]}
  validations: [{expression: "false", message: ask the platform team}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: $namespace}
spec: {policyName: $namespace, validationActions: [Deny]}
`
