package cli

import (
	"fmt"
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
	for name, hint := range map[string]string{"proud": `did you mean "prod"?`, "staging": "it has prod"} {
		out = elsewhere.run(t, failed, "status", "--no-project", "--env", name, "--repository", p.repository, "--kubeconfig", p.kubeconfig)
		if want := fmt.Sprintf("lading: branch main has nothing of environment %s\nlading:   hint: %s\n", name, hint); out != want {
			t.Errorf("got %q, want %q", out, want)
		}
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

func TestAChoiceOfNothingIsNoSuccess(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.write(t, "lading.yaml", strings.Replace(shop, "{name: prod}", "{name: prod}, {name: edge}", 1))
	p.write(t, "deployments/greet.yaml", greet)
	p.run(t, done, "publish", "--trust-inputs", "--repository", p.local, "--env", "prod")
	p.sync(t)
	out := p.status(t, failed, "-l", "team=ml", "-o", "json")
	if want := "lading: nothing that is published is chosen by --selector team=ml\nlading:   hint: published are prod/greet\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	p.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	if out := p.status(t, failed, "-f", "deployments/other.yaml"); !strings.Contains(out, "not published yet: other;") || !strings.Contains(out, "chosen by --filename deployments/other.yaml") {
		t.Errorf("got %q", out)
	}
	for _, args := range [][]string{{"--env", "edge"}, {"--env", "edge", "--wait"}} {
		out = p.status(t, done, append(args, "-o", "json")...)
		if d := document(t, out); d.Ready || d.ExitStatus != 0 || !strings.Contains(out, "note: nothing is published yet") {
			t.Errorf("an environment to which nothing was published:\n%s", out)
		}
	}
}
