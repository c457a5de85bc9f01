//go:build e2e

package e2e

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func podsOf(t *testing.T, namespace, deployment string) []string {
	t.Helper()
	names := strings.Fields(kubectl(t, "get", "pods", "-n", namespace, "-l", "zenml-deployment-name="+deployment, "-o", "jsonpath={.items[*].metadata.name}"))
	slices.Sort(names)
	return names
}

func TestLogsAreThoseOfAllPods(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/app:1\nsettings: {resources: {min_replicas: 2}}")
	p.publish(t)
	p.mustSync(t)
	p.waitFor(t, "greet", "Ready", "")
	out := p.must(t, "logs", "greet", "--env", "test", "--tail", "1")
	var seen []string
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		m := regexp.MustCompile(`^\[(.*)/main\] "GET /health" 200$`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("line %q, want [POD/main] and what the pod printed last", line)
		}
		seen = append(seen, m[1])
	}
	slices.Sort(seen)
	if pods := podsOf(t, ns, "greet"); !slices.Equal(seen, pods) {
		t.Errorf("logs of %v, want those of %v", seen, pods)
	}

	r := p.start(t, "logs", "greet", "--env", "test", "-f")
	for _, pod := range podsOf(t, ns, "greet") {
		r.says(t, "["+pod+"/main] listening on :8000")
	}
	kubectl(t, "delete", "pods", "--all", "-n", ns, "--wait=false")
	p.waitFor(t, "greet", "Ready", "")
	for _, pod := range podsOf(t, ns, "greet") { // new ones
		r.says(t, "["+pod+"/main] listening on :8000")
	}
	kubectl(t, "delete", "deployments", "--all", "-n", ns)
	if got := r.end(t); got.status != 0 {
		t.Errorf("the logs ended with exit status %d when the deployment was gone\n%s", got.status, got.stderr)
	}
}

func TestLogsOfTheRunBeforeTellWhyItCrashed(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/crash:1")
	p.publish(t)
	p.mustSync(t)
	v := p.waitFor(t, "greet", "Failed", "CrashLoop")
	const why = "RuntimeError: no model registered"
	if !strings.Contains(strings.Join(v.LogLines, "\n"), why) {
		t.Errorf("status shows the log %q, want %q in it", v.LogLines, why)
	}
	out := p.must(t, "logs", "greet", "--env", "test", "--previous", "--tail", "1")
	if want := "[" + podsOf(t, ns, "greet")[0] + "/main] " + why + "\n"; out != want {
		t.Errorf("logs --previous: %q, want %q", out, want)
	}
}
