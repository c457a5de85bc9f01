package kube

import (
	"context"
	"errors"
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
		"a kubelet is gone":  {[]string{web("a", "x", "", running)}, failing("dial tcp 10.0.0.1:10250: connect refused"), `context "test" (URL): get pods/log in namespace ml: the server fails (500): dial tcp 10.0.0.1:10250: connect refused`},
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
	return func(s *kubetest.Server, _ *Tail) {
		s.Fail(kubetest.Fault{
			Refusal: kubetest.Refusal{Status: 500, Reason: "InternalError", Message: message},
			Match:   func(_, path string) bool { return strings.HasSuffix(path, "/log") },
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

// hears follows until the test ends, and waits for lines.
func hears(t *testing.T, c *Client, h *heard, o Tail) (until func(...string), ended func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.follow(ctx, o, fast()) }()
	t.Cleanup(cancel)
	until = func(want ...string) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second)
		for !slices.Equal(h.all(), want) {
			select {
			case err := <-done:
				t.Fatalf("it ended: %v", err)
			default:
			}
			if time.Now().After(deadline) {
				t.Fatalf("got %q, want %q; notes %q", h.all(), want, h.notes)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	ended = func() error {
		t.Helper()
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Second):
			t.Fatal("it does not end")
			return nil
		}
	}
	return until, ended
}

func TestFollowGoesOnThroughEverything(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, aWebHere, web("a", "x", "2026-01-01T00:00:00Z", running))
	s.Log(mainOf("a"), noon, "old", "1")
	var h heard
	o := h.tail()
	o.Container, o.Tail = "main", 1
	until, ended := hears(t, c, &h, o)
	until("a/main 1")
	s.Log(mainOf("a"), noon.Add(time.Minute), "2", "3")
	until("a/main 1", "a/main 2", "a/main 3")

	// Lines of the second, and of the very moment, of the last one are neither
	// lost nor repeated.
	moment := noon.Add(2*time.Minute + 500*time.Millisecond)
	s.Log(mainOf("a"), moment.Add(-time.Millisecond), "before")
	s.Log(mainOf("a"), moment, "same")
	until("a/main 1", "a/main 2", "a/main 3", "a/main before", "a/main same")
	s.Stop()
	s.Log(mainOf("a"), moment, "same", "4")
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	soFar := []string{"a/main 1", "a/main 2", "a/main 3", "a/main before", "a/main same", "a/main same", "a/main 4"}
	until(soFar...)
	if count(s, "sinceTime=2026-01-02T12%3A02%3A00Z") == 0 {
		t.Error("it asked for everything again")
	}

	// A new pod is read from its beginning.
	s.Log(mainOf("b"), noon, "first", "second")
	put(t, s, web("b", "y", "2026-01-02T00:00:00Z", running))
	soFar = append(soFar, "b/main first", "b/main second")
	until(soFar...)

	// A container that runs again goes on.
	s.EndLog(mainOf("a"))
	put(t, s, web("a", "x", "2026-01-01T00:00:00Z", "containerID: c2, restartCount: 1, state: {running: {}}, lastState: {terminated: {}}"))
	s.Log(mainOf("a"), noon.Add(3*time.Minute), "again")
	soFar = append(soFar, "a/main again")
	until(soFar...)

	for _, pod := range []string{"a", "b"} {
		s.EndLog(mainOf(pod))
		s.Delete("", "Pod", "ml", pod)
	}
	s.Delete("apps", "Deployment", "ml", "web")
	if err := ended(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(soFar, h.all()); diff != "" {
		t.Error(diff)
	}
}

// noted waits until so many notes were given.
func (h *heard) noted(t *testing.T, n int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		h.mu.Lock()
		got := len(h.notes)
		h.mu.Unlock()
		if got >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d notes, want %d", got, n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestFollowWaitsForPodsAndContainers(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	var h heard
	o := h.tail()
	o.Container = "main"
	until, _ := hears(t, c, &h, o)
	h.noted(t, 1)
	put(t, s, web("a", "x", "", noImage))
	h.noted(t, 2)
	s.Log(mainOf("a"), noon, "at last")
	put(t, s, web("a", "x", "", running))
	until("a/main at last")
	if diff := cmp.Diff([]string{"there are no pods yet; waiting for them", "a/main has not started: ImagePullBackOff (Back-off pulling image x)"}, h.notes); diff != "" {
		t.Error(diff)
	}
}

func TestFollowReadsARunThatIsOverOnce(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, web("a", "x", "", running))
	begin := kubetest.Container{Namespace: "ml", Pod: "a", Name: "init"}
	s.Log(begin, noon, "migrated")
	s.EndLog(begin)
	var h heard
	until, _ := hears(t, c, &h, h.tail())
	until("a/init migrated")
	time.Sleep(5 * fast().slow) // in which it would have come back
	s.Log(mainOf("a"), noon, "serving")
	until("a/init migrated", "a/main serving")
	if n := count(s, "container=init"); n != 1 {
		t.Errorf("it read the log of a container that is over %d times", n)
	}
}

// A log whose node is lost does not end by itself.
func TestFollowLeavesPodsThatAreGone(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, aWebHere, web("a", "x", "2026-01-01T00:00:00Z", running))
	s.Log(mainOf("a"), noon, "serving")
	var h heard
	o := h.tail()
	o.Container = "main"
	until, ended := hears(t, c, &h, o)
	until("a/main serving")
	s.Delete("", "Pod", "ml", "a")
	s.Delete("apps", "Deployment", "ml", "web")
	if err := ended(); err != nil {
		t.Error(err)
	}
}

func TestFollowEndsWhereItMayNotRead(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, web("a", "x", "", running))
	s.Deny(kubetest.Denial{Resource: "pods/log"})
	var h heard
	_, ended := hears(t, c, &h, h.tail())
	wantProblem(t, ended(), Forbidden)
}

func TestFollowEndsWithWhoeverTakesTheLines(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, web("a", "x", "", running))
	s.Log(mainOf("a"), noon, "1")
	full := errors.New("no space left")
	var h heard
	o := h.tail()
	o.Line = func(Line) error { return full }
	_, ended := hears(t, c, &h, o)
	if err := ended(); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}
