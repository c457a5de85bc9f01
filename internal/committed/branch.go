package committed

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/status"
)

// A Branch is a branch of which targets were read, and what is known of its
// history. Its methods may be called from several goroutines.
type Branch struct {
	Name string
	repo *gitrepo.Repo
	// tip is the branch as it was when it was read, wanted what its targets
	// were read from: the tip or what Reader.Revision names.
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

func newBranch(ctx context.Context, repo *gitrepo.Repo, name string, now func() time.Time) *Branch {
	return &Branch{
		Name: name, repo: repo, ctx: ctx, now: now,
		snapshots: make(map[string]*fetched),
		behinds:   make(map[string]map[string]bool),
		paths:     make(map[string][]*gitrepo.Snapshot),
	}
}

// RepositoryName is what the repository is called in messages.
func (b *Branch) RepositoryName() string { return b.repo.Name() }

// How long an answer from the server is good for.
const (
	retryAfter = 10 * time.Second // a commit that it did not have
	tipFresh   = 3 * time.Second  // where the branch is
	tipTimeout = 10 * time.Second // how long to wait for that
)

// at returns a commit with the directories of all targets.
func (b *Branch) at(commit string) (*gitrepo.Snapshot, error) {
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

// Present tells how the branch stands to a content of its targets at this
// moment. The server is asked again where the answer is not fresh.
func (b *Branch) Present(c *Content) (status.Relation, error) {
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

func (b *Branch) refresh() error {
	if b.newest == nil {
		b.newest, b.asked = b.tip, b.now()
	}
	if b.now().Sub(b.asked) < tipFresh {
		return nil
	}
	b.asked = b.now()
	ctx, cancel := context.WithTimeout(b.ctx, tipTimeout)
	defer cancel()
	commit, err := b.repo.Tip(ctx, b.Name)
	if err != nil || commit == b.newest.Commit() {
		return err
	}
	s, err := b.at(cmp.Or(commit, b.tip.Commit()))
	if err != nil {
		return fmt.Errorf("reading branch %s: %w", b.Name, err)
	}
	b.newest = s
	return nil
}

// NewestCommit is where the branch was when it was last asked for.
func (b *Branch) NewestCommit() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.newest == nil {
		return b.tip.Commit()
	}
	return b.newest.Commit()
}
