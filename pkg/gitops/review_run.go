package gitops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/settings"
)

// A Review is a proposal to make by pull request.
type Review struct {
	// Base is the branch to change, Head the one that the pull request is
	// opened from.
	Base, Head string
	Owner      Owner
	// Plan plans on what the base has and what waits in the pull request beside
	// it. It is called again when either has moved.
	Plan func(ctx context.Context, present Tree) (*Plan, error)
	// Decides tells which directories Plan decides about, see [Branch.Decides]:
	// what waits for them in the pull request is out of date. Nil for none.
	Decides func(dir string, l *Ledger) bool
	// Common leaves what deployments share to other pull requests: alone it is
	// nothing to propose.
	Common   bool
	Forge    forge.Forge
	Settings settings.PullRequest
	// Commit, and what follows it, are as in [Publication].
	Commit gitrepo.CommitInfo
	Tries  int
	Within time.Duration
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Random func() float64
}

// What became of a review.
const (
	ReviewOpened    = "opened"
	ReviewUpdated   = "updated"
	ReviewUnchanged = "unchanged"
	ReviewClosed    = "closed"   // there is nothing left to propose
	ReviewDeclined  = "declined" // the same was closed without a merge
	ReviewNone      = "none"     // there is nothing to propose, and nothing open
)

// A Reviewed is what became of a review.
type Reviewed struct {
	Outcome string
	// PullRequest is nil where there is none.
	PullRequest *forge.PullRequest
	// Plan is all that the pull request changes in its base.
	Plan *Plan
	// Base is the commit of the base that this was planned on, Commit the tip
	// of the review branch; empty where there is none.
	Base, Commit string
	// Notices are what the user should know.
	Notices []string
}

// A BaseError reports that there is no branch to propose changes to.
type BaseError struct{ Branch string }

func (e *BaseError) Error() string {
	return fmt.Sprintf("branch %s does not exist, and a pull request needs a branch to go to", e.Branch)
}

// Hint says how to make one.
func (e *BaseError) Hint() string {
	return "make it with a first commit, or publish once with review: direct and --init"
}

// Propose brings a plan into the pull request for it: opens it, puts it right,
// or closes it where nothing is left to propose. The two repositories are one
// and the same, opened twice: one reads the base, the other the review branch.
func Propose(ctx context.Context, repo, heads *gitrepo.Repo, r Review) (*Reviewed, error) {
	if err := r.Forge.Access(ctx); err != nil {
		return nil, err
	}
	if r.Tries <= 0 {
		r.Tries = defaultTries
	}
	if r.Within <= 0 {
		r.Within = defaultWithin
	}
	if r.Decides == nil {
		r.Decides = func(string, *Ledger) bool { return false }
	}
	w := &reviewer{Review: r, repo: repo, heads: heads, known: make(map[string]bool)}
	clock := &publisher{start: r.Now(), Publication: Publication{
		Branch: r.Head, Tries: r.Tries, Within: r.Within, Now: r.Now, Sleep: r.Sleep, Random: r.Random,
	}}
	for {
		clock.try++
		done, err := w.attempt(ctx)
		if err == nil {
			return done, nil
		}
		if deleted := (*gitrepo.DeletedError)(nil); errors.As(err, &deleted) {
			err = &gitrepo.MovedError{Branch: r.Head, Was: deleted.Was} // merged just now, say
		}
		if err := clock.pause(ctx, err); err != nil {
			return nil, err
		}
	}
}

// A reviewer is a review on its way.
type reviewer struct {
	Review
	repo, heads *gitrepo.Repo
	// known are commits of the base.
	known map[string]bool

	// What one attempt finds.
	base, head *gitrepo.Snapshot
	pr         *forge.PullRequest
	foreign    *gitrepo.Commit
	// waits is what the branch has on top of its base, nil without a branch.
	waits   *pending
	notices []string
}

// attempt goes once from how things stand to how they should be.
func (w *reviewer) attempt(ctx context.Context) (*Reviewed, error) {
	if err := w.look(ctx); err != nil {
		return nil, err
	}
	same := ""
	var waiting map[string][]byte
	if w.waits != nil && w.foreign == nil {
		changes, err := changesIn(w.base, w.waits.files)
		if err != nil {
			return nil, err
		}
		if same, err = contentDigest(changes); err != nil {
			return nil, err
		}
		if waiting, err = w.waiting(); err != nil {
			return nil, err
		}
	}
	p, err := propose(ctx, w.base, waiting, w.marker(), &w.Review)
	if err != nil {
		return nil, &planError{err}
	}
	p.empty = len(p.Changes) == 0 || w.Common && p.onlyCommon()
	return w.act(ctx, p, decide(w.state(p, same)))
}

// look reads both branches and asks for the pull request.
func (w *reviewer) look(ctx context.Context) (err error) {
	w.foreign, w.waits, w.notices = nil, nil, nil
	if w.base, err = w.repo.Fetch(ctx, w.Base); err != nil {
		return err
	}
	if w.base.Commit() == "" {
		return &BaseError{w.Base}
	}
	w.known[w.base.Commit()] = true
	if w.head, err = w.heads.Fetch(ctx, w.Head); err != nil {
		return err
	}
	if w.pr, err = w.Forge.Latest(ctx, w.Head, w.Base); err != nil {
		return err
	}
	if w.head.Commit() == "" {
		return nil
	}
	line, at, err := commitsOn(ctx, w.heads, w.base, w.head, w.known)
	if err != nil {
		return err
	}
	w.known[at] = true
	if i := slices.IndexFunc(line, func(c *gitrepo.Commit) bool { return !madeByUs(c) }); i >= 0 {
		w.foreign = line[i]
		return nil
	}
	fork, err := w.heads.At(ctx, at)
	if err != nil {
		return err
	}
	w.waits, err = pendingOf(fork, w.head, w.base, w.Owner)
	return err
}

// waiting returns what the new proposal takes over from the branch. A branch
// that was merged or closed as it is has nothing that waits.
func (w *reviewer) waiting() (map[string][]byte, error) {
	if w.pr != nil && w.pr.State != forge.Open && (w.pr.Head == "" || w.pr.Head == w.head.Commit()) {
		return nil, nil
	}
	p := w.waits.clone()
	if err := p.keep(w.base, w.Decides); err != nil {
		return nil, err
	}
	for _, dir := range p.contested {
		if l := w.waits.ledgers[dir]; !isCommon(dir) && !w.Decides(dir, l) {
			w.notices = append(w.notices, fmt.Sprintf("what waited for %s in the pull request is given up, since %s changed it meanwhile; publish it again",
				dir, w.Base))
		}
	}
	return p.files, nil
}

func (w *reviewer) marker() marker {
	if w.pr == nil {
		return marker{}
	}
	return markerIn(w.pr.Body)
}

func (w *reviewer) state(p *proposal, same string) reviewState {
	s := reviewState{
		Branch: oursBranch, PullRequest: noPullRequest, Empty: p.empty,
		Same: w.waits != nil && len(w.waits.contested) == 0 && same == p.digest, Told: w.marker().digest == p.digest,
	}
	switch {
	case w.head.Commit() == "":
		s.Branch = noBranch
	case w.foreign != nil:
		s.Branch = foreignBranch
	}
	if w.pr != nil {
		s.PullRequest, s.Reviewed = w.pr.State, w.pr.Reviewed
	}
	return s
}
