package kube

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Tail says which logs to read of several pods at once, and takes their lines.
type Tail struct {
	// Namespace and Labels choose the pods, and the Deployments without which
	// there will be no more of them.
	Namespace, Labels string
	// Container is the name of one container, empty for all, those that
	// initialise the pod included.
	Container string
	// Previous asks for the run before the present one.
	Previous bool
	// Tail is how many lines of each log from the end, -1 for all.
	Tail int64
	// Since is how far to look back, 0 for to the beginning.
	Since time.Duration
	// Line takes each line, Note what else there is to say. They are called
	// one at a time. An error of Line ends the reading.
	Line func(Line) error
	Note func(string)
}

// A Line is one line of a container's log.
type Line struct {
	Pod, Container string
	// Time is when it was written, zero where the line is the kubelet's own.
	Time time.Time
	// Text has no newline at its end. It is valid during the call only.
	Text []byte
}

// A NoLogError tells that there was no log to read, and why.
type NoLogError struct {
	// Pods is how many pods there were.
	Pods int
	// Reasons say for each container why it has none.
	Reasons []string
}

func (e *NoLogError) Error() string {
	if e.Pods == 0 {
		return "there are no pods"
	}
	return "there is no log: " + strings.Join(e.Reasons, "; ")
}

// A tailing is a reading of logs on its way.
type tailing struct {
	Tail
	client *Client
	// speaking keeps lines and notes apart.
	speaking sync.Mutex
}

func (t *tailing) line(l Line) error {
	t.speaking.Lock()
	defer t.speaking.Unlock()
	return t.Line(l)
}

func (t *tailing) note(format string, args ...any) {
	t.speaking.Lock()
	defer t.speaking.Unlock()
	t.Note(fmt.Sprintf(format, args...))
}

// Tail reads the logs that there are, one after the other: the pods of the newest
// content first, and of those the oldest. It returns a [*NoLogError] where no
// container has one.
func (c *Client) Tail(ctx context.Context, o Tail) error {
	found, gaps, err := c.List(ctx, []Want{{Kind: "Pod", Namespace: o.Namespace, Labels: o.Labels}})
	if err != nil {
		return err
	}
	if len(gaps) > 0 {
		return &gapError{gaps[0].Message, gaps[0].Next}
	}
	t := &tailing{Tail: o, client: c}
	containers, err := t.containers(found)
	if err != nil {
		return err
	}
	reasons := []string{}
	read := 0
	for _, k := range containers {
		reason := k.silence(o.Previous)
		if reason == "" {
			reason, err = t.whole(ctx, k)
		}
		if err != nil {
			return err
		}
		if reason != "" {
			reasons = append(reasons, k.String()+" "+reason)
			continue
		}
		read++
	}
	if read == 0 {
		return &NoLogError{Pods: len(found), Reasons: reasons}
	}
	for _, reason := range reasons {
		t.note("%s", reason)
	}
	return nil
}

// whole reads one log to its end. What keeps one container's log from being read
// is a reason, what will keep all of them an error.
func (t *tailing) whole(ctx context.Context, k container) (reason string, err error) {
	s := &stream{tailing: t, container: k, tail: t.Tail.Tail, since: t.Since}
	var lost error
	err = again(ctx, patience, func() error {
		err := s.read(ctx, false)
		if statusCode(err) == http.StatusInternalServerError {
			lost = err
			return nil // as of a lost node, which takes half a minute each time
		}
		return err
	})
	err = cmp.Or(err, lost)
	if reason := unreadable(err); reason != "" {
		return reason, nil
	}
	return "", err
}

// unreadable says why one container's log cannot be read, empty where others'
// cannot be either. A node that is lost is a fault of the server, which asks its
// kubelet.
func unreadable(err error) string {
	switch {
	case problemOf(err) == Absent:
		return "is gone"
	case statusCode(err) == http.StatusBadRequest:
		return "has none: " + messageOf(err)
	case problemOf(err) == Broken:
		return "cannot be read: " + messageOf(err)
	}
	return ""
}

// A gapError is a gap as an error.
type gapError struct{ message, next string }

func (e *gapError) Error() string { return e.message }
func (e *gapError) Hint() string  { return e.next }

// containers returns the chosen containers of pods in the order in which their
// logs are read.
func (t *tailing) containers(pods []*unstructured.Unstructured) ([]container, error) {
	var all, chosen []container
	for _, pod := range inReadingOrder(pods) {
		all = append(all, containersOf(pod)...)
	}
	var names []string
	for _, k := range all {
		if t.Container == "" || k.name == t.Container {
			chosen = append(chosen, k)
		}
		if !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	if len(all) > 0 && len(chosen) == 0 {
		return nil, &NoContainerError{t.Container, names}
	}
	return chosen, nil
}

// A NoContainerError tells that no pod has a container of that name.
type NoContainerError struct {
	Name string
	// Known are the names that there are.
	Known []string
}

func (e *NoContainerError) Error() string {
	return fmt.Sprintf("there is no container %q, want %s", e.Name, strings.Join(e.Known, " or "))
}
