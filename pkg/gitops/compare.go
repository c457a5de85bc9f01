// What settings render, against what a branch has.

package gitops

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The answers of a comparison.
const (
	Reproducible = "reproducible" // the same bytes
	Outdated     = "outdated"     // rendered by another version, the same as data
	Different    = "different"
	IsPinned     = "pinned"  // not compared: it is not what the settings say
	IsDeleted    = "deleted" // not compared: it is not to be rendered
)

// A Comparison is one directory of a branch against what its settings render
// now.
type Comparison struct {
	Environment string `json:"environment"`
	Deployment  string `json:"deployment,omitempty"`
	Directory   string `json:"directory"`
	Answer      string `json:"answer"`
	// Reason says why the answer is not [Reproducible].
	Reason string `json:"reason,omitempty"`
	// Objects are those that differ.
	Objects []ObjectChange `json:"objects,omitempty"`
}

// Label names the directory in messages: environment/deployment.
func (c *Comparison) Label() string {
	t := Touched{Environment: c.Environment, Deployment: c.Deployment}
	return t.Label()
}

// Compare compares every directory of a run with what the branch has, ordered by
// environment and deployment. Nothing is refused that would merely be unwise to
// publish; the errors are those of what cannot be compared.
func Compare(ctx context.Context, run *Run, branch *Branch, present Tree) ([]Comparison, error) {
	again := *run
	again.Recreate, again.FailOnPinned, again.Upgrade, again.Attributes = true, false, false, false
	p := newPlanner(ctx, &again, branch, present)
	if err := p.read(); err != nil {
		return nil, err
	}
	out := p.setDeletedAside()
	for _, pin := range p.pinned {
		out = append(out, Comparison{Environment: pin.Environment, Deployment: pin.Deployment,
			Directory: pin.Directory, Answer: IsPinned, Reason: pin.String()})
	}
	p.identify()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	if err := p.prefetchBefore(); err != nil {
		return nil, err
	}
	p.keepHandedOver()
	p.deployments()
	p.removals()
	p.sharedObjects()
	p.engineObjects()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	matchMoves(p.touched)
	for _, t := range p.touched {
		out = append(out, p.comparison(t))
	}
	slices.SortFunc(out, func(a, b Comparison) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Deployment, b.Deployment))
	})
	return slices.DeleteFunc(out, func(c Comparison) bool { return c.Answer == "" }), nil
}

// setDeletedAside takes the directories out of the plan that are not to be
// rendered.
func (p *planner) setDeletedAside() []Comparison {
	var out []Comparison
	isDeleted := func(d *directory) bool {
		r := p.records[d.path]
		return r != nil && r.ledger != nil && r.ledger.State == stateDeleted
	}
	// What is not there has no engine object either.
	there := *p.branch
	there.directories = slices.DeleteFunc(slices.Clone(there.directories), isDeleted)
	p.branch = &there
	p.active = slices.DeleteFunc(p.active, func(d *directory) bool {
		if !isDeleted(d) {
			return false
		}
		out = append(out, Comparison{Environment: d.settings.EnvironmentName(), Deployment: d.settings.Name,
			Directory: d.path, Answer: IsDeleted, Reason: "it was deleted on purpose"})
		return true
	})
	return out
}

// comparison is the answer for one directory; it is empty for a directory of
// shared objects that is not there and not wanted.
func (p *planner) comparison(t *Touched) Comparison {
	c := Comparison{Environment: t.Environment, Deployment: t.Deployment, Directory: t.Directory, Objects: t.Objects}
	l := p.ledgerAt(t)
	var reasons []string
	if l != nil && p.outdated(l) {
		reasons = append(reasons, "it was rendered by "+l.Tool.String())
	}
	switch {
	case l == nil && !t.written:
		return Comparison{}
	case !t.written && len(reasons) == 0:
		c.Answer = Reproducible
		return c
	case len(reasons) > 0 && !t.Removed && t.From == "" && len(differingObjects(p.changesBelow(t.Directory))) == 0:
		c.Answer = Outdated
	default:
		c.Answer = Different
		reasons = append(reasons, p.whyDifferent(t, l))
	}
	c.Reason = strings.Join(reasons, "; ")
	return c
}

// whyDifferent tells why a directory is not what the settings render.
func (p *planner) whyDifferent(t *Touched, l *Ledger) string {
	switch {
	case l == nil && t.From != "":
		return "it is still in " + t.From
	case l == nil:
		return "it is not published"
	case t.Removed:
		return "the settings do not have it"
	case l.Source.Commit != p.run.Commit && !p.sameInputs(t, l):
		return fmt.Sprintf("it was rendered from %s, and these settings are %s", commitName(l.Source.Commit), commitName(p.run.Commit))
	case p.outdated(l):
		return "this version renders other objects"
	}
	return "the same settings render it differently"
}

// sameInputs reports whether a directory was rendered from the very files of
// this run.
func (p *planner) sameInputs(t *Touched, l *Ledger) bool {
	d := p.wanted[t.Directory]
	return d != nil && l.Inputs != nil && maps.Equal(l.Inputs, d.rendered.Inputs)
}

func commitName(commit string) string {
	if commit == "" {
		return "no commit"
	}
	return "commit " + commit[:min(10, len(commit))]
}

// String names a version of lading as people compare it.
func (t LedgerTool) String() string {
	text := fmt.Sprintf("lading %s, format %s", cmp.Or(t.Version, "unknown"), t.Format)
	if digest := strings.TrimPrefix(t.Templates, "sha256:"); digest != "" {
		text += ", templates " + digest[:min(7, len(digest))]
	}
	return text
}
