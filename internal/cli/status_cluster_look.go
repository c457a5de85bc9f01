// Looking at deployments: what the engine says first, then the objects.

package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// A statusLooker reports targets. It is a [status.Looker] and a
// [status.Confirmer].
type statusLooker struct {
	env      *Env
	targets  []*statusTarget
	clusters *statusClusters
	health   []status.HealthRule
	// probes asks URLs of ready deployments, nil for none.
	probes *prober
	// watching tells that clusters are watched and not listed.
	watching bool
	news     <-chan struct{}
	// note prints a line, told are the warnings that were printed.
	note func(string)
	told map[string]bool
}

// newStatusLooker connects to the clusters of targets.
func (f *targetFlags) looker(ctx context.Context, env *Env, targets []*statusTarget) (*statusLooker, error) {
	clusters, err := f.clusters(ctx, env, targets)
	if err != nil {
		return nil, err
	}
	l := &statusLooker{
		env: env, targets: targets, clusters: clusters, told: make(map[string]bool),
		note: func(text string) { say(env, "%s", text) },
	}
	l.health, err = healthRules(f.health)
	return l, err
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

// watch makes looks cheap: clusters tell what changes.
func (l *statusLooker) watch(ctx context.Context) error {
	if err := l.clusters.watch(ctx); err != nil {
		return err
	}
	l.watching, l.news = true, l.clusters.changed(ctx)
	return nil
}

func (l *statusLooker) close() { l.clusters.close() }

// Changed implements [status.Looker].
func (l *statusLooker) Changed() <-chan struct{} { return l.news }

// Look implements [status.Looker].
func (l *statusLooker) Look(ctx context.Context) ([]status.Report, error) {
	if !l.watching {
		return l.Confirm(ctx)
	}
	if err := l.clusters.look(); err != nil {
		return nil, err
	}
	return l.report(ctx), nil
}

// Confirm implements [status.Confirmer].
func (l *statusLooker) Confirm(ctx context.Context) ([]status.Report, error) {
	if err := l.clusters.list(ctx); err != nil {
		return nil, err
	}
	return l.report(ctx), nil
}

func (l *statusLooker) report(ctx context.Context) []status.Report {
	now := l.env.Now()
	reports := make([]status.Report, len(l.targets))
	for i, t := range l.targets {
		judge := l.judge(t, now)
		reports[i] = judge.Report(&t.Target, l.sync(t, now)).Overdue(now)
	}
	if l.probes != nil {
		l.probes.all(ctx, l.targets, reports)
	}
	return reports
}

func (l *statusLooker) judge(t *statusTarget, now time.Time) *status.Judge {
	return &status.Judge{Live: l.clusters.pods[t.Environment].live, Now: now, SkipLoadBalancer: t.LoadBalancerTimeout == 0, Health: l.health}
}

// sync tells how far the content of a target has come: the engine's word where
// it has one, and what is committed where that says more.
func (l *statusLooker) sync(t *statusTarget, now time.Time) status.Sync {
	s, compared := l.engineSync(t, now)
	if s.Phase == status.Ready || t.Deleted || t.revision == "" && !compared {
		return s
	}
	relation, err := t.branch.present(t.content)
	if err != nil {
		l.warnOnce("warning: the branch cannot be read again: %v", err)
		return s
	}
	switch {
	case relation == status.Newer && s.Phase == status.NotSynced && compared:
		return status.Overtaken(t.branch.Branch, t.branch.newestCommit())
	case t.revision != "" && relation != status.Same && relation != status.Newer:
		return status.Unmerged(t.revision, t.branch.Branch)
	}
	return s
}

// engineLive are the engine's objects, nil where it has none that tell of the
// target.
func (l *statusLooker) engineLive(t *statusTarget) *status.Live {
	c := l.clusters.engines[t.Environment]
	if c == nil || t.unit == nil && !t.Deleted {
		return nil
	}
	return c.live
}

// engineSync asks the engine about the shared objects first, on which the
// others depend. Where it cannot tell, the live objects are compared.
func (l *statusLooker) engineSync(t *statusTarget, now time.Time) (s status.Sync, compared bool) {
	live := l.engineLive(t)
	if live == nil {
		return l.compare(t, l.whyNoEngine(t)), true
	}
	in := status.EngineInput{Unit: t.unit, Live: live, Dir: t.dir, Ours: idsOf(t.Objects), Hooks: status.HooksOf(t.Objects), History: t.history, Deleted: t.Deleted, Now: now}
	own := status.Synced(in)
	if own.Phase == status.Unknown {
		return l.compare(t, own.Message), true
	}
	if t.sharedUnit == nil || own.Phase != status.Ready && own.Final {
		return own, false
	}
	in.Unit, in.Dir, in.History = t.sharedUnit, t.sharedContent.dir, t.sharedHistory
	in.Ours, in.Hooks = idsOf(t.shared), status.HooksOf(t.shared)
	if shared := status.Synced(in); shared.Phase == status.NotSynced || shared.Phase == status.Failed {
		return shared, false
	}
	return own, false
}

func idsOf(objects []*manifest.Object) []manifest.ID {
	ids := make([]manifest.ID, len(objects))
	for i, o := range objects {
		ids[i] = o.ID()
	}
	return ids
}

func (l *statusLooker) whyNoEngine(t *statusTarget) string {
	kind, _ := t.engine()
	switch err := l.clusters.unreachable[t.Environment]; {
	case err != nil:
		return err.Error()
	case kind == "":
		return "the environment names no engine"
	}
	return "the branch has no engine object for it"
}

// waitForEngine is the next step of a comparison where an engine is expected.
const waitForEngine = "see whether the engine syncs it, or wait"

// compare looks whether the live objects are what was committed.
func (l *statusLooker) compare(t *statusTarget, why string) status.Sync {
	l.warnOnce("warning: %s: the engine cannot tell what is synced, so the live objects are compared with the committed ones, which proves less: %s", t.Environment, why)
	if t.Deleted {
		return status.Sync{Result: status.Result{Phase: status.Ready}}
	}
	live := l.clusters.pods[t.Environment].live
	var objects []*manifest.Object
	for _, o := range t.shared {
		// A namespace that may not be read is there where its objects are.
		if id := o.ID(); live.Gap(id.Group, id.Kind, id.Namespace) == nil {
			objects = append(objects, o)
		}
	}
	s := status.Compare(append(objects, t.Objects...), live)
	if kind, _ := t.engine(); kind == "" && s.Next == waitForEngine {
		s.Next = fmt.Sprintf("see whether what you have in place of engine.kind syncs %s on %s, or wait", t.dir, t.branch.Branch)
	}
	return s
}

func (l *statusLooker) warnOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !l.told[text] {
		l.told[text] = true
		l.note(text)
	}
}
