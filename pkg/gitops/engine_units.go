// Which engine objects a site has to have after a plan, and which may go.

package gitops

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A resident is a deployment of this owner that the environment has after the
// plan, with its directory.
type resident struct {
	path, id, namespace string
	objects, bytes      int
	// directory is what the run wants there, nil for what it does not touch;
	// active tells that it writes that, and does not pass over it.
	directory *directory
	active    bool
}

// A sitePlan is what a plan does to the engine objects of one site.
type sitePlan struct {
	*planner
	site *site
	// tip are the entries of the present ledger by unit.
	tip       map[unitKey]Entry
	residents []*resident
	// gone are the ids of deployments whose directories the plan removes or
	// gives to another.
	gone     map[string]bool
	complete bool
}

func (p *planner) newSitePlan(s *site, tip *record) *sitePlan {
	sp := &sitePlan{
		planner: p, site: s, tip: make(map[unitKey]Entry), gone: make(map[string]bool),
		complete: p.complete[s.name()],
	}
	if tip != nil {
		for _, e := range tip.ledger.Objects {
			sp.tip[unitOf(e.File)] = e
		}
	}
	sp.findResidents()
	if sp.sharedStays() {
		s.shared = sp.nameFor(unitKey{sharedUnit, ""}, "")
	}
	return sp
}

// findResidents takes the directories of the run first, and then those that
// the branch has besides.
func (sp *sitePlan) findResidents() {
	active := make(map[string]bool)
	for _, d := range sp.active {
		active[d.path] = true
	}
	for _, d := range sp.branch.directories {
		if d.settings.EnvironmentName() == sp.site.name() {
			sp.reside(d, active[d.path])
		}
	}
	removed := make(map[string]bool)
	for _, t := range sp.touched {
		removed[t.Directory] = removed[t.Directory] || t.Removed
	}
	for _, dir := range sortedKeys(sp.records) {
		r := sp.records[dir]
		if r.ledger == nil || r.ledger.Owner != sp.run.Owner || r.ledger.Environment != sp.site.name() {
			continue
		}
		d := sp.wanted[dir]
		switch {
		case removed[dir], r.ledger.State == stateDeleted, d != nil && active[dir] && d.settings.ID != r.ledger.ID:
			sp.gone[r.ledger.ID] = true
		case d == nil && sp.moved[dir] == nil:
			sp.residents = append(sp.residents, residentOf(r))
		}
	}
	for _, r := range sp.residents {
		delete(sp.gone, r.id)
	}
}

func (sp *sitePlan) reside(d *directory, active bool) {
	r := &resident{path: d.path, id: d.settings.ID, namespace: d.namespace, directory: d, active: active}
	for _, f := range sp.wants[d] {
		r.objects++
		r.bytes += len(f.data)
	}
	if tip := sp.records[d.path]; !active && tip != nil && tip.ledger != nil {
		r.objects = len(tip.ledger.Objects)
	}
	sp.residents = append(sp.residents, r)
}

// residentOf describes a directory by its ledger.
func residentOf(r *record) *resident {
	out := &resident{path: r.dir, id: r.ledger.ID, objects: len(r.ledger.Objects)}
	for _, e := range r.ledger.Objects {
		id, err := ParseObjectKey(e.Object)
		if err != nil || id.Namespace == "" {
			continue
		}
		if out.namespace == "" || id.Kind == "Deployment" && id.Name == "zenml-"+out.id {
			out.namespace = id.Namespace
		}
	}
	return out
}

// sharedStays reports whether the directory of shared objects holds anything
// after the plan, whoever wrote it.
func (sp *sitePlan) sharedStays() bool {
	dir := sp.site.base + sharedDir
	files := make(map[string]bool)
	for _, r := range sp.sharedRecords[dir] {
		for _, e := range r.ledger.Objects {
			files[path.Join(dir, e.File)] = true
		}
	}
	for _, c := range sp.changes {
		if strings.HasPrefix(c.Path, dir+"/") && !isLedger(c.Path) {
			files[c.Path] = c.After != nil
		}
	}
	return slices.Contains(slices.Collect(maps.Values(files)), true)
}

