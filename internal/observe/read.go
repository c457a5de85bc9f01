// What clusters have: listed once, or watched.

package observe

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// list reads clusters anew: those of engines before the others, so that what an
// engine says was applied is there.
func (c *clusters) list(ctx context.Context) error {
	for _, byEnvironment := range []map[string]*cluster{c.engines, c.pods} {
		side := distinct(byEnvironment)
		errs := eachCluster(side, func(one *cluster) error {
			objects, gaps, err := one.client.List(ctx, one.wants)
			one.live = status.NewLive(objects, gaps)
			return err
		})
		if err := settle(side, errs); err != nil {
			return err
		}
	}
	return nil
}

// settle makes gaps of everything that is wanted of clusters that cannot be
// read: the objects tell where an engine cannot, and one cluster must not hide
// the others. It is an error where none can be read.
func settle(clusters []*cluster, errs []error) error {
	well := slices.Contains(errs, nil)
	for i, one := range clusters {
		if errs[i] == nil {
			continue
		}
		var known *kube.Error
		if !errors.As(errs[i], &known) || !one.engine && !well {
			return errors.Join(errs...)
		}
		var gaps []status.Gap
		for _, w := range one.wants {
			gaps = append(gaps, status.Gap{Group: w.Group, Kind: w.Kind, Reason: status.Unreachable, Message: known.Error(), Next: known.Hint()})
		}
		one.live = status.NewLive(nil, gaps)
	}
	return nil
}

// watch begins to watch all clusters. An engine that cannot be asked is not
// watched.
func (c *clusters) watch(ctx context.Context) error {
	errs := eachCluster(c.all, func(one *cluster) (err error) {
		one.watched, err = one.client.Observe(ctx, one.wants)
		return err
	})
	for i, one := range c.all {
		if errs[i] == nil {
			continue
		}
		if !one.engine {
			return errs[i]
		}
		if err := settle([]*cluster{one}, errs[i:i+1]); err != nil {
			return err
		}
		one.unwatched = one.live
	}
	return nil
}

// look takes in what watches brought, engines first. What is not watched is as
// unknown as it was when watching it failed: what a list has told of it since
// is old by now.
func (c *clusters) look() error {
	for _, one := range c.all {
		if one.watched == nil {
			one.live = one.unwatched
		}
	}
	for _, byEnvironment := range []map[string]*cluster{c.engines, c.pods} {
		side := slices.DeleteFunc(distinct(byEnvironment), func(one *cluster) bool { return one.watched == nil })
		errs := make([]error, len(side))
		for i, one := range side {
			one.live = status.NewLive(one.watched.Live())
			errs[i] = one.watched.Err()
		}
		if err := settle(side, errs); err != nil {
			return err
		}
	}
	return nil
}

// changed is sent to when any cluster has news, until the context ends.
func (c *clusters) changed(ctx context.Context) <-chan struct{} {
	news := make(chan struct{}, 1)
	for _, one := range c.all {
		if one.watched == nil {
			continue
		}
		go forward(ctx, one.watched.Changed(), news)
	}
	return news
}

func forward(ctx context.Context, from <-chan struct{}, to chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-from:
			if !open {
				return
			}
			select {
			case to <- struct{}{}:
			default: // there is news already that nobody has seen
			}
		}
	}
}

// close ends watches.
func (c *clusters) close() {
	for _, one := range c.all {
		if one.watched != nil {
			one.watched.Close()
		}
	}
}

// distinct are the clusters of some environments, each once.
func distinct(byEnvironment map[string]*cluster) []*cluster {
	seen := make(map[*cluster]bool)
	var out []*cluster
	for _, c := range byEnvironment {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// eachCluster does the same with several clusters at once.
func eachCluster(clusters []*cluster, do func(*cluster) error) []error {
	errs := make([]error, len(clusters))
	var wait sync.WaitGroup
	for i, c := range clusters {
		wait.Go(func() { errs[i] = do(c) })
	}
	wait.Wait()
	return errs
}
