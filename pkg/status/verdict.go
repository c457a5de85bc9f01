package status

import (
	"cmp"
	"slices"
	"time"

	"github.com/lading-dev/lading/pkg/manifest"
)

// severity orders phases from the worst.
var severity = []Phase{Failed, Degraded, Missing, Unknown, Superseded, NotSynced, Progressing, Gone, Ready}

// decide gives the verdict over sync and objects, and sorts out what is only a
// warning: remarks, which are Ready with a reason, and what is wrong with spare
// objects.
func (r *Report) decide(t *Target) {
	spare, warnings := t.Spare(), r.Sync.warnings()
	var counted []Result
	for _, o := range r.Objects {
		switch {
		case o.Phase == Ready && o.Reason == "":
		case o.Phase != Ready && !slices.Contains(spare, o.ID):
			counted = append(counted, o)
		case !isAbout(warnings, o.ID):
			warnings = append(warnings, o)
		}
	}
	switch {
	case r.Sync.Phase != Ready:
		r.Result, r.Warnings = r.Sync.Result, r.Sync.warnings()
	case len(t.Objects) == 0:
		r.Result = Result{Phase: Unknown, Reason: NothingRendered, Message: "its directory holds no objects"}
	default:
		r.Result, r.Warnings = t.verdict(counted, r.Objects), warnings
	}
}

// isAbout tells that one of some results is about an object.
func isAbout(results []Result, id manifest.ID) bool {
	return slices.ContainsFunc(results, func(r Result) bool { return r.ID == id })
}

// verdict takes the worst of the results that count. Without any, all is well,
// and the Deployment speaks for all.
func (t *Target) verdict(counted, all []Result) Result {
	if len(counted) > 0 {
		return slices.MinFunc(counted, t.worseFirst)
	}
	at := slices.IndexFunc(all, func(r Result) bool { return t.isCoreDeployment(r.ID) })
	if at < 0 || all[at].Reason != "" {
		return Result{ID: t.decisive(), Phase: Ready}
	}
	return all[at]
}

// worseFirst orders results. Of those that are equally bad the one that names
// the cause goes first: the Deployment, of which the others are consequences,
// and last an address that is awaited, so that it decides only where nothing
// else is amiss.
func (t *Target) worseFirst(a, b Result) int {
	return cmp.Or(
		cmp.Compare(slices.Index(severity, a.Phase), slices.Index(severity, b.Phase)),
		compareBool(b.Final, a.Final),
		compareBool(a.awaitsAddress(), b.awaitsAddress()),
		compareBool(t.isCoreDeployment(b.ID), t.isCoreDeployment(a.ID)),
		compareBool(t.isCore(b.ID), t.isCore(a.ID)),
	)
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// decisive is the object that a good verdict is about.
func (t *Target) decisive() manifest.ID {
	if d := t.coreObject("apps", "Deployment"); d != nil {
		return d.ID()
	}
	return manifest.ID{}
}

// isCore tells the objects that every deployment has from those that
// additional_resources and overlays brought.
func (t *Target) isCore(id manifest.ID) bool {
	if id.Name != t.ResourceName {
		return false
	}
	switch id.Group + "/" + id.Kind {
	case "apps/Deployment", "/Service", "autoscaling/HorizontalPodAutoscaler":
		return true
	}
	return false
}

func (t *Target) isCoreDeployment(id manifest.ID) bool {
	return id.Kind == "Deployment" && t.isCore(id)
}

// awaitsAddress tells that an object only lacks the address that a load
// balancer gives.
func (r Result) awaitsAddress() bool {
	return r.Phase == Progressing && r.Reason == NoLoadBalancerAddress
}

// AwaitsAddress tells that all is ready but the address of a load balancer.
func (r Report) AwaitsAddress() bool { return r.awaitsAddress() }

// WithoutAddress takes a missing load balancer address as a warning: the
// deployment works, it only cannot be reached from outside yet.
func (r Report) WithoutAddress() Report {
	if !r.AwaitsAddress() {
		return r
	}
	r.Warnings = slices.Clone(r.Warnings)
	for _, o := range r.Objects {
		if o.awaitsAddress() && !isAbout(r.Warnings, o.ID) {
			r.Warnings = append(r.Warnings, o)
		}
	}
	r.Result = Result{ID: r.ID, Phase: Ready}
	return r
}

// Overdue is what a single look makes of a missing address: a warning where
// it has been missing for longer than it may be awaited since the rollout
// ended. A wait has its own clock for that.
func (r Report) Overdue(now time.Time) Report {
	if r.AwaitsAddress() && !r.RolledOut.IsZero() && now.Sub(r.RolledOut) >= r.Bounds.LoadBalancer {
		return r.WithoutAddress()
	}
	return r
}

// IsGood tells that nothing is left to do.
func (p Phase) IsGood() bool { return p == Ready || p == Gone }

// IsSettled tells that waiting longer would not change the verdict for the
// better. Newer content that took over never gives way to what was asked for.
func (r Report) IsSettled() bool { return r.Phase.IsGood() || r.Final || r.Phase == Superseded }

// isFailing tells that the pods of the Deployment are known to fail, and not
// only to take their time.
func (r Report) isFailing() bool {
	return r.ID.Kind == "Deployment" && r.Reason != "" && !slices.Contains(patient, r.Reason)
}

// patient are the reasons of a Deployment that only time or somebody else's
// decision takes away.
var patient = []Reason{
	configChanged, initRunning, minReadySeconds, nodeShutdown, notObserved, oldPodsRemain, paused, podPreempted,
	podStarting, podsUnavailable, readinessGate, rollingOut, schedulingGated, terminating,
}
