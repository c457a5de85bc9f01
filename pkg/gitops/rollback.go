// Back to what a directory held before.

package gitops

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A Rollback says what to restore.
type Rollback struct {
	Name
	Destination
	Owner Owner
	Tool  Tool
	// Commit is the commit of Then, which holds what is restored.
	Commit string
	Then   Tree
	Pin    Pin
}

// PlanRollback plans to restore the directory of one deployment, objects and
// ledger, as it was at a commit, and to pin it. Nothing else is touched, and so
// it is refused with a [*SafetyError] where that state needs something else to
// change: another id, another selector of its workloads, another shared object.
func PlanRollback(ctx context.Context, r Rollback, present Tree) (*Plan, error) {
	found, err := findOwn(ctx, present, r.Name, r.Owner)
	if err != nil {
		return nil, err
	}
	b := &backwards{Rollback: r, now: found, present: present, then: newView(r.Then)}
	if err := b.readThen(); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	next := *b.ledger
	next.Pin = &r.Pin
	next.Pin.Commit = r.Commit
	run := &Run{Owner: r.Owner, Commit: next.Source.Commit, Tool: Tool{Version: next.Tool.Version}}
	p := newPlanner(ctx, run, &Branch{Destination: r.Destination}, present)
	p.rewrite(found, &next, b.files, &Touched{})
	if err := p.verdict(); err != nil {
		return nil, err
	}
	plan := p.finish()
	if err := b.weigh(plan); err != nil {
		return nil, err
	}
	plan.title = fmt.Sprintf("Roll back %s in %s to %.10s", oneLine(next.Deployment), next.Environment, r.Commit)
	plan.note = r.Pin.describe()
	return plan, nil
}

// describe is the pin as a commit message tells it.
func (p *Pin) describe() string {
	if p.Until == "" {
		return "Pinned until somebody ends it: " + oneLine(p.Reason)
	}
	return "Pinned until " + p.Until + ": " + oneLine(p.Reason)
}

// PlanUnpin plans to end the pin of a deployment. Its objects stay until the
// next publish.
func PlanUnpin(ctx context.Context, r Rollback, present Tree) (*Plan, error) {
	found, err := findOwn(ctx, present, r.Name, r.Owner)
	if err != nil {
		return nil, err
	}
	run := &Run{Owner: r.Owner, Tool: r.Tool}
	p := newPlanner(ctx, run, &Branch{Destination: r.Destination}, present)
	if found.Ledger.Pin == nil {
		p.notice("%s is not pinned", r.Name)
		return p.finish(), nil
	}
	next := *found.Ledger
	next.Pin = nil
	t := p.touch(&Touched{Environment: next.Environment, Deployment: next.Deployment, Directory: found.Directory, written: true})
	data, err := next.Encode()
	if err != nil {
		return nil, err
	}
	p.writeLedger(&holding{file: found.record.file, tip: found.record, touched: t}, data)
	p.notice("%s is published again by the next run", r.Name)
	plan := p.finish()
	plan.title = fmt.Sprintf("Unpin %s in %s", oneLine(next.Deployment), next.Environment)
	return plan, nil
}

// backwards is a rollback that is being checked.
type backwards struct {
	Rollback
	now     *Deployed
	present Tree
	then    *view
	// ledger and files are what the directory held.
	ledger *Ledger
	files  []*placed
}

func (b *backwards) refuse(format string, args ...any) error {
	return &SafetyError{
		Message: fmt.Sprintf("%s cannot be rolled back to %.10s: %s", b.Name, b.Commit, fmt.Sprintf(format, args...)),
		Next:    "choose another revision (lading history), or change the settings back and publish",
	}
}

// readThen reads the directory as it was.
func (b *backwards) readThen() error {
	if f, ok := b.Then.(Prefetcher); ok {
		if err := f.Prefetch([]string{b.now.Directory}, func(string) bool { return true }); err != nil {
			return err
		}
	}
	what, _, err := b.then.look(b.now.LedgerFile())
	if err != nil {
		return err
	}
	if what != regular {
		return b.refuse("it had no %s", b.now.Directory)
	}
	data, err := b.then.read(b.now.LedgerFile())
	if err != nil {
		return err
	}
	if b.ledger, err = ParseLedger(b.now.LedgerFile(), data); err != nil {
		return fmt.Errorf("at %.10s: %w", b.Commit, err)
	}
	for _, e := range b.ledger.Objects {
		f, err := b.readFile(e)
		if err != nil {
			return err
		}
		b.files = append(b.files, f)
	}
	return nil
}

// readFile reads a file that must be as its ledger says.
func (b *backwards) readFile(e Entry) (*placed, error) {
	file := path.Join(b.now.Directory, e.File)
	what, _, err := b.then.look(file)
	if err != nil {
		return nil, err
	}
	if what != regular {
		return nil, b.refuse("%s, which its ledger lists, was not there", file)
	}
	data, err := b.then.read(file)
	if err != nil {
		return nil, err
	}
	if digestOf(data) != e.Digest {
		return nil, b.refuse("%s had been edited by hand", file)
	}
	id, err := ParseObjectKey(e.Object)
	object := decodeObject(data)
	if object == nil {
		object = &manifest.Object{}
	}
	return &placed{Entry: e, id: id, object: object, data: data}, err
}

