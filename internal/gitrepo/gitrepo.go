// Package gitrepo reads and changes Git repositories without a work tree, on
// local paths and over http, https and ssh.
//
// A [Repo] gives [Snapshot]s of branches, whose trees and files are read when
// they are asked for. Changes are spliced into the trees of a snapshot
// ([Snapshot.Splice]), committed ([Staged.Commit]) and pushed with the old tip
// as the expected value ([Repo.Push]): nobody's commit is ever overwritten.
// What a failed push means is decided by where the branch is afterwards, never
// by the wording of an error.
//
// Over a network only what is needed travels: trees one level at a time where
// the server can do that, else all trees without files, else one commit with
// everything. A local path needs no git executable; hooks of a local
// repository do not run, and [Repo.Warnings] says so.
//
// It promises that no credential reaches a host that it was not meant for, or
// any message. It does not merge, does not check anything out, and knows
// nothing of what the files mean.
package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Options say how to reach a repository. The zero value reaches those that
// want no credentials.
type Options struct {
	// Init makes a bare repository where a local path holds nothing.
	Init bool
	// Getenv looks up environment variables, for credentials, proxies and
	// certificates; nil finds none.
	Getenv func(name string) string
	// Home is the user's home directory, for ~/.netrc and ~/.ssh; may be empty.
	Home string
	// Git is the git executable that is asked for stored credentials; nobody
	// is asked where it is empty.
	Git string
	// Agent is how we introduce ourselves to servers, such as "lading/1.2".
	Agent string
	// Timeout bounds one exchange with a server. The default is two minutes;
	// a download of a whole commit may take ten times as long.
	Timeout time.Duration
	// TempDir is where objects lie that are too many for memory; the
	// system's directory for temporary files where it is empty.
	TempDir string
}

const defaultTimeout = 2 * time.Minute

func (o Options) getenv(name string) string {
	if o.Getenv == nil {
		return ""
	}
	return o.Getenv(name)
}

// A backend is one way to reach a repository.
type backend interface {
	objects
	// tip returns where a branch is; the zero hash where it does not exist.
	tip(ctx context.Context, branch string) (hash, error)
	// ref returns where a ref with its full name is; the zero hash where it
	// does not exist.
	ref(ctx context.Context, name string) (hash, error)
	// behind returns the commits behind a tip, up to a number of generations; 0
	// is all.
	behind(ctx context.Context, tip hash, depth int) (*history, error)
	// since returns the commits that tip has and base has not. It may leave
	// out the oldest where they are very many.
	since(ctx context.Context, tip, base hash) (*history, error)
	// ancestry returns commits behind one, see [Repo.Ancestry].
	ancestry(ctx context.Context, from hash, known []hash, depth int) (*history, error)
	// push moves a branch from old to a commit that it brings along.
	push(ctx context.Context, branch string, old hash, c *Commit) error
	close() error
}

// A Repo is a repository. It is not for concurrent use; several of them may
// work on one repository at the same time.
type Repo struct {
	name     string
	backend  backend
	warnings []string
}

// Open prepares access to the repository at a location: a local path, bare or
// not, or a file, http, https or ssh URL, or user@host:path. Servers are first
// asked by [Repo.Fetch].
func Open(ctx context.Context, where string, o Options) (*Repo, error) {
	l, err := parseLocation(where, o.Home)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Agent == "" {
		o.Agent = "lading"
	}
	r := &Repo{name: l.String()}
	if l.local() {
		local, err := openLocal(l.written, o.Init)
		if err != nil {
			return nil, err
		}
		r.backend, r.warnings = local, local.warnings()
		return r, nil
	}
	dialer, err := dialerFor(l, o)
	if err != nil {
		return nil, err
	}
	r.backend = newRemote(l, dialer, o)
	return r, nil
}

// Name is the location without credentials.
func (r *Repo) Name() string { return r.name }

// Warnings are sentences about the repository that its user should know.
func (r *Repo) Warnings() []string { return r.warnings }

// Close ends connections and removes temporary files.
func (r *Repo) Close() error { return r.backend.close() }

