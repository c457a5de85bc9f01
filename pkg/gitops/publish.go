package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// A Proposal is what to change on a branch, planned on a certain state of it.
type Proposal struct {
	Changes []Change
	Message string
	// Owned are the directories and files that nobody else should change
	// meanwhile; nil for the changed files themselves. What several publishers
	// write together is left out: it is planned again on what they wrote.
	Owned []string
}

// A Publication is one commit to bring to a branch.
type Publication struct {
	Branch string
	// From is the branch whose tip a new one starts from; empty for none.
	From string
	// Plan proposes changes to what the branch has. It is called again when
	// the branch has moved. An error of it ends the publication.
	Plan func(ctx context.Context, present *gitrepo.Snapshot) (*Proposal, error)
	// Commit says who commits, and how it is signed. Times that are zero are
	// filled in, and the message comes from the proposal.
	Commit gitrepo.CommitInfo
	// DryRun ends before anything is written.
	DryRun bool
	// Tries and Within bound how often and how long it is tried while others
	// move the branch. The defaults are 100 times and five minutes.
	Tries  int
	Within time.Duration
	// Now, Sleep and Random are the world's clock and dice; Random returns
	// numbers from 0 to 1.
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Random func() float64
	// Notify hears of each try that did not succeed; may be nil.
	Notify func(try int, err error)
}

// A Published is what became of a publication.
type Published struct {
	// Commit is the commit that holds what was proposed: the new one, or the
	// tip where nothing had to change. It is empty for a dry run that would
	// change something, and for a branch that does not exist.
	Commit string
	// Before is the tip that was there before; empty for none.
	Before string
	// Tree names the root tree with the changes.
	Tree    string
	Changed bool
	// Edits are the files that differ.
	Edits []gitrepo.Edit
	// Tries counts the attempts, from 1.
	Tries int
}

const (
	defaultTries  = 100
	defaultWithin = 5 * time.Minute
	// quickTries is how often a push is tried again that changed nothing, and
	// a server that does not answer is asked again.
	quickTries = 3
	firstPause = 50 * time.Millisecond
	longPause  = 15 * time.Second
	// mostTimes is how many tries long a pause may be, and oldTries after how
	// many tries pauses get shorter again.
	mostTimes = 6
	oldTries  = 10
)

// A BusyError reports that others moved the branch faster than this run could
// follow.
type BusyError struct {
	Branch string
	Tries  int
	Took   time.Duration
	Err    error
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("branch %s: gave up after %d tries in %s: %s", e.Branch, e.Tries, e.Took.Round(time.Second), e.Err)
}
func (e *BusyError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *BusyError) Hint() string {
	return "run it again, allow more time, or publish the deployments of one job in one run"
}

// Publish brings one commit to a branch, on top of whatever others bring there
// at the same time. What happens next is always decided by the state of the
// branch:
//
//   - it has what is proposed, or the commit arrived although the answer was
//     lost: done;
//   - it moved, and nothing that the proposal owns was changed: planned again
//     on the new tip, after a pause;
//   - what the proposal owns was changed: a [*ConflictError] that names the
//     commit;
//   - it did not move although it should have: tried again a few times, then
//     refused with the server's words;
//   - it was deleted or rewritten: an error.
func Publish(ctx context.Context, repo *gitrepo.Repo, p Publication) (*Published, error) {
	if p.Tries <= 0 {
		p.Tries = defaultTries
	}
	if p.Within <= 0 {
		p.Within = defaultWithin
	}
	w := &publisher{repo: repo, Publication: p, start: p.Now()}
	for {
		w.try++
		began := p.Now()
		done, err := w.attempt(ctx)
		w.took = p.Now().Sub(began)
		if err == nil {
			done.Tries = w.try
			return done, nil
		}
		if p.Notify != nil {
			p.Notify(w.try, err)
		}
		if err := w.pause(ctx, err); err != nil {
			return nil, err
		}
	}
}

// A publisher is a publication on its way.
type publisher struct {
	Publication
	repo  *gitrepo.Repo
	start time.Time
	try   int
	// took is how long the last try was.
	took time.Duration
	// refusals and silences count those in a row.
	refusals, silences int
	// base is the state of the branch that the last proposal was planned on.
	base *gitrepo.Snapshot
	// sent is a commit of which nobody knows whether it arrived.
	sent   *gitrepo.Commit
	edits  []gitrepo.Edit
	before string
	// founded tells that the branch does not exist and starts from another one.
	founded bool
}

// attempt goes once from the present tip to the new one.
func (w *publisher) attempt(ctx context.Context) (*Published, error) {
	present, err := w.repo.Fetch(ctx, w.Branch)
	if err != nil {
		return nil, err
	}
	w.founded = present.Commit() == "" && w.From != ""
	if w.founded {
		if present, err = w.repo.Fetch(ctx, w.From); err != nil {
			return nil, err
		}
	}
	if w.sent != nil {
		if arrived, err := w.arrived(ctx); arrived || err != nil {
			return w.done(w.sent), err
		}
	}
	if w.base != nil && w.base.Commit() != "" && present.Commit() == "" {
		return nil, &gitrepo.DeletedError{Branch: w.Branch, Was: w.base.Commit()}
	}
	proposal, err := w.Plan(ctx, present)
	if err != nil {
		return nil, &planError{err}
	}
	if err := w.conflict(ctx, present, proposal); err != nil {
		return nil, err
	}
	w.base = present
	return w.propose(ctx, present, proposal)
}

