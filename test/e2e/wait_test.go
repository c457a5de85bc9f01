//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lading-dev/lading/test/cluster"
)

var (
	flips = flag.Duration("flips", 30*time.Second, "how long the state of a deployment is flipped at random")
	seed  = flag.Uint64("seed", 0, "what the flips are chosen by (default: the time)")
)

// A rollout is a state of a Deployment, as kubectl saw it at a time.
type rollout struct {
	seen     time.Time
	Metadata struct {
		Name            string
		Generation      int
		ResourceVersion string
	}
	Spec struct {
		Replicas int
		Paused   bool
	}
	Status struct {
		ObservedGeneration, Replicas, UpdatedReplicas, AvailableReplicas int
	}
}

// isComplete is when kubectl rollout status says that all is well.
func (r rollout) isComplete() bool {
	n := r.Spec.Replicas
	return r.Status.ObservedGeneration == r.Metadata.Generation && r.Status.Replicas == n &&
		r.Status.UpdatedReplicas == n && r.Status.AvailableReplicas == n
}

func (r rollout) String() string {
	return fmt.Sprintf("%s spec %+v generation %d status %+v", r.seen.Format("15:04:05.000"), r.Spec, r.Metadata.Generation, r.Status)
}

// A recorder keeps every state of the only Deployment of a namespace.
type recorder struct {
	mu     sync.Mutex
	states []rollout
}

// record watches as kubectl does, until the test ends.
func record(t *testing.T, namespace string) *recorder {
	t.Helper()
	r := &recorder{}
	cmd := exec.CommandContext(t.Context(), shared.KubectlPath(), "get", "deployments", "-n", namespace, "--watch", "-o", "json")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.read(out)
	}()
	t.Cleanup(func() { // the context of the test has ended kubectl
		<-done
		_ = cmd.Wait()
	})
	eventually(t, "kubectl watches", func() string { return hide(len(r.during(time.Time{}, time.Now())) == 0, "yes") })
	return r
}

func (r *recorder) read(from io.Reader) {
	stream := json.NewDecoder(from)
	for {
		var s rollout
		if stream.Decode(&s) != nil {
			return
		}
		s.seen = time.Now()
		r.mu.Lock()
		r.states = append(r.states, s)
		r.mu.Unlock()
	}
}

// during returns the states of a time, beginning with the one that it found.
func (r *recorder) during(from, to time.Time) []rollout {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := 0
	for i, s := range r.states {
		if s.seen.Before(from) {
			first = i
		}
	}
	last := slices.IndexFunc(r.states, func(s rollout) bool { return s.seen.After(to) })
	if last < 0 {
		last = len(r.states)
	}
	return slices.Clone(r.states[min(first, last):last])
}

// completeSince is when the rollout became complete that is complete now.
func (r *recorder) completeSince() (since time.Time) {
	for _, s := range slices.Backward(r.during(time.Time{}, time.Now())) {
		if !s.isComplete() {
			break
		}
		since = s.seen
	}
	return since
}

// withoutReplicas leaves the number of replicas to whoever changes it.
const withoutReplicas = `function(context, objects) [if o.kind == 'Deployment' then o + {spec+: {replicas:: null}} else o for o in objects]`

