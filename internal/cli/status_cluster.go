// The clusters of targets: one connection each, however many environments they
// serve.

package cli

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// A statusCluster is one cluster, and what is read of it.
type statusCluster struct {
	client *kube.Client
	wants  []kube.Want
	// watched is nil where nothing is watched; unwatched is then what is known
	// of it, which is why not.
	watched   *kube.Observer
	unwatched *status.Live
	live      *status.Live
	// engine tells that the objects are those of an engine.
	engine bool
}

// statusClusters are the clusters of the targets of one command.
type statusClusters struct {
	// pods and engines are the clusters by the name of the environment; they
	// may be of one connection, and are read apart: engines first.
	pods, engines map[string]*statusCluster
	all           []*statusCluster
	// unreachable tells why the engines of an environment cannot be asked.
	unreachable map[string]error
}

// clusters connects to the clusters of targets and works out what to read.
func (f *targetFlags) clusters(ctx context.Context, env *Env, targets []*statusTarget) (*statusClusters, error) {
	c := &statusClusters{
		pods: make(map[string]*statusCluster), engines: make(map[string]*statusCluster),
		unreachable: make(map[string]error),
	}
	pods, engines := make(clusterGroups), make(clusterGroups)
	for _, t := range targets {
		if c.pods[t.Environment] == nil {
			client, err := f.connect(env, t.environment, t.config)
			if err != nil {
				return nil, err
			}
			c.pods[t.Environment] = pods.of(client)
		}
		group := c.pods[t.Environment]
		pods[group] = append(pods[group], t)
		c.findEngine(f, env, t, engines)
	}
	for group, members := range engines {
		group.wants, group.engine = engineWants(members), true
		c.all = append(c.all, group)
	}
	for group, members := range pods {
		group.wants = wantsOf(members, func() bool { return mayListAll(ctx, group.client) })
		c.all = append(c.all, group)
	}
	return c, nil
}

// findEngine connects to the cluster of a target's engine. Where that cannot be
// done the live objects tell.
func (c *statusClusters) findEngine(f *targetFlags, env *Env, t *statusTarget, engines clusterGroups) {
	kind, _ := t.engine()
	if kind == "" || c.unreachable[t.Environment] != nil {
		return
	}
	if c.engines[t.Environment] == nil {
		client, err := f.engine(env, t.environment, t.config)
		if err != nil || client == nil {
			c.unreachable[t.Environment] = err
			return
		}
		c.engines[t.Environment] = engines.of(client)
	}
	group := c.engines[t.Environment]
	engines[group] = append(engines[group], t)
}

// clusterGroups are targets by cluster.
type clusterGroups map[*statusCluster][]*statusTarget

// of returns the group of a client. The same server with other credentials is
// another group: they may be allowed other things.
func (g clusterGroups) of(client *kube.Client) *statusCluster {
	for c := range g {
		if c.client == client {
			return c
		}
	}
	c := &statusCluster{client: client}
	g[c] = nil
	return c
}

// mayListAll tells whether pods of all namespaces may be listed. Who may that
// may as a rule list the rest.
func mayListAll(ctx context.Context, client *kube.Client) bool {
	answers, err := client.Can(ctx, kube.Permission{Verb: "list", Resource: "pods"}, kube.Permission{Verb: "list", Group: "apps", Resource: "deployments"})
	return err == nil && answers[0] && answers[1]
}

// list reads clusters anew: those of engines before the others, so that what an
// engine says was applied is there.
func (c *statusClusters) list(ctx context.Context) error {
	for _, side := range []map[string]*statusCluster{c.engines, c.pods} {
		clusters := distinct(side)
		errs := eachCluster(clusters, func(one *statusCluster) error {
			objects, gaps, err := one.client.List(ctx, one.wants)
			one.live = status.NewLive(objects, gaps)
			return err
		})
		if err := settle(clusters, errs); err != nil {
			return err
		}
	}
	return nil
}

// settle makes gaps of everything that is wanted of clusters that cannot be
// read: the objects tell where an engine cannot, and one cluster must not hide
// the others. It is an error where none can be read.
func settle(clusters []*statusCluster, errs []error) error {
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
func (c *statusClusters) watch(ctx context.Context) error {
	errs := eachCluster(c.all, func(one *statusCluster) (err error) {
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
		if err := settle([]*statusCluster{one}, errs[i:i+1]); err != nil {
			return err
		}
		one.unwatched = one.live
	}
	return nil
}

// look takes in what watches brought, engines first. What is not watched is as
// unknown as it was when watching it failed: what a list has told of it since
// is old by now.
func (c *statusClusters) look() error {
	for _, one := range c.all {
		if one.watched == nil {
			one.live = one.unwatched
		}
	}
	for _, side := range []map[string]*statusCluster{c.engines, c.pods} {
		clusters := slices.DeleteFunc(distinct(side), func(one *statusCluster) bool { return one.watched == nil })
		errs := make([]error, len(clusters))
		for i, one := range clusters {
			one.live = status.NewLive(one.watched.Live())
			errs[i] = one.watched.Err()
		}
		if err := settle(clusters, errs); err != nil {
			return err
		}
	}
	return nil
}

// changed is sent to when any cluster has news, until the context ends.
func (c *statusClusters) changed(ctx context.Context) <-chan struct{} {
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
func (c *statusClusters) close() {
	for _, one := range c.all {
		if one.watched != nil {
			one.watched.Close()
		}
	}
}

// distinct are the clusters of some environments, each once.
func distinct(byEnvironment map[string]*statusCluster) []*statusCluster {
	seen := make(map[*statusCluster]bool)
	var out []*statusCluster
	for _, c := range byEnvironment {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// eachCluster does the same with several clusters at once.
func eachCluster(clusters []*statusCluster, do func(*statusCluster) error) []error {
	errs := make([]error, len(clusters))
	var wait sync.WaitGroup
	for i, c := range clusters {
		wait.Go(func() { errs[i] = do(c) })
	}
	wait.Wait()
	return errs
}
