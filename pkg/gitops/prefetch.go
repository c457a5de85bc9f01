// Trees behind a network: what will be read is asked for together.

package gitops

import "path"

// A Prefetcher is a [Tree] that can bring many files in a few round trips. It
// is told the directories below which a plan will read, and which of the files
// there; directories that do not exist are passed over.
type Prefetcher interface {
	Prefetch(dirs []string, files func(name string) bool) error
}

// prefetchLedgers asks for the ledgers in and below directories.
func (v *view) prefetchLedgers(dirs []string) error {
	if f, ok := v.tree.(Prefetcher); ok && len(dirs) > 0 {
		return f.Prefetch(dirs, isLedger)
	}
	return nil
}

// prefetchWanted asks for the ledgers of all directories of the run.
func (p *planner) prefetchWanted() error {
	var dirs []string
	for _, d := range p.branch.directories {
		dirs = append(dirs, d.path)
	}
	for _, s := range p.branch.shared {
		dirs = append(dirs, s.path, path.Join(path.Dir(s.path), engineDir))
	}
	return p.tree.prefetchLedgers(dirs)
}

// prefetchBefore asks for the files that the plan replaces or removes.
func (p *planner) prefetchBefore() error {
	f, ok := p.tree.tree.(Prefetcher)
	if !ok {
		return nil
	}
	before := make(map[string]bool)
	var dirs []string
	for _, dir := range sortedKeys(p.records) {
		r := p.records[dir]
		d := p.wanted[dir]
		if d == nil && p.moved[dir] == nil && !p.removable(r) {
			continue
		}
		n := len(before)
		p.addBefore(before, r, d)
		if len(before) > n {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 {
		return nil
	}
	return f.Prefetch(dirs, func(name string) bool { return before[name] })
}

// addBefore adds the files of a ledger that d, which may be nil, has otherwise.
func (p *planner) addBefore(before map[string]bool, r *record, d *directory) {
	want := make(map[string]*placed)
	for _, f := range p.wants[d] {
		want[f.File] = f
	}
	for _, e := range r.ledger.Objects {
		file := path.Join(r.dir, e.File)
		what, _, err := p.tree.look(file)
		if err != nil || what != regular {
			continue // the plan itself tells
		}
		if f := want[e.File]; f != nil {
			if same, err := p.tree.same(file, f.data); same || err != nil {
				continue
			}
		}
		before[file] = true
	}
}
