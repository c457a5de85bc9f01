// The clusters of targets: one connection each, however many environments they
// serve.

package observe

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// A cluster is one cluster, and what is read of it.
type cluster struct {
	client  *kube.Client
	targets []*committed.Target
	// engine tells that the objects are those of an engine.
	engine bool
	// live is what the last look read, lost why it could not read anything.
	live *status.Live
	lost error
	// watch is nil where nothing is watched.
	watch *watch

	lock  sync.Mutex
	wants []kube.Want // nil before they are worked out
}

// A side is clusters, in order, and which of them serves an environment.
type side struct {
	all []*cluster
	of  map[string]*cluster
}

// clusters are those of all targets. The clusters of pods and of engines may be
// of one connection, and are read apart: engines first.
type clusters struct {
	pods, engines side
	// unreachable tells why the engines of an environment cannot be asked.
	unreachable map[string]error
	watching
}

// A connecting finds the way into a cluster of an environment.
type connecting func(settings.EnvironmentSpec, settings.DeployerConfig) (*kube.Client, error)

// connect finds the ways into the clusters of targets. Where there is none to an
// engine, the live objects tell.
func connect(o Options) (*clusters, error) {
	c := &clusters{unreachable: make(map[string]error), watching: watching{pace: usual()}}
	for _, t := range o.Targets {
		if err := c.pods.add(t, o.Cluster); err != nil {
			return nil, err
		}
		kind, _ := EngineOf(t)
		if kind == "" || c.unreachable[t.Environment] != nil {
			continue
		}
		if err := c.engines.add(t, o.EngineCluster); err != nil {
			c.unreachable[t.Environment] = err
		}
	}
	for _, one := range c.engines.all {
		one.engine = true
	}
	return c, nil
}

// all are the clusters of both sides.
func (c *clusters) all() []*cluster { return slices.Concat(c.engines.all, c.pods.all) }

// add puts a target to the cluster of its environment.
func (s *side) add(t *committed.Target, connect connecting) error {
	one := s.of[t.Environment]
	if one == nil {
		client, err := connect(t.EnvironmentSpec, t.DeployerConfig)
		if err != nil {
			return err
		}
		one = s.with(client)
		if s.of == nil {
			s.of = make(map[string]*cluster)
		}
		s.of[t.Environment] = one
	}
	one.targets = append(one.targets, t)
	return nil
}

// with returns the cluster of a client. The same server with other credentials
// is another one: they may be allowed other things.
func (s *side) with(client *kube.Client) *cluster {
	for _, one := range s.all {
		if one.client == client {
			return one
		}
	}
	one := &cluster{client: client}
	s.all = append(s.all, one)
	return one
}

// plan lists what to read; wide tells that lists over all namespaces are allowed.
func (one *cluster) plan(wide func() bool) []kube.Want {
	if one.engine {
		return EngineWants(one.targets)
	}
	return Wants(one.targets, wide)
}

// want is the plan that holds, as soon as it can be found out what is allowed.
// A watch and a list may ask at the same time, each for as long as its context
// lasts.
func (one *cluster) want(ctx context.Context) ([]kube.Want, error) {
	if wants := one.planned(); wants != nil {
		return wants, nil
	}
	var unknown error
	wants := one.plan(func() (wide bool) {
		wide, unknown = mayListAll(ctx, one.client)
		return wide
	})
	if unknown != nil {
		return nil, unknown
	}
	one.lock.Lock()
	defer one.lock.Unlock()
	one.wants = wants
	return wants, nil
}

// planned is the plan that holds, nil before it was worked out.
func (one *cluster) planned() []kube.Want {
	one.lock.Lock()
	defer one.lock.Unlock()
	return one.wants
}

// mayListAll tells whether pods of all namespaces may be listed. Who may that
// may as a rule list the rest. It is not assumed of a server that does not say;
// the error is for one that may say it later.
func mayListAll(ctx context.Context, client *kube.Client) (bool, error) {
	answers, err := client.Can(ctx, kube.Permission{Verb: "list", Resource: "pods"}, kube.Permission{Verb: "list", Group: "apps", Resource: "deployments"})
	switch {
	case err == nil:
		return answers[0] && answers[1], nil
	case mayPass(err):
		return false, err
	}
	return false, nil
}

// mayPass tells an error that trying again may help against.
func mayPass(err error) bool {
	var known *kube.Error
	return errors.As(err, &known) && known.Temporary()
}

// lose takes all that is read of a cluster as unknown.
func (one *cluster) lose() {
	var gaps []status.Gap
	for _, w := range one.plan(func() bool { return true }) {
		gap := status.Lost(one.lost)
		gap.Group, gap.Kind = w.Group, w.Kind
		gaps = append(gaps, gap)
	}
	one.live = status.NewLive(nil, gaps)
}
