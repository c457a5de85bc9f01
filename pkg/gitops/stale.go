// Renders that came too late: who may publish what, by the commit of the
// settings that it was rendered from.

package gitops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

// A judge decides about the directories that a plan changes, in this order:
//
//  1. the ledger's owner is another one: a conflict, which the plan itself has
//     found already (see checkRecord);
//  2. the commit is not on the branch of the settings that may be published:
//     refused;
//  3. it is on that branch, and a later commit there changes what this
//     directory is rendered from: left to that commit;
//  4. it is older than the commit in the ledger: refused;
//  5. it is neither older nor newer than that, or nobody knows: refused unless
//     it is the tip of the branch.
//
// The third keeps a late run from undoing a revert: the ledger still names the
// first of three commits when the last one goes back to it.
type judge struct {
	run *Run
	// commit is the commit of the settings, without its mark.
	commit string
	// tips are the branches of the settings, asked once for a plan.
	tips map[string]*sourceTip
	// superseded are the directories that are left alone, with their
	// environments.
	superseded map[string]string
	left       []string
	notices    []string
	errs       []error
}

// A sourceTip is a branch of the settings and how the run's commit stands to
// its tip.
type sourceTip struct {
	Tip
	branch string
	// merged tells that the run's commit is the tip or leads to it.
	merged bool
	// changed are the inputs of suspects at which the two differ.
	changed map[string]bool
}

// A suspect is a directory whose change is judged.
type suspect struct {
	dir, label, environment, branch string
	at                              settings.Position
	inputs                          []string
	// before is the commit in the ledger, empty where there is none that can
	// be compared.
	before string
}

// mustJudge reports whether a plan needs a judge. One that changes nothing
// needs none, and spares itself the questions.
func (r *Run) mustJudge(p *Plan, err error) bool {
	if r.History == nil || r.Commit == "" || r.AllowUnmerged && r.AllowOlder {
		return false
	}
	if err != nil {
		return onlyRefused(err)
	}
	return len(p.Touched) > 0
}

// onlyRefused reports errors that a late run may be spared.
func onlyRefused(err error) bool {
	parts := []error{err}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		parts = several.Unwrap()
	}
	return !slices.ContainsFunc(parts, func(e error) bool {
		_, ok := e.(*SafetyError)
		return !ok
	})
}

// judge decides about what a plan changes, or about everything in the run
// where there is no plan since it was refused.
func (p *planner) judge(ctx context.Context, plan *Plan) (*judge, error) {
	j := &judge{
		run: p.run, commit: strings.TrimSuffix(p.run.Commit, DirtyMark),
		tips: make(map[string]*sourceTip), superseded: make(map[string]string),
	}
	suspects := p.suspects(plan)
	if err := j.look(ctx, suspects); err != nil {
		if p.run.Preview && ctx.Err() == nil {
			j.notices = append(j.notices, fmt.Sprintf("whether this render is the newest is not known: %s", err))
			return j, nil
		}
		return nil, err
	}
	for _, s := range suspects {
		if err := j.decide(ctx, s); err != nil {
			return nil, err
		}
	}
	j.tell()
	return j, nil
}

// look asks for the tips of all branches, and for what differs there.
func (j *judge) look(ctx context.Context, suspects []suspect) error {
	inputs := make(map[string][]string)
	var branches []string
	for _, s := range suspects {
		if inputs[s.branch] == nil {
			branches = append(branches, s.branch)
		}
		inputs[s.branch] = append(inputs[s.branch], s.inputs...)
	}
	for _, branch := range branches {
		t, err := j.lookAt(ctx, branch, inputs[branch])
		if err != nil {
			return fmt.Errorf("comparing the settings with their branch %s: %w", branch, err)
		}
		j.tips[branch] = t
	}
	return nil
}

func (j *judge) lookAt(ctx context.Context, branch string, inputs []string) (*sourceTip, error) {
	t := &sourceTip{branch: branch, changed: make(map[string]bool)}
	var err error
	if t.Tip, err = j.run.History.Tip(ctx, branch); err != nil || t.Commit == "" {
		if t.Off != "" {
			j.notices = append(j.notices, t.Off)
		}
		return t, err
	}
	relation, err := j.run.History.Relation(ctx, j.commit, t.Commit)
	t.merged = relation == Same || relation == Ancestor
	if err != nil || relation != Ancestor {
		return t, err
	}
	slices.Sort(inputs)
	changed, err := j.run.History.Changed(ctx, j.commit, t.Commit, slices.Compact(inputs))
	for _, file := range changed {
		t.changed[file] = true
	}
	return t, err
}