// units returns what the run knows to want. A group is left as it is where the
// run does not see all of it: half of it would say less than what is there.
func (sp *sitePlan) units() []*unit {
	var units []*unit
	if _, written := sp.tip[unitKey{sharedUnit, ""}]; sp.site.shared != "" && !(written && sp.isSuperseded()) {
		units = append(units, &unit{
			unitKey: unitKey{sharedUnit, ""}, name: sp.site.shared,
			path: sp.site.base + sharedDir, labels: sp.site.labels(), by: sp.pseudo(sharedDir),
		})
	}
	groups, order := sp.groups()
	for _, key := range order {
		members := groups[key]
		_, written := sp.tip[key]
		known := !slices.ContainsFunc(members, func(r *resident) bool { return !r.active })
		if key.kind != byDeployment {
			known = known && sp.complete
		}
		if (known || !written) && slices.ContainsFunc(members, func(r *resident) bool { return r.directory != nil }) {
			units = append(units, sp.unit(key, members))
		}
	}
	return units
}

// isSuperseded reports whether a newer run was in the environment, which knows
// better what its common objects look like.
func (sp *sitePlan) isSuperseded() bool {
	return slices.ContainsFunc(sp.residents, func(r *resident) bool { return sp.superseded[r.path] })
}

func (sp *sitePlan) groups() (groups map[unitKey][]*resident, order []unitKey) {
	groups = make(map[unitKey][]*resident)
	for _, r := range sp.residents {
		key, _ := sp.site.groupOf(r)
		groups[key] = append(groups[key], r)
	}
	order = slices.SortedFunc(maps.Keys(groups), func(a, b unitKey) int { return cmp.Compare(a.file(), b.file()) })
	return groups, order
}

// unit describes a group by its members that the run knows.
func (sp *sitePlan) unit(key unitKey, members []*resident) *unit {
	u := &unit{unitKey: key, labels: sp.site.labels()}
	if key.kind != byEnvironment {
		u.namespace = members[0].namespace
	}
	for _, r := range members {
		_, u.path = sp.site.groupOf(r)
		d := r.directory
		if d == nil {
			continue
		}
		if u.by == nil {
			u.by = d
		}
		u.timeout = max(u.timeout, d.settings.Spec.Settings.Deployer.LCMTimeout)
		u.needsShared = u.needsShared || len(sp.needs[d]) > 0
		u.scaled = append(u.scaled, scaledBy(d.rendered.Set.Objects())...)
	}
	u.name = sp.nameFor(key, u.by.settings.Name)
	if key.kind == byDeployment {
		u.labels["lading.dev/deployment"] = manifest.LabelValue(u.by.settings.Name, 63)
		u.labels["lading.dev/deployment-id"] = key.of
	} else {
		u.skip = sp.site.skipped(u.path)
	}
	return u
}

// nameFor keeps the name that a unit has: an engine object that gets another
// one is deleted, with all that it synced.
func (sp *sitePlan) nameFor(key unitKey, deployment string) string {
	if e, ok := sp.tip[key]; ok {
		if id, err := ParseObjectKey(e.Object); err == nil {
			return id.Name
		}
	}
	return sp.site.nameOf(key, deployment)
}

// pseudo stands for what no deployment renders.
func (sp *sitePlan) pseudo(name string) *directory {
	return &directory{settings: &settings.Resolved{Project: sp.site.project, Environment: sp.site.environment, Name: name}}
}

// scaledBy are the objects whose replicas an autoscaler of the same deployment
// decides: a HorizontalPodAutoscaler, or a ScaledObject of KEDA, whose target is
// a Deployment unless it says otherwise.
// See https://keda.sh/docs/latest/reference/scaledobject-spec/.
func scaledBy(objects []*manifest.Object) []manifest.ID {
	var scaled []manifest.ID
	for _, o := range objects {
		kind := o.Kind() + "." + o.Group()
		if kind != "HorizontalPodAutoscaler.autoscaling" && kind != "ScaledObject.keda.sh" {
			continue
		}
		text := func(field, otherwise string) string {
			value, _ := o.Field("spec", "scaleTargetRef", field)
			s, _ := value.(string)
			return cmp.Or(s, otherwise)
		}
		target := manifest.Object{Body: map[string]any{"apiVersion": text("apiVersion", "apps/v1")}}
		id := manifest.ID{Group: target.Group(), Kind: text("kind", "Deployment"), Namespace: o.Namespace(), Name: text("name", "")}
		if id.Name != "" && !slices.Contains(scaled, id) {
			scaled = append(scaled, id)
		}
	}
	return scaled
}

// keep decides about engine objects that the run does not want. One goes with
// what it syncs, and not before.
func (sp *sitePlan) keep(e Entry) (bool, string) {
	key := unitOf(e.File)
	switch {
	case sp.needed(key):
		return key.kind == sp.site.grouping() || !key.groups(), ""
	case key.kind == byDeployment && sp.gone[key.of]:
		return false, ""
	}
	return !sp.complete, ""
}

