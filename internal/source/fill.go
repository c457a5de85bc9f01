// What the clone lacks of its history.

package source

import (
	"context"
	"errors"
	"fmt"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// depths are how far back the first fetches go; what is asked for lies near the
// present most of the time. The last one brings everything.
var depths = []int{200, 5000, 0}

// fill learns the parents of a commit, and of many behind it, from origin.
func (h *History) fill(ctx context.Context, commit string) error {
	origin, err := h.open(ctx)
	if err != nil {
		return err
	}
	if origin == nil {
		return h.missing(commit, errors.New("there is no remote called origin"))
	}
	depth := depths[min(h.fills, len(depths)-1)]
	h.fills++
	err = h.fetch(ctx, origin, commit, depth)
	if err != nil && !final(err) && h.tip != "" && !h.whole {
		// Some servers give what a branch leads to, and nothing by its name.
		h.whole = true
		err = errors.Join(err, h.fetch(ctx, origin, h.tip, 0))
	}
	if _, known := h.fetched[commit]; known {
		return nil
	}
	if final(err) && !h.isShallow() || ctx.Err() != nil {
		return err
	}
	return h.missing(commit, err)
}

func (h *History) fetch(ctx context.Context, origin *gitrepo.Repo, commit string, depth int) error {
	var known []string
	if !h.isShallow() {
		known = []string{h.repo.Commit}
	}
	commits, err := origin.Ancestry(ctx, commit, known, depth)
	for name, c := range commits {
		h.fetched[name] = c.Parents()
	}
	return err
}

// final tells errors that say nothing about the commit.
func final(err error) bool {
	var (
		auth        *gitrepo.AuthError
		unreachable *gitrepo.UnreachableError
		host        *gitrepo.HostKeyError
		gone        *gitrepo.NotFoundError
	)
	return errors.As(err, &auth) || errors.As(err, &unreachable) || errors.As(err, &host) || errors.As(err, &gone) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// missing reports a commit whose parents cannot be known. Where the clone is
// shallow that is a question of how it was made; else the commit is one that
// the settings' repository does not have any more.
func (h *History) missing(commit string, err error) error {
	var limited *gitrepo.UnsupportedError
	if h.isShallow() && (h.local(commit) || errors.As(err, &limited) || final(err)) {
		return &ShallowError{Commit: commit, Err: err}
	}
	return &missingError{commit, err}
}

// A missingError reports a commit that neither the clone nor origin has.
type missingError struct {
	commit string
	err    error
}

func (e *missingError) Error() string { return fmt.Sprintf("commit %.10s: %s", e.commit, e.err) }
func (e *missingError) Unwrap() error { return e.err }

// A ShallowError reports that the clone was made without history that is
// needed, and that origin does not give.
type ShallowError struct {
	// Commit is the one behind which nothing is known.
	Commit string
	Err    error
}

func (e *ShallowError) Error() string {
	return fmt.Sprintf("whether this render is the newest cannot be told: the clone of the settings ends at commit %.10s, "+
		"and what lies behind it could not be fetched: %s", e.Commit, e.Err)
}
func (e *ShallowError) Unwrap() error { return e.Err }

// Hint names the settings of CI systems.
func (e *ShallowError) Hint() string {
	return "let CI clone the whole history: 'fetch-depth: 0' for actions/checkout, 'GIT_DEPTH: 0' in GitLab CI, " +
		"'clone: depth: full' in Bitbucket Pipelines, 'fetchDepth: 0' in Azure Pipelines; elsewhere run 'git fetch --unshallow'"
}
