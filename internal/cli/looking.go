package cli

import (
	"context"
	"errors"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/internal/observe"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// A looking is what one command sees of its targets.
type looking struct {
	*observe.Looker
	env *Env
	// note prints a line, told are the warnings that were printed.
	note func(string)
	told map[string]bool
}

// look finds the ways into the clusters of targets.
func (f *targetFlags) look(env *Env, targets []*committed.Target) (*looking, error) {
	l := &looking{env: env, told: make(map[string]bool)}
	l.note = func(text string) { say(env, "%s", text) }
	o := observe.Options{
		Targets: targets, Now: env.Now, Getenv: env.Getenv, Warn: l.warn,
		Cluster: func(e settings.EnvironmentSpec, c settings.DeployerConfig) (*kube.Client, error) {
			return f.connect(env, e, c)
		},
		EngineCluster: func(e settings.EnvironmentSpec, c settings.DeployerConfig) (*kube.Client, error) {
			return f.engine(env, e, c)
		},
	}
	if p := f.reader.Project; p != nil {
		o.Health = p.Spec.Health
	}
	var err error
	l.Looker, err = observe.New(o)
	return l, err
}

// warn prints a warning, each text once.
func (l *looking) warn(text string) {
	if !l.told[text] {
		l.told[text] = true
		l.note("warning: " + text)
	}
}

// interval is the shortest deployment_ready_check_interval.
func (l *looking) interval() time.Duration {
	shortest := l.Targets[0].Interval()
	for _, t := range l.Targets {
		shortest = min(shortest, t.Interval())
	}
	return shortest
}

// orUnread has every target unknown where the clusters could not be read and
// nothing is known of any: programs that read the output want a document.
func (l *looking) orUnread(reports []status.Report, err error) []status.Report {
	if len(reports) == 0 && errors.As(err, new(*kube.Error)) {
		return l.Unread(err)
	}
	return reports
}

// rows adds to reports what only the settings and the branch tell.
func (l *looking) rows(reports []status.Report) []statusRow {
	rows := make([]statusRow, len(reports))
	for i, r := range reports {
		t := l.Targets[i]
		r.Setting = t.SettingPath(r.Setting)
		rows[i] = statusRow{Report: r, Namespace: t.Namespace, Revision: t.Revision, Setting: l.settingLine(t, r.Result)}
	}
	return rows
}

// healthSetting is what results say that a health rule decided.
const healthSetting = "health"

// settingLine tells where the setting stands that decided. Health rules are
// those of the project and not of the deployment.
func (l *looking) settingLine(t *committed.Target, r status.Result) string {
	if r.Setting == healthSetting {
		return l.HealthRule(r.ID)
	}
	return t.SettingLine(r.Setting)
}

// shownLogs is of how many containers the last lines are shown.
const shownLogs = 5

// addLogs fetches the last lines that the verdicts of some rows point to.
func (l *looking) addLogs(ctx context.Context, rows []statusRow) {
	left := shownLogs
	for i, t := range l.Targets {
		if rows[i].Report.Log == nil || left == 0 {
			continue
		}
		left--
		rows[i].Log = l.Tail(ctx, t, rows[i].Report.Log)
	}
}
