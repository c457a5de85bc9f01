// The state of a branch that a revision names.

package committed

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// pullRefs are where forges keep pull requests: GitHub, Gitea and Forgejo,
// GitLab, Bitbucket, and Azure DevOps.
var pullRefs = []string{"refs/pull/%s/head", "refs/merge-requests/%s/head", "refs/pull-requests/%s/from", "refs/pull/%s/merge"}

// fetchWanted returns the state that a revision names. A number is a pull
// request unless a branch, a tag or a commit has that name; "#7" is one in any
// case.
func fetchWanted(ctx context.Context, repo *gitrepo.Repo, branch, revision string) (*gitrepo.Snapshot, error) {
	number, marked := strings.CutPrefix(revision, "#")
	isNumber := number != "" && strings.Trim(number, "0123456789") == ""
	var missing *gitrepo.RevisionError
	if !marked {
		s, err := repo.FetchRevision(ctx, branch, revision)
		if err == nil || !isNumber || !errors.As(err, &missing) {
			return s, err
		}
	}
	if !isNumber {
		return nil, &UsageError{fmt.Sprintf("--revision is %q, want the number of a pull request behind #", revision), "write --revision '#7', or name a branch, a tag or a commit"}
	}
	for _, ref := range pullRefs {
		s, err := repo.FetchRevision(ctx, branch, fmt.Sprintf(ref, number))
		if err == nil || !errors.As(err, &missing) {
			return s, err
		}
	}
	return nil, &noPullError{number, repo.Name()}
}

// A noPullError reports the number of a pull request that a repository does
// not have.
type noPullError struct{ number, repository string }

func (e *noPullError) Error() string {
	return fmt.Sprintf("there is no pull request %s in %s, nor a branch or tag of that name", e.number, e.repository)
}

// Hint says what else to give.
func (e *noPullError) Hint() string {
	return "give the branch of the pull request, or a commit; not every server shows pull requests as refs"
}
