// Handing a running workload over to an autoscaler.
//
// An autoscaler takes over spec.replicas, so the render leaves the field out.
// But the engine owns the field until the autoscaler has written it, and a
// field whose only owner gives it up falls back to its default: 1 pod. So it is
// done in two commits. The first one adds the autoscaler and keeps the number;
// the second one, when the autoscaler is at the tip and had time to act, drops
// it. See
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership.

package gitops

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// The values of gitops.autoscaling_handover; none is auto.
const (
	handoverManual = "manual"
	handoverOff    = "off"
)

// handoverMode is how a handover goes with an engine. Flux writes the number that
// is kept again whenever it applies, and owns it then, unless the autoscaler
// wants another one; an idle autoscaler never does, and the second step would
// leave one pod. So somebody looks first.
func handoverMode(mode, engine string) string {
	if engine == "flux" && mode != handoverOff {
		return handoverManual
	}
	return mode
}

// A Handover notes in a ledger that a workload keeps spec.replicas for the time
// being, although its render has none.
type Handover struct {
	// Object is the workload's identity, Replicas what it keeps.
	Object   string `json:"object"`
	Replicas int64  `json:"replicas"`
	// Commit is the source commit that was published when the handover began;
	// the second step belongs to another one.
	Commit string `json:"commit,omitempty"`
}

// AsPublished returns an object as this ledger's directory has it: with the
// replicas that a handover keeps. Any other object is returned as it is.
func (l *Ledger) AsPublished(o *manifest.Object) *manifest.Object {
	key := ObjectKey(o.ID())
	for _, h := range l.Handover {
		if h.Object == key && !hasReplicas(o) {
			return withReplicas(o, h.Replicas)
		}
	}
	return o
}

// A step is what a publish does about one workload without replicas.
type step int

const (
	stepNone   step = iota // nothing is lost: publish what was rendered
	stepFirst              // keep the replicas, add the autoscaler
	stepWait               // keep them: the first step is done, the second not due
	stepSecond             // drop them
	stepRefuse             // no autoscaler would be there to decide
)

// A scaling is all that a handover is decided by: the render and the tip.
type scaling struct {
	mode string
	// tip is the number of replicas at the tip, 0 for none.
	tip int64
	// scaler is the key of the rendered autoscaler; atTip tells that the tip
	// has it too.
	scaler string
	atTip  bool
	// began is the source commit of the first step, now that of this run.
	began, now string
	// finish asks for the second step.
	finish bool
	// upgrade tells that nothing but the format may change.
	upgrade bool
}

// step decides. A second step comes with another source commit than the first,
// so that a job which runs twice does not take both at once and leave the
// engine to see only the last.
func (s scaling) step() step {
	isDue := s.mode != handoverManual && !s.upgrade && (s.began != s.now || s.now == "")
	switch {
	case s.tip <= 1 || s.mode == handoverOff:
		return stepNone
	case s.scaler == "":
		return stepRefuse
	case !s.atTip:
		return stepFirst
	case isDue || s.finish && !s.upgrade:
		return stepSecond
	}
	return stepWait
}

// handOver lays spec.replicas back into the workloads of the run that would
// lose them too early.
func (p *planner) handOver() {
	for _, d := range p.active {
		for i, w := range p.wants[d] {
			if !isScalable(w.id) || hasReplicas(w.object) {
				continue
			}
			kept, err := p.handOverOne(d, w)
			if err != nil {
				p.fail(err)
				continue
			}
			p.wants[d][i] = kept
		}
	}
}

// keepHandedOver lays into the workloads of the run what their ledgers note, and
// decides nothing.
func (p *planner) keepHandedOver() {
	for _, d := range p.active {
		r := p.records[d.path]
		if r == nil || r.ledger == nil || len(r.ledger.Handover) == 0 {
			continue
		}
		for i, w := range p.wants[d] {
			kept, err := place(d, r.ledger.AsPublished(w.object), w.File)
			if err != nil {
				p.fail(err)
				continue
			}
			p.wants[d][i] = kept
		}
	}
}

// handOverOne returns a workload without replicas as it is to be published.
func (p *planner) handOverOne(d *directory, w *placed) (*placed, error) {
	tip, file := p.tipOf(d, w.Object)
	if tip == nil {
		return w, nil
	}
	replicas, err := p.replicasAt(file)
	if err != nil {
		return nil, err
	}
	s := scaling{
		mode: handoverMode(d.settings.GitOps.AutoscalingHandover, d.settings.Environment.Engine.Kind), tip: replicas, scaler: scalerOf(w.id, p.wants[d]),
		began: tip.Source.Commit, now: p.run.Commit, finish: p.run.FinishHandover, upgrade: p.run.Upgrade,
	}
	s.atTip = slices.ContainsFunc(tip.Objects, func(e Entry) bool { return e.Object == s.scaler })
	keep := Handover{Object: w.Object, Replicas: replicas, Commit: p.run.Commit}
	for _, h := range tip.Handover {
		if h.Object == w.Object && s.atTip {
			keep, s.began = h, h.Commit
		}
	}
	taken := s.step()
	p.tellStep(d, w, s, taken, keep)
	switch taken {
	case stepRefuse:
		return nil, noScaler(d, w, replicas)
	case stepFirst, stepWait:
		p.handovers[d] = append(p.handovers[d], keep)
		return place(d, withReplicas(w.object, keep.Replicas), w.File)
	}
	return w, nil
}

