// The history of a path: which commits of a branch changed it.

package gitrepo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	// firstDepth is how many generations of commits are asked for at first;
	// each further question asks for deeper times as many, and the last one
	// for all.
	firstDepth = 500
	deeper     = 10
	maxDepth   = 50_000
	// pathBatch is of how many commits the trees are fetched together.
	pathBatch = 250
)

// Revisions returns the snapshots of the commits that changed a path, newest
// first: those on the line of first parents from a tip whose entry at the path
// is not that of their parent, up to limit of them; 0 is all. A commit that
// removed the path is among them. What they have at the path is fetched too.
//
// Commits are read without what is in them, and of trees only those on the way
// to the path, where the server can do that.
func (r *Repo) Revisions(ctx context.Context, tip *Snapshot, path string, limit int) ([]*Snapshot, error) {
	if tip.commit == nil {
		return nil, nil
	}
	w := &pathWalk{ctx: ctx, repo: r, tip: tip, segments: strings.Split(path, "/"), found: make(map[step]treeEntry), limit: limit}
	for depth := firstDepth; ; depth *= deeper {
		if depth > maxDepth {
			depth = 0
		}
		h, err := r.backend.behind(ctx, tip.commit.hash, depth)
		if err != nil {
			return nil, fmt.Errorf("reading the history of %s: %w", path, err)
		}
		if err := w.follow(h.mainline()); err != nil {
			return nil, fmt.Errorf("reading the history of %s: %w", path, err)
		}
		if w.full() || h.complete || depth == 0 {
			return w.revisions, r.backend.prefetch(ctx, w.contents())
		}
	}
}

// A pathWalk finds what commits have at one path.
type pathWalk struct {
	ctx      context.Context
	repo     *Repo
	tip      *Snapshot
	segments []string
	limit    int
	// found are the entries that were looked up. Trees themselves are not
	// kept: there may be thousands of large ones.
	found map[step]treeEntry
	// done counts the commits that were compared with their parents.
	done      int
	revisions []*Snapshot
	blobs     []hash
}

// A step is a name in a tree.
type step struct {
	tree hash
	name string
}

func (w *pathWalk) full() bool { return w.limit > 0 && len(w.revisions) >= w.limit }

// contents are the files at the path, for all revisions.
func (w *pathWalk) contents() []hash { return w.blobs }

// follow goes on along a line of commits that was followed up to done before.
func (w *pathWalk) follow(line []*Commit) error {
	for w.done < len(line) && !w.full() {
		// One more than is compared, for the parent of the last one.
		end := min(w.done+pathBatch, len(line))
		if err := w.load(line[w.done:min(end+1, len(line))]); err != nil {
			return err
		}
		for ; w.done < end && !w.full(); w.done++ {
			if w.done+1 == len(line) && len(line[w.done].parents) > 0 {
				return nil // its parent is not here yet
			}
			w.compare(line, w.done)
		}
	}
	return nil
}

// compare notes a commit whose entry is not that of its parent.
func (w *pathWalk) compare(line []*Commit, i int) {
	now, before := w.entry(line[i]), treeEntry{}
	if i+1 < len(line) {
		before = w.entry(line[i+1])
	}
	if now.hash == before.hash && now.mode == before.mode {
		return
	}
	w.revisions = append(w.revisions, w.repo.snapshot(w.ctx, w.tip.branch, line[i]))
	if !now.hash.IsZero() && now.kind() == File {
		w.blobs = append(w.blobs, now.hash)
	}
}

// entry returns what a commit has at the path; it was loaded before.
func (w *pathWalk) entry(c *Commit) treeEntry {
	e := treeEntry{mode: modeDir, hash: c.tree}
	for _, name := range w.segments {
		if e.kind() != Directory || e.hash.IsZero() {
			return treeEntry{}
		}
		e = w.found[step{e.hash, name}]
	}
	return e
}

