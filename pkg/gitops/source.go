package gitops

import "context"

// DirtyMark ends the name of a source commit from whose files those that were
// rendered differ.
const DirtyMark = "-dirty"

// A SourceHistory answers questions about the repository of the settings. Commits
// are full hexadecimal names.
type SourceHistory interface {
	// Tip returns where a branch is now. It is asked again before each try,
	// so that a render is judged by what is there when it is pushed.
	Tip(ctx context.Context, branch string) (Tip, error)
	// Relation tells how commit a stands to commit b.
	Relation(ctx context.Context, a, b string) (Relation, error)
	// Changed returns those of the paths, in order, at which two commits
	// differ.
	Changed(ctx context.Context, a, b string, paths []string) ([]string, error)
}

// A Tip is where a branch of the settings' repository is.
type Tip struct {
	// Commit is empty where the branch does not exist.
	Commit string
	// Off says why there is nothing to compare with; empty where there is.
	Off string
}

// A Relation tells how one commit stands to another.
type Relation int

// The relations of a commit a to a commit b.
const (
	// Unknown: one of the two is nowhere to be found.
	Unknown Relation = iota
	// Same: they are one.
	Same
	// Ancestor: a is older, b builds on it.
	Ancestor
	// Descendant: a is newer and builds on b.
	Descendant
	// Diverged: neither builds on the other.
	Diverged
)

// A Person is the author of a commit.
type Person struct{ Name, Email string }
