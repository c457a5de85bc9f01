// Package forge opens and keeps pull requests on the servers that host Git
// repositories. It knows their APIs and nothing of manifests: which pull
// request there should be, and what it says, is decided in pkg/gitops.
//
// Each forge is a file and a line in the list in forges.go; all pass the suite
// in forgetest. Tokens come with [Options], go to the address of the API and
// nowhere else, and are never part of an error or a log line.
package forge

import "context"

// A Forge is one repository on a server. Every method asks the server anew;
// errors are the types of this package.
type Forge interface {
	// Access checks, without changing anything, that the token may do what
	// the other methods do. It is called before anything is pushed.
	Access(ctx context.Context) error
	// Latest returns the newest pull request, open or not, from head into
	// base, both branches of the repository itself; nil where there is none.
	Latest(ctx context.Context, head, base string) (*PullRequest, error)
	// Open opens one. Where it was opened but a label or a reviewer could not
	// be added, both a pull request and an error are returned. One that is
	// open already is a [ConflictError].
	Open(ctx context.Context, head, base string, c Content) (*PullRequest, error)
	// Update makes an open one say something else and adds labels. Reviewers,
	// drafts and labels of others stay as people left them.
	Update(ctx context.Context, number int, c Content) error
	// Close closes one with a comment, without merging it.
	Close(ctx context.Context, number int, comment string) error
	// SetAutoMerge turns merging as soon as all checks pass on or off, and
	// answers [ErrUnsupported] where the forge has no such thing.
	SetAutoMerge(ctx context.Context, number int, on bool) error
	// DeleteBranch removes a branch, nothing where it is gone.
	DeleteBranch(ctx context.Context, branch string) error
	// MaxBody is how many bytes the text of a pull request may have.
	MaxBody() int
}

// A State is what became of a pull request.
type State string

// The states.
const (
	Open   State = "open"
	Merged State = "merged"
	Closed State = "closed" // without having been merged
)

// A PullRequest is one on the server; GitLab calls it a merge request.
type PullRequest struct {
	Number int
	URL    string // for people
	State  State
	Title  string
	Body   string
	// Head is the commit that the head branch had when the forge was asked.
	Head string
	// Reviewed tells that somebody approved it, asked for changes or
	// commented on its lines.
	Reviewed bool
}

// Content is what a pull request says and who looks at it.
type Content struct {
	Title, Body string
	Labels      []string
	// Reviewers are names of users, and of teams as org/team where the forge
	// has them.
	Reviewers []string
	Draft     bool
}
