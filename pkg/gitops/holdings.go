// The holdings of a branch: the deployments' directories, those that go, and
// the directories of shared objects.

package gitops

import (
	"path"

	"github.com/lading-dev/lading/pkg/manifest"
)

// deployments plans the directories that the run wants.
func (p *planner) deployments() {
	for _, d := range p.active {
		r := d.settings
		next, err := p.ledgerOf(d)
		if err != nil {
			p.fail(err)
			continue
		}
		touched := p.touch(&Touched{Environment: r.EnvironmentName(), Deployment: r.Name, Directory: d.path})
		p.settle(&holding{
			dir:     d.path,
			file:    path.Join(d.path, ledgerName),
			tip:     p.records[d.path],
			want:    p.wants[d],
			keep:    p.keeper(r.EnvironmentName(), d.rendered.Incomplete),
			next:    *next,
			always:  p.renew(p.records[d.path]) || p.adopts(p.records[d.path]),
			touched: touched,
		})
		p.leave(d, touched)
	}
}

// leave plans the removal of the directories that a deployment had before.
func (p *planner) leave(d *directory, touched *Touched) {
	for _, dir := range sortedKeys(p.moved) {
		if p.moved[dir] == d {
			touched.From = dir
			p.empty(p.records[dir], p.keeper(d.settings.EnvironmentName(), d.rendered.Incomplete), touched)
		}
	}
}

// removals plans the removal of directories whose deployments are gone.
func (p *planner) removals() {
	for _, dir := range sortedKeys(p.records) {
		r := p.records[dir]
		if p.wanted[dir] != nil || p.moved[dir] != nil || r.ledger == nil || !p.removable(r) {
			continue
		}
		l := r.ledger
		p.empty(r, p.keeper(l.Environment, false), p.touch(&Touched{
			Environment: l.Environment, Deployment: l.Deployment, Directory: dir, Removed: true,
		}))
	}
}

// removable reports whether this run may remove a directory that it does not
// want: only this owner's, only where it saw the whole environment, and not
// what is pinned.
func (p *planner) removable(r *record) bool {
	return r.ledger.Owner == p.run.Owner && p.holds(r.ledger) == nil && p.mayRemove(r.ledger) && !p.superseded[r.dir]
}

// empty plans the removal of all that a ledger lists and need not stay. A
// directory in which something stays keeps its ledger.
func (p *planner) empty(r *record, keep func(Entry) (bool, string), touched *Touched) {
	next := *r.ledger
	next.Objects, next.Shared, next.Handover = nil, nil, nil
	next.Source.Commit, next.Tool = p.run.Commit, p.ledgerTool()
	p.settle(&holding{
		dir: r.dir, file: r.file, tip: r, keep: keep,
		next: next, optional: true, touched: touched,
	})
}

// keeper decides about the files of a deployment that nothing renders any more.
// An object that the plan leaves in another file has moved.
func (p *planner) keeper(environment string, incomplete bool) func(Entry) (bool, string) {
	return func(e Entry) (bool, string) {
		switch {
		case p.placed[placeKey(environment, e.Object)]:
			return false, ""
		case incomplete:
			return true, "documents were left out of this render, and it may come from one of them"
		case isProtectedKey(e.Object):
			return true, "no render removes objects of this kind; remove the file yourself if it shall go"
		}
		return false, ""
	}
}

func isProtectedKey(key string) bool {
	id, err := ParseObjectKey(key)
	return err == nil && isProtected(id)
}

// sharedObjects plans the directories of shared objects.
func (p *planner) sharedObjects() {
	for _, s := range p.branch.shared {
		h := &holding{
			dir:      s.path,
			file:     path.Join(s.path, p.run.Owner.sharedLedger()),
			want:     p.shared[s],
			keep:     p.sharedKeeper(s),
			others:   make(map[string][]otherOwner),
			next:     p.sharedLedgerOf(s),
			optional: true,
			touched:  p.touch(&Touched{Environment: s.environment, Directory: s.path}),
		}
		if err := p.splitOwners(h); err != nil {
			p.fail(err)
			continue
		}
		h.always = p.renew(h.tip) || p.adopts(h.tip)
		p.settle(h)
	}
}

// splitOwners tells this owner's ledger of a shared directory from others'.
func (p *planner) splitOwners(h *holding) error {
	for _, r := range p.sharedRecords[h.dir] {
		switch {
		case r.file != h.file:
			for _, e := range r.ledger.Objects {
				h.others[e.File] = append(h.others[e.File], otherOwner{r.ledger.Owner, e.Digest})
			}
		case !p.mayChange(r.ledger):
			return foreignOwner(r.file, r.ledger.Owner, p.run.Owner)
		default:
			h.tip = r
		}
	}
	return nil
}

// sharedKeeper decides about shared objects that nothing in the run renders.
// They go only where the whole environment was seen and no directory that
// stays needs them.
func (p *planner) sharedKeeper(s *sharedDirectory) func(Entry) (bool, string) {
	needed := p.stillNeeded(s.environment)
	return func(e Entry) (bool, string) {
		if isProtectedKey(e.Object) {
			return true, ""
		}
		return !p.complete[s.environment] || p.anyIncomplete(s.environment) || needed[e.Object], ""
	}
}

// stillNeeded are the shared objects of directories that stay as they are.
func (p *planner) stillNeeded(environment string) map[string]bool {
	needed := make(map[string]bool)
	for dir, r := range p.records {
		if r.ledger == nil || r.ledger.Environment != environment || r.ledger.Owner != p.run.Owner {
			continue
		}
		if p.wanted[dir] != nil && p.holds(r.ledger) == nil && !p.superseded[dir] || p.moved[dir] != nil || p.removable(r) {
			continue
		}
		for _, key := range r.ledger.Shared {
			needed[key] = true
		}
	}
	return needed
}

func (p *planner) anyIncomplete(environment string) bool {
	for _, r := range p.run.Rendered {
		if r.Incomplete && r.Settings.EnvironmentName() == environment {
			return true
		}
	}
	return false
}

func (p *planner) touch(t *Touched) *Touched {
	t.Objects = []ObjectChange{}
	p.touched = append(p.touched, t)
	return t
}

// ledgerOf is the ledger of a wanted directory, less its objects.
func (p *planner) ledgerOf(d *directory) (*Ledger, error) {
	digest, err := settingsDigest(d.settings)
	if err != nil {
		return nil, err
	}
	return &Ledger{
		Owner:       p.run.Owner,
		Environment: d.settings.EnvironmentName(),
		Deployment:  d.settings.Name,
		ID:          d.settings.ID,
		Cluster:     clusterOf(d.settings),
		Source:      Source{Commit: p.run.Commit, Settings: digest},
		Tool:        p.ledgerTool(),
		Handover:    p.handovers[d],
		Shared:      p.needs[d],
		Inputs:      d.rendered.Inputs,
	}, nil
}

func (p *planner) sharedLedgerOf(s *sharedDirectory) Ledger {
	l := Ledger{
		Owner:       p.run.Owner,
		Environment: s.environment,
		Source:      Source{Commit: p.run.Commit},
		Tool:        p.ledgerTool(),
	}
	if files := p.shared[s]; len(files) > 0 {
		l.Cluster = clusterOf(files[0].by.settings)
	}
	return l
}

func (p *planner) ledgerTool() LedgerTool {
	return LedgerTool{Version: p.run.Tool.Version, Format: manifest.Format, Templates: p.run.Tool.Templates}
}
