package status

import (
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// Compared is the sync of a target of which no engine can tell whether it is
// applied: every field that was rendered must be live with its value. Fields
// beyond are those of the API server's defaults and of other managers and do not
// count, so that a field that was only taken away is not noticed. Why no engine
// can tell is what the engine says of itself: its object, and a reason.
//
// The shared objects are those that the target needs; where they may not be
// read, they are there if its own are. What is certain goes first: an object
// that differs decides even where others cannot be read. Of spare objects only
// those decide that are on their way.
func (t *Target) Compared(shared []*manifest.Object, live *Live, why Result) Sync {
	s := Sync{Result: Result{Phase: Ready}, Compared: &why}
	if t.Deleted {
		return s // what is left of it is judged as an object
	}
	spare := t.Spare()
	var counted []Result
	for _, r := range unapplied(t.toCompare(shared, live, s), live) {
		if slices.Contains(spare, r.ID) && !r.isOnItsWay() {
			s.Warnings = append(s.Warnings, r)
		} else {
			counted = append(counted, r)
		}
	}
	if len(counted) > 0 {
		s.Result = mostCertain(counted)
	}
	return s
}

// toCompare are the objects that ought to be live as they were rendered.
func (t *Target) toCompare(shared []*manifest.Object, live *Live, s Sync) []*manifest.Object {
	var objects []*manifest.Object
	for _, o := range shared {
		id := o.ID()
		if gap := live.Gap(id.Group, id.Kind, id.Namespace); gap == nil || gap.Reason == KindNotServed {
			objects = append(objects, o)
		}
	}
	for _, o := range t.Objects {
		if !isFinishedHook(live, o, s) {
			objects = append(objects, o)
		}
	}
	return objects
}

// mostCertain is the first of some results that is not only a gap, else the
// first.
func mostCertain(results []Result) Result {
	at := slices.IndexFunc(results, func(r Result) bool { return r.Phase != Unknown || r.Reason == DiffersFromLive })
	return results[max(at, 0)]
}

// isOnItsWay tells that content is not applied yet and will be without anybody's
// doing, as far as one can see. Such a spare object counts like others: that
// nothing of it is live yet does not mean that it failed.
func (r Result) isOnItsWay() bool {
	return r.Phase == NotSynced && !r.Final && slices.Contains(underWay, r.Reason)
}

// underWay are the reasons of what comes before an engine was refused, or has
// done what it can.
var underWay = []Reason{DiffersFromLive, engineApplying, engineBusy, engineWaiting, NotYetApplied, syncWindowClosed}

// Spare are the objects whose failing is only a warning: those that the
// deployment does not consist of, where the target is lenient. A deployment
// without its core Deployment has nothing that the others could be additional
// to, and of one that was deleted all ought to go.
func (t *Target) Spare() []manifest.ID {
	if !t.Lenient || t.Deleted || t.coreObject("apps", "Deployment") == nil {
		return nil
	}
	var spare []manifest.ID
	for _, o := range t.Objects {
		if id := o.ID(); !t.isCore(id) {
			spare = append(spare, id)
		}
	}
	return spare
}

// engine is the engine's own object, empty where there is none.
func (s Sync) engine() manifest.ID {
	if s.Compared != nil {
		return s.Compared.ID
	}
	return s.ID
}

// warnings are what a sync tells besides its verdict: why the engine was not
// asked, and of content that is applied, what is amiss with it. The first is
// about no object, so that it reads the same for all deployments that it holds
// for.
func (s Sync) warnings() []Result {
	var warnings []Result
	if s.Compared != nil {
		because := *s.Compared
		because.ID = manifest.ID{}
		because.Message = "no engine tells what is applied, only the live objects do, which proves less: " + because.Message
		warnings = append(warnings, because)
	}
	if s.Phase == Ready && s.Reason != "" {
		warnings = append(warnings, s.Result)
	}
	if s.Phase == Ready {
		warnings = append(warnings, s.Warnings...)
	}
	return warnings
}
