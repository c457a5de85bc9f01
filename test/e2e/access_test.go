//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// What rbac prints is enough for those who look, and without it they are told
// what they lack.
func TestRolesOfRBACAreEnough(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/app:1\nsettings: {resources: {min_replicas: 2}}")
	p.deployment(t, "job", "image: registry.example.com/app:1\n"+extras)
	p.write(t, "job/extras.yaml", ingress("ingressClassName: e2e", "{{service_name}}", "{{service_port}}")+"---\n"+claim("storageClassName: fast")+
		"---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: notes}}\n---\n{apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: registry.example.com/app:1}]}}}}")
	p.publish(t)
	p.mustSync(t)
	p.waitFor(t, "greet", "Ready", "")
	kubectl(t, "create", "serviceaccount", "lading", "-n", ns)
	admin := p.kubeconfig
	p.kubeconfig = withToken(t, shared.Server(), authority(t), ns, "lading")

	r := p.run(t, "status", "--env", "test")
	for _, want := range []string{"deployments", "list", "lading rbac"} {
		if !strings.Contains(r.stderr+r.stdout, want) {
			t.Errorf("without permissions status does not speak of %q:\n%s%s", want, r.stderr, r.stdout)
		}
	}
	if r.status != 1 {
		t.Errorf("without permissions: exit status %d, want 1", r.status)
	}
	r = p.run(t, "logs", "greet", "--env", "test")
	if r.status != 1 || !strings.Contains(r.stderr, "pods") || !strings.Contains(r.stderr, "hint: ") {
		t.Errorf("logs without permissions: exit status %d, want 1 and what is missing\n%s", r.status, r.stderr)
	}

	apply(t, ns, p.must(t, "rbac", "--env", "test", "--service-account", ns+"/lading"))
	as := []string{"--as=system:serviceaccount:" + ns + ":lading"}
	eventually(t, "the roles are known", func() string {
		_, err := shared.Kubectl(t.Context(), append(as, "get", "pods", "-n", ns)...)
		return hide(err != nil, "yes") + hide(err == nil, fmt.Sprint(err))
	})
	for _, args := range [][]string{{"status", "greet"}, {"status", "greet", "--wait"}, {"describe", "greet"}, {"logs", "greet"}} {
		got := p.run(t, append(args, "--env", "test")...)
		if got.status != 0 || strings.Contains(got.stderr+got.stdout, "orbidden") || strings.Contains(got.stderr+got.stdout, "Unreachable") {
			t.Errorf("lading %s: exit status %d\n%s%s", strings.Join(args, " "), got.status, got.stderr, got.stdout)
		}
	}
	apply(t, ns, p.must(t, "rbac", "--env", "test", "--for", "preflight", "--service-account", ns+"/lading"))
	eventually(t, "preflight may read all that it looks at", func() string {
		var unknown []string
		found, r := p.preflight(t)
		for _, c := range found {
			if c.State == "unknown" || c.Check == "permission" && c.State != "ok" {
				unknown = append(unknown, fmt.Sprintf("%+v", c))
			}
		}
		return hide(len(unknown) > 0, "yes") + strings.Join(unknown, "\n") + hide(len(unknown) == 0, r.stderr)
	})
	mine := p.run(t, "status", "job", "--env", "test", "-o", "json")
	p.kubeconfig = admin
	theirs := p.run(t, "status", "job", "--env", "test", "-o", "json")
	if a, b := verdicts(t, mine)["job"], verdicts(t, theirs)["job"]; a.Reason != b.Reason || a.Phase != b.Phase || strings.Contains(mine.stdout+mine.stderr, "orbidden") {
		t.Errorf("status by the roles says %s %s, and by an administrator %s %s\n%s", a.Phase, a.Reason, b.Phase, b.Reason, mine.stderr)
	}
}

// A check is what preflight says of one thing.
type check struct{ State, Check, Object, Message, Next string }

func (p liveProject) preflight(t *testing.T, args ...string) ([]check, result) {
	t.Helper()
	r := p.run(t, append([]string{"preflight", "--env", "test", "-o", "json"}, args...)...)
	var doc struct{ Checks []check }
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatalf("%v in\n%s%s", err, r.stdout, r.stderr)
	}
	return doc.Checks, r
}

func TestPreflightFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	absent := ns + "-absent"
	p.deployment(t, "greet", `
image: registry.example.com/app:1
secretEnv: {TOKEN: {secret: api, key: token}}
settings:
  deployer:
    service_account_name: runner
    image_pull_secrets: [regcred]
    pod_settings: {env_from: [{configMapRef: {name: shared}}]}
    additional_resources: [extras.yaml]
  resources: {cpu_count: 1, min_replicas: 1, max_replicas: 2, autoscaling_metric: cpu}
`)
	p.write(t, "greet/extras.yaml", ingress("ingressClassName: "+ns, "{{service_name}}", "{{service_port}}")+"---\n"+claim("storageClassName: "+ns)+
		"---\n{apiVersion: "+ns+".example.com/v1, kind: Widget, metadata: {name: widget}}\n")
	p.deployment(t, "elsewhere", "image: registry.example.com/app:1\nsettings: {deployer: {namespace: "+absent+"}}")
	p.write(t, "lading.yaml", strings.Replace(readFile(t, p.dir+"/lading.yaml"), "spec:\n", "spec:\n  namespaces: {manage: false}\n", 1))
	p.commit(t, "settings")

	missing := map[string]string{
		"namespace": absent, "kind": "widget", "ingress class": ns, "metrics API": "metrics.k8s.io",
		"storage class": ns, "secret": "api", "image pull secret": "regcred", "config map": "shared", "service account": "runner",
	}
	found, r := p.preflight(t)
	if r.status != 1 {
		t.Errorf("exit status %d, want 1\n%s", r.status, r.stderr)
	}
	for name, object := range missing {
		if c := failedCheck(found, name, object); c == nil || c.Next == "" {
			t.Errorf("preflight does not say that there is no %s %s, and what to do", name, object)
		}
	}
	if t.Failed() {
		t.Logf("%s", p.run(t, "preflight", "--env", "test").stdout)
	}

	makeNamespace(t, absent)
	apply(t, ns, fmt.Sprintf(`
{apiVersion: v1, kind: ServiceAccount, metadata: {name: runner}}
---
{apiVersion: v1, kind: Secret, metadata: {name: api}, stringData: {token: a}}
---
{apiVersion: v1, kind: Secret, metadata: {name: regcred}, type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: "{}"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: shared}}
---
{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: %[1]s}, spec: {controller: example.com/ingress}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: %[1]s}, provisioner: example.com/disk}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.%[1]s.example.com}
spec:
  group: %[1]s.example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`, ns))
	delete(missing, "metrics API") // this cluster cannot have it
	eventually(t, "preflight finds what is there now", func() string {
		found, r := p.preflight(t)
		var left []string
		for _, c := range found {
			if c.State != "ok" && c.Check != "metrics API" {
				left = append(left, fmt.Sprintf("%+v", c))
			}
		}
		return hide(len(left) > 0, "yes") + strings.Join(left, "\n") + hide(len(left) == 0, r.stderr)
	})
	if found, r := p.preflight(t, "elsewhere"); r.status != 0 || len(found) == 0 {
		t.Errorf("a deployment that lacks nothing: exit status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
}

// failedCheck is the check that failed on a thing.
func failedCheck(found []check, name, thing string) *check {
	for _, c := range found {
		if c.State == "failed" && c.Check == name && strings.Contains(c.Object+" "+c.Message, thing) {
			return &c
		}
	}
	return nil
}
