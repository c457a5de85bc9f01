// The deletion budget: how much one publish may take out of an environment
// before somebody has to say that it is meant.

package gitops

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// freeDeletions is how many objects may go without regard to the percentage: a
// deployment with all that is usually around it, which is much of a small
// environment.
const freeDeletions = 5

// A Deletion is an object that a plan takes out of an environment. An object
// that the plan leaves in another file has moved, and is none.
type Deletion struct {
	Environment string `json:"environment"`
	// Deployment is empty for a shared object.
	Deployment string `json:"deployment,omitempty"`
	// Object is the object's identity as ledgers write it, see [ObjectKey].
	Object string `json:"object"`
	// File is the path that the object had in the branch.
	File string `json:"file"`
}

// A loss is what a plan deletes from one environment, and what it is measured
// by.
type loss struct {
	environment string
	deletions   []Deletion
	// held are the objects that this owner's ledgers list in the environment;
	// 0 where so little goes that they were not counted.
	held int
	// emptied tells that no deployment of this owner stays.
	emptied bool
	gitops  settings.GitOps
}

// Deletions lists the objects that the plan deletes, by environment,
// deployment and file.
func (p *Plan) Deletions() []Deletion {
	var all []Deletion
	for _, l := range p.losses {
		all = append(all, l.deletions...)
	}
	return all
}

// losses measures what the plan deletes from each environment.
func (p *planner) losses(touched []Touched) ([]loss, error) {
	var list []loss
	for _, d := range p.deletionsOf(touched) {
		if len(list) == 0 || list[len(list)-1].environment != d.Environment {
			list = append(list, loss{environment: d.Environment, gitops: p.gitopsOf(d.Environment)})
		}
		l := &list[len(list)-1]
		l.deletions = append(l.deletions, d)
	}
	for i := range list {
		if err := p.measure(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// deletionsOf lists the objects that a plan removes and leaves in no other
// file of their environment. The order is that of touched: by environment.
// Engine objects do not count: they go with what they sync, which does.
func (p *planner) deletionsOf(touched []Touched) []Deletion {
	var list []Deletion
	for _, t := range touched {
		if path.Base(t.Directory) == engineDir {
			continue
		}
		for _, o := range t.Objects {
			if o.Action == Removed && !p.placed[placeKey(t.Environment, o.Object)] {
				list = append(list, Deletion{t.Environment, t.Deployment, o.Object, o.File})
			}
		}
	}
	return list
}

func (p *planner) gitopsOf(environment string) settings.GitOps {
	for _, e := range p.run.Environments {
		if e.Name == environment {
			return e.GitOps
		}
	}
	for _, r := range p.run.Rendered {
		if r.Settings.EnvironmentName() == environment {
			return r.Settings.GitOps
		}
	}
	return settings.GitOps{}
}

// measure counts what the environment has. All ledgers of the branch are read
// for that, unless so little goes that it does not matter.
func (p *planner) measure(l *loss) error {
	if len(l.deletions) > freeDeletions && !p.mustWalk() {
		if err := p.tree.prefetchLedgers([]string{"."}); err != nil {
			return err
		}
		if err := p.walk("."); err != nil {
			return err
		}
	}
	stays := slices.ContainsFunc(p.branch.directories, func(d *directory) bool {
		return d.settings.EnvironmentName() == l.environment
	})
	for _, dir := range sortedKeys(p.records) {
		r := p.records[dir]
		if r.ledger == nil || r.ledger.Owner != p.run.Owner || p.environmentOf(r) != l.environment {
			continue
		}
		l.held += len(r.ledger.Objects)
		goes := p.moved[dir] != nil || p.wanted[dir] == nil && p.removable(r)
		stays = stays || !goes && len(r.ledger.Objects) > 0
	}
	l.held += p.heldShared(l.environment)
	l.emptied = !stays
	return nil
}

// environmentOf is where a directory's objects are after the plan.
func (p *planner) environmentOf(r *record) string {
	if d := p.moved[r.dir]; d != nil {
		return d.settings.EnvironmentName()
	}
	return r.ledger.Environment
}

func (p *planner) heldShared(environment string) int {
	held := 0
	for _, s := range p.branch.shared {
		for _, r := range p.sharedRecords[s.path] {
			if s.environment == environment && r.file == path.Join(s.path, p.run.Owner.sharedLedger()) {
				held += len(r.ledger.Objects)
			}
		}
	}
	return held
}

// refuse judges a loss. Deletions that are approved do not count, so that a
// part of what was approved passes, whatever was approved with it.
func (l *loss) refuse(owner Owner, approved Approvals) error {
	open := slices.DeleteFunc(slices.Clone(l.deletions), func(d Deletion) bool { return approved[markOf(owner, d)] })
	if len(open) == 0 || l.gitops.Review == "pull-request" {
		return nil
	}
	why := l.reasons(open)
	if len(why) == 0 {
		return nil
	}
	return &SafetyError{
		Message: fmt.Sprintf("%s: publishing would delete %s: %s\n%s",
			l.environment, objects(len(open)), strings.Join(why, "; "), listed(open)),
		Next: fmt.Sprintf("if this is meant, approve it with --approve-deletions or LADING_APPROVE_DELETIONS, "+
			"or with this line in the message of the settings' commit:\n    %s: %s", ApprovalTrailer, token(owner, l.deletions)),
	}
}

// reasons says what is too much about deletions.
func (l *loss) reasons(open []Deletion) []string {
	var why []string
	budget, n := l.gitops.Deletions, len(open)
	if l.emptied {
		why = append(why, "the environment would be empty")
	}
	if kinds := losing(open); len(kinds) > 0 {
		why = append(why, strings.Join(kinds, " and ")+" objects take data or other objects with them")
	}
	if n > budget.MaxObjects {
		why = append(why, fmt.Sprintf("more than %d (gitops.deletions.max_objects)", budget.MaxObjects))
	}
	if n > freeDeletions && 100*n > budget.MaxPercent*l.held {
		why = append(why, fmt.Sprintf("more than %d %% of %d (gitops.deletions.max_percent)", budget.MaxPercent, l.held))
	}
	return why
}

// losing are the kinds among deletions that are never deleted unasked.
func losing(open []Deletion) []string {
	var kinds []string
	for _, d := range open {
		id, err := ParseObjectKey(d.Object)
		if err == nil && slices.Contains(losesMuch, manifest.ID{Group: id.Group, Kind: id.Kind}) {
			kinds = append(kinds, id.Kind)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func listed(open []Deletion) string {
	var b strings.Builder
	for _, d := range open[:min(len(open), maxListed)] {
		fmt.Fprintf(&b, "  %s of %s\n", displayKey(d.Object), oneLine(cmp.Or(d.Deployment, sharedDir)))
	}
	if more := len(open) - maxListed; more > 0 {
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func objects(n int) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}
