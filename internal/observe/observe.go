// Package observe looks at the clusters of targets: it works out what judging
// them takes, lists or watches that, and reports each target by the rules of
// pkg/status: whether its engine has applied the content, then how the objects
// are. How to reach a cluster is for the caller to say. Nothing is changed; a
// dry run ([Looker.DryRun]) asks an API server what it would refuse.
package observe

import (
	"context"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// Options say what to look at, and how to get there.
type Options struct {
	Targets []*committed.Target
	// Health are the project's own rules.
	Health []settings.HealthCheck
	// Cluster and EngineCluster find the ways into the cluster of an
	// environment and into that of its engine: one way is one client.
	Cluster, EngineCluster func(settings.EnvironmentSpec, settings.DeployerConfig) (*kube.Client, error)
	Now                    func() time.Time
	// Getenv has the variables that name proxies.
	Getenv func(string) string
	// Warn is told of what makes verdicts less certain, at each look anew.
	Warn func(text string)
}

// A Looker reports targets. It is a [status.Looker] and a [status.Confirmer].
type Looker struct {
	Options
	clusters *clusters
	health   []status.HealthRule
	// probes asks URLs of ready deployments, trials API servers what they would
	// refuse; nil for none.
	probes *prober
	trials *trials
}

// New finds the ways into the clusters of targets. No request is made.
func New(o Options) (*Looker, error) {
	health, err := healthRules(o.Health)
	if err != nil {
		return nil, err
	}
	clusters, err := connect(o)
	if err != nil {
		return nil, err
	}
	return &Looker{Options: o, clusters: clusters, health: health}, nil
}

// Probe makes looks ask the URLs of ready deployments, too.
func (l *Looker) Probe() { l.probes = newProber(l.Getenv) }

// DryRun makes looks ask API servers what they would refuse, too.
func (l *Looker) DryRun() { l.trials = newTrials() }

// Close ends watches.
func (l *Looker) Close() { l.clusters.close() }

// Changed implements [status.Looker].
func (l *Looker) Changed() <-chan struct{} { return l.clusters.news }

// Look implements [status.Looker]: the clusters are watched from the first look
// on, so that further ones are cheap.
func (l *Looker) Look(ctx context.Context) ([]status.Report, error) {
	if err := l.clusters.watch(ctx); err != nil {
		return nil, err
	}
	if err := l.clusters.look(); err != nil {
		return nil, err
	}
	return l.ask(ctx, l.judge())
}

// Confirm implements [status.Confirmer].
func (l *Looker) Confirm(ctx context.Context) ([]status.Report, error) {
	if err := l.clusters.list(ctx); err != nil {
		return nil, err
	}
	return l.ask(ctx, l.judge())
}

// Once is the look of who does not wait. A wait has a clock for an address that
// is missing; here the time since the rollout counts.
func (l *Looker) Once(ctx context.Context) ([]status.Report, error) {
	if err := l.clusters.list(ctx); err != nil {
		return nil, err
	}
	reports := l.judge()
	for i, r := range reports {
		reports[i] = r.Overdue(l.Now())
	}
	return l.ask(ctx, reports)
}

// Unread reports every target as unknown, for a look that failed with an error:
// each for what its own cluster failed with, where that is known.
func (l *Looker) Unread(err error) []status.Report {
	reports := make([]status.Report, len(l.Targets))
	for i, t := range l.Targets {
		gap := status.Lost(err)
		if lost := l.clusters.pods.of[t.Environment].lost; lost != nil {
			gap = status.Lost(lost)
		}
		unknown := gap.About(manifest.ID{})
		reports[i] = status.Report{
			Environment: t.Environment, Deployment: t.Deployment, DeploymentID: t.DeploymentID, Commit: t.Commit,
			Result: unknown, Sync: status.Sync{Result: unknown},
		}
	}
	return reports
}

// judge applies the rules to what was read.
func (l *Looker) judge() []status.Report {
	now := l.Now()
	reports := make([]status.Report, len(l.Targets))
	for i, t := range l.Targets {
		reports[i] = l.Judge(t, now).Report(&t.Target, l.sync(t, now))
	}
	return reports
}

// ask adds what only servers can tell.
func (l *Looker) ask(ctx context.Context, reports []status.Report) ([]status.Report, error) {
	if l.probes != nil {
		l.probes.all(ctx, l.Targets, reports)
	}
	if l.trials != nil {
		if err := l.dryRun(ctx, reports); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// Judge judges objects of the cluster of a target by what the last look read.
func (l *Looker) Judge(t *committed.Target, now time.Time) *status.Judge {
	return &status.Judge{Live: l.Live(t), Now: now, SkipLoadBalancer: t.LoadBalancerTimeout == 0, Health: l.health}
}

// Live is what the last look read of the cluster of a target.
func (l *Looker) Live(t *committed.Target) *status.Live {
	return l.clusters.pods.of[t.Environment].live
}

// ClusterName is what the cluster of a target is called in messages.
func (l *Looker) ClusterName(t *committed.Target) string { return l.client(t).Name() }

func (l *Looker) client(t *committed.Target) *kube.Client {
	return l.clusters.pods.of[t.Environment].client
}
