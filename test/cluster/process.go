package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// errPortTaken is why a component could not start though nothing is wrong.
var errPortTaken = errors.New("a port was taken by somebody else")

// A component is a process of the cluster.
type component struct {
	name    string
	program string
	args    []string
	env     []string
	// ready reports whether it does its work; nil where nobody waits for it.
	ready func(context.Context) bool

	cmd     *exec.Cmd
	exited  chan struct{}
	err     error // once exited is closed
	stopped bool  // on purpose
}

// A spawner starts processes from a thread of its own. The kernel kills them
// when that thread ends, which it does with this process and not before: other
// threads come and go as Go's scheduler likes.
// See PR_SET_PDEATHSIG in https://man7.org/linux/man-pages/man2/prctl.2.html.
type spawner struct {
	jobs chan func()
	once sync.Once
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlock: the thread goes with this goroutine
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	done := make(chan error)
	s.jobs <- func() { done <- cmd.Start() }
	return <-done
}

func (s *spawner) close() { s.once.Do(func() { close(s.jobs) }) }

// launch starts components and waits until all of them are ready.
func (c *Cluster) launch(ctx context.Context, list ...*component) error {
	for _, p := range list {
		if err := c.spawn(p); err != nil {
			return fmt.Errorf("starting %s: %w", p.name, err)
		}
		c.mu.Lock()
		c.components = append(c.components, p)
		c.mu.Unlock()
	}
	for _, p := range list {
		if err := c.waitFor(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// spawn starts a component's process, whose output is added to its log.
func (c *Cluster) spawn(p *component) error {
	log, err := os.OpenFile(c.logFile(p.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.program, p.args...)
	cmd.Dir = c.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "TMPDIR=" + c.dir}, p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()
	if err := c.spawner.start(cmd); err != nil {
		return err
	}
	exited := make(chan struct{})
	c.mu.Lock()
	p.cmd, p.exited, p.stopped = cmd, exited, false
	c.mu.Unlock()
	go c.watch(p, cmd, exited)
	return nil
}

// watch notes the end of a process, and tells when nobody wanted it.
func (c *Cluster) watch(p *component, cmd *exec.Cmd, exited chan struct{}) {
	err := cmd.Wait()
	c.mu.Lock()
	p.err = err
	stopped := p.stopped
	c.mu.Unlock()
	close(exited)
	if !stopped {
		select {
		case c.died <- c.failure(p, "exited: "+fmt.Sprint(err)):
		default: // nobody listens; the first ones say enough
		}
	}
}

// waitFor waits until a component is ready.
func (c *Cluster) waitFor(ctx context.Context, p *component) error {
	if p.ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !p.ready(ctx) {
		select {
		case <-tick.C:
		case <-p.exited:
			return c.failure(p, fmt.Sprintf("exited while starting: %v", p.err))
		case <-ctx.Done():
			return c.failure(p, "was not ready in time")
		}
	}
	return nil
}

// failure says what happened to a component, with the end of its log.
func (c *Cluster) failure(p *component, what string) error {
	data, _ := os.ReadFile(c.logFile(p.name))
	end := tail(string(data), 15)
	err := fmt.Errorf("%s %s; the end of %s:\n%s", p.name, what, c.logFile(p.name), end)
	if strings.Contains(end, "address already in use") {
		return fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return err
}

func (c *Cluster) logFile(name string) string { return c.path("log/" + name + ".log") }

// StopComponent kills a component, such as kube-apiserver, as a crash would.
func (c *Cluster) StopComponent(name string) error {
	p, err := c.component(name)
	if err != nil {
		return err
	}
	c.kill(p)
	return nil
}

// StartComponent starts a component again that was stopped, and waits until it
// is ready.
func (c *Cluster) StartComponent(ctx context.Context, name string) error {
	p, err := c.component(name)
	if err != nil {
		return err
	}
	select {
	case <-p.exited:
	default:
		return fmt.Errorf("%s is running", name)
	}
	if err := c.spawn(p); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	return c.waitFor(ctx, p)
}

func (c *Cluster) component(name string) (*component, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, p := range c.components {
		if p.name == name {
			return p, nil
		}
		names = append(names, p.name)
	}
	return nil, fmt.Errorf("no component %q, there are %s", name, strings.Join(names, ", "))
}

// kill ends a process and those that it started. Data is thrown away, so
// nothing needs an orderly end, which takes seconds.
func (c *Cluster) kill(p *component) {
	c.mu.Lock()
	p.stopped = true
	cmd, exited := p.cmd, p.exited
	c.mu.Unlock()
	select {
	case <-exited: // its number may belong to another process by now
		return
	default:
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-exited
}

func (c *Cluster) stopAll() {
	c.mu.Lock()
	list := c.components
	c.components = nil
	c.mu.Unlock()
	for _, p := range list {
		c.kill(p)
	}
	c.spawner.close()
}

// tail returns the last lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
