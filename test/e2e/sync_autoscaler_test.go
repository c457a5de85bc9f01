//go:build e2e

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
)

// The autoscaler of this cluster has no metrics, but it keeps to its bounds, so
// that it sets the number to 5 that was 6.
func TestReplicasNeverFallBelowTheMinimumWhenAnAutoscalerTakesOver(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		p := newSync(t, e, "scaled", syncOptions{})
		p.deployment(t, "web", "app", "cpu_count: 0.1, min_replicas: 6")
		p.start(t, "web")
		if n := p.live(t, "web", ".spec.replicas"); n != "6" {
			t.Fatalf("%s replicas, want 6", n)
		}
		seen := p.watchReplicas(t, "web")

		p.deployment(t, "web", "app", "cpu_count: 0.1, min_replicas: 3, max_replicas: 5, autoscaling_metric: cpu")
		p.publish(t)
		p.untilSynced(t, "web")
		p.asking(t, "the autoscaler has set replicas", func() string {
			return yesIf(p.live(t, "web", ".spec.replicas"), "5")
		})

		p.deployment(t, "web", "app", "cpu_count: 0.1, memory: 256MiB, min_replicas: 3, max_replicas: 5, autoscaling_metric: cpu")
		p.publish(t, "--finish-handover")
		p.untilSynced(t, "web")
		// What nobody owned any more would have fallen by now.
		p.asking(t, "the new content is live", func() string {
			return yesIf(p.live(t, "web", ".spec.replicas")+" "+p.live(t, "web", ".status.observedGeneration"), "5 "+p.live(t, "web", ".metadata.generation"))
		})
		if numbers := seen(); slices.Min(numbers) < 3 || !slices.Contains(numbers, 5) {
			t.Errorf("live replicas were %v, want never less than 3", numbers)
		}
	})
}

// untilSynced waits until the engine has applied the newest content.
func (p syncProject) untilSynced(t *testing.T, name string) {
	t.Helper()
	tip := p.tip(t, "main")
	p.asking(t, name+" of "+p.env+" is synced", func() string {
		got := p.status(t, name)
		return yesIf(got.Sync.Phase+" "+got.Sync.Revision, "Ready "+tip)
	})
}

// watchReplicas notes every number of replicas that a live Deployment has, until
// they are asked for.
func (p syncProject) watchReplicas(t *testing.T, name string) (seen func() []int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shared.KubectlPath(), "get", "deployments", "--watch", "-n", p.env, "-l", "zenml-deployment-name="+name, "-o", `jsonpath={.spec.replicas}{"\n"}`)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan() // it watches
	numbers := make(chan []int)
	go func() {
		var all []int
		for more := true; more; more = lines.Scan() {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				all = append(all, n)
			}
		}
		numbers <- all
	}()
	return func() []int {
		_ = cmd.Process.Kill()
		all := <-numbers
		_ = cmd.Wait()
		return all
	}
}