func TestWaitEndsWithReadiness(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/slow:1\nsettings: {deployer: {annotations: {sim.lading.dev/delay: 5s}}, resources: {min_replicas: 2}}")
	p.publish(t)
	p.mustSync(t)
	seen := record(t, ns)
	r := p.run(t, "status", "--env", "test", "--wait")
	ended := time.Now()
	if r.status != 0 {
		t.Fatalf("exit status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	eventually(t, "kubectl sees it too", func() string { return hide(seen.completeSince().IsZero(), "yes") })
	latency := ended.Sub(seen.completeSince())
	t.Logf("status --wait ended %s after kubectl saw the rollout complete", latency.Round(time.Millisecond))
	if latency > 5*time.Second {
		t.Errorf("it ended %s after readiness", latency)
	}
}

func TestBrokenRolloutBesideOldPodsIsFailed(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/app:1\nsettings: {resources: {min_replicas: 2}}")
	p.publish(t)
	p.mustSync(t)
	if r := p.run(t, "status", "--env", "test", "--wait"); r.status != 0 {
		t.Fatalf("exit status %d before the change\n%s%s", r.status, r.stdout, r.stderr)
	}

	p.change(t, "greet/deployment.yaml", "app:1", "no-such:2")
	p.publish(t)
	if all, r := p.status(t); r.status != 3 || all["greet"].Phase != "NotSynced" {
		t.Errorf("before it is applied: exit status %d, want 3 and NotSynced\n%s", r.status, r.stdout)
	}
	p.mustSync(t)
	all, r := p.status(t, "--wait")
	v := all["greet"]
	if r.status != 5 || v.Phase != "Failed" || v.Reason != "ImageNotFound" || !v.Final {
		t.Errorf("exit status %d, want 5 and Failed ImageNotFound\n%s%s", r.status, r.stdout, r.stderr)
	}
	if available := kubectl(t, "get", "deployments", "-n", ns, "-o", "jsonpath={.items[*].status.availableReplicas}"); available != "2" {
		t.Errorf("%s old pods are available, want 2", available)
	}

	p.change(t, "greet/deployment.yaml", "no-such:2", "app:3")
	p.publish(t)
	p.mustSync(t)
	if r := p.run(t, "status", "--env", "test", "--wait"); r.status != 0 {
		t.Errorf("exit status %d after the repair\n%s%s", r.status, r.stdout, r.stderr)
	}
}

// Pods are broken, deleted, scaled and rolled out at random, and each time
// status says Ready kubectl must have seen a complete rollout meanwhile.
func TestStatusIsNeverReadyTooEarly(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/app:1\njsonnet: hook.jsonnet\nsettings: {deployer: {service_type: ClusterIP}}")
	p.write(t, "greet/hook.jsonnet", withoutReplicas)
	p.publish(t)
	p.mustSync(t)
	seen := record(t, ns)
	f := newFlipper(t, ns)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { f.run(t, stop) })
	defer wg.Wait()
	defer close(stop)
	verdicts := make(map[string]int)
	for end := time.Now().Add(*flips); time.Now().Before(end); {
		p.look(t, seen, verdicts)
	}
	t.Logf("seed %d, %d flips, verdicts %v", f.seed, f.count, verdicts)
	if verdicts["Ready"] == 0 || len(verdicts) < 2 {
		t.Errorf("verdicts %v, want Ready and others", verdicts)
	}
}

// look asks once, or waits for a while, and checks that what is said of
// readiness was so at some time during the call, or within the last seconds of
// the wait. A state counts until another is seen, and what kubectl sees may be
// late.
func (p liveProject) look(t *testing.T, seen *recorder, verdicts map[string]int) {
	t.Helper()
	var args []string
	if rand.IntN(4) == 0 {
		args = []string{"--wait", "--timeout=3s"}
	}
	from := time.Now()
	all, r := p.status(t, args...)
	to := time.Now()
	v := all["greet"]
	verdicts[v.Phase]++
	if v.Phase == "" {
		t.Errorf("no verdict: %s", r.stderr)
	}
	if v.Phase != "Ready" {
		return
	}
	if args != nil {
		from = to.Add(-2 * time.Second)
	}
	eventually(t, "kubectl sees what was there", func() string { return hide(time.Since(to) < time.Second, "yes") })
	states := seen.during(from, to.Add(time.Second))
	if !slices.ContainsFunc(states, rollout.isComplete) {
		t.Errorf("Ready from %s to %s (%v), while kubectl saw\n%v\n%s", from.Format("15:04:05.000"), to.Format("15:04:05.000"), args, states, r.stdout)
	}
}

// A flipper changes a Deployment and its pods at random.
type flipper struct {
	namespace, deployment string
	seed                  uint64
	random                *rand.Rand
	count                 int
}

func newFlipper(t *testing.T, namespace string) *flipper {
	t.Helper()
	f := &flipper{namespace: namespace, seed: *seed}
	if f.seed == 0 {
		f.seed = uint64(time.Now().UnixNano())
	}
	f.random = rand.New(rand.NewPCG(f.seed, 1))
	f.deployment = kubectl(t, "get", "deployments", "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}")
	return f
}

func (f *flipper) run(t *testing.T, stop <-chan struct{}) {
	for {
		f.flip(t)
		f.count++
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(f.random.IntN(2500)) * time.Millisecond):
		}
	}
}

// flip does one thing. What fails does so because something else was flipped
// before.
func (f *flipper) flip(t *testing.T) {
	behaviour := []string{"ok", "ok", "ok", "ok", "slow", "unready", "crash", "pull-error"}[f.random.IntN(8)]
	switch f.random.IntN(6) {
	case 0, 1: // another content
		f.patch(t, fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{%q:%q,%q:"2s","flip":"%d"}}}}}`, cluster.BehaveAnnotation, behaviour, cluster.DelayAnnotation, f.count))
	case 2:
		f.kubectl(t, "scale", "deployment", f.deployment, fmt.Sprintf("--replicas=%d", f.random.IntN(4)))
	case 3: // content that comes only when it goes on
		f.patch(t, fmt.Sprintf(`{"spec":{"paused":true,"template":{"metadata":{"annotations":{"flip":"%d"}}}}}`, f.count))
		time.Sleep(time.Duration(f.random.IntN(1000)) * time.Millisecond)
		f.patch(t, `{"spec":{"paused":false}}`)
	case 4:
		f.kubectl(t, "annotate", "pods", "--all", "--overwrite", cluster.BehaveAnnotation+"="+behaviour)
	case 5:
		f.kubectl(t, "delete", "pods", "--all", "--wait=false")
	}
}

func (f *flipper) patch(t *testing.T, patch string) {
	f.kubectl(t, "patch", "deployment", f.deployment, "--type=merge", "-p", patch)
}

func (f *flipper) kubectl(t *testing.T, args ...string) {
	_, _ = shared.Kubectl(t.Context(), append(args, "-n", f.namespace)...)
}

// output collects what a process writes while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(data)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
