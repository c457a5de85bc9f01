package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// A RevisionError reports a revision that does not exist.
type RevisionError struct {
	Revision string
	Reason   string
	next     string
}

func (e *RevisionError) Error() string { return fmt.Sprintf("revision %q %s", e.Revision, e.Reason) }

// Hint says what a revision may be.
func (e *RevisionError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return "give a branch, a tag, a full name such as refs/pull/1/merge, or a commit (at least 7 digits)"
}

var commitName = regexp.MustCompile(`^[0-9a-f]{7,40}$`)

// FetchRevision returns the snapshot that a revision names: a ref by its full
// name, HEAD, a branch, a tag, or a commit, which may be shortened where it is in the
// history of the branch.
func (r *Repo) FetchRevision(ctx context.Context, branch, revision string) (*Snapshot, error) {
	for _, name := range refNames(revision) {
		h, err := r.backend.ref(ctx, name)
		if err != nil {
			return nil, err
		}
		if !h.IsZero() {
			return r.peeled(ctx, name, h)
		}
	}
	if plumbing.IsHash(revision) {
		s, err := r.at(ctx, branch, plumbing.NewHash(revision))
		if err == nil || final(ctx, err) != nil && !isAccess(err) {
			return s, err
		}
		// Some servers give only what a branch leads to.
	}
	if !commitName.MatchString(revision) {
		return nil, &RevisionError{Revision: revision, Reason: "does not exist in " + r.name}
	}
	tip, err := r.Fetch(ctx, branch)
	if err != nil {
		return nil, err
	}
	return r.Ancestor(ctx, tip, revision)
}

// isAccess tells that a repository on this machine lacks an object.
func isAccess(err error) bool { return errors.As(err, new(*AccessError)) }

// refNames are the refs that a revision may be, in git's order.
func refNames(revision string) []string {
	valid := func(name string) bool { return plumbing.ReferenceName(name).Validate() == nil }
	if revision == "HEAD" {
		return []string{revision}
	}
	if strings.HasPrefix(revision, "refs/") {
		if !valid(revision) {
			return nil
		}
		return []string{revision}
	}
	if revision == "" || strings.HasPrefix(revision, "-") || !valid("refs/heads/"+revision) {
		return nil
	}
	return []string{"refs/tags/" + revision, "refs/heads/" + revision}
}

// Ancestor returns the snapshot of a commit in the history of another one,
// itself included. The name may be shortened.
func (r *Repo) Ancestor(ctx context.Context, tip *Snapshot, name string) (*Snapshot, error) {
	wrong := func(reason string) error {
		return &RevisionError{name, reason, "give a commit of the branch, at least its first 7 digits"}
	}
	if !commitName.MatchString(name) {
		return nil, wrong("is not the name of a commit")
	}
	if tip.commit == nil {
		return nil, wrong(fmt.Sprintf("is not in the history of branch %s, which does not exist", tip.branch))
	}
	h, err := r.backend.behind(ctx, tip.commit.hash, 0)
	if err != nil {
		return nil, fmt.Errorf("looking for commit %s: %w", name, err)
	}
	var found *Commit
	for at, c := range h.commits {
		if !strings.HasPrefix(at.String(), name) {
			continue
		}
		if found != nil {
			return nil, wrong("names several commits")
		}
		found = c
	}
	if found == nil {
		return nil, wrong("is not in the history of branch " + tip.branch)
	}
	return r.snapshot(ctx, tip.branch, found), nil
}

// snapshot makes a snapshot of a commit that was read.
func (r *Repo) snapshot(ctx context.Context, branch string, c *Commit) *Snapshot {
	return &Snapshot{ctx: ctx, objects: r.backend, branch: branch, commit: c, trees: make(map[hash][]treeEntry)}
}

// maxPeels bounds tags of tags.
const maxPeels = 10

// peeled goes from an annotated tag to its commit.
func (r *Repo) peeled(ctx context.Context, name string, h hash) (*Snapshot, error) {
	for range maxPeels {
		if !strings.HasPrefix(name, "refs/tags/") {
			break
		}
		data, err := r.backend.get(ctx, h, plumbing.AnyObject)
		if err != nil {
			return nil, err
		}
		target, ok := tagged(data)
		if !ok {
			break
		}
		h = target
	}
	return r.at(ctx, name, h)
}

// tagged returns what an annotated tag points to.
func tagged(data []byte) (hash, bool) {
	rest, ok := bytes.CutPrefix(data, []byte("object "))
	if !ok {
		return hash{}, false
	}
	name, _, _ := bytes.Cut(rest, []byte("\n"))
	return plumbing.NewHash(string(name)), plumbing.IsHash(string(name))
}

// ref reads where a ref is; the zero hash where it does not exist.
func (l *local) ref(_ context.Context, name string) (hash, error) {
	if name == "HEAD" {
		target := headOf(l.dir) // each work tree has its own
		if target == "" {
			data, err := os.ReadFile(filepath.Join(l.dir, "HEAD"))
			if err != nil {
				return hash{}, &AccessError{l.name, err}
			}
			return plumbing.NewHash(strings.TrimSpace(string(data))), nil
		}
		name = target
	}
	_, h, err := l.resolve(name)
	return h, err
}

// shallow returns the commits at which a shallow clone ends.
func (l *local) shallow() (map[hash]bool, error) {
	data, err := os.ReadFile(filepath.Join(l.common, "shallow"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &AccessError{l.name, err}
	}
	ends := make(map[hash]bool)
	for line := range strings.FieldsSeq(string(data)) {
		ends[plumbing.NewHash(line)] = true
	}
	return ends, nil
}
