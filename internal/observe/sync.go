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
	s, compared := l.engineSync(t, now)
	if s.Phase == status.Ready || t.Deleted || t.Revision == "" && !compared {
		return s
	}
	relation, err := t.Branch.Present(t.Content)
	if err != nil {
		l.warnf("the branch cannot be read again: %v", err)
		return s
	}
	switch {
	case relation == status.Newer && s.Phase == status.NotSynced && compared:
		return status.Overtaken(t.Branch.Name, t.Branch.NewestCommit())
	case t.Revision != "" && relation != status.Same && relation != status.Newer:
		return status.Unmerged(t.Revision, t.Branch.Name)
	}
	return s
}

// engineLive are the engine's objects, nil where it has none that tell of the
// target.
func (l *Looker) engineLive(t *committed.Target) *status.Live {
	c := l.clusters.engines[t.Environment]
	if c == nil || t.Unit == nil && !t.Deleted {
		return nil
	}
	return c.live
}

// engineSync asks the engine about the shared objects first, on which the
// others depend. Where it cannot tell, the live objects are compared.
func (l *Looker) engineSync(t *committed.Target, now time.Time) (s status.Sync, compared bool) {
	live := l.engineLive(t)
	if live == nil {
		return l.compare(t, l.whyNoEngine(t)), true
	}
	in := status.EngineInput{Unit: t.Unit, Live: live, Dir: t.Dir, Ours: idsOf(t.Objects), Hooks: status.HooksOf(t.Objects), History: t.History, Deleted: t.Deleted, Now: now}
	own := status.Synced(in)
	if own.Phase == status.Unknown {
		return l.compare(t, own.Message), true
	}
	if t.SharedUnit == nil || own.Phase != status.Ready && own.Final {
		return own, false
	}
	in.Unit, in.Dir, in.History = t.SharedUnit, t.SharedContent.Dir, t.SharedHistory
	in.Ours, in.Hooks = idsOf(t.Shared), status.HooksOf(t.Shared)
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

func (l *Looker) whyNoEngine(t *committed.Target) string {
	kind, _ := EngineOf(t)
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
func (l *Looker) compare(t *committed.Target, why string) status.Sync {
	l.warnf("%s: the engine cannot tell what is synced, so the live objects are compared with the committed ones, which proves less: %s", t.Environment, why)
	if t.Deleted {
		return status.Sync{Result: status.Result{Phase: status.Ready}}
	}
	live := l.Live(t)
	var objects []*manifest.Object
	for _, o := range t.Shared {
		// A namespace that may not be read is there where its objects are.
		if id := o.ID(); live.Gap(id.Group, id.Kind, id.Namespace) == nil {
			objects = append(objects, o)
		}
	}
	s := status.Compare(append(objects, t.Objects...), live)
	if kind, _ := EngineOf(t); kind == "" && s.Next == waitForEngine {
		s.Next = fmt.Sprintf("see whether what you have in place of engine.kind syncs %s on %s, or wait", t.Dir, t.Branch.Name)
	}
	return s
}

func (l *Looker) warnf(format string, args ...any) { l.Warn(fmt.Sprintf(format, args...)) }
