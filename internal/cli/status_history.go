// How a commit stands to what ought to be live: decided by content, since
// squash merges, merge queues and everybody else's commits move commit ids.

package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/status"
)

// A statusBranch is a branch of which targets were read, and what is known of
// its history. Its methods may be called from several goroutines.
type statusBranch struct {
	gitops.Destination
	repo *gitrepo.Repo
	// tip is the branch as it was when the command began, wanted what its
	// targets were read from: the tip or what --revision names.
	tip, wanted *gitrepo.Snapshot

	ctx       context.Context
	now       func() time.Time
	lock      sync.Mutex
	dirs      []string
	snapshots map[string]*fetched
	behinds   map[string]map[string]bool
	paths     map[string][]*gitrepo.Snapshot
	newest    *gitrepo.Snapshot
	asked     time.Time
}

// A fetched is a commit that was asked for, or why it cannot be had.
type fetched struct {
	*gitrepo.Snapshot
	err error
	at  time.Time
}

func newStatusBranch(ctx context.Context, repo *gitrepo.Repo, to gitops.Destination, env *Env) *statusBranch {
	return &statusBranch{
		Destination: to, repo: repo, ctx: ctx, now: env.Now,
		snapshots: make(map[string]*fetched),
		behinds:   make(map[string]map[string]bool),
		paths:     make(map[string][]*gitrepo.Snapshot),
	}
}

// history answers how commits stand to a content of the wanted state. Answers
// are kept, except for commits that could not be read.
func (b *statusBranch) history(c *statusContent) status.History {
	if !slices.Contains(b.dirs, c.dir) {
		b.dirs = append(b.dirs, c.dir)
	}
	known := make(map[string]status.Relation)
	return func(revision string) status.Relation {
		b.lock.Lock()
		defer b.lock.Unlock()
		if relation, ok := known[revision]; ok {
			return relation
		}
		relation, err := b.relate(revision, c)
		if f := b.snapshots[revision]; err != nil && f != nil && f.err == nil {
			// A server that has to send whole histories makes us forget
			// what was fetched before.
			delete(b.snapshots, revision)
			clear(b.paths)
			relation, err = b.relate(revision, c)
		}
		if err != nil {
			return status.Unreadable
		}
		known[revision] = relation
		return relation
	}
}

// How long an answer from the server is good for.
const (
	retryAfter = 10 * time.Second // a commit that it did not have
	tipFresh   = 3 * time.Second  // where the branch is
	tipTimeout = 10 * time.Second // how long to wait for that
)

// at returns a commit with the directories of all targets.
func (b *statusBranch) at(commit string) (*gitrepo.Snapshot, error) {
	for _, s := range []*gitrepo.Snapshot{b.wanted, b.tip, b.newest} {
		if s != nil && s.Commit() == commit {
			return s, nil
		}
	}
	f := b.snapshots[commit]
	if f == nil || f.err != nil && b.now().Sub(f.at) >= retryAfter {
		f = &fetched{at: b.now()}
		if f.Snapshot, f.err = b.repo.At(b.ctx, commit); f.err == nil {
			f.err = f.Prefetch(b.dirs, nil)
		}
		b.snapshots[commit] = f
	}
	return f.Snapshot, f.err
}

// relate decides by content first, then by ancestry, and where a merge broke
// that by which contents the histories of the two have.
func (b *statusBranch) relate(revision string, c *statusContent) (status.Relation, error) {
	s, err := b.at(revision)
	if err != nil {
		return status.Unreadable, err
	}
	same, err := c.in(s)
	switch {
	case err != nil:
		return status.Unreadable, err
	case same:
		return status.Same, nil
	}
	target := b.wanted.Commit()
	behindTarget, err := b.behind(target)
	if err != nil {
		return status.Unreadable, err
	}
	if behindTarget[revision] {
		return status.Older, nil
	}
	behindRevision, err := b.behind(revision)
	if err != nil {
		return status.Unreadable, err
	}
	if behindRevision[target] {
		return status.Newer, nil
	}
	return b.relateByContent(s, c, behindTarget)
}

// relateByContent is for commits of which neither leads to the other: what was
// merged by squashing, or a branch that was rewritten.
func (b *statusBranch) relateByContent(s *gitrepo.Snapshot, c *statusContent, behindTarget map[string]bool) (status.Relation, error) {
	after, err := b.changes(s, c.dir)
	if err != nil {
		return status.Unreadable, err
	}
	for _, change := range after {
		// What the target's own history has was there before it.
		if behindTarget[change.Commit()] {
			continue
		}
		same, err := c.in(change)
		if err != nil {
			return status.Unreadable, err
		}
		if same {
			return status.Newer, nil
		}
	}
	present, err := c.like(s)
	if err != nil {
		return status.Unreadable, err
	}
	before, err := b.changes(b.wanted, c.dir)
	if err != nil {
		return status.Unreadable, err
	}
	for _, change := range before {
		same, err := present.in(change)
		if err != nil {
			return status.Unreadable, err
		}
		if same {
			return status.Older, nil
		}
	}
	return status.Unrelated, nil
}

// maxChanges bounds how many changes of a directory are looked through.
const maxChanges = 100

// changes returns the commits behind a snapshot that changed a directory, the
// newest first.
func (b *statusBranch) changes(s *gitrepo.Snapshot, dir string) ([]*gitrepo.Snapshot, error) {
	key := s.Commit() + " " + dir
	if found, ok := b.paths[key]; ok {
		return found, nil
	}
	found, err := b.repo.Revisions(b.ctx, s, dir, maxChanges)
	if err == nil {
		b.paths[key] = found
	}
	return found, err
}

// depths are how many generations are asked for, one after the other.
var depths = []int{500, 20_000}

// behind returns a commit and its ancestors, as far back as can matter.
func (b *statusBranch) behind(commit string) (map[string]bool, error) {
	if found, ok := b.behinds[commit]; ok {
		return found, nil
	}
	var found map[string]bool
	for _, depth := range depths {
		var complete bool
		var err error
		if found, complete, err = b.repo.Behind(b.ctx, commit, depth); err != nil {
			return nil, err
		}
		if complete {
			break
		}
	}
	b.behinds[commit] = found
	return found, nil
}

// present tells how the branch stands to a target at this moment. The server is
// asked again where the answer is not fresh.
func (b *statusBranch) present(c *statusContent) (status.Relation, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	if err := b.refresh(); err != nil {
		return status.Unreadable, err
	}
	if b.newest.Commit() == "" {
		return status.Unrelated, nil
	}
	return b.relate(b.newest.Commit(), c)
}

func (b *statusBranch) refresh() error {
	if b.newest == nil {
		b.newest, b.asked = b.tip, b.now()
	}
	if b.now().Sub(b.asked) < tipFresh {
		return nil
	}
	b.asked = b.now()
	ctx, cancel := context.WithTimeout(b.ctx, tipTimeout)
	defer cancel()
	commit, err := b.repo.Tip(ctx, b.Branch)
	if err != nil || commit == b.newest.Commit() {
		return err
	}
	s, err := b.at(cmp.Or(commit, b.tip.Commit()))
	if err != nil {
		return fmt.Errorf("reading branch %s: %w", b.Branch, err)
	}
	b.newest = s
	return nil
}

// newestCommit is where the branch was when it was last asked for.
func (b *statusBranch) newestCommit() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.newest == nil {
		return b.tip.Commit()
	}
	return b.newest.Commit()
}
