// Watching clusters, each as soon as it can be reached.

package observe

import (
	"context"
	"sync"
	"time"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// watching is the watches of all clusters. They begin with the first look of a
// wait and go on behind its back: a cluster that is away holds up no other.
type watching struct {
	stop    context.CancelFunc // nil before they begin
	running sync.WaitGroup
	pace    pace
	// news is sent to when any cluster has some.
	news chan struct{}
}

// A watch is that of one cluster.
type watch struct {
	// tried is closed when it was first tried to begin.
	tried chan struct{}

	lock     sync.Mutex
	observer *kube.Observer // nil before it has begun
	err      error          // why it has not
}

// A pace is how long is waited for what.
type pace struct {
	first time.Duration // until clusters were tried, before the first look goes on
	retry time.Duration // before it is tried again to watch one
	slow  time.Duration // the same, where somebody has to do something first
}

func usual() pace {
	return pace{first: 5 * time.Second, retry: 2 * time.Second, slow: 10 * time.Second}
}

// watch begins to watch all clusters, and returns when each was tried once, or
// has been silent for too long to be waited for. The watches outlive the look
// that began them: close ends them.
func (c *clusters) watch(ctx context.Context) error {
	if c.stop != nil {
		return nil
	}
	var all context.Context
	all, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.news = make(chan struct{}, 1)
	for _, one := range c.all() {
		one.watch = &watch{tried: make(chan struct{}), err: one.client.Silent()}
		c.running.Go(func() { c.keep(all, one) })
	}
	return c.awaitTried(ctx)
}

func (c *clusters) awaitTried(ctx context.Context) error {
	late := time.After(c.pace.first)
	for _, one := range c.all() {
		select {
		case <-one.watch.tried:
		case <-late:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// keep watches a cluster. It is tried until that succeeds: who looks decides
// whether to wait for it.
func (c *clusters) keep(ctx context.Context, one *cluster) {
	for first := true; ; first = false {
		observer, err := one.observe(ctx)
		one.watch.set(observer, err)
		if first {
			close(one.watch.tried)
		}
		c.tell()
		if err == nil {
			c.forward(ctx, observer.Changed())
			observer.Close()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(c.pace.after(err)):
		}
	}
}

// after is the pause after an attempt that failed.
func (p pace) after(err error) time.Duration {
	if mayPass(err) {
		return p.retry
	}
	return p.slow
}

func (one *cluster) observe(ctx context.Context) (*kube.Observer, error) {
	wants, err := one.want(ctx)
	if err != nil {
		return nil, err
	}
	return one.client.Observe(ctx, wants)
}

func (w *watch) set(observer *kube.Observer, err error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.observer, w.err = observer, err
}

// live returns what the watch knows, and what keeps it from knowing more.
func (w *watch) live() (*status.Live, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.observer == nil {
		return nil, w.err
	}
	return status.NewLive(w.observer.Live()), w.observer.Err()
}

// forward tells of what comes until the context ends.
func (c *clusters) forward(ctx context.Context, from <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-from:
			c.tell()
		}
	}
}

func (c *clusters) tell() {
	select {
	case c.news <- struct{}{}:
	default: // there is news already that nobody has seen
	}
}

// close ends all watches.
func (c *clusters) close() {
	if c.stop != nil {
		c.stop()
		c.running.Wait()
	}
}