// Fetch returns the tip of a branch. A branch that does not exist is an empty
// snapshot, as is a repository without commits.
func (r *Repo) Fetch(ctx context.Context, branch string) (*Snapshot, error) {
	if err := checkBranch(branch); err != nil {
		return nil, err
	}
	tip, err := r.backend.tip(ctx, branch)
	if err != nil {
		return nil, err
	}
	return r.at(ctx, branch, tip)
}

// at returns the snapshot of a commit.
func (r *Repo) at(ctx context.Context, branch string, h hash) (*Snapshot, error) {
	s := &Snapshot{ctx: ctx, objects: r.backend, branch: branch, trees: make(map[hash][]treeEntry)}
	if h.IsZero() {
		return s, nil
	}
	data, err := r.backend.get(ctx, h, plumbing.CommitObject)
	if err != nil {
		return nil, err
	}
	s.commit, err = parseCommit(h, data)
	return s, err
}

// checkBranch refuses names that git refuses, see
// https://git-scm.com/docs/git-check-ref-format.
func checkBranch(branch string) error {
	name := plumbing.NewBranchReferenceName(branch)
	if branch == "" || branch == "HEAD" || strings.HasPrefix(branch, "-") || name.Validate() != nil {
		return &LocationError{branch, "is not a name that Git allows for a branch", "change gitops.branch, for example to main"}
	}
	return nil
}

// refName is the full name of a branch. Names of notes are full already: they
// are read and moved as branches are.
func refName(branch string) string {
	if strings.HasPrefix(branch, "refs/notes/") {
		return branch
	}
	return "refs/heads/" + branch
}

// Push makes a commit the tip of a branch that is still at the commit's
// parent, or that does not exist where the commit has none. When anything
// goes wrong the branch is read again and its state is the answer: nil where
// it contains the commit (only the answer was lost), [*MovedError],
// [*RewrittenError] or [*DeletedError] where somebody else was there, and
// [*RefusedError] where nothing happened. When it cannot be read either, the
// answer is an [*UnreachableError], and [Repo.Check] answers later.
func (r *Repo) Push(ctx context.Context, branch string, c *Commit) error {
	if err := checkBranch(branch); err != nil {
		return err
	}
	pushErr := r.backend.push(ctx, branch, c.parent(), c)
	if pushErr == nil {
		return nil
	}
	if err := final(ctx, pushErr); err != nil {
		return err
	}
	return r.judge(ctx, branch, c, pushErr)
}

// final returns the error where the state of the branch has nothing to add.
func final(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, typed := range []any{new(*AuthError), new(*HostKeyError), new(*NotFoundError), new(*UnsupportedError), new(*LockedError), new(*AccessError)} {
		if errors.As(err, typed) {
			return err
		}
	}
	return nil
}

// Check answers, after a push without an answer, what became of the commit:
// see [Repo.Push].
func (r *Repo) Check(ctx context.Context, branch string, c *Commit) error {
	return r.judge(ctx, branch, c, errors.New("the branch did not change"))
}

func (r *Repo) judge(ctx context.Context, branch string, c *Commit, cause error) error {
	now, err := r.backend.tip(ctx, branch)
	if err != nil {
		return fmt.Errorf("reading branch %s after the push: %w", branch, err)
	}
	was := c.parent()
	switch {
	case now == c.hash:
		return nil
	case now == was:
		return refused(branch, cause)
	case now.IsZero():
		return &DeletedError{branch, text(was)}
	}
	h, err := r.backend.since(ctx, now, was)
	if err != nil {
		return fmt.Errorf("reading branch %s after the push: %w", branch, err)
	}
	switch {
	case h.contains(c.hash):
		return nil
	case !was.IsZero() && h.complete && !h.leadsTo(was):
		return &RewrittenError{branch, text(was), text(now)}
	}
	return &MovedError{branch, text(was), text(now)}
}

func refused(branch string, cause error) error {
	var e *RefusedError
	if errors.As(cause, &e) {
		return e
	}
	return &RefusedError{Branch: branch, Err: cause}
}
