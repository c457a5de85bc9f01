package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/kube/kubetest"
)

// TestLogsAreFollowedUntilTheDeploymentIsGone reads lines as they come, of a pod
// of before and of one that comes later.
func TestLogsAreFollowedUntilTheDeploymentIsGone(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.sync(t)
	target := p.one(t, "")
	namespace := target.Namespace
	pod := func(name string) kubetest.Container {
		document := fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {namespace: %s, name: %s, labels: {managed-by: zenml, zenml-deployment-id: %q}},
spec: {containers: [{name: main}]}, status: {containerStatuses: [{name: main, state: {running: {}}}]}}`, namespace, name, target.DeploymentID)
		if err := p.cluster.ApplyYAML(document); err != nil {
			t.Fatal(err)
		}
		return kubetest.Container{Namespace: namespace, Pod: name, Name: "main"}
	}
	one := pod("one")
	p.cluster.Log(one, time.Time{}, "begin")
	out, in := io.Pipe()
	ended := make(chan error, 1)
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: in, Stderr: io.Discard, Getenv: p.getenv, Dir: p.dir,
		Now: time.Now,
	}
	go func() {
		root := newRoot(env)
		root.SetArgs([]string{"logs", "greet", "-f", "--repository", p.repository, "--kubeconfig", p.kubeconfig, "-c", "main"})
		ended <- root.ExecuteContext(context.Background())
		in.Close()
	}()
	lines := make(chan string)
	go func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := out.Read(buffer) // a write is a line
			if err != nil {
				close(lines)
				return
			}
			lines <- string(buffer[:n])
		}
	}()
	next := func(want string) {
		t.Helper()
		select {
		case got, ok := <-lines:
			if got != want || !ok {
				t.Fatalf("got %q, want %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%q never came", want)
		}
	}
	next("[one/main] begin\n")
	p.cluster.Log(one, time.Time{}, "\x1b[31mred")
	next("[one/main] \x1b[31mred\n")
	two := pod("two")
	p.cluster.Log(two, time.Time{}, "here too")
	next("[two/main] here too\n")
	for _, o := range p.cluster.Objects("", "Pod") {
		p.cluster.EndLog(kubetest.Container{Namespace: o.GetNamespace(), Pod: o.GetName(), Name: "main"})
		p.cluster.Delete("", "Pod", o.GetNamespace(), o.GetName())
	}
	p.cluster.Delete("apps", "Deployment", namespace, target.ResourceName)
	if line, more := <-lines; more {
		t.Errorf("got %q, want the end", line)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestOnATerminalControlCharactersOfLogsAreShown(t *testing.T) {
	t.Parallel()
	var out, notes bytes.Buffer
	p := newLogPrinter(&Env{Stdout: &out, Stderr: &notes}, true, false)
	p.escaped = true
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, l := range []kube.Line{{Pod: "p", Container: "c", Time: at, Text: []byte("a\x1b[2J\tb")}, {Pod: "p", Container: "c", Text: []byte("of the kubelet")}} {
		if err := p.line(l); err != nil {
			t.Fatal(err)
		}
	}
	p.note("that is all")
	want := "[p/c] 2026-01-02T03:04:05.000006Z a\\x1b[2J\tb\n[p/c] of the kubelet\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("lading: note: that is all\n", notes.String()); diff != "" {
		t.Error(diff)
	}
}
