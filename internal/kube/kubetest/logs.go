package kubetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Container names the log of one run of a container.
type Container struct {
	Namespace, Pod, Name string
	// Previous is the run before the present one.
	Previous bool
}

// A logStore is the lines of every container.
type logStore struct {
	mu      sync.Mutex
	lines   map[Container][]logLine
	ended   map[Container]bool
	changed chan struct{}
}

type logLine struct {
	at   time.Time
	text string
}

func newLogStore() *logStore {
	return &logStore{lines: make(map[Container][]logLine), ended: make(map[Container]bool), changed: make(chan struct{})}
}

// Log appends lines to a container's log, one second after another from at; a
// zero time is now. Followers see them at once.
func (s *Server) Log(c Container, at time.Time, lines ...string) {
	l := s.logs
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, text := range lines {
		when := at.Add(time.Duration(i) * time.Second)
		if at.IsZero() {
			when = time.Now()
		}
		l.lines[c] = append(l.lines[c], logLine{when, text})
	}
	l.wake()
}

// EndLog ends the log of a container, as its exit does: followers see its end.
func (s *Server) EndLog(c Container) {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	s.logs.ended[c] = true
	s.logs.wake()
}

func (l *logStore) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *logStore) read(c Container) (lines []logLine, known, ended bool, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines, known = l.lines[c]
	return lines, known, l.ended[c], l.changed
}

// serveLog answers a request for a log, and refuses in the words of the kubelet.
func (s *Server) serveLog(w http.ResponseWriter, r *http.Request, a asked) {
	query := r.URL.Query()
	pod := s.Get("", "Pod", a.namespace, a.name)
	if pod == nil {
		refuse(w, notFound(a))
		return
	}
	c := Container{a.namespace, a.name, query.Get("container"), query.Get("previous") == "true"}
	if problem := s.noLog(pod, &c); problem != "" {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: problem})
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusOK)
	flush := func() {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	up := s.running()
	lines, _, ended, more := s.logs.read(c)
	seen := len(lines)
	for _, line := range from(lines, query.Get("sinceTime"), query.Get("sinceSeconds"), query.Get("tailLines")) {
		writeLine(w, line, query.Get("timestamps") == "true")
	}
	flush()
	for query.Get("follow") == "true" && !ended {
		select {
		case <-more:
		case <-up.Done():
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		}
		lines, _, ended, more = s.logs.read(c)
		for _, line := range lines[seen:] {
			writeLine(w, line, query.Get("timestamps") == "true")
		}
		seen = len(lines)
		flush()
		if s.Get("", "Pod", a.namespace, a.name) == nil {
			return
		}
	}
}

// noLog tells why there is no log to serve; it completes the container.
func (s *Server) noLog(pod *unstructured.Unstructured, c *Container) string {
	names := containersOf(pod)
	switch {
	case c.Name == "" && len(names) == 1:
		c.Name = names[0]
	case c.Name == "":
		return fmt.Sprintf("a container name must be specified for pod %s, choose one of: %v", c.Pod, names)
	case !slices.Contains(names, c.Name):
		return fmt.Sprintf("container %s is not valid for pod %s", c.Name, c.Pod)
	}
	if _, known, _, _ := s.logs.read(*c); known {
		return ""
	}
	if c.Previous {
		return fmt.Sprintf("previous terminated container %q in pod %q not found", c.Name, c.Pod)
	}
	if reason := waiting(pod, c.Name); reason != "" {
		return fmt.Sprintf("container %q in pod %q is waiting to start: %s", c.Name, c.Pod, reason)
	}
	return ""
}

func containersOf(pod *unstructured.Unstructured) []string {
	var names []string
	for _, field := range []string{"initContainers", "containers"} {
		list, _, _ := unstructured.NestedSlice(pod.Object, "spec", field)
		for _, c := range list {
			if c, ok := c.(map[string]any); ok {
				names = append(names, fmt.Sprint(c["name"]))
			}
		}
	}
	return names
}

// waiting returns why a container has not started, empty where it has.
func waiting(pod *unstructured.Unstructured, container string) string {
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		list, _, _ := unstructured.NestedSlice(pod.Object, "status", field)
		for _, c := range list {
			if c, ok := c.(map[string]any); ok && c["name"] == container {
				reason, _, _ := unstructured.NestedString(c, "state", "waiting", "reason")
				return reason
			}
		}
	}
	return ""
}

// from returns the lines that a request wants to begin with. The kubelet takes
// lines from a time on, that time itself included, then the last of them.
func from(lines []logLine, sinceTime, sinceSeconds, tail string) []logLine {
	if at, err := time.Parse(time.RFC3339, sinceTime); err == nil {
		lines = newer(lines, at)
	}
	if seconds, err := strconv.Atoi(sinceSeconds); err == nil {
		lines = newer(lines, time.Now().Add(-time.Duration(seconds)*time.Second))
	}
	if n, err := strconv.Atoi(tail); err == nil {
		lines = lines[max(0, len(lines)-n):]
	}
	return lines
}

func newer(lines []logLine, at time.Time) []logLine {
	var kept []logLine
	for _, line := range lines {
		if !line.at.Before(at) {
			kept = append(kept, line)
		}
	}
	return kept
}

func writeLine(w http.ResponseWriter, line logLine, timestamps bool) {
	if timestamps {
		fmt.Fprint(w, line.at.UTC().Format(time.RFC3339Nano), " ")
	}
	fmt.Fprint(w, strings.TrimSuffix(line.text, "\n"), "\n")
}