// load looks the path up in commits, one level after the other, so that the
// trees of a level come in one round trip.
func (w *pathWalk) load(commits []*Commit) error {
	level := make(map[hash]bool, len(commits))
	for _, c := range commits {
		level[c.tree] = true
	}
	for _, name := range w.segments {
		if err := w.loadLevel(level, name); err != nil {
			return err
		}
		next := make(map[hash]bool)
		for tree := range level {
			if e := w.found[step{tree, name}]; !e.hash.IsZero() && e.kind() == Directory {
				next[e.hash] = true
			}
		}
		level = next
	}
	return nil
}

func (w *pathWalk) loadLevel(level map[hash]bool, name string) error {
	var unknown []hash
	for tree := range level {
		if _, ok := w.found[step{tree, name}]; !ok && tree != emptyTree {
			unknown = append(unknown, tree)
		}
	}
	if err := w.repo.backend.prefetch(w.ctx, unknown); err != nil {
		return err
	}
	for _, tree := range unknown {
		data, err := w.repo.backend.get(w.ctx, tree, plumbing.TreeObject)
		if err != nil {
			return err
		}
		entries, err := parseTree(data)
		if err != nil {
			return fmt.Errorf("tree %s: %w", tree, err)
		}
		e, _ := find(entries, name)
		w.found[step{tree, name}] = e
	}
	return nil
}

// behind reads the commits behind a tip, up to a number of generations; 0 is all.
func (l *local) behind(ctx context.Context, tip hash, depth int) (*history, error) {
	boundary, err := l.shallow()
	if err != nil {
		return nil, err
	}
	h := &history{tip: tip, commits: make(map[hash]*Commit), complete: true}
	level := []hash{tip}
	for n := 0; len(level) > 0; n++ {
		if depth > 0 && n == depth {
			h.complete = false
			break
		}
		var next []hash
		for _, at := range level {
			if h.commits[at] != nil {
				continue
			}
			c, err := l.commit(ctx, at)
			if err != nil {
				return nil, err
			}
			if boundary[at] {
				c.parents = nil // the repository has no more of its history
			}
			h.commits[at] = c
			next = append(next, c.parents...)
		}
		level = next
	}
	return h, nil
}

func (l *local) commit(ctx context.Context, h hash) (*Commit, error) {
	data, err := l.get(ctx, h, plumbing.CommitObject)
	if err != nil {
		return nil, err
	}
	return parseCommit(h, data)
}

// behind fetches the commits behind a tip. A server that cannot leave out what is
// in them is asked for everything once.
func (r *remote) behind(ctx context.Context, tip hash, depth int) (*history, error) {
	limited, done := r.withTimeout(ctx, 10)
	defer done()
	up, err := r.connect(limited, true)
	if err != nil {
		return nil, r.explain(limited, err)
	}
	if !up.filters() || r.rung == full {
		return r.logWhole(ctx, tip)
	}
	req := fetchRequest{wants: []hash{tip}, filter: "tree:0"}
	if up.shallows() {
		req.depth = depth
	}
	commits := newMemoryStore()
	pack, err := up.fetch(limited, req)
	if err == nil {
		err = commits.addPack(pack)
	}
	if err != nil {
		r.hangUp()
		return nil, r.explain(limited, err)
	}
	h, err := commits.history(tip, req.depth == 0)
	if err == nil && !h.complete {
		h.complete = !slices.ContainsFunc(h.mainline(), func(c *Commit) bool {
			return len(c.parents) > 0 && !h.contains(c.parent())
		})
	}
	return h, err
}

func (r *remote) logWhole(ctx context.Context, tip hash) (*history, error) {
	if r.rung != full {
		if err := r.restart(full); err != nil {
			return nil, err
		}
	}
	if _, err := r.get(ctx, tip, plumbing.CommitObject); err != nil {
		return nil, err
	}
	return r.store.history(tip, true)
}