// check refuses what a directory cannot go back to by itself.
func (b *backwards) check() error {
	then, now := b.ledger, b.now.Ledger
	switch {
	case now.State == stateDeleted:
		return b.refuse("it is deleted; allow it again with lading delete --undelete first")
	case then.State == stateDeleted:
		return b.refuse("it was deleted there")
	case then.Owner != now.Owner:
		return b.refuse("it belonged to %s", then.Owner)
	case then.ID != now.ID:
		return b.refuse("it had the id %s and has %s, so that the engine would delete it and create another", then.ID, now.ID)
	}
	if err := b.checkWorkloads(); err != nil {
		return err
	}
	return b.checkShared()
}

// weigh refuses what would take data with it, or cannot be changed in a running
// cluster.
func (b *backwards) weigh(plan *Plan) error {
	var lost []Deletion
	for _, t := range plan.Touched {
		for _, o := range t.Objects {
			if o.Action == Removed {
				lost = append(lost, Deletion{Environment: t.Environment, Deployment: t.Deployment, Object: o.Object, File: o.File})
			}
		}
	}
	if kinds := losing(lost); len(kinds) > 0 {
		return b.refuse("objects that take data or other objects with them would go: %s", strings.Join(kinds, ", "))
	}
	if changes := plan.immutableChanges(); len(changes) > 0 {
		return b.refuse("%s", changes[0].told())
	}
	return nil
}

// checkWorkloads compares objects that are in both states: a selector cannot be
// changed in a workload, and in a Service another one would find no pods; a
// workload that left its number of pods to an autoscaler which is not there
// now would fall to one.
func (b *backwards) checkWorkloads() error {
	now := make(map[string]Entry)
	for _, e := range b.now.Ledger.Objects {
		now[e.Object] = e
	}
	present := newView(b.present)
	for _, f := range b.files {
		e, ok := now[f.Object]
		if !ok || e.Digest == f.Digest {
			continue
		}
		file := path.Join(b.now.Directory, e.File)
		if what, _, err := present.look(file); what != regular || err != nil {
			continue // it is written anew
		}
		data, err := present.read(file)
		if err != nil {
			return err
		}
		if err := b.checkWorkload(f, decodeObject(data), now); err != nil {
			return err
		}
	}
	return nil
}

func (b *backwards) checkWorkload(f *placed, present *manifest.Object, now map[string]Entry) error {
	then := decodeObject(f.data)
	if then == nil || present == nil {
		return nil
	}
	before, _ := present.Field("spec", "selector")
	after, _ := then.Field("spec", "selector")
	if !reflect.DeepEqual(before, after) {
		return b.refuse("%s had another selector", displayKey(f.Object))
	}
	replicas, _ := present.Field("spec", "replicas")
	if n, ok := replicas.(int64); !ok || n <= 1 || !isScalable(f.id) || hasReplicas(then) {
		return nil
	}
	if _, ok := now[scalerOf(f.id, b.files)]; !ok {
		return b.refuse("%s left spec.replicas to an autoscaler that is not there now, and would fall from %d pods to one", displayKey(f.Object), replicas)
	}
	return nil
}

// checkShared compares the shared objects that the deployment needed with those
// that are there. A Namespace only has to be there: its labels and annotations
// do not decide whether the deployment works.
func (b *backwards) checkShared() error {
	for _, key := range b.ledger.Shared {
		if !slices.Contains(b.now.Ledger.Shared, key) {
			return b.refuse("it needed %s, a shared object that it does not need now", displayKey(key))
		}
		if isNamespaceKey(key) {
			continue
		}
		then, err := b.sharedFile(b.Then, key)
		if err != nil {
			return err
		}
		now, err := b.sharedFile(b.present, key)
		if err != nil {
			return err
		}
		if then == nil || !bytes.Equal(then, now) {
			return b.refuse("%s, a shared object that it needs, was different", displayKey(key))
		}
	}
	return nil
}

func isNamespaceKey(key string) bool {
	id, err := ParseObjectKey(key)
	return err == nil && isNamespace(id)
}

// sharedFile reads a shared object of the environment, nil where there is none.
func (b *backwards) sharedFile(tree Tree, key string) ([]byte, error) {
	id, err := ParseObjectKey(key)
	if err != nil {
		return nil, err
	}
	v := newView(tree)
	for _, base := range []string{escape(b.ledger.Environment) + "/", ""} {
		file := base + path.Join(sharedDir, sharedFileName(id))
		what, _, err := v.look(file)
		if err != nil {
			return nil, err
		}
		if what == regular {
			return v.read(file)
		}
	}
	return nil, nil
}
