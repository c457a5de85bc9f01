// Who is who: the ledgers of a branch against the deployments of a run.

package gitops

import (
	"fmt"
	"strconv"

	"github.com/lading-dev/lading/pkg/settings"
)

// identify checks for every wanted directory that it belongs to this owner and
// this deployment, and that its objects belong to no other.
func (p *planner) identify() {
	byID := make(map[string][]*record)
	owners := make(map[string][]*record) // by object
	for _, dir := range sortedKeys(p.records) {
		if r := p.records[dir]; r.ledger != nil {
			byID[r.ledger.ID] = append(byID[r.ledger.ID], r)
			for _, e := range r.ledger.Objects {
				owners[e.Object] = append(owners[e.Object], r)
			}
		}
	}
	for _, d := range p.active {
		p.fail(p.checkRecord(d))
		p.fail(p.findMove(d, byID[d.settings.ID]))
	}
	for _, d := range p.active {
		p.checkObjects(p.wants[d], owners)
	}
	for _, s := range p.branch.shared {
		p.checkObjects(p.shared[s], owners)
	}
}

// checkRecord checks the ledger of a wanted directory.
func (p *planner) checkRecord(d *directory) error {
	r := p.records[d.path]
	switch {
	case r == nil:
		return nil
	case r.err != nil:
		return r.err
	case !p.mayChange(r.ledger):
		return foreignOwner(d.path, r.ledger.Owner, p.run.Owner)
	case r.ledger.State == stateDeleted:
		return &SafetyError{
			Position: d.settings.Position,
			Message:  fmt.Sprintf("%s was deleted from %s on purpose and would be rendered again", label(d.settings), d.path),
			Next: fmt.Sprintf("remove the deployment from the settings, or run: lading delete %s --env %s --undelete",
				shellWord(d.settings.Name), d.settings.EnvironmentName()),
		}
	case r.ledger.ID != d.settings.ID && !p.run.Recreate:
		return otherIdentity(d.settings, r.ledger,
			fmt.Sprintf("%s has the id %s in %s and would get %s, so that the engine would delete it and create another",
				label(d.settings), r.ledger.ID, d.path, d.settings.ID))
	}
	return nil
}

func foreignOwner(path string, theirs, ours Owner) error {
	return &ConflictError{
		Path:    path,
		Message: fmt.Sprintf("belongs to %s, and this is %s", theirs, ours),
		Next: "publish to another path, branch or repository, or let its owner remove it first; " +
			"where spec.key of the project was changed, restore it; where the settings moved here, --take-over makes it yours",
	}
}

// otherIdentity reports a deployment that would replace another one, with the
// line that keeps the identity.
func otherIdentity(r *settings.Resolved, there *Ledger, message string) error {
	return &SafetyError{Position: r.Position, Message: message, Next: keepIdentity(r, there)}
}

// keepIdentity is the line to add to the settings. A new name alone is mended
// by the old one as key; that is so where the old name gives the old id.
func keepIdentity(r *settings.Resolved, there *Ledger) string {
	line, where := "id: "+there.ID, "spec"
	if there.Deployment != r.Name && r.DeriveID(there.Deployment) == there.ID {
		line = "key: " + strconv.Quote(there.Deployment)
	} else if r.Environment.Name != "" {
		where = "spec.environments." + r.Environment.Name
	}
	return fmt.Sprintf("add '%s' to %s of the deployment to keep it, or allow another one with --recreate", line, where)
}

// findMove looks for the directory that a deployment had before: one with its
// id in its environment, or in an environment that the project has no more.
func (p *planner) findMove(d *directory, sameID []*record) error {
	for _, r := range sameID {
		if p.wanted[r.dir] != nil || !p.isBefore(r, d) {
			continue
		}
		if p.pin(r.dir) != nil {
			return &SafetyError{
				Position: d.settings.Position,
				Message:  fmt.Sprintf("%s is pinned in %s and would move to %s", label(d.settings), r.dir, d.path),
				Next:     "end the pin first, or keep gitops.path and the namespace as they were",
			}
		}
		p.moved[r.dir] = d
	}
	return nil
}

func (p *planner) isBefore(r *record, d *directory) bool {
	return p.mayChange(r.ledger) &&
		(r.ledger.Environment == d.settings.EnvironmentName() || !hasEnvironment(d.settings.Project, r.ledger.Environment))
}

func hasEnvironment(p *settings.Project, name string) bool {
	if p == nil {
		return name == "default"
	}
	for _, e := range p.Spec.Environments {
		if e.Name == name {
			return true
		}
	}
	return false
}

// checkObjects refuses objects that the branch has in the directory of another
// deployment, unless that one gives them up in the same plan. A directory that
// is in the way of another is reported once.
func (p *planner) checkObjects(files []*placed, owners map[string][]*record) {
	reported := make(map[[2]string]bool)
	for _, f := range files {
		for _, r := range owners[f.Object] {
			pair := [2]string{f.by.path, r.dir}
			if r.dir == f.by.path || reported[pair] || !sameCluster(r.ledger, f.by.settings, p.run.Owner) {
				continue
			}
			if err := p.checkTaken(f, r); err != nil {
				reported[pair] = true
				p.fail(err)
			}
		}
	}
}

// checkTaken judges an object that the ledger r lists and another directory
// wants.
func (p *planner) checkTaken(f *placed, r *record) error {
	wants := f.by.settings
	isActive := p.wanted[r.dir] != nil && p.pin(r.dir) == nil && !p.superseded[r.dir]
	if r.ledger.Owner != p.run.Owner && !(p.run.TakeOver && (isActive || p.moved[r.dir] == f.by)) {
		return &ConflictError{
			Path:    r.dir,
			Message: fmt.Sprintf("%s, which %s renders, is published here by %s", f.id, label(wants), r.ledger.Owner),
			Next:    "give the object another name or namespace",
		}
	}
	if isActive || p.moved[r.dir] == f.by || p.run.Recreate && p.removable(r) {
		return nil
	}
	message := fmt.Sprintf("%s would take over %s from %s/%s (%s, id %s)",
		label(wants), f.id, r.ledger.Environment, r.ledger.Deployment, r.dir, r.ledger.ID)
	if p.removable(r) {
		return otherIdentity(wants, r.ledger, message)
	}
	return &SafetyError{
		Position: wants.Position,
		Message:  message + ", which stays as it is in this run",
		Next:     "render both in one run in which nothing fails, without a selector or -f, or give the object another name",
	}
}

// sameCluster reports whether a ledger's objects go to the cluster of a
// deployment, as far as it is known. Ledgers keep the cluster's name of the
// day on which they were written.
func sameCluster(l *Ledger, r *settings.Resolved, owner Owner) bool {
	cluster := clusterOf(r)
	if l.Environment == r.EnvironmentName() && (l.Owner == owner || l.Cluster == "" || cluster == "") {
		return true
	}
	return l.Cluster == cluster
}
