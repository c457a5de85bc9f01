// Planning the engine objects of a branch. They have ledgers of their own, one
// for each owner, as shared objects have: projects may share an environment.

package gitops

import (
	"path"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// readEngines finds what syncs the environments of a branch, and reads the
// ledgers of the engine objects that it has.
func (p *planner) readEngines() error {
	for _, shared := range p.branch.shared {
		s := p.siteOf(shared)
		if s == nil {
			if err := p.noticeLeft(shared); err != nil {
				return err
			}
			continue
		}
		if s.url == "" {
			p.notice("%s: engine objects are left out, since no URL of the repository is known; set gitops.url", s.name())
			continue
		}
		if problem := s.problem(); problem != nil {
			p.fail(settings.Problems{problem})
			continue
		}
		what, at, err := p.tree.look(s.dir())
		if err == nil && what != absent && what != folder {
			err = inTheWay(s.dir(), at, what)
		}
		if err == nil && what == folder {
			err = p.readLedgers(s.dir())
		}
		if err != nil {
			return err
		}
		p.sites = append(p.sites, s)
	}
	return nil
}

func (p *planner) siteOf(shared *sharedDirectory) *site {
	for _, d := range p.branch.directories {
		if d.settings.EnvironmentName() == shared.environment {
			return newSite(d.settings.Project, shared.environment, d.settings.GitOps, p.branch.Branch)
		}
	}
	for _, e := range p.run.Environments {
		if e.Name == shared.environment {
			return newSite(e.Project, e.Name, e.GitOps, p.branch.Branch)
		}
	}
	return nil
}

// noticeLeft tells of engine objects of an environment whose settings name no
// engine any more. They stay: an engine that loses them deletes what they sync.
func (p *planner) noticeLeft(shared *sharedDirectory) error {
	dir := path.Join(path.Dir(shared.path), engineDir)
	r, err := p.readRecord(dir, p.run.Owner.sharedLedger())
	if err == nil && r != nil && r.ledger != nil && len(r.ledger.Objects) > 0 {
		p.notice("%s: the engine objects in %s stay as they are, since the environment names no engine; "+
			"removing them makes the engine delete what they sync", shared.environment, dir)
	}
	return err
}

// engineObjects plans the directories of engine objects, last of all: what
// they say follows from what the rest of the plan leaves in the branch.
func (p *planner) engineObjects() {
	for _, s := range p.sites {
		p.fail(p.engineObjectsOf(s))
		p.noticeStrays(s)
		p.noticeVariables(s)
	}
	p.noticeMovedEnvironments()
}

func (p *planner) engineObjectsOf(s *site) error {
	h := &holding{
		dir:    s.dir(),
		file:   path.Join(s.dir(), p.run.Owner.sharedLedger()),
		others: make(map[string][]otherOwner),
		next: Ledger{
			Owner:       p.run.Owner,
			Environment: s.name(),
			Source:      Source{Commit: p.run.Commit},
			Tool:        p.ledgerTool(),
		},
	}
	if err := p.splitOwners(h); err != nil {
		return err
	}
	// A ledger that is there stays, so that the path does: an engine does not
	// prune what it cannot read.
	h.optional = h.tip == nil
	sp := p.newSitePlan(s, h.tip)
	if err := sp.check(); err != nil {
		return err
	}
	units, err := sp.place(sp.units())
	if err != nil {
		return err
	}
	h.want, h.keep, h.always = units, sp.keep, p.renew(h.tip)
	h.touched = p.touch(&Touched{Environment: s.name(), Directory: h.dir})
	if err := p.prefetchEngines(h); err != nil {
		return err
	}
	p.settle(h)
	if h.tip == nil && len(h.want) > 0 {
		p.notice("%s: apply the root of the engine objects once: lading bootstrap --env %s | %s", s.name(), s.name(), s.applyCommand())
	}
	return nil
}

// applyCommand is how a person applies what bootstrap prints.
func (s *site) applyCommand() string {
	if context := s.context(); context != "" {
		return "kubectl --context " + context + " apply -f -"
	}
	return "kubectl apply -f -"
}

// place makes files of units.
func (sp *sitePlan) place(units []*unit) ([]*placed, error) {
	var files []*placed
	for _, u := range units {
		for i, body := range sp.site.unit(sp.site, u) {
			key := u.unitKey
			if i > 0 {
				key = unitKey{sourceUnit, ""}
			}
			o := &manifest.Object{Body: body, Origin: manifest.Origin{Source: "engine " + sp.site.environment.Engine.Kind}}
			f, err := place(u.by, o, key.file())
			if err != nil {
				return nil, err
			}
			if err := sp.checkIdentity(key, f); err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	sortPlaced(files)
	return files, nil
}

// prefetchEngines asks for the files that the plan replaces or removes.
func (p *planner) prefetchEngines(h *holding) error {
	f, ok := p.tree.tree.(Prefetcher)
	if !ok || h.tip == nil {
		return nil
	}
	same := make(map[string]bool)
	for _, w := range h.want {
		same[w.File] = slices.Contains(h.tip.ledger.Objects, w.Entry)
	}
	before := make(map[string]bool)
	for _, e := range h.tip.ledger.Objects {
		before[path.Join(h.dir, e.File)] = !same[e.File]
	}
	return f.Prefetch([]string{h.dir}, func(name string) bool { return before[name] })
}

// removeEngineObject plans the removal of a deployment's engine object, and
// reports whether there is one of its own. The run need not know the
// environment: the object's file is named after the deployment's id.
func (p *planner) removeEngineObject(l *Ledger) (bool, error) {
	file := unitKey{byDeployment, l.ID}.file()
	for _, dir := range []string{escape(l.Environment) + "/" + engineDir, engineDir} {
		if err := p.tree.prefetchLedgers([]string{dir}); err != nil {
			return false, err
		}
		r, err := p.readRecord(dir, p.run.Owner.sharedLedger())
		if err != nil {
			return false, err
		}
		if r == nil || r.ledger == nil || r.ledger.Environment != l.Environment || r.ledger.Owner != p.run.Owner {
			continue
		}
		isIt := func(e Entry) bool { return e.File == file }
		if !slices.ContainsFunc(r.ledger.Objects, isIt) {
			continue
		}
		next := *r.ledger
		next.Objects, next.Tool = nil, p.ledgerTool()
		p.settle(&holding{
			dir: dir, file: r.file, tip: r, next: next,
			keep:    func(e Entry) (bool, string) { return !isIt(e), "" },
			touched: p.touch(&Touched{Environment: l.Environment, Directory: dir}),
		})
		return true, nil
	}
	return false, nil
}
