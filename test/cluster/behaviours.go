package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Annotations of pods by which a test chooses how they behave. They may be
// changed while a pod runs.
const (
	BehaveAnnotation  = "sim.lading.dev/behave"  // one of Behaviours
	DelayAnnotation   = "sim.lading.dev/delay"   // how long a slow pod takes to start: 10s
	UptimeAnnotation  = "sim.lading.dev/uptime"  // how long a container runs before it ends: 1s
	BackoffAnnotation = "sim.lading.dev/backoff" // how long it waits before it runs again: 4s
	MessageAnnotation = "sim.lading.dev/message" // instead of the message that kubelet has for it
	// AddressAnnotation on a Service or Ingress: "none" leaves it without one.
	AddressAnnotation = "sim.lading.dev/address"
)

// A Behaviour is a way in which pods behave. Where it is one of failure, the
// pod's first container has it, and the others run.
type Behaviour struct {
	Name string
	// Image chooses it where a container's image has it somewhere.
	Image string
	Does  string
	log   []string // what the container prints
}

// Behaviours lists what pods can do. The first is that of pods which ask for
// nothing.
var Behaviours = []Behaviour{
	{"ok", "", "runs and is ready at once; as a Job's pod it completes", []string{"listening on :8000", `"GET /health" 200`}},
	{"slow", "/slow", "is ready after a while", []string{"loading the pipeline", "listening on :8000"}},
	{"unready", "/unready", "runs, and is never ready", []string{"listening on :8000", "waiting for the database"}},
	{"readiness-fails", "/probe-fails", "runs, and its readiness probe gets 503", []string{"listening on :8000", `"GET /health" 503`}},
	{"liveness-fails", "/liveness-fails", "is restarted since its liveness probe gets 500", []string{"listening on :8000", `"GET /health" 500`}},
	{"crash", "/crash", "ends with exit status 1, again and again", []string{"Traceback (most recent call last):", `  File "/app/main.py", line 3, in <module>`, "RuntimeError: no model registered"}},
	{"exits", "/exits", "ends with exit status 0, again and again", []string{"nothing to do"}},
	{"oom", "/oom", "is killed for using too much memory", []string{"loading the pipeline"}},
	{"start-error", "/start-error", "cannot be started: no such executable", nil},
	{"pull-error", "/no-such", "has an image that does not exist", nil},
	{"pull-unauthorized", "/private", "has an image that the registry does not give to it", nil},
	{"invalid-image", "/INVALID", "has an image name that is none", nil},
	{"config-error", "/config-error", "refers to a Secret that is missing", nil},
	{"mount-error", "/mount-error", "mounts a ConfigMap that is missing", nil},
	{"init-crash", "/init-crash", "has an init container that fails; needs one", []string{"migrating", "connection refused"}},
	{"evicted", "/evict", "is evicted after a few seconds for using too much memory", []string{"listening on :8000"}},
}

// behaviourOf is a jq expression for the name of a pod's behaviour.
func behaviourOf() string {
	var b strings.Builder
	fmt.Fprintf(&b, `(.metadata.annotations[%q] // ([.spec.initContainers[]?.image, .spec.containers[].image] | join(" ") | `, BehaveAnnotation)
	for _, v := range Behaviours {
		if v.Image != "" {
			fmt.Fprintf(&b, "if test(%q) then %q else ", v.Image, v.Name)
		}
	}
	fmt.Fprintf(&b, "%q%s))", Behaviours[0].Name, strings.Repeat(" end", len(Behaviours)-1))
	return b.String()
}

// behaviourVariable is template text that sets $behave as behaviourOf does.
func behaviourVariable() string {
	var b strings.Builder
	b.WriteString(`{{ $images := "" }}{{ range .spec.initContainers }}{{ $images = print $images " " .image }}{{ end }}`)
	b.WriteString(`{{ range .spec.containers }}{{ $images = print $images " " .image }}{{ end }}`)
	fmt.Fprintf(&b, `{{ $behave := index (or .metadata.annotations dict) %q }}{{ if not $behave }}{{ $behave = %q }}`, BehaveAnnotation, Behaviours[0].Name)
	for _, v := range slices.Backward(Behaviours[1:]) { // the first one that fits counts
		fmt.Fprintf(&b, "{{ if contains %q $images }}{{ $behave = %q }}{{ end }}", v.Image, v.Name)
	}
	b.WriteString("{{ end }}")
	return b.String()
}

// writePodLogs writes what pods print, one file for each behaviour, in the
// form in which kubelets find it. See
// https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-location-node.
func writePodLogs(dir string, now time.Time) error {
	for _, v := range Behaviours {
		var b strings.Builder
		for _, line := range v.log {
			fmt.Fprintf(&b, "%s stdout F %s\n", now.UTC().Format(time.RFC3339Nano), line)
		}
		if err := os.WriteFile(filepath.Join(dir, v.Name+".log"), []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}
