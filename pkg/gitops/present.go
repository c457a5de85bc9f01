// What a branch has: its ledgers.

package gitops

import (
	"path"
	"slices"
	"strings"
)

// A record is a ledger that a branch has.
type record struct {
	dir    string
	file   string
	data   []byte
	ledger *Ledger
	// err tells why the ledger cannot be read; ledger is nil then.
	err error
}

// readRecord reads the ledger at a path, nil where there is none.
func (p *planner) readRecord(dir, name string) (*record, error) {
	file := path.Join(dir, name)
	what, at, err := p.tree.look(file)
	switch {
	case err != nil:
		return nil, err
	case what == absent:
		return nil, nil
	case what != regular:
		return nil, inTheWay(file, at, what)
	}
	data, err := p.tree.read(file)
	if err != nil {
		return nil, err
	}
	r := &record{dir: dir, file: file, data: data}
	r.ledger, r.err = ParseLedger(file, data)
	return r, nil
}

// readWanted reads the ledgers of the directories that the run wants, and sets
// those aside that are pinned.
func (p *planner) readWanted() error {
	for _, d := range p.branch.directories {
		p.wanted[d.path] = d
		r, err := p.readRecord(d.path, ledgerName)
		if err != nil {
			return err
		}
		if r != nil {
			p.records[d.path] = r
		}
		if pin := p.pin(d.path); pin != nil {
			p.passOver(d, pin)
			continue
		}
		if p.superseded[d.path] {
			continue
		}
		p.active = append(p.active, d)
	}
	return nil
}

// pin returns what keeps a directory of this owner as it is, or nil.
func (p *planner) pin(dir string) *Pin {
	r := p.records[dir]
	if r == nil || r.ledger == nil || !p.mayChange(r.ledger) {
		return nil
	}
	return p.holds(r.ledger)
}

// readShared reads all owners' ledgers in the directories of shared objects.
func (p *planner) readShared() error {
	for _, s := range p.branch.shared {
		what, at, err := p.tree.look(s.path)
		if err != nil {
			return err
		}
		if what == absent {
			continue
		}
		if what != folder {
			return inTheWay(s.path, at, what)
		}
		if err := p.readLedgers(s.path); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) readLedgers(dir string) error {
	entries, err := p.tree.list(dir)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(entries) {
		if name != ledgerName && !strings.HasPrefix(name, ledgerName+"-") {
			continue
		}
		r, err := p.readRecord(dir, name)
		if err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
		p.sharedRecords[dir] = append(p.sharedRecords[dir], r)
	}
	return nil
}

// mustWalk reports whether all ledgers of the branch matter: some may have to
// go, or a directory or object is new and may have been elsewhere. A run over
// a few deployments that have what they had is spared the search.
func (p *planner) mustWalk() bool {
	for _, s := range p.branch.shared {
		if p.complete[s.environment] || p.within[s.environment] {
			return true
		}
	}
	return slices.ContainsFunc(p.active, p.hasNews)
}

// hasNews reports whether a directory is new or wants an object that it had not.
func (p *planner) hasNews(d *directory) bool {
	r := p.records[d.path]
	if r == nil || r.ledger == nil {
		return true
	}
	known := make(map[string]bool)
	for _, e := range r.ledger.Objects {
		known[e.Object] = true
	}
	for _, key := range r.ledger.Shared {
		known[key] = true
	}
	isNew := func(key string) bool { return !known[key] }
	return slices.ContainsFunc(p.needs[d], isNew) ||
		slices.ContainsFunc(p.wants[d], func(f *placed) bool { return isNew(f.Object) })
}

// walk reads the ledgers of all deployments below a directory. Below a ledger
// there is no other.
func (p *planner) walk(dir string) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	entries, err := p.tree.list(dir)
	if err != nil {
		return err
	}
	if e, ok := entries[ledgerName]; ok && kindOf(e) == regular && dir != "." {
		return p.remember(dir)
	}
	for _, name := range sortedKeys(entries) {
		if !entries[name].IsDir() || name == ".git" || name == sharedDir || name == engineDir {
			continue
		}
		if err := p.walk(path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// remember reads a ledger that the walk met. One that cannot be read and is
// not in the way of this run is somebody else's business.
func (p *planner) remember(dir string) error {
	if p.records[dir] != nil {
		return nil
	}
	r, err := p.readRecord(dir, ledgerName)
	if err != nil {
		return err
	}
	if r.err != nil {
		p.notice("%s; the directory is left as it is", r.err)
		return nil
	}
	p.records[dir] = r
	return nil
}
