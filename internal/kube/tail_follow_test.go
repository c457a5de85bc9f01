package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

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

func TestFollowSaysWhyAContainerGivesNothing(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, aWebHere, web("a", "x", "", running))
	s.Fail(lostNode("a", "dial tcp 10.0.0.1:10250: i/o timeout"))
	var h heard
	o := h.tail()
	o.Container = "main"
	until, _ := hears(t, c, &h, o)
	h.noted(t, 1)
	s.Heal()
	s.Log(mainOf("a"), noon, "serving")
	until("a/main serving")
	if diff := cmp.Diff([]string{"a/main cannot be read: dial tcp 10.0.0.1:10250: i/o timeout; trying again"}, h.notes); diff != "" {
		t.Error(diff)
	}
}

// Servers that start refuse what they do not know the roles of yet.
func TestFollowOutlivesOneRefusal(t *testing.T) {
	t.Parallel()
	for _, refusal := range []kubetest.Refusal{{Status: 403, Reason: "Forbidden"}, {Status: 401, Reason: "Unauthorized"}} {
		s, c := connected(t, kubetest.Options{}, aWebHere, web("a", "x", "", running))
		s.Log(mainOf("a"), noon, "serving")
		fault := lostNode("a", "")
		fault.Refusal, fault.Times = refusal, 1
		s.Fail(fault)
		var h heard
		o := h.tail()
		o.Container = "main"
		until, _ := hears(t, c, &h, o)
		until("a/main serving")
	}
}

// What is written while a connection is broken is new, also before the first
// line, and whatever the clock of this machine says.
func TestFollowWithoutOldLinesLosesNoNewOnes(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"the same clock": 0, "a clock ahead": 2 * time.Hour, "a clock behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := connected(t, kubetest.Options{}, aWebHere, web("a", "x", "", running))
			c.now = func() time.Time { return time.Now().Add(ahead) }
			s.Log(mainOf("a"), time.Now().Add(-time.Hour), "old")
			var h heard
			o := h.tail()
			o.Container, o.Tail = "main", 0
			until, _ := hears(t, c, &h, o)
			for count(s, "/log") == 0 {
				time.Sleep(time.Millisecond)
			}
			s.Stop()
			s.Log(mainOf("a"), time.Now(), "while away")
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
			until("a/main while away")
		})
	}
}

// A kubelet sends no header before the first line.
func TestFollowedLogsMayBeSilent(t *testing.T) {
	t.Parallel()
	server, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			<-r.Context().Done()
		}
		time.Sleep(200 * time.Millisecond)
		_, _ = w.Write([]byte("at last\n"))
	})
	c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "x", headerTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	body, err := c.Logs(t.Context(), LogOptions{Namespace: "ml", Pod: "a", Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, err := io.ReadAll(body); err != nil || string(text) != "at last\n" {
		t.Errorf("got %q, %v", text, err)
	}
	_, err = c.Version(t.Context())
	wantProblem(t, err, Unreachable)
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