// decide applies the rules to one directory.
func (j *judge) decide(ctx context.Context, s suspect) error {
	tip := j.tips[s.branch]
	switch {
	case tip.Off != "":
		return nil
	case !tip.merged && !j.run.AllowUnmerged:
		j.refuse(j.unmerged(tip))
		if !j.run.Preview {
			return nil
		}
	case tip.merged && tip.Commit != j.commit && j.isSuperseded(tip, s):
		j.superseded[s.dir] = s.environment
		return nil
	}
	if s.before == "" || j.run.AllowOlder {
		return nil
	}
	relation, err := j.relation(ctx, s.before)
	if err != nil {
		return fmt.Errorf("comparing the settings with what %s was rendered from: %w", s.label, err)
	}
	if relation == Ancestor || relation != Descendant && relation != Same && tip.Commit != j.commit {
		j.refuse(j.older(s, tip, relation))
	}
	return nil
}

// relation compares with a commit of a ledger.
func (j *judge) relation(ctx context.Context, before string) (Relation, error) {
	if strings.HasSuffix(before, DirtyMark) {
		return Unknown, nil
	}
	return j.run.History.Relation(ctx, j.commit, before)
}

// isSuperseded reports whether the tip renders the directory from other files.
// Where its inputs are not known, a newer commit is taken to change them.
func (j *judge) isSuperseded(tip *sourceTip, s suspect) bool {
	var changed []string
	for _, file := range s.inputs {
		if tip.changed[file] {
			changed = append(changed, file)
		}
	}
	if len(s.inputs) > 0 && len(changed) == 0 {
		return false
	}
	why := ""
	if len(changed) > 0 {
		why = ", which changes " + changed[0]
	}
	if more := len(changed) - 1; more > 0 {
		why += fmt.Sprintf(" and %d more", more)
	}
	j.left = append(j.left, fmt.Sprintf("%s is superseded and left to commit %.10s of %s%s", s.label, tip.Commit, tip.branch, why))
	return true
}

// refuse notes a refusal, once. A preview only tells of it.
func (j *judge) refuse(e *SafetyError) {
	if j.run.Preview {
		if notice := "publishing this would be refused: " + e.Error(); !slices.Contains(j.notices, notice) {
			j.notices = append(j.notices, notice)
		}
		return
	}
	if !slices.ContainsFunc(j.errs, func(other error) bool { return other.Error() == e.Error() }) {
		j.errs = append(j.errs, e)
	}
}

func (j *judge) unmerged(tip *sourceTip) *SafetyError {
	where := cmp.Or(j.run.Owner.Source, "the settings")
	if tip.Commit == "" {
		return &SafetyError{
			Message: fmt.Sprintf("%s has no branch %s, so commit %.10s is not on it: only what is merged there may be published", where, tip.branch, j.commit),
			Next:    "push the branch, or name another one in gitops.source.branch; --allow-unmerged publishes all the same",
		}
	}
	return &SafetyError{
		Message: fmt.Sprintf("commit %.10s is not on branch %s of %s: only what is merged there may be published", j.commit, tip.branch, where),
		Next:    "merge and push it first, or name another branch in gitops.source.branch; --allow-unmerged publishes all the same",
	}
}

func (j *judge) older(s suspect, tip *sourceTip, relation Relation) *SafetyError {
	e := &SafetyError{Position: s.at}
	if relation == Ancestor {
		e.Message = fmt.Sprintf("%s was published from commit %.10s, and commit %.10s is older", s.label, s.before, j.commit)
		e.Next = "publish the newer commit, or revert it in the settings; --allow-older goes back all the same"
		return e
	}
	before := strings.TrimSuffix(s.before, DirtyMark)
	e.Message = fmt.Sprintf("%s was published from commit %.10s, on which commit %.10s does not build: only the tip of %s may go over that",
		s.label, before, j.commit, tip.branch)
	e.Next = "publish the tip of the branch; --allow-older overwrites what is there all the same"
	return e
}

// tell says which directories are left alone.
func (j *judge) tell() {
	const most = 5
	n := min(most, len(j.left))
	j.notices = append(j.notices, j.left[:n]...)
	if more := len(j.left) - n; more > 0 {
		j.notices = append(j.notices, fmt.Sprintf("%d more are superseded by newer commits", more))
	}
}

// verdict adds what the judge found to a plan.
func (j *judge) verdict(plan *Plan, err error) (*Plan, error) {
	if err != nil {
		return nil, joined(append([]error{err}, j.errs...))
	}
	if len(j.errs) > 0 {
		return nil, joined(j.errs)
	}
	plan.Notices = append(plan.Notices, j.notices...)
	return plan, nil
}
