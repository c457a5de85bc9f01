//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/internal/gittest"
)

// A liveProject is a project without an engine: kubectl applies what was
// published, and status compares it with what is live.
type liveProject struct {
	project
	kubeconfig string
}

// newLive makes a project with one environment, test, whose deployments lie in
// a namespace unless they name another. It is published to a repository beside
// it.
func newLive(t *testing.T, namespace string) liveProject {
	t.Helper()
	p := liveProject{project{t.TempDir()}, shared.Kubeconfig()}
	gittest.Git(t, p.dir, "init", "--quiet")
	gittest.Git(t, p.dir, "init", "--quiet", "--bare", "rendered.git")
	p.write(t, ".gitignore", "rendered.git\ntree\n")
	p.write(t, "lading.yaml", fmt.Sprintf(`
apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: %[1]s}
spec:
  key: %[1]s
  deployments: ["*/deployment.yaml"]
  deployer: {kubernetes_namespace: %[1]s}
  defaults: {entrypoint: image}
  environments: [{name: test}]
  gitops: {repository: rendered.git}
`, namespace))
	return p
}

// deployment adds a deployment to the project. Spec is YAML of one line or of
// lines that are not indented.
func (p liveProject) deployment(t *testing.T, name, spec string) {
	t.Helper()
	p.write(t, name+"/deployment.yaml", "apiVersion: lading.dev/v1alpha1\nkind: PipelineDeployment\nmetadata: {name: "+name+"}\nspec:\n  "+
		strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  ")+"\n")
}

func (p liveProject) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// publish commits the settings and publishes what they render.
func (p liveProject) publish(t *testing.T) {
	t.Helper()
	gittest.Git(t, p.dir, "add", ".")
	gittest.Git(t, p.dir, "commit", "--quiet", "--allow-empty", "--message", "settings")
	p.must(t, "publish", "--init", "--env", "test")
}

// sync does what an engine does: it applies what the branch holds. What the
// API server refuses is returned.
func (p liveProject) sync(t *testing.T) string {
	t.Helper()
	tree := filepath.Join(p.dir, "tree")
	if err := os.RemoveAll(tree); err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, p.dir, "clone", "--quiet", "rendered.git", "tree")
	// Namespaces stand in a directory of their own, and go first.
	shared, err := filepath.Glob(tree + "/test/*/_shared")
	if err != nil {
		t.Fatal(err)
	}
	var refused strings.Builder
	for _, dir := range append(shared, tree+"/test") {
		cmd := exec.CommandContext(t.Context(), p.kubectlPath(), "apply", "--server-side", "--field-manager=e2e", "--force-conflicts", "--recursive", "-f", dir)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+p.kubeconfig)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		var failed *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		refused.Reset() // what could not be applied the first time is tried again
		refused.Write(stderr.Bytes())
	}
	return refused.String()
}

func (p liveProject) kubectlPath() string { return shared.KubectlPath() }

// mustSync applies what the branch holds, all of it.
func (p liveProject) mustSync(t *testing.T) {
	t.Helper()
	if refused := p.sync(t); refused != "" {
		t.Fatalf("kubectl apply: %s", refused)
	}
}

// command is a run of lading that uses the project's kubeconfig.
func (p liveProject) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), lading, args...)
	cmd.Dir = p.dir
	cmd.Env = append(gittest.Env(), "KUBECONFIG="+p.kubeconfig)
	return cmd
}

func (p liveProject) run(t *testing.T, args ...string) result {
	t.Helper()
	return finish(t, p.command(t, args...))
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Error(err)
		return result{status: -1}
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// A verdict is what status says of a deployment, in JSON.
type verdict struct {
	Deployment, Namespace, ID, SettingAt, GaveUp string
	finding
	Sync              finding
	Pods              struct{ Ready, Desired int }
	Results, Warnings []finding
	LogLines          []string
}

type finding struct {
	Object                                *struct{ Kind, Namespace, Name string }
	Phase, Reason, Message, Next, Setting string
	Final                                 bool
	Events                                []struct{ Reason, Message string }
}

// status looks at all deployments, or at some.
func (p liveProject) status(t *testing.T, args ...string) (map[string]verdict, result) {
	t.Helper()
	r := p.run(t, append([]string{"status", "--env", "test", "-o", "json"}, args...)...)
	return verdicts(t, r), r
}

func verdicts(t *testing.T, r result) map[string]verdict {
	t.Helper()
	var doc struct{ Deployments []verdict }
	if r.stdout != "" {
		if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
			t.Errorf("%v in\n%s%s", err, r.stdout, r.stderr)
		}
	}
	all := make(map[string]verdict)
	for _, v := range doc.Deployments {
		all[v.Deployment] = v
	}
	return all
}

// waitFor waits until status says something of a deployment.
func (p liveProject) waitFor(t *testing.T, name, phase, reason string) verdict {
	t.Helper()
	var v verdict
	eventually(t, name+" is "+phase+" "+reason, func() string {
		all, r := p.status(t, name)
		v = all[name]
		return yesIf(strings.TrimSpace(v.Phase+" "+v.Reason), strings.TrimSpace(phase+" "+reason)) + hide(v.Phase == phase && v.Reason == reason, "\n"+r.stdout+r.stderr)
	})
	return v
}

func hide(yes bool, text string) string {
	if yes {
		return ""
	}
	return text
}

// makeNamespace makes a namespace that goes with the test.
func makeNamespace(t *testing.T, name string) string {
	t.Helper()
	kubectl(t, "create", "namespace", name)
	t.Cleanup(func() { _, _ = shared.Kubectl(context.Background(), "delete", "namespace", name, "--wait=false") })
	return name
}
