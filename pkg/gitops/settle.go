// One ledger and its files: what is written, what is removed, what stays.

package gitops

import (
	"fmt"
	"path"
)

// A holding is a directory of one owner: what its ledger lists, and what the
// run wants there.
type holding struct {
	dir string
	// file is the path of the ledger, tip the present one; nil where there is
	// none.
	file string
	tip  *record
	want []*placed
	// keep decides about files that nothing renders any more; why is told to
	// the user unless it is empty.
	keep func(Entry) (keep bool, why string)
	// others are the other owners of files in a directory of shared objects.
	others map[string][]otherOwner
	// next is the ledger to be, less its objects.
	next Ledger
	// optional tells that the ledger goes when it lists nothing.
	optional bool
	// always tells that the ledger is written although its objects are the
	// same.
	always  bool
	touched *Touched
}

// An otherOwner lists a shared object as well.
type otherOwner struct {
	Owner
	digest string
}

// settle plans one holding.
func (p *planner) settle(h *holding) {
	var unwanted []Entry
	listed := make(map[string]Entry)
	if h.tip != nil {
		for _, e := range h.tip.ledger.Objects {
			listed[e.File] = e
		}
	}
	for _, w := range h.want {
		h.next.Objects = append(h.next.Objects, w.Entry)
		p.put(h, w, listed[w.File])
		delete(listed, w.File)
	}
	for _, file := range sortedKeys(listed) {
		unwanted = append(unwanted, listed[file])
	}
	for _, e := range unwanted {
		if p.stays(h, e) {
			h.next.Objects = append(h.next.Objects, e)
		}
	}
	p.account(h)
}

// put plans one wanted file. The entry is empty where the ledger does not list
// the file yet.
func (p *planner) put(h *holding, w *placed, listed Entry) {
	file := path.Join(h.dir, w.File)
	for _, o := range h.others[w.File] {
		if o.digest != w.Digest {
			p.fail(sharedConflict(file, w, o.Owner))
			return
		}
	}
	what, at, err := p.tree.look(file)
	switch {
	case err != nil:
		p.fail(err)
	case what == absent:
		p.create(h, w, file, listed)
	case what != regular:
		p.fail(inTheWay(file, at, what))
	case listed.File == "" && len(h.others[w.File]) == 0:
		p.fail(foreignFile(file))
	default:
		p.replace(h, w, file, listed)
	}
}

func (p *planner) create(h *holding, w *placed, file string, listed Entry) {
	twin, err := p.tree.twin(file)
	if err != nil {
		p.fail(err)
		return
	}
	if twin != "" {
		p.fail(&ConflictError{
			Path:    file,
			Message: fmt.Sprintf("differs only in case from %s, and many file systems cannot hold both", twin),
			Next:    "remove or rename the other, or change gitops.path",
		})
		return
	}
	action := Added
	if listed.File != "" {
		action = Restored
		p.notice("%s was removed by hand and is written again", file)
	}
	p.change(h, Change{Path: file, After: w.data}, action, w.Object)
}

func (p *planner) replace(h *holding, w *placed, file string, listed Entry) {
	same, err := p.tree.same(file, w.data)
	if same || err != nil {
		p.fail(err)
		return
	}
	before, err := p.tree.read(file)
	if err != nil {
		p.fail(err)
		return
	}
	action := Changed
	if p.edited(file, before, listed) && listed.Digest == w.Digest {
		action = Restored
	}
	p.change(h, Change{Path: file, Before: before, After: w.data}, action, w.Object)
}

// edited reports, and tells the user, that a file is not what lading wrote.
func (p *planner) edited(file string, before []byte, listed Entry) bool {
	if listed.File == "" || digestOf(before) == listed.Digest {
		return false
	}
	p.notice("%s was edited by hand since lading wrote it; the edit is overwritten", file)
	return true
}

// stays decides about a file that the ledger lists and nothing renders, and
// plans its removal where it does not stay.
func (p *planner) stays(h *holding, e Entry) bool {
	file := path.Join(h.dir, e.File)
	what, _, err := p.tree.look(file)
	if err != nil {
		p.fail(err)
		return true
	}
	switch {
	case what == absent:
		return false
	case what != regular:
		p.notice("%s is no file any more and is left as it is", file)
		return false
	}
	keep, why := h.keep(e)
	if keep {
		if why != "" {
			p.notice("%s stays: %s", file, why)
		}
		return true
	}
	if len(h.others[e.File]) == 0 {
		p.remove(h, file, e)
	}
	return false
}

func (p *planner) remove(h *holding, file string, e Entry) {
	before, err := p.tree.read(file)
	if err != nil {
		p.fail(err)
		return
	}
	p.edited(file, before, e)
	p.change(h, Change{Path: file, Before: before}, Removed, e.Object)
}

func (p *planner) change(h *holding, c Change, action, object string) {
	p.changes = append(p.changes, c)
	h.touched.written = true
	h.touched.Objects = append(h.touched.Objects, ObjectChange{Action: action, Object: object, File: c.Path})
}

// account plans the ledger itself. It follows from its objects: neither a new
// source commit nor another tool version alone rewrites it.
func (p *planner) account(h *holding) {
	h.next.seal()
	p.note(h)
	if h.optional && len(h.next.Objects) == 0 {
		p.writeLedger(h, nil)
		return
	}
	if !h.always && h.tip != nil && h.tip.ledger.Digest == h.next.Digest && h.tip.ledger.ID == h.next.ID {
		return
	}
	data, err := h.next.Encode()
	if err != nil {
		p.fail(err)
		return
	}
	p.writeLedger(h, data)
}

// writeLedger writes or, with nil, removes the ledger.
func (p *planner) writeLedger(h *holding, data []byte) {
	c := Change{Path: h.file, After: data}
	if h.tip != nil {
		c.Before = h.tip.data
	} else if data == nil {
		return
	}
	p.changes = append(p.changes, c)
	h.touched.written = true
}

// foreignFile reports a file that no ledger lists where one must be written.
func foreignFile(file string) error {
	return &ConflictError{
		Path:    file,
		Message: "the file is in the way: no ledger of lading lists it",
		Next:    "move it away, or remove it if it is left over; lading never overwrites what it did not write",
	}
}

// inTheWay reports what is no file where one must be; at is the file itself or
// what lies on the way to it.
func inTheWay(file, at string, what kind) error {
	is := map[kind]string{regular: "a file", folder: "a directory", other: "a symbolic link or submodule", blocked: "not a directory"}[what]
	return &ConflictError{
		Path:    file,
		Message: fmt.Sprintf("cannot lie there: %s is %s", at, is),
		Next:    "move it away, or change gitops.path",
	}
}

func sharedConflict(file string, w *placed, owner Owner) error {
	return &ConflictError{
		Path: file,
		Message: fmt.Sprintf("%s is shared with %s, which renders it differently from %s",
			w.id, owner, label(w.by.settings)),
		Next: "render the same object in both, or in one of the two only (for a Namespace: namespaces.manage: false); " +
			"a Namespace that one of them gave up is let go when its file is removed by hand",
	}
}
