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
	// Warn is told of what makes verdicts less certain, at each look anew.
	Warn func(text string)
}

// A Looker reports targets. It is a [status.Looker] and a [status.Confirmer].
type Looker struct {
	Options
	clusters *clusters
	health   []status.HealthRule
	// probes asks URLs of ready deployments, nil for none.
	probes *prober
	// watching tells that clusters are watched and not listed.
	watching bool
	news     <-chan struct{}
}

// New connects to the clusters of targets.
func New(ctx context.Context, o Options) (*Looker, error) {
	clusters, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	health, err := healthRules(o.Health)
	if err != nil {
		return nil, err
	}
	return &Looker{Options: o, clusters: clusters, health: health}, nil
}

// healthRules compiles the user's own rules.
func healthRules(checks []settings.HealthCheck) ([]status.HealthRule, error) {
	var problems settings.Problems
	var rules []status.HealthRule
	for _, c := range checks {
		group := (&manifest.Object{Body: map[string]any{"apiVersion": c.APIVersion}}).Group()
		rule, err := status.NewHealthRule(group, c.Kind, c.Current, c.InProgress, c.Failed)
		if err != nil {
			problems = append(problems, &settings.Problem{Position: c.Position, Path: "spec.health", Message: err.Error()})
			continue
		}
		rules = append(rules, rule)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return rules, nil
}

// Probe makes further looks ask the URLs of ready deployments, too.
func (l *Looker) Probe() { l.probes = newProber() }

// Watch makes further looks cheap: clusters tell what changes.
func (l *Looker) Watch(ctx context.Context) error {
	if err := l.clusters.watch(ctx); err != nil {
		return err
	}
	l.watching, l.news = true, l.clusters.changed(ctx)
	return nil
}

// Close ends watches.
func (l *Looker) Close() { l.clusters.close() }

// Changed implements [status.Looker].
func (l *Looker) Changed() <-chan struct{} { return l.news }

// Look implements [status.Looker].
func (l *Looker) Look(ctx context.Context) ([]status.Report, error) {
	if !l.watching {
		return l.Confirm(ctx)
	}
	if err := l.clusters.look(); err != nil {
		return nil, err
	}
	return l.report(ctx), nil
}

// Confirm implements [status.Confirmer].
func (l *Looker) Confirm(ctx context.Context) ([]status.Report, error) {
	if err := l.clusters.list(ctx); err != nil {
		return nil, err
	}
	return l.report(ctx), nil
}

func (l *Looker) report(ctx context.Context) []status.Report {
	now := l.Now()
	reports := make([]status.Report, len(l.Targets))
	for i, t := range l.Targets {
		judge := l.judge(t, now)
		reports[i] = judge.Report(&t.Target, l.sync(t, now)).Overdue(now)
	}
	if l.probes != nil {
		l.probes.all(ctx, l.Targets, reports)
	}
	return reports
}

func (l *Looker) judge(t *committed.Target, now time.Time) *status.Judge {
	return &status.Judge{Live: l.Live(t), Now: now, SkipLoadBalancer: t.LoadBalancerTimeout == 0, Health: l.health}
}

// Live is what the last look read of the cluster of a target.
func (l *Looker) Live(t *committed.Target) *status.Live { return l.clusters.pods[t.Environment].live }

// ClusterName is what the cluster of a target is called in messages.
func (l *Looker) ClusterName(t *committed.Target) string { return l.client(t).Name() }

func (l *Looker) client(t *committed.Target) *kube.Client {
	return l.clusters.pods[t.Environment].client
}
