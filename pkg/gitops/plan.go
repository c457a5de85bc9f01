package gitops

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A Plan is what a run changes on one branch. A plan without changes is the
// answer that there is nothing to do.
type Plan struct {
	Destination
	// Changes are the files to write and to delete, ordered by path.
	Changes []Change
	// Touched are the directories that change, ordered by environment and
	// deployment.
	Touched []Touched
	// Notices are what the user should know, in order: files that were edited
	// by hand, objects that stay although nothing renders them.
	Notices []string
	// Pinned are the deployments of the run that are passed over.
	Pinned []Pinned

	run *Run
	// losses and immutable are what [Plan.Guard] judges.
	losses    []loss
	immutable []immutableChange
	// tree is what [Plan.Tree] returns, worded the message by the user's
	// template; empty for none.
	tree, worded string
	// title and note are the first line of the message and what follows it,
	// where a person asked for the change.
	title, note string
}

// NewPlan compares what a run wants on a branch with what the branch has. A
// nil tree is an empty one. Nothing is written, and neither run, branch nor
// tree are changed, so that the same run can be planned again on a newer tree.
//
// The order of the rules: a directory's ledger tells whose it is, then which
// deployment it is, then which of its files may be written and removed. Every
// conflict ([*ConflictError]) and refusal ([*SafetyError]) of the branch is
// reported; several are joined.
//
// What came too late is then taken out, and planned without, see [SourceHistory].
func NewPlan(ctx context.Context, run *Run, branch *Branch, present Tree) (*Plan, error) {
	p := newPlanner(ctx, run, branch, present)
	plan, err := p.plan()
	if run.mustJudge(plan, err) {
		j, unknown := p.judge(ctx, plan)
		if unknown != nil {
			return nil, unknown
		}
		if len(j.superseded) > 0 {
			plan, err = newPlanner(ctx, run, branch, present).without(j.superseded).plan()
		}
		plan, err = j.verdict(plan, err)
	}
	if err != nil {
		return nil, err
	}
	return plan, plan.word()
}

// plan plans what the run wants.
func (p *planner) plan() (*Plan, error) {
	if err := p.read(); err != nil {
		return nil, err
	}
	p.identify()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	if err := p.prefetchBefore(); err != nil {
		return nil, err
	}
	p.handOver()
	if p.run.Upgrade {
		return p.upgrade()
	}
	p.deployments()
	p.removals()
	p.renames()
	p.sharedObjects()
	p.engineObjects()
	if p.run.Attributes {
		p.attributes()
	}
	p.hydrate()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	return p.weighed()
}

// Owned returns the directories that this plan changes and that nobody else
// should: those of deployments. The directories of shared objects have several
// owners.
func (p *Plan) Owned() []string {
	owned := []string{}
	for _, t := range p.Touched {
		if t.Deployment == "" {
			continue
		}
		owned = append(owned, t.Directory)
		if t.From != "" {
			owned = append(owned, t.From)
		}
	}
	return owned
}

// A planner collects a plan.
type planner struct {
	ctx    context.Context
	run    *Run
	branch *Branch
	tree   *view
	// complete are the environments from which directories may be removed.
	complete map[string]bool

	// wanted are the directories of the run, active those of them that are
	// not pinned.
	wanted map[string]*directory
	active []*directory
	// records are the deployments' ledgers by directory: those of the wanted
	// directories and, after a walk, all.
	records map[string]*record
	// sharedRecords are the ledgers in the directories of shared objects.
	sharedRecords map[string][]*record
	// sites are the environments that an engine syncs.
	sites []*site

	// wants are the files of each wanted directory, needs the keys of its
	// shared objects, shared the files of each directory of shared objects.
	wants  map[*directory][]*placed
	needs  map[*directory][]string
	shared map[*sharedDirectory][]*placed
	// placed are the objects that the plan leaves in some file, by
	// environment and key.
	placed map[string]bool
	// moved maps the directories that deployments leave to where they go.
	moved map[string]*directory
	// superseded are the directories that are left to a newer run.
	superseded map[string]bool
	// within are the environments from which directories of the branch's group
	// may be removed, where the branch is confined to one.
	within map[string]bool
	// held are the digests of the ledgers to be, by file.
	held map[string]string
	// handovers are the notes of the ledgers to be.
	handovers map[*directory][]Handover

	changes []Change
	touched []*Touched
	notices []string
	pinned  []Pinned
	errs    []error
}

