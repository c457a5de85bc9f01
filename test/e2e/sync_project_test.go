//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
)

// A syncProject is a project with one environment that a real engine syncs from
// the cluster's Git server.
type syncProject struct {
	project
	e engine
	// env is the name of the environment, of its namespace and its repository.
	env, kubeconfig string
}

// syncOptions are added to the project file, as YAML in one line.
type syncOptions struct {
	gitops, environment, engine string
	// url is where the engine finds the repository, where that is another place.
	url string
}

// eachEngine runs a story with both engines.
func eachEngine(t *testing.T, story func(*testing.T, engine)) {
	t.Parallel()
	for _, e := range []engine{flux, argoCD} {
		t.Run(e.kind, func(t *testing.T) {
			t.Parallel()
			story(t, e)
		})
	}
}

func newSync(t *testing.T, e engine, name string, o syncOptions) syncProject {
	t.Helper()
	p := syncProject{project{t.TempDir()}, e, name + "-" + e.kind, shared.Kubeconfig()}
	url, err := shared.NewRepository(p.env + ".git")
	if err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, p.dir, "init", "--quiet")
	p.write(t, "lading.yaml", fmt.Sprintf(`
apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: %[1]s}
spec:
  key: %[1]s
  deployments: ["*/deployment.yaml"]
  deployer: {kubernetes_namespace: %[1]s}
  defaults: {entrypoint: image}
  environments: [{name: %[1]s, engine: %[2]s%[3]s}%[4]s}]
  gitops: {repository: %[5]s, url: %[6]s%[7]s}
`, p.env, strings.TrimSuffix(e.settings, "}"), o.engine, o.environment, url, cmp.Or(o.url, url), o.gitops))
	return p
}

func (p syncProject) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// deployment writes the settings of a deployment: the end of its image's name,
// which says how its pods behave, its resources, and more of its deployer's
// settings.
func (p syncProject) deployment(t *testing.T, name, image, resources string, deployer ...string) {
	t.Helper()
	p.write(t, name+"/deployment.yaml", fmt.Sprintf(`
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: %s}
spec:
  image: registry.example.com/%s:1
  settings:
    resources: {%s}
    deployer: {%s}
`, name, image, resources, strings.Join(append(deployer, "service_type: ClusterIP"), ", ")))
}

// publish commits the settings and publishes what they render.
func (p syncProject) publish(t *testing.T, args ...string) {
	t.Helper()
	p.commit(t, "settings")
	p.must(t, append([]string{"publish", "--env", p.env}, args...)...)
}

// bootstrap applies the root of the engine's objects.
func (p syncProject) bootstrap(t *testing.T) {
	t.Helper()
	apply(t, p.e.namespace, p.must(t, "bootstrap", "--env", p.env))
}

// start publishes and bootstraps, and waits until some deployments are ready.
func (p syncProject) start(t *testing.T, names ...string) {
	t.Helper()
	p.publish(t)
	p.bootstrap(t)
	for _, name := range names {
		p.until(t, name, "Ready")
	}
}

func (p syncProject) repository() string { return filepath.Join(shared.GitDir(), p.env+".git") }

// tip is the commit that a branch is at.
func (p syncProject) tip(t *testing.T, branch string) string {
	t.Helper()
	return gittest.Git(t, p.repository(), "rev-parse", "refs/heads/"+branch)
}

// nudge tells the engine to look at the repository now. What is not there yet is
// not told. Flux's Kustomizations follow their source by themselves.
func (p syncProject) nudge(t *testing.T) {
	t.Helper()
	args := []string{"annotate", "--overwrite", "-n", p.e.namespace}
	if p.e.kind == "argocd" {
		args = append(args, p.e.units, "-l", "lading.dev/environment="+p.env, "argocd.argoproj.io/refresh=normal")
	} else {
		args = append(args, "gitrepositories.source.toolkit.fluxcd.io", "--all", "reconcile.fluxcd.io/requestedAt="+time.Now().Format(time.RFC3339Nano))
	}
	_, _ = shared.Kubectl(t.Context(), args...)
}

// root is the engine object that `lading bootstrap` prints.
func (p syncProject) root(t *testing.T) string {
	t.Helper()
	return p.unitNamed(t, p.env+"-root-")
}

// unit is the engine object of a deployment.
func (p syncProject) unit(t *testing.T, name string) string {
	t.Helper()
	return p.unitNamed(t, p.env+"-"+name+"-")
}

func (p syncProject) unitNamed(t *testing.T, prefix string) string {
	t.Helper()
	names := strings.Fields(kubectl(t, "get", p.e.units, "-n", p.e.namespace, "-l", "lading.dev/environment="+p.env, "-o", "jsonpath={.items[*].metadata.name}"))
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	t.Fatalf("no engine object %s among %v", prefix, names)
	return ""
}

// patch changes an engine object the way that the engine's own program does,
// which neither engine takes back.
func (p syncProject) patch(t *testing.T, object, patch string) {
	t.Helper()
	kubectl(t, "patch", object, "-n", p.e.namespace, "--type=merge", "--field-manager=flux", "-p", patch)
}

