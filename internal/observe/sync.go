// How far the content of targets has come: the engine's word first, else the
// live objects.

package observe

import (
	"fmt"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// sync tells how far the content of a target has come: the engine's word where
// it has one, and what is committed where that says more.
func (l *Looker) sync(t *committed.Target, now time.Time) status.Sync {
	s := l.engineSync(t, now)
	isCompared := s.Compared != nil
	if s.Phase == status.Ready || t.Deleted || t.Revision == "" && !isCompared {
		return s
	}
	relation, err := t.Branch.Present(t.Content)
	if err != nil {
		l.warnf("the branch cannot be read again: %v", err)
		return s
	}
	switch {
	case relation == status.Newer && s.Phase == status.NotSynced && isCompared:
		overtaken := status.Overtaken(t.Branch.Name, t.Branch.NewestCommit())
		overtaken.Compared = s.Compared
		return overtaken
	case t.Revision != "" && relation != status.Same && relation != status.Newer:
		return status.Unmerged(t.Revision, t.Branch.Name)
	}
	return s
}

// engineLive are the engine's objects, nil where it has none that tell of the
// target.
func (l *Looker) engineLive(t *committed.Target) *status.Live {
	one := l.clusters.engines.of[t.Environment]
	if one == nil || t.Unit == nil && !t.Deleted {
		return nil
	}
	return one.live
}

// engineSync asks the engine about the shared objects first, on which the
// others depend. Where it cannot tell, the live objects are compared.
func (l *Looker) engineSync(t *committed.Target, now time.Time) status.Sync {
	live := l.engineLive(t)
	if live == nil {
		return l.compare(t, l.noEngine(t))
	}
	in := status.EngineInput{
		Unit: t.Unit, Live: live, Dir: t.Dir, History: t.History, Deleted: t.Deleted, Now: now,
		Ours: idsOf(t.Objects), Hooks: status.HooksOf(t.Objects), Spare: t.Spare(),
	}
	own := status.Synced(in)
	if own.Phase == status.Unknown {
		return l.compare(t, own.Result)
	}
	if t.SharedUnit == nil || own.Phase != status.Ready && own.Final {
		return own
	}
	in.Unit, in.Dir, in.History = t.SharedUnit, t.SharedContent.Dir, t.SharedHistory
	in.Ours, in.Hooks, in.Spare = idsOf(t.Shared), status.HooksOf(t.Shared), nil
	switch shared := status.Synced(in); {
	case shared.Phase == status.NotSynced || shared.Phase == status.Failed:
		return shared
	case shared.Phase == status.Unknown && own.Phase == status.Ready:
		return l.compare(t, shared.Result)
	}
	return own
}

func idsOf(objects []*manifest.Object) []manifest.ID {
	ids := make([]manifest.ID, len(objects))
	for i, o := range objects {
		ids[i] = o.ID()
	}
	return ids
}

// noEngine says why there is none to ask about a target.
func (l *Looker) noEngine(t *committed.Target) status.Result {
	var unit manifest.ID
	if t.Unit != nil {
		unit = t.Unit.ID()
	}
	if err := l.clusters.unreachable[t.Environment]; err != nil {
		gap := status.Lost(err)
		return gap.About(unit)
	}
	r := status.Result{ID: unit, Phase: status.Unknown, Reason: status.EngineUnknown, Next: "set engine.kind of the environment and publish"}
	switch kind, _ := EngineOf(t); kind {
	case "":
		r.Message = "the environment names no engine"
	default:
		r.Message, r.Next = "the branch has no engine object for it", "lading publish --env "+t.Environment+" writes it"
	}
	return r
}

// compare looks whether the live objects are what was committed. Where they are
// not and no engine is expected, the next step is not to wait for one.
func (l *Looker) compare(t *committed.Target, why status.Result) status.Sync {
	s := t.Compared(t.Shared, l.Live(t), why)
	if kind, _ := EngineOf(t); kind == "" && (s.Reason == status.NotYetApplied || s.Reason == status.DiffersFromLive) {
		s.Next = fmt.Sprintf("set engine.kind of the environment and publish, or wait until something else syncs %s on %s", t.Dir, t.Branch.Name)
	}
	return s
}

func (l *Looker) warnf(format string, args ...any) { l.Warn(fmt.Sprintf(format, args...)) }
