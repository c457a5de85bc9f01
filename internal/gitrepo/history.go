package gitrepo

import (
	"context"
	"fmt"
	"slices"
)

// A history is a part of the commits behind a tip.
type history struct {
	tip     hash
	commits map[hash]*Commit
	// complete tells that only what the base has is missing.
	complete bool
}

// contains reports whether a commit is in the history.
func (h *history) contains(c hash) bool { return h.commits[c] != nil }

// leadsTo reports whether a commit is in the history or the parent of one
// that is.
func (h *history) leadsTo(c hash) bool {
	if h.contains(c) {
		return true
	}
	for _, commit := range h.commits {
		if slices.Contains(commit.parents, c) {
			return true
		}
	}
	return false
}

// mainline returns the commits from the tip along first parents.
func (h *history) mainline() []*Commit {
	var line []*Commit
	for c := h.commits[h.tip]; c != nil; c = h.commits[c.parent()] {
		line = append(line, c)
	}
	return line
}

// LastChange returns the newest commit after a snapshot's, up to another
// snapshot's, that changed a path. Where that cannot be known it is the tip.
func (r *Repo) LastChange(ctx context.Context, from, to *Snapshot, path string) (*Commit, error) {
	base := from.root()
	if from.commit != nil {
		base = from.commit.hash
	}
	h, err := r.backend.since(ctx, to.commit.hash, base)
	if err != nil {
		return nil, fmt.Errorf("looking for the commit that changed %s: %w", path, err)
	}
	line := h.mainline()
	for i, c := range line {
		now, ok := r.entryAt(ctx, c, path)
		before := Entry{}
		if i+1 < len(line) {
			var known bool
			before, known = r.entryAt(ctx, line[i+1], path)
			ok = ok && known
		} else if e, err := from.Stat(path); err == nil {
			before = e
		}
		if !ok {
			break
		}
		if now.Hash != before.Hash || now.Kind != before.Kind {
			return c, nil
		}
	}
	return to.commit, nil
}

// entryAt returns what a commit has at a path, nothing where there is nothing;
// ok is false where the server does not tell.
func (r *Repo) entryAt(ctx context.Context, c *Commit, path string) (e Entry, ok bool) {
	s := &Snapshot{ctx: ctx, objects: r.backend, commit: c, trees: make(map[hash][]treeEntry)}
	e, err := s.Stat(path)
	return e, err == nil || isNotExist(err)
}
