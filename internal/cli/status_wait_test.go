package cli

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

// waiting runs status --wait on a real clock, beside the test.
func (p *port) waiting(t *testing.T, args ...string) (end func() (exitStatus, string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	var out bytes.Buffer
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: p.getenv, Dir: p.dir,
		Now: time.Now, Sleep: sleep, Random: func() float64 { return 0.5 },
	}
	root := newRoot(env)
	root.SetArgs(append([]string{"status", "--wait", "-o", "json", "--repository", p.repository, "--kubeconfig", p.kubeconfig}, args...))
	var got exitStatus
	var done sync.WaitGroup
	done.Go(func() { got = report(env, root.ExecuteContext(ctx)) })
	return func() (exitStatus, string) {
		done.Wait()
		return got, out.String()
	}
}

// whenWatched waits until the cluster is being watched.
func (p *port) whenWatched(t *testing.T) {
	t.Helper()
	for range 500 {
		for _, request := range p.cluster.Requests() {
			if strings.Contains(request, "watch=") {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nobody watches:\n%s", strings.Join(p.cluster.Requests(), "\n"))
}

func TestAWaitEndsWhenAllIsReady(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	end := p.waiting(t)
	p.whenWatched(t)
	p.sync(t)
	started := time.Now()
	got, out := end()
	if took := time.Since(started); got != done || took > 5*time.Second {
		t.Errorf("exit status %d after %s\n%s", got, took, out)
	}
	if strings.Count(out, `"kind": "StatusReport"`) != 1 {
		t.Errorf("want one document in\n%s", out)
	}
}

func TestAWaitEndsAtTheSyncTimeout(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	got, out := p.waiting(t, "--sync-timeout", "300ms")()
	if got != differs || document(t, out).Deployments[0].GaveUp == "" {
		t.Errorf("exit status %d\n%s", got, out)
	}
}

func TestWhatIsPublishedDuringAWaitSupersedesIt(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	end := p.waiting(t)
	p.whenWatched(t)
	p.publish(t, 2)
	p.sync(t)
	got, out := end()
	if phase := phases(t, out)["greet"]; got != differs || phase != "Superseded NewerCommitted" {
		t.Errorf("exit status %d, %s\n%s", got, phase, out)
	}
}

func TestAMergeIsNoticedDuringAWait(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	one := p.publish(t, 1)
	p.sync(t)
	p.publish(t, 2, "--branch", "review")
	p.git(t, "update-ref", "refs/heads/review", p.onTop(t, one, "review"))
	end := p.waiting(t, "--revision", "review")
	p.whenWatched(t)
	p.squash(t, "review")
	p.sync(t)
	if got, out := end(); got != done {
		t.Errorf("exit status %d\n%s", got, out)
	}
}

func TestAnEngineThatCannotBeReachedDoesNotEndAWait(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.cluster.Serve(kubetest.ArgoCD()...)
	p.write(t, "lading.yaml", strings.Replace(shop, "environments: [{name: prod}]",
		"gitops: {url: 'https://git.example.com/r.git'}\n  environments: [{name: prod, engine: {kind: argocd}}]", 1))
	p.publish(t, 1)
	p.cluster.Deny(kubetest.Denial{Group: "argoproj.io"})
	end := p.waiting(t)
	p.whenWatched(t)
	p.sync(t)
	got, out := end()
	if got != done || !strings.Contains(out, "proves less") {
		t.Errorf("exit status %d\n%s", got, out)
	}
}