// tipOf finds the file that an object has at the tip, in the deployment's
// directory or in the one that it leaves.
func (p *planner) tipOf(d *directory, object string) (*Ledger, string) {
	for _, dir := range sortedKeys(p.records) {
		r := p.records[dir]
		if dir != d.path && p.moved[dir] != d || r.ledger == nil {
			continue
		}
		for _, e := range r.ledger.Objects {
			if e.Object == object {
				return r.ledger, path.Join(dir, e.File)
			}
		}
	}
	return nil, ""
}

// replicasAt reads spec.replicas of a manifest at the tip, 0 where there is no
// such number.
func (p *planner) replicasAt(file string) (int64, error) {
	if what, _, err := p.tree.look(file); err != nil || what != regular {
		return 0, err
	}
	data, err := p.tree.read(file)
	if err != nil {
		return 0, err
	}
	if o := decodeObject(data); o != nil {
		v, _ := o.Field("spec", "replicas")
		replicas, _ := v.(int64)
		return replicas, nil
	}
	return 0, nil
}

// decodeObject reads a manifest of a branch, nil where it holds anything else
// than one object.
func decodeObject(data []byte) *manifest.Object {
	documents := manifest.Documents(data)
	if len(documents) != 1 || documents[0].Err != nil {
		return nil
	}
	body, ok := documents[0].Value.(map[string]any)
	if !ok {
		return nil
	}
	return &manifest.Object{Body: body}
}

func isScalable(id manifest.ID) bool {
	return id.Group == "apps" && (id.Kind == "Deployment" || id.Kind == "StatefulSet")
}

func hasReplicas(o *manifest.Object) bool {
	_, ok := o.Field("spec", "replicas")
	return ok
}

// withReplicas returns a copy of the object with spec.replicas.
func withReplicas(o *manifest.Object, replicas int64) *manifest.Object {
	body := maps.Clone(o.Body)
	spec, _ := body["spec"].(map[string]any)
	if spec = maps.Clone(spec); spec == nil {
		spec = make(map[string]any, 1)
	}
	spec["replicas"] = replicas
	body["spec"] = spec
	return &manifest.Object{Body: body, Origin: o.Origin}
}

// scalerOf returns the key of the autoscaler of a workload, "" where the
// deployment renders none. The target of a KEDA ScaledObject is a Deployment
// unless it says otherwise.
func scalerOf(workload manifest.ID, files []*placed) string {
	for _, f := range files {
		target, _ := f.object.Field("spec", "scaleTargetRef", "name")
		kind, said := f.object.Field("spec", "scaleTargetRef", "kind")
		isHPA := f.id.Group == "autoscaling" && f.id.Kind == "HorizontalPodAutoscaler"
		isKEDA := f.id.Group == "keda.sh" && f.id.Kind == "ScaledObject"
		if isKEDA && !said {
			kind = "Deployment"
		}
		if (isHPA || isKEDA) && f.id.Namespace == workload.Namespace && target == workload.Name && kind == workload.Kind {
			return f.Object
		}
	}
	return ""
}

// tellStep says what a handover does now and what comes next.
func (p *planner) tellStep(d *directory, w *placed, s scaling, taken step, keep Handover) {
	next := "comes with the next commit of the settings, or with --finish-handover"
	if s.mode == handoverManual {
		next = "waits for --finish-handover"
	}
	next = "step 2 drops them and " + next + "; the autoscaler must have set the number before, see docs/safety.md"
	prefix := label(d.settings) + ": autoscaling handover, step "
	workload := nameIn(d, w.Object)
	switch taken {
	case stepFirst:
		p.notice("%s1 of 2: %s is added, %s keeps its %d replicas; %s", prefix, nameIn(d, s.scaler), workload, keep.Replicas, next)
	case stepWait:
		p.notice("%s1 of 2 is done: %s keeps its %d replicas; %s", prefix, workload, keep.Replicas, next)
	case stepSecond:
		p.notice("%s2 of 2: %s has no replicas given any more, which were %d; %s decides from now on",
			prefix, workload, s.tip, nameIn(d, s.scaler))
	}
}

// nameIn names an object within its deployment: by its kind alone where it bears
// the resource name.
func nameIn(d *directory, key string) string {
	id, err := ParseObjectKey(key)
	switch {
	case err != nil:
		return key
	case id.Name == d.settings.ResourceName():
		return "the " + id.Kind
	}
	return id.Kind + " " + id.Name
}

// noScaler refuses a workload that would fall to one replica for good.
func noScaler(d *directory, w *placed, replicas int64) error {
	return &SafetyError{
		Position: d.settings.Position,
		Message: fmt.Sprintf("%s: %s has %d replicas, and would have no number given and no autoscaler: the cluster would fall back to 1 pod",
			label(d.settings), nameIn(d, w.Object), replicas),
		Next: "set resources.min_replicas, or render a HorizontalPodAutoscaler or ScaledObject that targets it; " +
			"where something else in the cluster scales it, set gitops.autoscaling_handover to off",
	}
}
