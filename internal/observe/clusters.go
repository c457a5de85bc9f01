// The clusters of targets: one connection each, however many environments they
// serve.

package observe

import (
	"context"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// A cluster is one cluster, and what is read of it.
type cluster struct {
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

// clusters are those of all targets.
type clusters struct {
	// pods and engines are the clusters by the name of the environment; they
	// may be of one connection, and are read apart: engines first.
	pods, engines map[string]*cluster
	all           []*cluster
	// unreachable tells why the engines of an environment cannot be asked.
	unreachable map[string]error
}

// connect connects to the clusters of targets and works out what to read.
func connect(ctx context.Context, o Options) (*clusters, error) {
	c := &clusters{
		pods: make(map[string]*cluster), engines: make(map[string]*cluster),
		unreachable: make(map[string]error),
	}
	pods, engines := make(groups), make(groups)
	for _, t := range o.Targets {
		if c.pods[t.Environment] == nil {
			client, err := o.Cluster(t.EnvironmentSpec, t.DeployerConfig)
			if err != nil {
				return nil, err
			}
			c.pods[t.Environment] = pods.of(client)
		}
		group := c.pods[t.Environment]
		pods[group] = append(pods[group], t)
		c.findEngine(o, t, engines)
	}
	for group, members := range engines {
		group.wants, group.engine = EngineWants(members), true
		c.all = append(c.all, group)
	}
	for group, members := range pods {
		group.wants = Wants(members, func() bool { return mayListAll(ctx, group.client) })
		c.all = append(c.all, group)
	}
	return c, nil
}

// findEngine connects to the cluster of a target's engine. Where that cannot be
// done the live objects tell.
func (c *clusters) findEngine(o Options, t *committed.Target, engines groups) {
	kind, _ := EngineOf(t)
	if kind == "" || c.unreachable[t.Environment] != nil {
		return
	}
	if c.engines[t.Environment] == nil {
		client, err := o.EngineCluster(t.EnvironmentSpec, t.DeployerConfig)
		if err != nil {
			c.unreachable[t.Environment] = err
			return
		}
		c.engines[t.Environment] = engines.of(client)
	}
	group := c.engines[t.Environment]
	engines[group] = append(engines[group], t)
}

// groups are targets by cluster.
type groups map[*cluster][]*committed.Target

// of returns the group of a client. The same server with other credentials is
// another group: they may be allowed other things.
func (g groups) of(client *kube.Client) *cluster {
	for c := range g {
		if c.client == client {
			return c
		}
	}
	c := &cluster{client: client}
	g[c] = nil
	return c
}

// mayListAll tells whether pods of all namespaces may be listed. Who may that
// may as a rule list the rest.
func mayListAll(ctx context.Context, client *kube.Client) bool {
	answers, err := client.Can(ctx, kube.Permission{Verb: "list", Resource: "pods"}, kube.Permission{Verb: "list", Group: "apps", Resource: "deployments"})
	return err == nil && answers[0] && answers[1]
}
