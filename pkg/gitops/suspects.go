// The directories about which a judge decides.

package gitops

import (
	"cmp"
	"slices"
)

// suspects lists the directories that a plan changes, and the deployments that
// have a part in the objects of their environment that it changes. Without a plan it lists
// everything that the run wants or may remove.
func (p *planner) suspects(plan *Plan) []suspect {
	dirs := make(map[string]bool)
	if plan == nil {
		for _, d := range p.active {
			dirs[d.path] = true
		}
		for dir, r := range p.records {
			if p.wanted[dir] == nil && p.moved[dir] == nil && r.ledger != nil && p.removable(r) {
				dirs[dir] = true
			}
		}
	} else {
		for _, t := range plan.Touched {
			p.addTouched(dirs, &t)
		}
	}
	var list []suspect
	for _, dir := range sortedKeys(dirs) {
		if s, ok := p.suspect(dir); ok {
			list = append(list, s)
		}
	}
	return list
}

func (p *planner) addTouched(dirs map[string]bool, t *Touched) {
	if t.Deployment != "" {
		dirs[t.Directory] = true
		return
	}
	var all, part []*directory
	for _, d := range p.active {
		if d.settings.EnvironmentName() != t.Environment {
			continue
		}
		all = append(all, d)
		if slices.ContainsFunc(t.Objects, func(o ObjectChange) bool { return slices.Contains(p.needs[d], o.Object) }) {
			part = append(part, d)
		}
	}
	if len(part) == 0 { // engine objects, or shared ones that nobody needs any more
		part = all
	}
	for _, d := range part {
		dirs[d.path] = true
	}
}

// suspect gathers what decides about a directory: the files that it is
// rendered from now and those that it was rendered from.
func (p *planner) suspect(dir string) (suspect, bool) {
	s := suspect{dir: dir}
	record := p.records[dir]
	inputs := make(map[string]bool)
	if d := p.wanted[dir]; d != nil {
		s.label, s.environment = label(d.settings), d.settings.EnvironmentName()
		s.at, s.branch = d.settings.Position, d.settings.GitOps.Source.Branch
		for file := range d.rendered.Inputs {
			inputs[file] = true
		}
		for _, from := range sortedKeys(p.moved) {
			if p.moved[from] == d && record == nil {
				record = p.records[from]
			}
		}
	}
	if record != nil && record.ledger != nil {
		l := record.ledger
		if s.label == "" {
			s.label, s.environment = l.Environment+"/"+l.Deployment, l.Environment
			s.branch = p.sourceBranch(l.Environment)
		}
		if l.Owner.Source == p.run.Owner.Source { // else its commits and files are of another repository
			s.before = l.Source.Commit
			for file := range l.Inputs {
				inputs[file] = true
			}
		}
	}
	s.branch = cmp.Or(s.branch, defaultSourceBranch)
	s.inputs = sortedKeys(inputs)
	return s, s.label != ""
}

// defaultSourceBranch is the branch of the settings where they name none.
const defaultSourceBranch = "main"

func (p *planner) sourceBranch(environment string) string {
	for _, e := range p.run.Environments {
		if e.Name == environment {
			return e.GitOps.Source.Branch
		}
	}
	return ""
}
