package source

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
)

// A History answers [gitops.SourceHistory]. What the clone lacks is fetched from
// origin: commits without their files, and the names of files without what is
// in them.
type History struct {
	repo    *Repo
	options gitrepo.Options
	// origin is nil until it is needed, and where there is none.
	origin *gitrepo.Repo
	// cut are the commits at which a shallow clone ends.
	cut map[string]bool
	// fetched are commits that the clone lacks, or is cut off at.
	fetched map[string][]string
	// fills counts the fetches: each goes further back than the one before.
	fills int
	// tip is the newest tip that was seen; whole tells that everything behind
	// it was asked for.
	tip   string
	whole bool
	walks map[string]*walk
	views map[string]view
	trees map[plumbing.Hash]*object.Tree
}

// History prepares to answer questions; origin is asked by the first one that
// needs it.
func (r *Repo) History(o gitrepo.Options) (*History, error) {
	o.Init = false
	h := &History{
		repo: r, options: o,
		cut:     make(map[string]bool),
		fetched: make(map[string][]string),
		walks:   make(map[string]*walk),
		views:   make(map[string]view),
		trees:   make(map[plumbing.Hash]*object.Tree),
	}
	boundary, err := r.git.Storer.Shallow()
	if err != nil {
		return nil, readError(r.Dir, err)
	}
	for _, c := range boundary {
		h.cut[c.String()] = true
	}
	return h, nil
}

// Close ends the connection to origin.
func (h *History) Close() error {
	if h.origin == nil {
		return nil
	}
	return h.origin.Close()
}

// open connects to origin; nil where the clone has none.
func (h *History) open(ctx context.Context) (*gitrepo.Repo, error) {
	where := h.repo.access
	if h.origin != nil || where == "" {
		return h.origin, nil
	}
	if gitrepo.IsPath(where) && !filepath.IsAbs(where) {
		where = filepath.Join(h.repo.Dir, where)
	}
	var err error
	h.origin, err = gitrepo.Open(ctx, where, h.options)
	return h.origin, err
}

// Tip returns where a branch is at origin now. Without an origin it is the
// clone's own branch; without that either, there is nothing to compare with.
func (h *History) Tip(ctx context.Context, branch string) (gitops.Tip, error) {
	origin, err := h.open(ctx)
	if err != nil {
		return gitops.Tip{}, err
	}
	if origin == nil {
		return h.localTip(branch)
	}
	h.tip, err = origin.Tip(ctx, branch)
	return gitops.Tip{Commit: h.tip}, err
}

func (h *History) localTip(branch string) (gitops.Tip, error) {
	ref, err := h.repo.git.Reference(plumbing.NewBranchReferenceName(branch), true)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return gitops.Tip{Off: fmt.Sprintf("the settings' repository has no remote and no branch %s (gitops.source.branch), "+
			"so nothing tells whether this render is the newest", branch)}, nil
	}
	if err != nil {
		return gitops.Tip{}, readError(h.repo.Dir, err)
	}
	return gitops.Tip{Commit: ref.Hash().String()}, nil
}

// A walk goes from a commit to those behind it, nearest first. It can stop and
// go on.
type walk struct {
	seen map[string]bool
	next []string
}

func (h *History) walk(from string) *walk {
	w := h.walks[from]
	if w == nil {
		w = &walk{seen: map[string]bool{from: true}, next: []string{from}}
		h.walks[from] = w
	}
	return w
}

// step goes one commit on; false where the walk is over, or does not know how
// to go on.
func (h *History) step(w *walk) (bool, error) {
	if len(w.next) == 0 {
		return false, nil
	}
	parents, known, err := h.parents(w.next[0])
	if !known || err != nil {
		return false, err
	}
	w.next = w.next[1:]
	for _, p := range parents {
		if !w.seen[p] {
			w.seen[p] = true
			w.next = append(w.next, p)
		}
	}
	return true, nil
}

// parents returns a commit's parents, as far as they are known here.
func (h *History) parents(commit string) (parents []string, known bool, err error) {
	if parents, known = h.fetched[commit]; known || h.cut[commit] {
		return parents, known, nil
	}
	c, err := h.repo.git.CommitObject(plumbing.NewHash(commit))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, readError(h.repo.Dir, err)
	}
	for _, p := range c.ParentHashes {
		parents = append(parents, p.String())
	}
	return parents, true, nil
}

// Relation tells how a commit stands to another one. Both are followed back in
// turn until one meets the other, so that commits near each other cost little
// in a long history.
func (h *History) Relation(ctx context.Context, a, b string) (gitops.Relation, error) {
	if a == b {
		return gitops.Same, nil
	}
	back, forth := h.walk(a), h.walk(b)
	if _, known, err := h.parents(b); err != nil {
		return gitops.Unknown, err
	} else if !known && (b == h.tip || !h.isShallow()) {
		// A clone that is whole will not meet a commit that it does not have.
		if err := h.fill(ctx, b); err != nil {
			return unknown(err)
		}
	}
	for {
		switch {
		case forth.seen[a]:
			return gitops.Ancestor, nil
		case back.seen[b]:
			return gitops.Descendant, nil
		}
		moved, err := h.stepBoth(back, forth)
		if err != nil {
			return gitops.Unknown, err
		}
		switch {
		case moved:
			continue
		case len(back.next) > 0:
			err = h.fill(ctx, back.next[0])
		case len(forth.next) > 0:
			err = h.fill(ctx, forth.next[0])
		default:
			return gitops.Diverged, nil
		}
		if err != nil {
			return unknown(err)
		}
	}
}

func (h *History) stepBoth(a, b *walk) (bool, error) {
	first, err := h.step(a)
	if err != nil {
		return false, err
	}
	second, err := h.step(b)
	return first || second, err
}

// unknown makes the answer of a commit that nobody knows.
func unknown(err error) (gitops.Relation, error) {
	var missing *missingError
	if errors.As(err, &missing) {
		return gitops.Unknown, nil
	}
	return gitops.Unknown, err
}

var _ gitops.SourceHistory = (*History)(nil)

// isShallow reports whether the clone lacks history.
func (h *History) isShallow() bool { return len(h.cut) > 0 }

// local reports whether the clone has a commit.
func (h *History) local(commit string) bool {
	_, err := h.repo.git.CommitObject(plumbing.NewHash(commit))
	return err == nil
}
