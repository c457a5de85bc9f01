//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
)

// patience is how long a test waits for what should come within seconds. It is
// long because machines are slow that build at the same time.
const patience = 90 * time.Second

// namespace makes a namespace that goes with the test.
func namespace(t *testing.T) string {
	t.Helper()
	prefix := strings.ToLower(t.Name())
	prefix = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, prefix)
	name := strings.Trim(prefix[:min(len(prefix), 40)], "-") + "-" + time.Now().Format("150405")
	kubectl(t, "create", "namespace", name)
	t.Cleanup(func() { _, _ = shared.Kubectl(context.Background(), "delete", "namespace", name, "--wait=false") })
	return name
}

// kubectl runs kubectl as administrator and returns what it printed. The test
// ends if it fails.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := shared.Kubectl(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// apply applies manifests to the namespaces that they name, or to one.
func apply(t *testing.T, namespace, manifests string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shared.KubectlPath(), "apply", "--server-side", "--namespace", namespace, "-f", "-")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig())
	cmd.Stdin = strings.NewReader(manifests)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kubectl apply: %v\n%s", err, out)
	}
}

// eventually waits until a question is answered with nothing but yes. What
// else it says is shown when time is up.
func eventually(t *testing.T, what string, ask func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		answer := ask()
		if answer == "yes" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s; last seen:\n%s", what, patience, answer)
		}
		time.Sleep(400 * time.Millisecond)
	}
}

// A result is what a run of lading came to.
type result struct {
	stdout, stderr string
	status         int
}

// A project is a directory with settings under Git.
type project struct{ dir string }

// run runs lading in the project and returns what it said.
func (p project) run(t *testing.T, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), lading, args...)
	cmd.Dir = p.dir
	cmd.Env = append(gittest.Env(), "KUBECONFIG="+shared.Kubeconfig())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs lading, which has to succeed, and returns its standard output.
func (p project) must(t *testing.T, args ...string) string {
	t.Helper()
	r := p.run(t, args...)
	if r.status != 0 {
		t.Fatalf("lading %s: exit status %d\n%s%s", strings.Join(args, " "), r.status, r.stderr, r.stdout)
	}
	return r.stdout
}

// change replaces text in a file of the project, and commits it.
func (p project) change(t *testing.T, file, old, with string) {
	t.Helper()
	path := p.dir + "/" + file
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, with)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.commit(t, "change "+file)
}

func (p project) commit(t *testing.T, message string) {
	t.Helper()
	gittest.Git(t, p.dir, "add", ".")
	gittest.Git(t, p.dir, "commit", "--quiet", "--message", message)
}
