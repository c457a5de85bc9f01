package gitrepo

import (
	"context"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// Tip returns the commit at the tip of a branch now, empty where the branch
// does not exist. Nothing is fetched.
func (r *Repo) Tip(ctx context.Context, branch string) (string, error) {
	if err := checkBranch(branch); err != nil {
		return "", err
	}
	tip, err := r.backend.tip(ctx, branch)
	return text(tip), err
}

// At returns what a commit holds; it need not be the tip of a branch.
func (r *Repo) At(ctx context.Context, commit string) (*Snapshot, error) {
	return r.at(ctx, "", plumbing.NewHash(commit))
}

// Parents returns the names of the commit's parents.
func (c *Commit) Parents() []string {
	names := make([]string, len(c.parents))
	for i, p := range c.parents {
		names[i] = text(p)
	}
	return names
}

// Ancestry returns a commit and those behind it, as far back as depth says (0
// for all), without what they hold and say. Commits that those in known lead
// to may be left out. A server that cannot send commits alone is asked only for
// what is newer than a known commit; else it is an [*UnsupportedError].
func (r *Repo) Ancestry(ctx context.Context, commit string, known []string, depth int) (map[string]*Commit, error) {
	haves := make([]hash, len(known))
	for i, k := range known {
		haves[i] = plumbing.NewHash(k)
	}
	h, err := r.backend.ancestry(ctx, plumbing.NewHash(commit), haves, depth)
	if err != nil {
		return nil, err
	}
	commits := make(map[string]*Commit, len(h.commits))
	for name, c := range h.commits {
		c.Message = ""
		commits[text(name)] = c
	}
	return commits, nil
}

// Behind returns the names of a commit and of those behind it, up to a number of
// generations (0 for all), and whether that is all of its history. A server that
// cannot send commits alone is asked for all that they hold, once.
func (r *Repo) Behind(ctx context.Context, commit string, depth int) (names map[string]bool, complete bool, err error) {
	h, err := r.backend.behind(ctx, plumbing.NewHash(commit), depth)
	if err != nil {
		return nil, false, fmt.Errorf("reading the history of commit %s: %w", commit, err)
	}
	names = make(map[string]bool, len(h.commits))
	complete = true
	for name, c := range h.commits {
		names[text(name)] = true
		for _, p := range c.parents {
			complete = complete && h.contains(p)
		}
	}
	return names, complete, nil
}

// ancestry fetches commits without their files.
func (r *remote) ancestry(ctx context.Context, from hash, known []hash, depth int) (*history, error) {
	ctx, done := r.withTimeout(ctx, 10)
	defer done()
	up, err := r.connect(ctx, true)
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	req := fetchRequest{wants: []hash{from}, haves: known, depth: depth, filter: "tree:0"}
	switch {
	case !up.filters() && (!up.shallows() || len(known) == 0):
		return nil, &UnsupportedError{r.where.String(), "the server cannot send commits without their files", "clone the whole history"}
	case !up.filters():
		req.filter, req.depth = "", maxHistory
	case !up.shallows():
		req.depth = 0
	}
	h, err := r.commits(ctx, up, req)
	if err != nil {
		r.hangUp()
		return nil, r.explain(ctx, err)
	}
	return h, nil
}

// commits carries out a request for commits. All of a long history may be too
// much for memory.
func (r *remote) commits(ctx context.Context, up *uploader, req fetchRequest) (h *history, err error) {
	store := newMemoryStore()
	if req.depth == 0 {
		if store, err = newDiskStore(r.options.TempDir); err != nil {
			return nil, err
		}
	}
	defer store.close()
	pack, err := up.fetch(ctx, req)
	if err == nil {
		err = store.addPack(pack)
	}
	if err != nil {
		return nil, err
	}
	if h, err = store.history(req.wants[0], req.depth == 0); err == nil && !h.contains(req.wants[0]) {
		err = fmt.Errorf("the server did not send commit %s", req.wants[0])
	}
	return h, err
}

// ancestry walks back, a generation at a time.
func (l *local) ancestry(ctx context.Context, from hash, known []hash, depth int) (*history, error) {
	h := &history{tip: from, commits: make(map[hash]*Commit), complete: true}
	skip := make(map[hash]bool)
	for _, k := range known {
		skip[k] = true
	}
	generation := []hash{from}
	for n := 0; len(generation) > 0 && (depth == 0 || n < depth); n++ {
		var next []hash
		for _, at := range generation {
			if skip[at] {
				continue
			}
			skip[at] = true
			data, err := l.get(ctx, at, plumbing.CommitObject)
			if err != nil {
				return nil, err
			}
			if h.commits[at], err = parseCommit(at, data); err != nil {
				return nil, err
			}
			next = append(next, h.commits[at].parents...)
		}
		generation = next
	}
	return h, nil
}