// needed reports whether anything that a unit syncs is there after the plan.
func (sp *sitePlan) needed(key unitKey) bool {
	switch key.kind {
	case sharedUnit:
		return sp.site.shared != ""
	case byEnvironment:
		return len(sp.residents) > 0
	case sourceUnit:
		e := sp.site.environment.Engine
		return e.Kind == "flux" && sp.site.grouping() == byEnvironment && len(sp.residents) > 0
	}
	return slices.ContainsFunc(sp.residents, func(r *resident) bool {
		return key.kind == byDeployment && escape(r.id) == key.of || key.kind == byNamespace && escape(r.namespace) == key.of
	})
}

// grouping is the kind of units that sync deployments.
func (s *site) grouping() string { return cmp.Or(s.gitops.GroupBy, byDeployment) }

// check refuses what would make the engine delete what goes on to be there, and
// groups that are too large or hold what is not ours.
func (sp *sitePlan) check() error {
	var errs []error
	errs = append(errs, sp.checkGrouping())
	groups, order := sp.groups()
	for _, key := range order {
		if key.kind != byDeployment {
			_, dir := sp.site.groupOf(groups[key][0])
			errs = append(errs, sp.checkSize(key, dir, groups[key]), sp.checkNeighbours(key, dir))
		}
	}
	return joined(slices.DeleteFunc(errs, func(err error) bool { return err == nil }))
}

func (sp *sitePlan) checkGrouping() error {
	for _, key := range slices.SortedFunc(maps.Keys(sp.tip), func(a, b unitKey) int { return cmp.Compare(a.file(), b.file()) }) {
		if !key.groups() || key.kind == sp.site.grouping() || !sp.needed(key) || sp.run.Recreate && sp.complete {
			continue
		}
		return &SafetyError{
			Position: sp.site.project.Place(sp.site.name(), "gitops.group_by"),
			Message: fmt.Sprintf("%s: the engine objects sync by %s and would sync by %s; the engine would delete what %s syncs while others take it over",
				sp.site.name(), key.kind, sp.site.grouping(), sp.site.dir()+"/"+key.file()),
			Next: "keep gitops.group_by, or see \"Changing the grouping\" in docs/engines.md and allow it with --recreate, in a run of the whole environment",
		}
	}
	return nil
}

// checkIdentity refuses to replace an engine object by one of another kind or
// in another namespace.
func (sp *sitePlan) checkIdentity(key unitKey, f *placed) error {
	e, ok := sp.tip[key]
	if !ok || key.kind == sourceUnit || e.Object == f.Object || sp.run.Recreate {
		return nil
	}
	was, err := ParseObjectKey(e.Object)
	if err != nil || was == f.id {
		return err
	}
	return &SafetyError{
		Position: sp.site.project.Place(sp.site.name(), "engine"),
		Message: fmt.Sprintf("%s: the engine object %s would become %s; its engine would delete what it syncs",
			sp.site.name(), was, f.id),
		Next: "keep engine.kind and engine.namespace, or see \"Changing the engine\" in docs/engines.md and allow it with --recreate",
	}
}

func (sp *sitePlan) checkSize(key unitKey, dir string, members []*resident) error {
	objects, bytes := 0, 0
	for _, r := range members {
		objects += r.objects
		bytes += r.bytes
	}
	if objects <= maxGroupObjects && bytes <= maxGroupBytes {
		return nil
	}
	return settings.Problems{sp.site.wrong("gitops.group_by",
		fmt.Sprintf("is %s, and %s holds %d objects in %.1f MB, want at most %d objects and %d MB, which is what an engine syncs as one",
			key.kind, dir, objects, float64(bytes)/(1<<20), maxGroupObjects, maxGroupBytes>>20),
		"use group_by: deployment")}
}

// checkNeighbours refuses a group over directories of others: two engine
// objects would fight for them.
func (sp *sitePlan) checkNeighbours(key unitKey, dir string) error {
	for _, other := range sortedKeys(sp.records) {
		r := sp.records[other]
		if r.ledger == nil || r.ledger.Owner == sp.run.Owner || dir != "." && !strings.HasPrefix(other+"/", dir+"/") {
			continue
		}
		return &ConflictError{
			Path:    other,
			Message: fmt.Sprintf("belongs to %s, and gitops.group_by: %s makes one engine object of all below %s", r.ledger.Owner, key.kind, dir),
			Next:    "use group_by: deployment, or give each project a directory or branch of its own",
		}
	}
	return nil
}
