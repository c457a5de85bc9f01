package committed

import (
	"context"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
)

// A Reader reads the targets of one command.
type Reader struct {
	// Project is nil where there is none.
	Project *settings.Project
	// Environments are those whose branches are read.
	Environments []settings.LoadedEnvironment
	// Resolved are the deployments that the settings have, as far as they can
	// be read. OnlyResolved leaves out what is not among them.
	Resolved     []*settings.Resolved
	OnlyResolved bool
	// Names are the names or ids of the deployments to read; all without any.
	Names []string
	// Revision says what ought to be live: a commit, branch or tag, or the
	// number of a pull request; the tip of the branch where it is empty.
	Revision string
	// Open opens a repository. It is called once for each.
	Open func(ctx context.Context, repository string) (*gitrepo.Repo, error)
	Now  func() time.Time
	// Warn is told of what cannot be read and is passed over.
	Warn func(text string)

	settings *index
	targets  []*Target
	read     []*environmentReader
	// missing are the names that an environment does not have.
	missing map[string]*gitops.MissingError
	// repositories are open until Close.
	repositories map[string]*gitrepo.Repo
	branches     map[gitops.Destination]*Branch
}

// Read returns the targets in the order of environments and then of names. Their
// branches and histories can be asked until Close. A Reader reads once.
func (r *Reader) Read(ctx context.Context) ([]*Target, error) {
	r.settings = indexOf(r.Resolved)
	r.missing = make(map[string]*gitops.MissingError)
	r.repositories, r.branches = make(map[string]*gitrepo.Repo), make(map[gitops.Destination]*Branch)
	for _, e := range r.Environments {
		if err := r.environment(ctx, e); err != nil {
			return nil, err
		}
	}
	if err := r.absent(ctx); err != nil {
		return nil, err
	}
	return r.targets, nil
}

// Close ends what Read opened.
func (r *Reader) Close() {
	for _, repo := range r.repositories {
		_ = repo.Close() // temporary files at worst
	}
	r.repositories, r.branches = nil, nil
}

// environment reads the targets of one environment.
func (r *Reader) environment(ctx context.Context, e settings.LoadedEnvironment) error {
	branches, err := gitops.Branches(gitops.Environment{Name: e.Name, Project: r.Project, GitOps: e.GitOps}, r.Resolved)
	if err != nil {
		return &UsageError{"gitops.branch: " + err.Error(), "name the branch with --branch"}
	}
	for _, branch := range branches {
		b, err := r.branch(ctx, gitops.Destination{Repository: e.GitOps.Repository, Branch: branch})
		if err != nil {
			return err
		}
		one := &environmentReader{Reader: r, branch: b, environment: e}
		r.read = append(r.read, one)
		if err := one.readAll(ctx); err != nil {
			return err
		}
	}
	return nil
}

// branch opens the repository of a branch and fetches what the targets are to
// be; once for all environments.
func (r *Reader) branch(ctx context.Context, to gitops.Destination) (*Branch, error) {
	if b := r.branches[to]; b != nil {
		return b, nil
	}
	repo := r.repositories[to.Repository]
	if repo == nil {
		var err error
		if repo, err = r.Open(ctx, to.Repository); err != nil {
			return nil, err
		}
		r.repositories[to.Repository] = repo
	}
	b := newBranch(ctx, repo, to.Branch, r.Now)
	var err error
	if b.tip, err = repo.Fetch(ctx, to.Branch); err != nil {
		return nil, err
	}
	b.wanted = b.tip
	if r.Revision != "" {
		if b.wanted, err = fetchWanted(ctx, repo, to.Branch, r.Revision); err != nil {
			return nil, err
		}
	}
	r.branches[to] = b
	return b, nil
}

// A UsageError reports that what was asked for cannot be meant.
type UsageError struct{ Message, Next string }

func (e *UsageError) Error() string { return e.Message }

// Hint says what to ask for instead.
func (e *UsageError) Hint() string { return e.Next }
