// What gitops.hydrator adds to a publish.

package cli

import (
	"context"
	"fmt"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
)

// dry describes the commit that was rendered; empty where there is none.
func (fl *fleet) dry() *gitops.Dry {
	if fl.source == nil {
		return &gitops.Dry{}
	}
	return &gitops.Dry{URL: fl.source.URL, Date: fl.source.Date, Body: fl.source.Body}
}

// target is the branch to commit to, and the one that it starts from where it
// does not exist. --branch names a branch that is pushed to directly.
func (p *publishing) target(branch *gitops.Branch) (name, from string) {
	if p.locationFlags.branch == "" && branch.Hydrator(p.run) == gitops.HydratorNext {
		return branch.Next(), branch.Branch
	}
	return branch.Branch, ""
}

// notBegun refuses to propose changes to a branch that does not exist: what begins
// without it could never be merged into it.
func notBegun(branch string) error {
	return &gitops.SafetyError{
		Message: fmt.Sprintf("branch %s does not exist, and hydrator: next proposes changes to it", branch),
		Next:    fmt.Sprintf("begin it once with 'lading publish --branch %s' and --env", branch),
	}
}

// attest notes which commit of the settings a published commit has.
func (p *publishing) attest(ctx context.Context, repo *gitrepo.Repo, branch *gitops.Branch, commit string) error {
	if p.dryRun || commit == "" || branch.Hydrator(p.run) == gitops.HydratorOff {
		return nil
	}
	_, err := gitops.Publish(ctx, repo, gitops.Publication{
		Branch: gitops.HydratorNotes,
		Plan: func(ctx context.Context, notes *gitrepo.Snapshot) (*gitops.Proposal, error) {
			return branch.Note(ctx, p.run, notes, commit)
		},
		Commit: p.commit,
		Tries:  p.tries,
		Within: p.within,
		Now:    p.env.Now,
		Sleep:  p.env.Sleep,
		Random: p.env.Random,
	})
	if err != nil {
		return fmt.Errorf("commit %.10s is published, but its note is not: %w", commit, err)
	}
	return nil
}
