// What a person removes, and allows again.

package gitops

import (
	"context"
	"fmt"
	"time"
)

// A Removal says how to remove a deployment from a branch.
type Removal struct {
	Name
	Destination
	Owner Owner
	Tool  Tool
	// Engine is the engine that syncs the environment, empty where it is not
	// known.
	Engine string
	// Now is the time, by which pins may have ended.
	Now time.Time
}

// PlanRemoval plans to remove all objects of a deployment. Its ledger stays, with the
// state "deleted": the path goes on to exist, without which Flux would stop
// before it prunes, and publishing refuses to render the deployment again. The
// ledger goes with a complete run over settings that have the deployment no
// more. The deployment's engine object goes in the same commit where it is
// one of lading's; see [Plan.Notices] for what else is to do.
func PlanRemoval(ctx context.Context, r Removal, present Tree) (*Plan, error) {
	found, err := r.find(ctx, present)
	if err != nil {
		return nil, err
	}
	l := found.Ledger
	p := r.planner(ctx, present)
	if pin := p.holds(l); pin != nil {
		return nil, &SafetyError{Message: fmt.Sprintf("%s is pinned: %s", r.Name, pin), Next: unpinCommand(l.Deployment, l.Environment)}
	}
	if l.State == stateDeleted {
		p.notice("%s is deleted already", r.Name)
		return p.finish(), nil
	}
	next := *l
	next.Objects, next.Shared, next.Inputs, next.State = nil, nil, nil, stateDeleted
	next.Pin, next.Tool = nil, p.ledgerTool()
	p.rewrite(found, &next, nil, &Touched{Removed: true})
	for _, e := range l.Objects {
		if isProtectedKey(e.Object) {
			p.notice("%s stays in the cluster, where no engine prunes it; remove it there if it shall go", displayKey(e.Object))
		}
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	removed, err := p.removeEngineObject(l)
	if err != nil {
		return nil, err
	}
	if !removed {
		p.noticeEngine(r.Engine, found.Directory)
	}
	plan := p.finish()
	plan.title = fmt.Sprintf("Delete %s from %s", oneLine(l.Deployment), l.Environment)
	return plan, nil
}

// noticeEngine says what an engine that lading does not steer needs.
func (p *planner) noticeEngine(engine, dir string) {
	if engine != "flux" {
		p.notice("Argo CD does not sync to nothing by itself: set spec.syncPolicy.automated.allowEmpty: true "+
			"in the Application of %s, or delete the Application", dir)
	}
	if engine != "argocd" {
		p.notice("Flux prunes what lay in %s; delete its Kustomization, if it has one of its own, after that", dir)
	}
}

// PlanRestoration plans to let a deployment be rendered again that was removed.
func PlanRestoration(ctx context.Context, r Removal, present Tree) (*Plan, error) {
	found, err := r.find(ctx, present)
	if err != nil {
		return nil, err
	}
	p := r.planner(ctx, present)
	if found.Ledger.State != stateDeleted {
		p.notice("%s is not deleted", r.Name)
		return p.finish(), nil
	}
	next := *found.Ledger
	next.State, next.Tool = "", p.ledgerTool()
	p.rewrite(found, &next, nil, &Touched{})
	p.notice("%s is rendered again by the next publish", r.Name)
	if err := p.verdict(); err != nil {
		return nil, err
	}
	plan := p.finish()
	plan.title = fmt.Sprintf("Let %s be rendered in %s again", oneLine(found.Ledger.Deployment), found.Ledger.Environment)
	return plan, nil
}

// find finds the directory and checks whose it is.
func (r Removal) find(ctx context.Context, present Tree) (*Deployed, error) {
	return findOwn(ctx, present, r.Name, r.Owner)
}

func findOwn(ctx context.Context, present Tree, name Name, owner Owner) (*Deployed, error) {
	found, err := Find(ctx, present, name)
	if err != nil {
		return nil, err
	}
	if found.Ledger.Owner != owner {
		return nil, &ConflictError{
			Path:    found.Directory,
			Message: fmt.Sprintf("belongs to %s, and this is %s", found.Ledger.Owner, owner),
			Next:    "run it in the project that publishes the deployment, or name that with --project",
		}
	}
	return found, nil
}

func (r Removal) planner(ctx context.Context, present Tree) *planner {
	run := &Run{Owner: r.Owner, Tool: r.Tool, Now: r.Now}
	return newPlanner(ctx, run, &Branch{Destination: r.Destination}, present)
}

// rewrite plans one directory anew: its files become those that are wanted and
// its ledger the next one, also where the objects are the same.
func (p *planner) rewrite(d *Deployed, next *Ledger, want []*placed, t *Touched) {
	t.Environment, t.Deployment, t.Directory = next.Environment, next.Deployment, d.Directory
	p.fail(p.prefetchFiles(d))
	next.Objects = nil // those that are wanted are added
	p.settle(&holding{
		dir: d.Directory, file: d.record.file, tip: d.record, want: want,
		keep: func(Entry) (bool, string) { return false, "" },
		next: *next, always: true, touched: p.touch(t),
	})
}

// prefetchFiles asks for the files of a directory that the plan may replace.
func (p *planner) prefetchFiles(d *Deployed) error {
	f, ok := p.tree.tree.(Prefetcher)
	if !ok {
		return nil
	}
	return f.Prefetch([]string{d.Directory}, func(string) bool { return true })
}