// propose commits and pushes a proposal.
func (w *publisher) propose(ctx context.Context, present *gitrepo.Snapshot, proposal *Proposal) (*Published, error) {
	staged, err := present.Splice(splices(proposal.Changes))
	if err != nil {
		return nil, err
	}
	result := &Published{Before: present.Commit(), Tree: staged.TreeHash(), Changed: staged.Changed(), Edits: staged.Edits()}
	if !staged.Changed() {
		result.Commit = present.Commit()
		return result, nil
	}
	if w.DryRun {
		return result, nil
	}
	commit, err := staged.Commit(w.info(proposal.Message))
	if err != nil {
		return nil, err
	}
	w.edits, w.before = staged.Edits(), present.Commit()
	if err := w.push(ctx, commit); err != nil {
		var silent *gitrepo.UnreachableError
		if errors.As(err, &silent) {
			w.sent = commit
		}
		return nil, err
	}
	return w.done(commit), nil
}

// push moves the branch, or makes it.
func (w *publisher) push(ctx context.Context, commit *gitrepo.Commit) error {
	if w.founded {
		return w.repo.Replace(ctx, w.Branch, "", commit)
	}
	return w.repo.Push(ctx, w.Branch, commit)
}

func (w *publisher) done(c *gitrepo.Commit) *Published {
	return &Published{Commit: c.Hash(), Before: w.before, Tree: c.Tree(), Changed: true, Edits: w.edits}
}

// arrived asks what became of a commit whose push had no answer.
func (w *publisher) arrived(ctx context.Context) (bool, error) {
	err := w.repo.Check(ctx, w.Branch, w.sent)
	var refused *gitrepo.RefusedError
	var moved *gitrepo.MovedError
	var missing *gitrepo.DeletedError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &refused), errors.As(err, &moved), w.founded && errors.As(err, &missing):
		w.sent = nil
		return false, nil
	}
	return false, err
}

func splices(changes []Change) []gitrepo.Change {
	list := make([]gitrepo.Change, len(changes))
	for i, c := range changes {
		list[i] = gitrepo.Change{Path: c.Path, Data: c.After}
	}
	return list
}

func (w *publisher) info(message string) gitrepo.CommitInfo {
	info := w.Commit
	info.Message = message
	if info.Author.When.IsZero() {
		info.Author.When = w.Now()
	}
	if info.Committer.When.IsZero() {
		info.Committer.When = w.Now()
	}
	return info
}

// conflict reports that somebody changed what the proposal owns, since the
// last one was planned, and that the proposal would change it again.
func (w *publisher) conflict(ctx context.Context, present *gitrepo.Snapshot, proposal *Proposal) error {
	if w.base == nil || w.base.Commit() == present.Commit() {
		return nil
	}
	for _, path := range owned(proposal) {
		before, known := stateOf(w.base, path)
		now, _ := stateOf(present, path)
		if !known || before == now {
			continue
		}
		e := &ConflictError{Path: path, Message: "was changed by somebody else while it was being published",
			Next: "look at that commit; run it again if this run's state is the newer one"}
		if c, err := w.repo.LastChange(ctx, w.base, present, path); err == nil {
			subject, _, _ := strings.Cut(c.Message, "\n")
			e.Message = fmt.Sprintf("was changed by commit %.10s of %s (%s) while it was being published", c.Hash(), c.Author.Name, oneLine(subject))
		}
		return e
	}
	return nil
}

// owned returns the paths that the proposal both owns and changes.
func owned(p *Proposal) []string {
	var paths []string
	if p.Owned == nil {
		for _, c := range p.Changes {
			paths = append(paths, c.Path)
		}
		return paths
	}
	for _, path := range p.Owned {
		for _, c := range p.Changes {
			if c.Path == path || strings.HasPrefix(c.Path, path+"/") {
				paths = append(paths, path)
				break
			}
		}
	}
	return paths
}

// stateOf names what a snapshot has at a path; known is false where it cannot
// be told any more.
func stateOf(s *gitrepo.Snapshot, path string) (state string, known bool) {
	e, err := s.Stat(path)
	if err != nil {
		return "", errors.Is(err, fs.ErrNotExist)
	}
	return e.Hash, true
}

// pause decides whether an error is worth another try, and waits before it.
func (w *publisher) pause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var (
		plan    *planError
		moved   *gitrepo.MovedError
		refused *gitrepo.RefusedError
		silent  *gitrepo.UnreachableError
		locked  *gitrepo.LockedError
		limit   = longPause
	)
	switch {
	case errors.As(err, &plan):
		return plan.error
	case errors.As(err, &moved):
		w.refusals, w.silences = 0, 0
	case errors.As(err, &refused), errors.As(err, &locked):
		if w.refusals++; w.refusals > quickTries {
			return err
		}
		limit = 4 * firstPause
	case errors.As(err, &silent):
		if w.silences++; w.silences > quickTries {
			return err
		}
	default:
		return err
	}
	pause := w.backOff(limit)
	if took := w.Now().Sub(w.start); w.try >= w.Tries || took+pause > w.Within {
		return &BusyError{w.Branch, w.try, took, err}
	}
	return w.Sleep(ctx, pause)
}

// backOff is a part of a span that chance chooses, so that those who met once do
// not meet again. The span is a number of times what a try takes, since that is
// how long others are in the way: more of them at first, and fewer again for who
// has tried for long, so that newcomers do not always win.
func (w *publisher) backOff(limit time.Duration) time.Duration {
	times := min(w.try, mostTimes)
	if old := w.try - oldTries; old > 0 {
		times = max(1, mostTimes-old/2)
	}
	span := max(firstPause, w.took) * time.Duration(times)
	return firstPause/5 + time.Duration(w.Random()*float64(min(span, limit)))
}

// A planError ends the publication, whatever its type.
type planError struct{ error }

func (e *planError) Unwrap() error { return e.error }
