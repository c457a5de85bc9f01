package gitops

import "slices"

// mayChange reports whether the run may change what a ledger lists: its own,
// and with TakeOver others' in the directories that it wants. What it does not
// want stays with its owner.
func (p *planner) mayChange(l *Ledger) bool {
	return l.Owner == p.run.Owner || p.run.TakeOver
}

// without leaves directories out that are left to a newer run. Their
// environments are then not complete.
func (p *planner) without(superseded map[string]string) *planner {
	if p.superseded == nil {
		p.superseded = make(map[string]bool)
	}
	for dir, environment := range superseded {
		p.superseded[dir], p.complete[environment] = true, false
		delete(p.within, environment)
	}
	return p
}

// adopts reports whether a ledger changes its owner, and so is written although
// its objects may be the same.
func (p *planner) adopts(r *record) bool {
	return r != nil && r.ledger != nil && r.ledger.Owner != p.run.Owner
}

// stillWanted are the shared objects that deployments need which are not left
// to a newer run.
func (p *planner) stillWanted(s *sharedDirectory) []*placed {
	files := slices.Clone(s.files)
	if len(p.superseded) == 0 {
		return files
	}
	needed := make(map[string]bool)
	for _, d := range p.branch.directories {
		if !p.superseded[d.path] && d.settings.EnvironmentName() == s.environment {
			for _, key := range d.shared {
				needed[key] = true
			}
		}
	}
	return slices.DeleteFunc(files, func(f *placed) bool { return !needed[f.Object] })
}
