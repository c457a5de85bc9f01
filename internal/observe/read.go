// What clusters have: listed once, or as watches know it.

package observe

import (
	"context"
	"errors"
	"sync"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// list reads clusters anew: those of engines before the others, so that what an
// engine says was applied is there.
func (c *clusters) list(ctx context.Context) error {
	for _, s := range []side{c.engines, c.pods} {
		if err := s.read(func(one *cluster) (*status.Live, error) { return one.list(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

func (one *cluster) list(ctx context.Context) (*status.Live, error) {
	wants, err := one.want(ctx)
	if err != nil {
		return nil, err
	}
	objects, gaps, err := one.client.List(ctx, wants)
	return status.NewLive(objects, gaps), err
}

// look takes in what watches brought, engines first. What is not watched is
// unknown: what a list has told of it is old by now.
func (c *clusters) look() error {
	for _, s := range []side{c.engines, c.pods} {
		if err := s.read(func(one *cluster) (*status.Live, error) { return one.watch.live() }); err != nil {
			return err
		}
	}
	return nil
}

// read does so with all clusters of a side at once. Of those that cannot be read
// all is unknown: one cluster must not hide the others, and where an engine
// cannot be asked the objects tell. It is an error where none has pods to tell.
func (s side) read(read func(*cluster) (*status.Live, error)) error {
	errs := make([]error, len(s.all))
	var wait sync.WaitGroup
	for i, one := range s.all {
		wait.Go(func() { one.live, errs[i] = read(one) })
	}
	wait.Wait()
	for i, one := range s.all {
		if one.lost = errs[i]; one.lost != nil {
			one.lose()
		}
	}
	return s.failure(errs)
}

// failure is what keeps a side from being looked at: nothing can be read of any
// of its clusters, or a cluster is not to blame. What cannot pass goes first,
// since the first error tells whether to try again.
func (s side) failure(errs []error) error {
	var passing, lasting []error
	for i, err := range errs {
		switch {
		case err == nil:
		case !errors.As(err, new(*kube.Error)):
			return err
		case s.all[i].engine:
		case mayPass(err):
			passing = append(passing, err)
		default:
			lasting = append(lasting, err)
		}
	}
	if len(passing)+len(lasting) < len(s.all) {
		return nil
	}
	return errors.Join(append(lasting, passing...)...)
}
