package cli

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/status"
)

// A wait is a status --wait on a real clock, beside the test.
type wait struct {
	ended  sync.WaitGroup
	got    exitStatus
	out    lockedBuffer
	cancel context.CancelFunc
}

// A lockedBuffer can be read while it is written to.
type lockedBuffer struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.String()
}

// begin begins to wait for what was committed.
func (p *port) begin(t *testing.T, args ...string) *wait {
	t.Helper()
	w := &wait{}
	var ctx context.Context
	ctx, w.cancel = context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(w.ended.Wait)
	t.Cleanup(w.cancel)
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: &w.out, Stderr: &w.out, Getenv: p.getenv, Dir: p.dir,
		Now: time.Now, Sleep: sleep, Random: func() float64 { return 0.5 },
	}
	root := newRoot(env)
	root.SetArgs(append([]string{"status", "--wait", "-o", "json", "--repository", p.repository, "--kubeconfig", p.kubeconfig}, args...))
	w.ended.Go(func() { w.got = report(env, root.ExecuteContext(ctx)) })
	return w
}

// end returns the exit status and what was printed, when it has ended.
func (w *wait) end() (exitStatus, string) {
	w.ended.Wait()
	return w.got, w.out.String()
}

// says waits until it has printed something.
func (w *wait) says(t *testing.T, text string) {
	t.Helper()
	for range 1000 {
		if strings.Contains(w.out.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("want %q in\n%s", text, w.out.String())
}

// waiting is begin where only the end matters.
func (p *port) waiting(t *testing.T, args ...string) (end func() (exitStatus, string)) {
	t.Helper()
	return p.begin(t, args...).end
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
	p.git(t, "update-ref", "refs/heads/review", gittest.OnTop(t, p.bare, one, "review"))
	end := p.waiting(t, "--revision", "review")
	p.whenWatched(t)
	gittest.Squash(t, p.bare, "main", "review")
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

// withoutAddress takes the load balancer's address away.
func (p *port) withoutAddress(t *testing.T) {
	t.Helper()
	for _, o := range p.one(t, "").Objects {
		if o.Kind() != "Service" {
			continue
		}
		if err := p.cluster.Change("", "Service", o.Namespace(), o.Name(), func(body map[string]any) { delete(body, "status") }); err != nil {
			t.Fatal(err)
		}
	}
}

// Pods may have been ready for long when a Service of another type is published.
func TestAWaitGivesTheAddressItsTime(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.sync(t)
	p.withoutAddress(t)
	hasNoAddress := func(out string) bool {
		return slices.ContainsFunc(document(t, out).Deployments[0].Warnings, func(w resultStatus) bool { return w.Reason == status.NoLoadBalancerAddress })
	}
	if out := p.status(t, done, "-o", "json"); !hasNoAddress(out) {
		t.Errorf("a single look waits for the address, or does not tell that it is missing:\n%s", out)
	}
	for seconds, atLeast := range map[int]time.Duration{0: 0, 1: time.Second} {
		p.write(t, "deployments/greet.yaml", strings.Replace(greet, "settings: {", fmt.Sprintf("settings: {deployer: {wait_for_load_balancer_timeout: %d}, ", seconds), 1))
		began := time.Now()
		got, out := p.waiting(t)()
		if took := time.Since(began); got != done || hasNoAddress(out) != (seconds > 0) || took < atLeast {
			t.Errorf("wait_for_load_balancer_timeout %d: exit status %d after %s\n%s", seconds, got, took, out)
		}
	}
}

func TestAWaitOutlastsAClusterThatIsAwayAtItsStart(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.sync(t)
	p.cluster.Stop()
	w := p.begin(t)
	w.says(t, "connection refused); still trying\n")
	if err := p.cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	if got, out := w.end(); got != done || phases(t, out)["greet"] != "Ready" {
		t.Errorf("exit status %d\n%s", got, out)
	}
}

func TestAWaitForAClusterThatStaysAwayEnds(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.cluster.Stop()
	got, out := p.waiting(t, "--sync-timeout", "300ms")()
	if got != failed || phases(t, out)["greet"] != "Unknown Unreachable" {
		t.Errorf("exit status %d\n%s", got, out)
	}
}

func TestAWaitEndsAtOnceWhereWaitingCannotHelp(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.cluster.RequireToken("another")
	got, out := p.waiting(t)()
	if got != failed || strings.Contains(out, "still trying") || phases(t, out)["greet"] != "Unknown Forbidden" {
		t.Errorf("exit status %d\n%s", got, out)
	}
}

func TestARefusedDryRunEndsAWait(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.cluster.Reject(func(o map[string]any) *kubetest.Refusal {
		if o["kind"] != "Service" {
			return nil
		}
		return &kubetest.Refusal{Status: 422, Reason: "Invalid", Message: "spec.ports: Required value"}
	})
	if got, out := p.waiting(t, "--server-dry-run")(); got != rolloutBad || phases(t, out)["greet"] != "Failed WouldBeRefused" {
		t.Errorf("exit status %d\n%s", got, out)
	}
	p.cluster.Reject(func(map[string]any) *kubetest.Refusal { return nil })
	w := p.begin(t, "--server-dry-run")
	p.whenWatched(t)
	p.sync(t)
	if got, out := w.end(); got != done {
		t.Errorf("exit status %d\n%s", got, out)
	}
	trials := 0
	for _, request := range p.cluster.Requests() {
		if strings.HasPrefix(request, "PATCH ") {
			trials++
		}
	}
	if trials != 4 {
		t.Errorf("%d dry runs, want one of each of two objects in each of two waits", trials)
	}
}
