//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// canary is what every file outside the project says, in a form that each
// language could read if it got there. No output may have it.
const canary = "canary-that-nobody-may-see"

const (
	// hardLimit is how long a command may take, whatever else the machine does.
	hardLimit = 30 * time.Second
	// memoryLimit is how much address space a process gets, in KiB, so that
	// a hole is a failed test and not a dead machine. It is far above what a
	// worker may use.
	memoryLimit = 4 << 20
	// slack is by how much a busy machine may stretch a case's own bound.
	slack = 3
)

// TestAttacks lets lading meet every attack of testdata/attack. Each runs in a
// directory of its own, beside things that it must not read, with nothing of
// this process' environment.
func TestAttacks(t *testing.T) {
	t.Parallel()
	if underRaceDetector() {
		t.Skip("the race detector needs more memory and time than attacks get")
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "attack", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no attacks found", err)
	}
	var met, contained atomic.Int32
	t.Run("corpus", func(t *testing.T) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				t.Parallel()
				met.Add(1)
				meet(t, file)
				if !t.Failed() {
					contained.Add(1)
				}
			})
		}
	})
	t.Logf("%d of %d contained", contained.Load(), met.Load())
}

func underRaceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// meet runs one case, with each of its payloads.
func meet(t *testing.T, file string) {
	w := newWorld(t)
	a := readAttack(t, file, w.outside, w.server)
	if len(a.payloads) == 0 {
		a.judge(t, w.run(t, a, "project", harmless))
		return
	}
	var innocent *answer
	if a.same {
		innocent = w.run(t, a, "harmless", harmless)
		a.judge(t, innocent)
	}
	for i, payload := range a.payloads {
		got := w.run(t, a, fmt.Sprintf("project-%d", i), payload)
		if a.judge(t, got); innocent != nil {
			a.compare(t, innocent, got, payload)
		}
		if t.Failed() {
			t.Fatalf("payload %q", payload)
		}
	}
}

// A world is a directory with projects and, beside them, what no project may
// reach.
type world struct {
	dir, outside, server string
	programs             string // directory of programs that nobody may start
	bystanders           map[string]string
}

// forbidden are programs that generators, charts and remote bases would start.
// Each notes that it was.
var forbidden = []string{"curl", "docker", "git", "helm", "kubectl", "kustomize", "sh", "ssh"}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	check(t, err)
	w := &world{dir: dir, outside: filepath.Join(dir, "outside"), programs: filepath.Join(dir, "programs")}
	object := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + canary + "}\n"
	for name, text := range map[string]string{
		"outside/canary.env":         "KEY=" + canary + "\n",
		"outside/canary.j2":          canary + "\n",
		"outside/canary.jsonnet":     "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '" + canary + "'}}\n",
		"outside/canary.txt":         canary + "\n",
		"outside/canary.yaml":        object,
		"outside/deployment.yaml.j2": object,
		"outside/kustomization.yaml": "resources: [canary.yaml]\n",
		"home/canary.yaml":           object,
		"home/.gitconfig":            "[user]\n\tname = " + canary + "\n",
	} {
		writeFile(t, filepath.Join(dir, name), text, 0o644)
	}
	for _, name := range forbidden {
		script := "#!/bin/sh\n"
		if name == "git" { // publish asks it how commits are signed; that nothing is set is status 1
			script += "test \"$1\" = config && exit 1\n"
		}
		writeFile(t, filepath.Join(w.programs, name), script+"echo ran > "+dir+"/outside/ran-"+name+"\n", 0o755)
	}
	w.server = listen(t)
	w.bystanders = snapshot(t, dir)
	return w
}

func writeFile(t *testing.T, file, text string, mode fs.FileMode) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(file), 0o755))
	check(t, os.WriteFile(file, []byte(text), mode))
}

// listen returns the URL of a server to which nobody may connect while the
// test runs.
func listen(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
			t.Error("somebody connected to the server")
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return "http://" + listener.Addr().String()
}

// snapshot returns the content of every file below a directory.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			files[rel] = "symbolic link"
			return err
		}
		data, err := os.ReadFile(file)
		files[rel] = string(data)
		return err
	}))
	return files
}

// An answer is how a command ended and all that it left.
type answer struct {
	status         int
	stdout, stderr string
	took           time.Duration // processor time, workers included
	timedOut       bool
	written        []string // below the project
	touched        []string // outside of it
}

// run makes the project in a directory of the world and runs its commands.
func (w *world) run(t *testing.T, a *attack, name, payload string) *answer {
	t.Helper()
	project := filepath.Join(w.dir, name)
	a.write(t, project, payload)
	before := snapshot(t, project)
	var got *answer
	for _, args := range a.runs {
		got = w.command(t, project, args)
	}
	got.written = changed(before, snapshot(t, project))
	after := snapshot(t, w.dir)
	for file := range after {
		if strings.HasPrefix(file, "project") || strings.HasPrefix(file, "harmless") {
			delete(after, file)
		}
	}
	got.touched = changed(w.bystanders, after)
	return got
}

// command runs lading, or git for a look at what lading has written.
func (w *world) command(t *testing.T, dir string, args []string) *answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hardLimit)
	defer cancel()
	program, err := exec.LookPath(args[0])
	check(t, err)
	limited := fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, memoryLimit)
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", limited, program}, args[1:]...)...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.WaitDelay = time.Second
	cmd.Env = []string{
		"HOME=" + filepath.Join(w.dir, "home"), "PATH=" + w.programs, "TMPDIR=" + t.TempDir(),
		"CANARY=" + canary, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=CI", "GIT_COMMITTER_EMAIL=ci@example.com",
	}
	// Workers die with their parent, also where that is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		t.Fatal(err)
	}
	return &answer{
		status: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(),
		took: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), timedOut: ctx.Err() != nil,
	}
}
