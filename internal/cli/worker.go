package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/render"
)

// workerCommand is the hidden command that runs templates of users. It is
// this program again: a template that takes too long or too much memory is
// stopped by ending the process, the one way that always works.
const workerCommand = "worker"

// outOfMemory is how a worker exits that uses more memory than it may.
const outOfMemory = 97

func newWorker(env *Env) *cobra.Command {
	var memory int64
	cmd := &cobra.Command{
		Use:     workerCommand,
		Short:   "Run templates for another lading process",
		Example: "  lading render --trust-inputs -f greet.yaml    # renders without workers",
		Hidden:  true,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			watch(memory)
			return render.Serve(cmd.Context(), env.Stdin, env.Stdout)
		},
	}
	cmd.Flags().Int64Var(&memory, "memory", render.DefaultLimits.Memory, "bytes that the process may use")
	return cmd
}

// watch ends the process when it uses more memory than it may, or when the
// process that started it is gone.
func watch(memory int64) {
	debug.SetMemoryLimit(memory * 3 / 4)              // collect garbage before giving up
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))) // or the watch would wait for the template
	parent := os.Getppid()
	go func() {
		sample := []metrics.Sample{
			{Name: "/memory/classes/total:bytes"},
			{Name: "/memory/classes/heap/released:bytes"},
		}
		for range time.Tick(10 * time.Millisecond) {
			metrics.Read(sample)
			if int64(sample[0].Value.Uint64()-sample[1].Value.Uint64()) > memory || os.Getppid() != parent {
				os.Exit(outOfMemory)
			}
		}
	}()
}

// A workerProcess is a running worker.
type workerProcess struct {
	io.Reader
	io.Writer
	cmd    *exec.Cmd
	memory int64
	stderr bytes.Buffer
	ended  chan struct{}
	err    error // how it ended, to be read after ended is closed
}

// spawnWorker starts a worker. It gets no environment: nothing in it is any
// business of a template.
func spawnWorker(limits render.Limits) (render.Worker, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &workerProcess{memory: limits.Memory, ended: make(chan struct{})}
	p.cmd = exec.Command(program, workerCommand, "--memory", strconv.FormatInt(limits.Memory, 10))
	p.cmd.Env = []string{"PATH="}
	p.cmd.Stderr = &p.stderr
	if p.Writer, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.Reader, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Kill implements [render.Worker].
func (p *workerProcess) Kill() { _ = p.cmd.Process.Kill() }

// Wait implements [render.Worker].
func (p *workerProcess) Wait() error {
	select {
	case <-p.ended:
	case <-time.After(2 * time.Second):
		return errors.New("worker closed its output and went on")
	}
	if p.cmd.ProcessState.ExitCode() == outOfMemory {
		return &render.LimitError{
			Limit:   "memory",
			Message: fmt.Sprintf("needs more than %d MiB of memory", p.memory>>20),
		}
	}
	if died := crash.FindString(p.stderr.String()); died != "" {
		return &render.LimitError{Limit: "memory", Message: fmt.Sprintf("needs more than %d MiB of memory (%s)", p.memory>>20, died)}
	}
	return fmt.Errorf("worker ended unexpectedly: %w\n%s", p.err, lastLines(p.stderr.String(), 5))
}

// crash is how Go says that the stack or the memory is at its end.
var crash = regexp.MustCompile(`goroutine stack exceeds|out of memory|cannot allocate memory`)

// lastLines returns the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
