package kube

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/status"
)

// An Observer keeps up with the objects of a cluster until it is closed. It
// survives what passes: a restart of the API server, a cut network, a token that
// is replaced, a history that was forgotten. While it cannot keep up [Observer.Err]
// says why, and what [Observer.Live] returns is old.
type Observer struct {
	client  *Client
	rhythm  rhythm
	views   []*view
	changed chan struct{}
	cancel  context.CancelFunc
	running sync.WaitGroup
	// slots bound the lists under way.
	slots chan struct{}

	mu   sync.Mutex
	lost error // what the last heartbeat failed with
}

// A rhythm is how often an observer does what it does again.
type rhythm struct {
	poll       time.Duration // lists where watching is forbidden
	rediscover time.Duration // looks for a kind that is not served
	beat       time.Duration // asks whether the server is there
	silence    time.Duration // and for how long it waits for the answer
	// retry is the pause before the next attempt after a failure, slow what
	// it grows to: somebody waits for the end of an outage, and many do.
	retry, slow time.Duration
	// steady is how long a watch lasts that was not in vain.
	steady time.Duration
}

func usual() rhythm {
	return rhythm{
		poll: 2 * time.Second, rediscover: 10 * time.Second, beat: 2 * time.Second, silence: 4 * time.Second,
		retry: 300 * time.Millisecond, slow: 5 * time.Second, steady: 10 * time.Second,
	}
}

// Observe lists the objects of every want and then watches them, or lists again
// every two seconds where watching is forbidden. Kinds that are forbidden or not
// served are gaps until that changes. It returns when every want was read once;
// the error is for a cluster of which nothing can be read. The observer ends
// with ctx at the latest.
func (c *Client) Observe(ctx context.Context, wants []Want) (*Observer, error) {
	return c.observe(ctx, wants, usual())
}

func (c *Client) observe(ctx context.Context, wants []Want, rhythm rhythm) (*Observer, error) {
	resources, err := c.Resources(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &Observer{
		client: c, rhythm: rhythm, cancel: cancel,
		changed: make(chan struct{}, 1), slots: make(chan struct{}, atOnce),
	}
	for _, w := range wants {
		o.views = append(o.views, newView(o, w))
	}
	for _, v := range o.views {
		o.running.Go(func() { v.run(ctx, resources) })
	}
	o.running.Go(func() { o.beat(ctx) })
	if err := o.settle(ctx); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// settle waits until every want was read, or is known to be a gap.
func (o *Observer) settle(ctx context.Context) error {
	for _, v := range o.views {
		select {
		case <-v.settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, v := range o.views {
		if err := v.err(); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the observer and all its requests.
func (o *Observer) Close() {
	o.cancel()
	o.running.Wait()
}

// Changed receives when there is something new in Live or Err. Several changes
// are told as one.
func (o *Observer) Changed() <-chan struct{} { return o.changed }

func (o *Observer) tell() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// Live returns the objects as last seen, each once, in the order of the wants and
// then by name, and the gaps. Nobody may change the objects.
func (o *Observer) Live() ([]*unstructured.Unstructured, []status.Gap) {
	m := newMerger()
	for _, v := range o.views {
		objects, gap := v.snapshot()
		m.add(objects)
		m.gap(gap)
	}
	return m.objects, m.gaps
}

// Err returns what keeps the observer from knowing how things stand now, nil
// where nothing does.
func (o *Observer) Err() error {
	o.mu.Lock()
	lost := o.lost
	o.mu.Unlock()
	if lost != nil {
		return lost
	}
	for _, v := range o.views {
		if err := v.err(); err != nil {
			return err
		}
	}
	return nil
}

// beat asks for something small again and again: a network that swallows packets
// does not end a watch, it only makes it silent. Any answer will do.
func (o *Observer) beat(ctx context.Context) {
	for sleep(ctx, o.rhythm.beat) == nil {
		err := o.alive(ctx)
		if ctx.Err() != nil {
			return
		}
		o.mu.Lock()
		news := (o.lost == nil) != (err == nil)
		o.lost = err
		o.mu.Unlock()
		if news {
			o.tell()
		}
	}
}

func (o *Observer) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, o.rhythm.silence)
	defer cancel()
	body, err := o.client.open(ctx, opening{path: "/version", verb: "get", resource: "/version"})
	switch problem := problemOf(err); {
	case err == nil:
		return body.Close()
	case problem == Plugin: // which may be slow while the server is well
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return o.client.explain(fmt.Errorf("nothing within %s: %w", o.rhythm.silence, ctx.Err()), "", "", "")
	case problem == Unreachable || problem == Untrusted:
		return err
	}
	return nil
}