func newPlanner(ctx context.Context, run *Run, branch *Branch, present Tree) *planner {
	p := &planner{
		ctx: ctx, run: run, branch: branch, tree: newView(present),
		complete:      run.complete(),
		wanted:        make(map[string]*directory),
		records:       make(map[string]*record),
		sharedRecords: make(map[string][]*record),
		wants:         make(map[*directory][]*placed),
		needs:         make(map[*directory][]string),
		shared:        make(map[*sharedDirectory][]*placed),
		placed:        make(map[string]bool),
		moved:         make(map[string]*directory),
		handovers:     make(map[*directory][]Handover),
		held:          make(map[string]string),
	}
	p.confine()
	return p
}

// read looks at the branch as far as it matters for the run, and decides which
// objects are shared.
func (p *planner) read() error {
	if err := p.prefetchWanted(); err != nil {
		return err
	}
	if err := p.readShared(); err != nil {
		return err
	}
	if err := p.readEngines(); err != nil {
		return err
	}
	if err := p.readWanted(); err != nil {
		return err
	}
	if err := p.shareAsBefore(); err != nil {
		return err
	}
	if !p.mustWalk() {
		return nil
	}
	if err := p.tree.prefetchLedgers([]string{"."}); err != nil {
		return err
	}
	return p.walk(".")
}

// shareAsBefore fills in what lies where. A cluster-scoped object that the
// repository shares already stays shared, also where only one deployment of
// this run renders it: the others may not be in the run.
func (p *planner) shareAsBefore() error {
	sharedOf := make(map[string]*sharedDirectory)
	for _, s := range p.branch.shared {
		sharedOf[s.environment] = s
		p.shared[s] = p.stillWanted(s)
	}
	for _, d := range p.active {
		p.wants[d], p.needs[d] = slices.Clone(d.files), slices.Clone(d.shared)
		s := sharedOf[d.settings.EnvironmentName()]
		for _, f := range d.lone {
			if !p.isShared(s, f.id) {
				p.wants[d] = append(p.wants[d], f)
				continue
			}
			form, err := sharedForm(f)
			if err != nil {
				return err
			}
			p.shared[s] = append(p.shared[s], form)
			p.needs[d] = append(p.needs[d], f.Object)
		}
		sortPlaced(p.wants[d])
		for _, f := range p.wants[d] {
			p.placed[placeKey(d.settings.EnvironmentName(), f.Object)] = true
		}
	}
	for s, files := range p.shared {
		sortPlaced(files)
		for _, f := range files {
			p.placed[placeKey(s.environment, f.Object)] = true
		}
	}
	return nil
}

func placeKey(environment, object string) string { return environment + "\x00" + object }

// isShared reports whether any owner's ledger lists the object as shared.
func (p *planner) isShared(s *sharedDirectory, id manifest.ID) bool {
	for _, r := range p.sharedRecords[s.path] {
		for _, e := range r.ledger.Objects {
			if e.Object == ObjectKey(id) {
				return true
			}
		}
	}
	return false
}

func (p *planner) fail(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

func (p *planner) notice(format string, args ...any) {
	p.notices = append(p.notices, fmt.Sprintf(format, args...))
}

// verdict returns the errors so far.
func (p *planner) verdict() error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	return joined(p.errs)
}

func (p *planner) finish() *Plan {
	slices.SortFunc(p.changes, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	return &Plan{
		Destination: p.branch.Destination,
		Changes:     p.changes,
		Touched:     summarise(p.touched),
		Notices:     p.notices,
		Pinned:      p.pinned,
		run:         p.run,
		tree:        p.treeHash(),
	}
}
