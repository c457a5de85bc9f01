package gitrepo

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// A Change is a file to write or, without data, to remove.
type Change struct {
	Path string
	// Data is the new content; nil removes the file, and does nothing where
	// there is none. An empty file has data that is empty and not nil.
	Data []byte
}

// A Staged is what a snapshot becomes with changes.
type Staged struct {
	snapshot *Snapshot
	tree     hash
	made     []object
	seen     map[hash]bool
	edits    []Edit
}

// An Edit is one file that differs between a snapshot and what was staged on it.
type Edit struct {
	Path string
	// Before and After name the contents; empty for a file that was not, or
	// is no more.
	Before, After string
}

// TreeHash names the new root tree.
func (s *Staged) TreeHash() string { return text(s.tree) }

// Changed reports whether anything differs from the snapshot.
func (s *Staged) Changed() bool { return s.tree != s.snapshot.root() && len(s.edits) > 0 }

// Edits returns the files that differ, by path.
func (s *Staged) Edits() []Edit { return s.edits }

// Commit makes a commit of what was staged, on top of the snapshot's.
func (s *Staged) Commit(info CommitInfo) (*Commit, error) {
	parent := plumbing.ZeroHash
	var parents []hash
	if s.snapshot.commit != nil {
		parent = s.snapshot.commit.hash
		parents = []hash{parent}
	}
	o, err := encodeCommit(s.tree, parent, info)
	if err != nil {
		return nil, err
	}
	return &Commit{hash: o.hash, tree: s.tree, parents: parents, Author: info.Author, Committer: info.Committer,
		Message: info.Message, made: append(slices.Clone(s.made), o)}, nil
}

// Splice lays changes over the snapshot: it makes new trees for the
// directories that change and shares all others. Directories that become
// empty disappear. Existing files keep their mode. A path that leads through
// something that is no directory, or to something that is no file, is a
// [*BlockedError].
func (s *Snapshot) Splice(changes []Change) (*Staged, error) {
	root, err := planned(changes)
	if err != nil {
		return nil, err
	}
	if err := s.prefetchFor(changes); err != nil {
		return nil, err
	}
	staged := &Staged{snapshot: s, seen: make(map[hash]bool)}
	tree, empty, err := staged.splice("", s.root(), root)
	if err != nil {
		return nil, err
	}
	if empty { // the root stays, even when it is empty
		tree = staged.add(plumbing.TreeObject, nil)
	}
	staged.tree = tree
	slices.SortFunc(staged.edits, func(a, b Edit) int { return strings.Compare(a.Path, b.Path) })
	return staged, nil
}

// prefetchFor brings the trees on the way to all changes.
func (s *Snapshot) prefetchFor(changes []Change) error {
	dirs := make(map[string]bool, len(changes))
	for _, c := range changes {
		dirs[c.Path[:max(0, strings.LastIndexByte(c.Path, '/'))]] = true
	}
	found, err := s.descend(slices.Collect(maps.Keys(dirs)))
	if err != nil {
		return err
	}
	return s.prefetchTrees(slices.Collect(maps.Values(found)))
}

// A node is a directory or file of the planned changes; both, where a file
// becomes a directory or a directory a file.
type node struct {
	change   *Change
	children map[string]*node
}

// planned arranges changes as a tree.
func planned(changes []Change) (*node, error) {
	root := &node{}
	for i := range changes {
		if err := checkPath(changes[i].Path); err != nil {
			return nil, err
		}
		at := root
		for name := range strings.SplitSeq(changes[i].Path, "/") {
			if at.children == nil {
				at.children = make(map[string]*node)
			}
			if at.children[name] == nil {
				at.children[name] = &node{}
			}
			at = at.children[name]
		}
		if at.change != nil {
			return nil, fmt.Errorf("%s is changed twice", changes[i].Path)
		}
		at.change = &changes[i]
	}
	return root, nil
}