// obey runs the kubectl command that ends a next step.
func (p syncProject) obey(t *testing.T, got told) {
	t.Helper()
	_, command, ok := strings.Cut(got.Next, "kubectl ")
	if !ok {
		t.Fatalf("the next step names no command of kubectl:\n%s", got.result.stdout)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", shared.KubectlPath()+" "+command)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+p.kubeconfig)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", command, err, out)
	}
}

// A told is what status says of one deployment.
type told struct {
	Deployment, Commit, GaveUp string
	answer
	Sync     answer
	Pods     struct{ Ready, Desired int }
	Warnings []answer
	result   result
}

type answer struct {
	Phase, Reason, Message, Next, Revision string
	Final                                  bool
}

// exits are the exit statuses of phases.
var exits = map[string]int{
	"Ready": 0, "Gone": 0, "Unknown": 1, "NotSynced": 3, "Progressing": 3, "Missing": 3, "Superseded": 3, "Failed": 5, "Degraded": 5,
}

func (p syncProject) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, lading, args...)
	cmd.Dir = p.dir
	cmd.Env = append(gittest.Env(), "KUBECONFIG="+p.kubeconfig)
	return cmd
}

// status asks about one deployment.
func (p syncProject) status(t *testing.T, name string, args ...string) told {
	t.Helper()
	cmd := p.command(t.Context(), append([]string{"status", name, "--env", p.env, "-o", "json"}, args...)...)
	return read(t, name, finish(t, cmd))
}

func read(t *testing.T, name string, r result) told {
	t.Helper()
	var doc struct{ Deployments []told }
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil || len(doc.Deployments) != 1 || doc.Deployments[0].Deployment != name {
		t.Fatalf("status said nothing of %s (%v):\n%s%s", name, err, r.stdout, r.stderr)
	}
	got := doc.Deployments[0]
	got.result = r
	if want, known := exits[got.Phase]; !known || r.status != want {
		t.Errorf("%s ends with exit status %d, want %d", got.Phase, r.status, want)
	}
	return got
}

func (a answer) verdict() string { return strings.TrimSpace(a.Phase + " " + a.Reason) }

// until asks about a deployment, and the engine to look, until status says
// something of it.
func (p syncProject) until(t *testing.T, name, verdict string, args ...string) told {
	t.Helper()
	var got told
	p.asking(t, name+" of "+p.env+" is "+verdict, func() string {
		if got = p.status(t, name, args...); got.verdict() == verdict {
			return "yes"
		}
		return got.result.stdout + got.result.stderr
	})
	return got
}

// enginePatience is how long a test waits for an engine, which shares the
// machine with those of other tests.
const enginePatience = 5 * time.Minute

// asking waits until a question is answered with yes, and asks the engine to
// look now and then.
func (p syncProject) asking(t *testing.T, what string, ask func() string) {
	t.Helper()
	var nudged time.Time
	for began := time.Now(); ; time.Sleep(time.Second) {
		if time.Since(nudged) > 6*time.Second {
			p.nudge(t)
			nudged = time.Now()
		}
		answer := ask()
		if answer == "yes" {
			return
		}
		if time.Since(began) > enginePatience {
			t.Fatalf("%s: not within %s; last seen:\n%s", what, enginePatience, answer)
		}
	}
}

// A wait is a `lading status --wait` that runs.
type wait struct {
	p              syncProject
	name           string
	cmd            *exec.Cmd
	stdout, stderr *lockedBuffer
	done           chan struct{}
}

// wait begins to wait for a deployment, and returns when it has looked once.
func (p syncProject) wait(t *testing.T, name string, args ...string) *wait {
	t.Helper()
	w := &wait{p: p, name: name, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, done: make(chan struct{})}
	w.cmd = p.command(t.Context(), append([]string{"status", name, "--env", p.env, "-o", "json", "--wait"}, args...)...)
	w.cmd.Stdout, w.cmd.Stderr = w.stdout, w.stderr
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = w.cmd.Wait()
		close(w.done)
	}()
	eventually(t, "status --wait has looked", func() string {
		select {
		case <-w.done:
			return "yes"
		default:
			return yesIf(fmt.Sprint(strings.Contains(w.stderr.String(), name)), "true")
		}
	})
	return w
}

// end asks the engine to look until the wait is over.
func (w *wait) end(t *testing.T) told {
	t.Helper()
	w.p.asking(t, "status --wait ends", func() string {
		select {
		case <-w.done:
			return "yes"
		default:
			return w.stderr.String()
		}
	})
	return read(t, w.name, result{w.stdout.String(), w.stderr.String(), w.cmd.ProcessState.ExitCode()})
}

// wants fails the test where status says something else.
func (got told) wants(t *testing.T, verdict string) told {
	t.Helper()
	if got.verdict() != verdict {
		t.Errorf("status says %s, want %s:\n%s%s", got.verdict(), verdict, got.result.stdout, got.result.stderr)
	}
	return got
}

// live is a field of the deployment's Deployment in the cluster.
func (p syncProject) live(t *testing.T, name, jsonpath string) string {
	t.Helper()
	return kubectl(t, "get", "deployments", "-n", p.env, "-l", "zenml-deployment-name="+name, "-o", "jsonpath={.items[*]"+jsonpath+"}")
}

// A lockedBuffer may be read while a program writes to it.
type lockedBuffer struct {
	lock   sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buffer.Write(text)
}

func (b *lockedBuffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buffer.String()
}
