// How a commit stands to what ought to be live: decided by content, since
// squash merges, merge queues and everybody else's commits move commit ids.

package committed

import (
	"slices"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/status"
)

// history answers how commits stand to a content of the wanted state. Answers
// are kept, except for commits that could not be read.
func (b *Branch) history(c *Content) status.History {
	if !slices.Contains(b.dirs, c.Dir) {
		b.dirs = append(b.dirs, c.Dir)
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

// relate decides by content first, then by ancestry, and where a merge broke
// that by which contents the histories of the two have.
func (b *Branch) relate(revision string, c *Content) (status.Relation, error) {
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
func (b *Branch) relateByContent(s *gitrepo.Snapshot, c *Content, behindTarget map[string]bool) (status.Relation, error) {
	after, err := b.changes(s, c.Dir)
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
	before, err := b.changes(b.wanted, c.Dir)
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
func (b *Branch) changes(s *gitrepo.Snapshot, dir string) ([]*gitrepo.Snapshot, error) {
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
func (b *Branch) behind(commit string) (map[string]bool, error) {
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
