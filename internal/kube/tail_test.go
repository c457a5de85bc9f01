package kube

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// A heard keeps what a Tail gives away.
type heard struct {
	mu           sync.Mutex
	lines, notes []string
}

func (h *heard) tail() Tail {
	return Tail{
		Namespace: "ml", Labels: "app=web", Tail: -1,
		Line: func(l Line) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.lines = append(h.lines, fmt.Sprintf("%s/%s %s", l.Pod, l.Container, l.Text))
			return nil
		},
		Note: func(text string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.notes = append(h.notes, text)
		},
	}
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines)
}

// web is a pod of the deployment whose main container is in this state.
func web(name, hash, created, state string, more ...string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {namespace: ml, name: %s, creationTimestamp: %q, labels: {app: web, pod-template-hash: %q}},
spec: {initContainers: [{name: init}], containers: [{name: main}]},
status: {initContainerStatuses: [{name: init, containerID: i, state: {terminated: {exitCode: 0}}}], containerStatuses: [{name: main, %s%s}]}}`,
		name, created, hash, state, strings.Join(append([]string{""}, more...), ", "))
}

const (
	running  = "containerID: c, state: {running: {}}"
	crashed  = "containerID: c, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff, message: back-off}}, lastState: {terminated: {exitCode: 1}}"
	noImage  = "state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image x'}}"
	aWebHere = "{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: ml, name: web, labels: {app: web}}, spec: {}}"
)

func mainOf(pod string) kubetest.Container {
	return kubetest.Container{Namespace: "ml", Pod: pod, Name: "main"}
}

func TestTailReadsTheNewestContentFirstAndOfThatTheOldestPod(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{},
		web("a", "1", "2026-01-01T00:00:00Z", running), web("b", "2", "2026-01-03T00:00:00Z", running),
		web("c", "2", "2026-01-02T00:00:00Z", crashed), web("d", "2", "2026-01-04T00:00:00Z", noImage),
		podIn("ml", "stranger"))
	for _, pod := range []string{"a", "b", "c"} {
		s.Log(mainOf(pod), noon, "1", "2", "3")
	}
	s.Log(kubetest.Container{Namespace: "ml", Pod: "c", Name: "init"}, noon, "begin")
	var h heard
	o := h.tail()
	o.Tail = 2
	if err := c.Tail(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := []string{"c/init begin", "c/main 2", "c/main 3", "b/main 2", "b/main 3", "a/main 2", "a/main 3"}
	if diff := cmp.Diff(want, h.lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"d/main has not started: ImagePullBackOff (Back-off pulling image x)"}, h.notes); diff != "" {
		t.Error(diff)
	}
}

func TestTailChooses(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, web("a", "x", "2026-01-01T00:00:00Z", crashed))
	s.Log(mainOf("a"), noon, "now")
	previous := mainOf("a")
	previous.Previous = true
	s.Log(previous, noon, "before")
	s.Log(kubetest.Container{Namespace: "ml", Pod: "a", Name: "init"}, time.Time{}, "recent")
	for name, test := range map[string]struct {
		set  func(*Tail)
		want []string
	}{
		"one container":  {func(o *Tail) { o.Container = "main" }, []string{"a/main now"}},
		"recent lines":   {func(o *Tail) { o.Since = time.Hour }, []string{"a/init recent"}},
		"the run before": {func(o *Tail) { o.Previous = true }, []string{"a/main before"}},
		"no old line":    {func(o *Tail) { o.Tail = 0 }, nil},
	} {
		var h heard
		o := h.tail()
		test.set(&o)
		if err := c.Tail(t.Context(), o); err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(test.want, h.lines); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestTailSaysWhyThereIsNoLog(t *testing.T) {
	t.Parallel()
	waiting := strings.ReplaceAll(web("b", "x", "2026-01-01T00:00:00Z", noImage), "containerID: i, state: {terminated: {exitCode: 0}}", "state: {waiting: {reason: PodInitializing}}")
	for name, test := range map[string]struct {
		objects []string
		set     func(*kubetest.Server, *Tail)
		want    string
	}{
		"no pod":             {nil, nil, "there are no pods"},
		"nothing started":    {[]string{waiting}, nil, "there is no log: b/init has not started: PodInitializing; b/main has not started: ImagePullBackOff (Back-off pulling image x)"},
		"no previous run":    {[]string{web("a", "x", "", running)}, func(_ *kubetest.Server, o *Tail) { o.Previous = true }, "there is no log: a/init has no previous run; a/main has no previous run"},
		"a wrong name":       {[]string{web("a", "x", "", running)}, func(_ *kubetest.Server, o *Tail) { o.Container = "man" }, `there is no container "man", want init or main`},
		"forbidden pods":     {nil, func(s *kubetest.Server, _ *Tail) { s.Deny(kubetest.Denial{Resource: "pods"}) }, `context "test" (URL): ada may not list pods in namespace ml`},
		"forbidden logs":     {[]string{web("a", "x", "", running)}, func(s *kubetest.Server, _ *Tail) { s.Deny(kubetest.Denial{Resource: "pods/log"}) }, `context "test" (URL): ada may not get pods/log in namespace ml`},
		"a kubelet is gone":  {[]string{web("a", "x", "", running)}, failing("dial tcp 10.0.0.1:10250: connect refused"), "there is no log: a/init cannot be read: dial tcp 10.0.0.1:10250: connect refused; a/main cannot be read: dial tcp 10.0.0.1:10250: connect refused"},
		"a pod waits to run": {[]string{podIn("ml", "w", "labels: {app: web}")}, nil, "there is no log: w/main has not started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := connected(t, kubetest.Options{}, test.objects...)
			var h heard
			o := h.tail()
			if test.set != nil {
				test.set(s, &o)
			}
			err := c.Tail(t.Context(), o)
			if got := strings.ReplaceAll(fmt.Sprint(err), s.URL, "URL"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func failing(message string) func(*kubetest.Server, *Tail) {
	return func(s *kubetest.Server, _ *Tail) { s.Fail(lostNode("", message)) }
}

// lostNode is what the server says of logs that its kubelet does not give, of
// one pod or of all.
func lostNode(pod, message string) kubetest.Fault {
	return kubetest.Fault{
		Refusal: kubetest.Refusal{Status: 500, Reason: "InternalError", Message: message},
		Match:   func(_, path string) bool { return strings.HasSuffix(path, pod+"/log") },
	}
}

func TestTailReadsWhatIsNotOnALostNode(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, web("a", "x", "2026-01-01T00:00:00Z", running), web("b", "x", "2026-01-02T00:00:00Z", running))
	s.Log(mainOf("b"), noon, "serving")
	s.Fail(lostNode("a", "dial tcp 10.0.0.1:10250: i/o timeout"))
	var h heard
	o := h.tail()
	o.Container = "main"
	if err := c.Tail(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b/main serving"}, h.lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a/main cannot be read: dial tcp 10.0.0.1:10250: i/o timeout"}, h.notes); diff != "" {
		t.Error(diff)
	}
	if n := count(s, "/pods/a/log"); n != 1 {
		t.Errorf("it asked for the log of a lost node %d times, want once: each takes half a minute", n)
	}
}

// A server that starts or ends fails for a moment, which says nothing of a node.
func TestTailOutlivesAServerThatFailsForAMoment(t *testing.T) {
	t.Parallel()
	for _, status := range []int{502, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s, c := connected(t, kubetest.Options{}, web("a", "x", "2026-01-01T00:00:00Z", running))
			s.Log(mainOf("a"), noon, "serving")
			fault := lostNode("a", "apiserver is shutting down")
			fault.Status, fault.Times = status, 1
			s.Fail(fault)
			var h heard
			o := h.tail()
			o.Container = "main"
			if err := c.Tail(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a/main serving"}, h.lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, web("a", "x", "", running))
	stamp := len(noon.Format(time.RFC3339Nano)) + 1
	fits, long := strings.Repeat("a", longestLine-stamp), strings.Repeat("b", 3*longestLine)
	s.Log(mainOf("a"), noon, fits, long, "next")
	var h heard
	o := h.tail()
	o.Container = "main"
	if err := c.Tail(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := []string{"a/main " + fits, "a/main " + long[:longestLine-stamp] + cutMark, "a/main next"}
	if !slices.Equal(want, h.lines) {
		t.Errorf("got %d lines of %d, %d and %d bytes", len(h.lines), len(h.lines[0]), len(h.lines[1]), len(h.lines[2]))
	}
}
