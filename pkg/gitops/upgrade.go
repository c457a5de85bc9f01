// Rewriting what another version of lading rendered.

package gitops

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// upgrade plans a commit that means nothing: it rewrites the directories that
// another format or other built-in templates rendered, and their ledgers, and
// leaves all others alone. Where the objects of such a directory would not be
// the same as data the plan is a [*SafetyError].
func (p *planner) upgrade() (*Plan, error) {
	p.deployments()
	p.sharedObjects()
	p.engineObjects()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	old := make(map[string]bool)
	for _, t := range p.touched {
		if l := p.ledgerAt(t); l != nil && p.outdated(l) {
			old[t.Directory] = true
			p.proveEmpty(t)
		}
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	p.touched = slices.DeleteFunc(p.touched, func(t *Touched) bool { return !old[t.Directory] })
	p.changes = slices.DeleteFunc(p.changes, func(c Change) bool {
		return !slices.ContainsFunc(p.touched, func(t *Touched) bool { return below(c.Path, t.Directory) })
	})
	plan := p.finish()
	plan.title = fmt.Sprintf("Upgrade rendered manifests to format %s", manifest.Format)
	plan.note = "Every object is the same as data before and after."
	return plan, nil
}

// ledgerAt returns the ledger that a directory of the plan has, nil for none.
func (p *planner) ledgerAt(t *Touched) *Ledger {
	if r := p.records[t.Directory]; r != nil {
		return r.ledger
	}
	for _, r := range p.sharedRecords[t.Directory] {
		if r.ledger.Owner == p.run.Owner {
			return r.ledger
		}
	}
	return nil
}

// outdated reports whether another format or other templates rendered a
// directory. The version of lading alone means nothing.
func (p *planner) outdated(l *Ledger) bool {
	now := p.ledgerTool()
	return l.Tool.Format != now.Format || l.Tool.Templates != now.Templates
}

func (p *planner) proveEmpty(t *Touched) {
	if t.From != "" {
		p.fail(p.notEmpty(t, "it moves there from "+t.From))
		return
	}
	if differing := differingObjects(p.changesBelow(t.Directory)); len(differing) > 0 {
		p.fail(p.notEmpty(t, "these objects change: "+strings.Join(differing, ", ")))
	}
}

func (p *planner) notEmpty(t *Touched, why string) error {
	return &SafetyError{
		Message: fmt.Sprintf("%s cannot be upgraded without a change of meaning: %s", t.Label(), why),
		Next:    "publish the change first (without --upgrade-format), or render the settings that were published",
	}
}

func (p *planner) changesBelow(dir string) []Change {
	var changes []Change
	for _, c := range p.changes {
		if below(c.Path, dir) {
			changes = append(changes, c)
		}
	}
	return changes
}

func below(file, dir string) bool { return strings.HasPrefix(file, dir+"/") }

// differingObjects names the objects that are not the same as data before and
// after changes, in order. A file that cannot be read stands for itself.
func differingObjects(changes []Change) []string {
	before, after := make(map[string]any), make(map[string]any)
	for _, c := range changes {
		if !isLedger(c.Path) {
			readObjects(before, c.Path, c.Before)
			readObjects(after, c.Path, c.After)
		}
	}
	var differing []string
	for _, key := range sortedKeys(before) {
		if now, ok := after[key]; !ok || !reflect.DeepEqual(before[key], now) {
			differing = append(differing, key)
		}
		delete(after, key)
	}
	differing = append(differing, sortedKeys(after)...)
	slices.Sort(differing)
	return differing
}

func readObjects(objects map[string]any, file string, data []byte) {
	for i, doc := range manifest.Documents(data) {
		body, ok := doc.Value.(map[string]any)
		if doc.Err != nil || !ok {
			objects[fmt.Sprintf("%s#%d", path.Base(file), i)] = string(data)
			continue
		}
		o := &manifest.Object{Body: body}
		objects[o.ID().String()] = body
	}
}

// renew tells that a ledger is rewritten also where its objects are the same,
// for the version that it names.
func (p *planner) renew(r *record) bool {
	return p.run.Upgrade && r != nil && r.ledger != nil && p.outdated(r.ledger)
}
