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

// retryWatch is the pause before it is tried again to watch a cluster.
const retryWatch = 2 * time.Second

// watch begins to watch all clusters, and returns when each was tried once. The
// watches outlive the look that began them: close ends them.
func (c *clusters) watch(ctx context.Context) error {
	if c.stop == nil {
		var all context.Context
		all, c.stop = context.WithCancel(context.WithoutCancel(ctx))
		c.news = make(chan struct{}, 1)
		for _, one := range c.all() {
			one.watch = &watch{tried: make(chan struct{})}
			c.running.Go(func() { c.keep(all, one) })
		}
	}
	for _, one := range c.all() {
		select {
		case <-one.watch.tried:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// keep watches a cluster. It is tried again where that may help.
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
		if !mayPass(err) || pause(ctx, retryWatch) != nil {
			return
		}
	}
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

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
