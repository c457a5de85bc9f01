package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSettingsOnlySayHowToWait(t *testing.T) {
	t.Parallel()
	h := newHarbour(t)
	h.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	h.publish(t, 1)
	h.write(t, "deployments/other.yaml", "kind: [")
	for _, broken := range []bool{true, false} {
		if !broken {
			h.write(t, "deployments/other.yaml", strings.ReplaceAll(
				strings.ReplaceAll(greet, "greet", "other"),
				"settings: {", "settings: {deployer: {lcm_timeout: 30, strict_additional_resources: false, wait_for_load_balancer_timeout: 0}, "))
		}
		targets := h.read(t, "", "other")
		want := []any{600 * time.Second, 150 * time.Second, false}
		if !broken {
			want = []any{30 * time.Second, time.Duration(0), true}
		}
		got := []any{targets[0].Timeout, targets[0].LoadBalancerTimeout, targets[0].Lenient}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("broken %v: -want +got\n%s", broken, diff)
		}
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
	p.rollOut(t, p.one(t, "").Shared)
	if got := phases(t, p.status(t, done, "-f", "greet.yaml", "-o", "json")); got["greet"] != "Ready" {
		t.Errorf("got %v", got)
	}
}
