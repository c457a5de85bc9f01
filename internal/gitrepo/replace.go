package gitrepo

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// Replace makes a commit the tip of a branch whose tip is old, whatever the
// history of the commit; old is empty for a branch that must not exist yet. It
// is for branches that nobody but us writes to: what old leads to and the
// commit does not is lost. What goes wrong is answered as by [Repo.Push]: nil
// where the branch has the commit, [*MovedError] or [*DeletedError] where it is
// somewhere else than at old, and [*RefusedError] where nothing happened.
func (r *Repo) Replace(ctx context.Context, branch, old string, c *Commit) error {
	if err := checkBranch(branch); err != nil {
		return err
	}
	was := plumbing.NewHash(old)
	pushErr := r.backend.push(ctx, branch, was, c)
	if pushErr == nil {
		return nil
	}
	if err := final(ctx, pushErr); err != nil {
		return err
	}
	now, err := r.backend.tip(ctx, branch)
	switch {
	case err != nil:
		return fmt.Errorf("reading branch %s after the push: %w", branch, err)
	case now == c.hash:
		return nil
	case now == was:
		return refused(branch, pushErr)
	case now.IsZero():
		return &DeletedError{branch, old}
	}
	return &MovedError{branch, old, text(now)}
}

// Since returns the commits that a branch has on top of another one, newest
// first and along first parents.
func (r *Repo) Since(ctx context.Context, base, tip *Snapshot) ([]*Commit, error) {
	if tip.commit == nil || base.commit == nil || tip.commit.hash == base.commit.hash {
		return nil, nil
	}
	from := base.commit.hash
	h, err := r.backend.since(ctx, tip.commit.hash, from)
	if err != nil {
		return nil, fmt.Errorf("reading the commits of branch %s: %w", tip.branch, err)
	}
	older := &history{}
	if l, ok := r.backend.(*local); ok { // a server leaves these out
		if older, err = l.behind(ctx, from, 0); err != nil {
			return nil, fmt.Errorf("reading the commits of branch %s: %w", base.branch, err)
		}
	}
	line := h.mainline()
	if i := slices.IndexFunc(line, func(c *Commit) bool { return c.hash == from || older.contains(c.hash) }); i >= 0 {
		line = line[:i]
	}
	return line, nil
}
