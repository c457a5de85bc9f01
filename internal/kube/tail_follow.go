package kube

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/status"
)

// Follow reads logs as they are written: of the pods that there are and of those
// that come. It goes on behind the last line where a connection breaks, and
// returns when the Deployment and its pods are gone, or when ctx ends.
func (c *Client) Follow(ctx context.Context, o Tail) error {
	return c.follow(ctx, o, usual())
}

func (c *Client) follow(ctx context.Context, o Tail, rhythm rhythm) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	observer, err := c.observe(ctx, []Want{
		{Kind: "Pod", Namespace: o.Namespace, Labels: o.Labels},
		{Group: "apps", Kind: "Deployment", Namespace: o.Namespace, Labels: o.Labels},
	}, rhythm)
	if err != nil {
		return err
	}
	defer observer.Close()
	f := &following{
		tailing: &tailing{Tail: o, client: c}, observer: observer, rhythm: rhythm,
		streams: make(map[streamKey]*followed), noted: make(map[string]string),
		ended: make(chan error, 1),
	}
	defer f.reading.Wait()
	defer cancel()
	return f.run(ctx)
}

// A following is a Follow on its way.
type following struct {
	*tailing
	observer *Observer
	rhythm   rhythm
	streams  map[streamKey]*followed
	noted    map[string]string // what was said last of a container
	reading  sync.WaitGroup
	// ended receives what no reading survives.
	ended chan error
	// begun tells that the pods of the beginning are known, deployed that
	// there was a Deployment, lost that the cluster cannot be reached now.
	begun, deployed, lost bool
}

type streamKey struct{ uid, container string }

// A followed is the stream of a container and what becomes of it.
type followed struct {
	stream
	cancel context.CancelFunc // nil until it was opened
	gone   time.Time          // since when its pod is not there

	mu       sync.Mutex
	isActive bool
	problem  string    // why it could not be read the last time
	refused  bool      // and whether the user may not
	finished string    // the run that was read to its end
	next     time.Time // not to be opened before
	pause    time.Duration
}

func (f *following) run(ctx context.Context) error {
	for {
		over, err := f.look(ctx)
		if over || err != nil {
			return err
		}
		tick := time.NewTimer(f.rhythm.retry)
		select {
		case <-f.observer.Changed():
		case <-tick.C: // streams that wait for their next attempt
		case err := <-f.ended:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		tick.Stop()
	}
}

// look opens the streams that are missing, and tells whether there will be no
// more of them.
func (f *following) look(ctx context.Context) (over bool, err error) {
	objects, gaps := f.observer.Live()
	for _, g := range gaps {
		if g.Kind == "Pod" {
			return false, &gapError{g.Message, g.Next}
		}
	}
	f.reachable()
	deployments, pods := 0, objects[:0:0]
	for _, o := range objects {
		if o.GetKind() == "Pod" {
			pods = append(pods, o)
		} else {
			deployments++
		}
	}
	containers, err := f.containers(pods)
	if err != nil && !f.begun {
		return false, err
	}
	for _, k := range containers {
		f.open(ctx, k)
	}
	f.leave(pods)
	if len(pods) == 0 && !f.begun {
		f.say("", "there are no pods yet; waiting for them")
	}
	f.begun = f.begun || len(pods) > 0
	f.deployed = f.deployed || deployments > 0
	isKnown := f.observer.Err() == nil && !isGap(gaps, "Deployment")
	return isKnown && f.deployed && deployments == 0 && len(pods) == 0 && f.isQuiet(), nil
}

func isGap(gaps []status.Gap, kind string) bool {
	for _, g := range gaps {
		if g.Kind == kind {
			return true
		}
	}
	return false
}

// reachable tells once when the cluster cannot be reached, and when it can again.
func (f *following) reachable() {
	err := f.observer.Err()
	if (err != nil) == f.lost {
		return
	}
	f.lost = err != nil
	if f.lost {
		f.note("%v; trying again", err)
		return
	}
	f.note("the cluster can be reached again")
}

// isQuiet tells that no stream is open.
func (f *following) isQuiet() bool {
	for _, s := range f.streams {
		s.mu.Lock()
		active := s.isActive
		s.mu.Unlock()
		if active {
			return false
		}
	}
	return true
}

// open begins to read a container's log where that is due.
func (f *following) open(ctx context.Context, k container) {
	if reason := k.silence(f.Previous); reason != "" {
		f.say(k.String(), k.String()+" "+reason)
		return
	}
	key := streamKey{k.uid, k.name}
	s := f.streams[key]
	if s == nil {
		s = &followed{stream: stream{tailing: f.tailing, tail: -1}, pause: f.rhythm.retry}
		if !f.begun {
			s.tail, s.since = f.Tail.Tail, f.Since
		}
		f.streams[key] = s
	}
	if why := s.why(); why != "" && !f.lost {
		f.say(k.String(), k.String()+" "+why+"; trying again")
	}
	if s.claim(k, f.client.now()) {
		ctx, cancel := context.WithCancel(ctx)
		s.cancel = cancel
		f.reading.Go(func() {
			defer cancel()
			f.read(ctx, s)
		})
	}
}

// leave ends what is read of pods that are gone, some time after: a node that
// is lost never ends a log.
func (f *following) leave(there []*unstructured.Unstructured) {
	now := f.client.now()
	for key, s := range f.streams {
		isThere := slices.ContainsFunc(there, func(pod *unstructured.Unstructured) bool { return string(pod.GetUID()) == key.uid })
		switch {
		case isThere:
			s.gone = time.Time{}
		case s.gone.IsZero():
			s.gone = now
		case now.Sub(s.gone) >= f.rhythm.silence:
			if s.cancel != nil {
				s.cancel()
			}
			delete(f.streams, key)
		}
	}
}

// say says something of a container, unless it was the last thing said of it.
func (f *following) say(of, words string) {
	if f.noted[of] != words {
		f.noted[of] = words
		f.note("%s", words)
	}
}

// claim tells whether a stream is to be opened now, and marks it as open.
func (s *followed) claim(k container, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isActive || now.Before(s.next) || s.finished == k.run && !k.running {
		return false
	}
	s.isActive, s.container, s.problem = true, k, ""
	return true
}

// why says why a stream could not be read, empty where it is or will be.
func (s *followed) why() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

// read reads one connection of a stream, and decides what comes of it.
func (f *following) read(ctx context.Context, s *followed) {
	before := s.last
	err := s.stream.read(ctx, true)
	refused := problemOf(err) == Forbidden || problemOf(err) == Unauthorized && !f.isLost()
	var unwritten *lineError
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &unwritten):
		f.end(unwritten.error)
	case refused && s.refused:
		f.end(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem, s.refused = unreadable(err), refused
	switch {
	case s.last != before:
		s.pause = f.rhythm.retry
	case refused: // as by a server that starts, and does not know its roles yet
		s.pause = max(s.pause, f.rhythm.beat)
	}
	s.next = f.client.now().Add(s.pause)
	s.pause = min(s.pause*2, f.rhythm.slow)
	if err == nil {
		s.finished = s.container.run
	}
	s.isActive = false
}

// isLost tells that failures are the cluster's and pass with it.
func (f *following) isLost() bool { return f.observer.Err() != nil }

// end ends the whole reading; the first error counts.
func (f *following) end(err error) {
	select {
	case f.ended <- err:
	default:
	}
}