// checkPath refuses what git would not check out.
func checkPath(path string) error {
	if !fs.ValidPath(path) || path == "." || strings.ContainsAny(path, "\x00\\") {
		return fmt.Errorf("path %q, want names separated by single slashes", path)
	}
	for name := range strings.SplitSeq(path, "/") {
		if strings.EqualFold(name, ".git") || strings.EqualFold(name, "git~1") {
			return fmt.Errorf("path %q has the part %q, which Git keeps for itself", path, name)
		}
	}
	return nil
}

// splice returns the tree of a directory with the changes below it, and
// whether nothing is left in it.
func (s *Staged) splice(dir string, tree hash, n *node) (hash, bool, error) {
	entries, err := s.snapshot.tree(tree)
	if err != nil {
		return hash{}, false, err
	}
	after := make(map[string]treeEntry, len(entries)+len(n.children))
	for _, e := range entries {
		after[e.name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(n.children)) {
		if err := s.spliceEntry(join(dir, name), name, n.children[name], after); err != nil {
			return hash{}, false, err
		}
	}
	if len(after) == 0 {
		return hash{}, true, nil
	}
	return s.add(plumbing.TreeObject, encodeTree(slices.Collect(maps.Values(after)))), false, nil
}

// spliceEntry brings one entry of a directory to its new state: what lies
// below it first, then the file itself.
func (s *Staged) spliceEntry(path, name string, n *node, after map[string]treeEntry) error {
	if n.change != nil && n.change.Data == nil {
		if err := s.remove(path, name, n, after); err != nil {
			return err
		}
	}
	if len(n.children) > 0 {
		if err := s.spliceDir(path, name, n, after); err != nil {
			return err
		}
	}
	if n.change != nil && n.change.Data != nil {
		return s.write(path, name, n.change.Data, after)
	}
	return nil
}

func (s *Staged) remove(path, name string, n *node, after map[string]treeEntry) error {
	e, ok := after[name]
	switch {
	case !ok:
		return nil
	case e.kind() == Directory && len(n.children) > 0:
		return nil // what is below decides
	case e.kind() != File:
		return &BlockedError{path, e.kind(), "a file to remove"}
	}
	delete(after, name)
	s.edits = append(s.edits, Edit{Path: path, Before: e.hash.String()})
	return nil
}

func (s *Staged) spliceDir(path, name string, n *node, after map[string]treeEntry) error {
	e, ok := after[name]
	if ok && e.kind() != Directory {
		if !n.writes() {
			return nil // there is nothing to remove behind a file
		}
		return &BlockedError{path, e.kind(), "a directory"}
	}
	tree, empty, err := s.splice(path, e.hash, n)
	if err != nil {
		return err
	}
	if empty {
		delete(after, name)
		return nil
	}
	if !ok {
		e.mode = modeDir
	}
	after[name] = treeEntry{e.mode, name, tree}
	return nil
}

// writes reports whether a file below the node is to be written.
func (n *node) writes() bool {
	for _, child := range n.children {
		if child.change != nil && child.change.Data != nil || child.writes() {
			return true
		}
	}
	return false
}

func (s *Staged) write(path, name string, data []byte, after map[string]treeEntry) error {
	e, ok := after[name]
	if ok && e.kind() != File {
		return &BlockedError{path, e.kind(), "a file"}
	}
	h := plumbing.ComputeHash(plumbing.BlobObject, data)
	if ok && e.hash == h {
		return nil
	}
	edit := Edit{Path: path, Before: text(e.hash), After: h.String()}
	if !ok {
		e = treeEntry{mode: modeFile, name: name}
	}
	e.hash = s.add(plumbing.BlobObject, data)
	after[name] = e
	s.edits = append(s.edits, edit)
	return nil
}

// add keeps an object for the commit, unless the snapshot's trees show that
// the repository has it.
func (s *Staged) add(kind plumbing.ObjectType, data []byte) hash {
	o := newObject(kind, data)
	if _, known := s.snapshot.trees[o.hash]; known && kind == plumbing.TreeObject || s.seen[o.hash] {
		return o.hash
	}
	s.seen[o.hash] = true
	s.made = append(s.made, o)
	return o.hash
}
