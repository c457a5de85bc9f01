//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lading-dev/lading/test/cluster"
)

// shows is what a pod of each behaviour shows sooner or later: the columns of
// `kubectl get pod`, but without the number of restarts, and an event.
var shows = map[string]struct{ status, event string }{
	"ok":                {"Running true", "Started container app"},
	"slow":              {"Running true", "Started container app"},
	"unready":           {"Running false", ""},
	"readiness-fails":   {"Running false", "HTTP probe failed with statuscode: 503"},
	"liveness-fails":    {"Running false CrashLoopBackOff 137 Error", "Container app failed liveness probe, will be restarted"},
	"crash":             {"Running false CrashLoopBackOff 1 Error", "Back-off restarting failed container app in pod crash_"},
	"exits":             {"Running false CrashLoopBackOff 0 Completed", "Back-off restarting failed container"},
	"oom":               {"Running false CrashLoopBackOff 137 OOMKilled", "Back-off restarting failed container"},
	"start-error":       {"Running false CrashLoopBackOff 128 StartError", "executable file not found"},
	"pull-error":        {"Pending false ImagePullBackOff", `Failed to pull image "registry.example.com/no-such:1"`},
	"pull-unauthorized": {"Pending false ImagePullBackOff", "pull access denied"},
	"invalid-image":     {"Pending false InvalidImageName", "invalid reference format"},
	"config-error":      {"Pending false CreateContainerConfigError", `Error: secret "missing" not found`},
	"mount-error":       {"Pending false PodInitializing", `configmap "missing" not found`},
	"init-crash":        {"Pending false PodInitializing", "Back-off restarting failed container migrate"},
	"evicted":           {"Failed false", "The node was low on resource: memory"},
}

const shown = `{.status.phase} {.status.containerStatuses[0].ready} {.status.containerStatuses[0].state.waiting.reason}` +
	` {.status.containerStatuses[0].lastState.terminated.exitCode} {.status.containerStatuses[0].lastState.terminated.reason}`

func TestPodsBehaveAsTheirImagesSay(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	var manifests strings.Builder
	for _, b := range cluster.Behaviours {
		image := b.Image
		if image == "" {
			image = "/app"
		}
		fmt.Fprintf(&manifests, `---
apiVersion: v1
kind: Pod
metadata: {name: %s, annotations: {sim.lading.dev/delay: 2s}}
spec:
  initContainers: [{name: migrate, image: registry.example.com/migrate:1}]
  containers:
  - name: app
    image: "registry.example.com%s:1"
    readinessProbe: {httpGet: {path: /health, port: 8000}}
`, b.Name, image)
	}
	apply(t, ns, manifests.String())
	for _, b := range cluster.Behaviours {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			eventually(t, "the pod's status", func() string {
				got := kubectl(t, "get", "pod", b.Name, "-n", ns, "-o", "jsonpath="+shown)
				return yesIf(got, shows[b.Name].status)
			})
			eventually(t, "the pod's events", func() string {
				out := kubectl(t, "get", "events", "-n", ns, "--field-selector", "involvedObject.name="+b.Name, "-o", `jsonpath={range .items[*]}{.message}{"\n"}{end}`)
				if strings.Contains(out, shows[b.Name].event) {
					return "yes"
				}
				return out + "without " + shows[b.Name].event
			})
		})
	}
}

func TestPodsFollowTheirAnnotation(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	apply(t, ns, `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: app, image: registry.example.com/app, readinessProbe: {exec: {command: ["true"]}}}]}}`)
	for _, step := range [][2]string{{"ok", "Running true"}, {"unready", "Running false"}, {"ok", "Running true"}, {"crash", "Running false CrashLoopBackOff 1 Error"}, {"ok", "Running true  1 Error"}} {
		kubectl(t, "annotate", "--overwrite", "pod", "p", "-n", ns, cluster.BehaveAnnotation+"="+step[0])
		eventually(t, step[0], func() string {
			return yesIf(kubectl(t, "get", "pod", "p", "-n", ns, "-o", "jsonpath="+shown), step[1])
		})
	}
}

func TestLogsComeFromTheKubelet(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	apply(t, ns, `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: app, image: registry.example.com/crash}]}}`)
	const want = "RuntimeError: no model registered"
	eventually(t, "logs of the container before", func() string {
		out, err := shared.Kubectl(t.Context(), "logs", "p", "-n", ns, "--previous", "--tail=1")
		if err != nil {
			return err.Error()
		}
		return yesIf(strings.TrimSpace(string(out)), want)
	})
}

// Not in parallel: others would see it.
func TestAPIServerComesBack(t *testing.T) {
	ns := namespace(t)
	if err := shared.StopComponent("kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.Kubectl(t.Context(), "get", "namespaces"); err == nil {
		t.Error("the API server answers although it was stopped")
	}
	if err := shared.StartComponent(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "get", "namespace", ns)
	apply(t, ns, `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: app, image: registry.example.com/app}]}}`)
	eventually(t, "pods run again", func() string {
		return yesIf(kubectl(t, "get", "pod", "p", "-n", ns, "-o", "jsonpath={.status.phase}"), "Running")
	})
}
