// What is done to a pull request and its branch.

package gitops

import (
	"context"
	"errors"
	"fmt"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// act does what was decided.
func (w *reviewer) act(ctx context.Context, p *proposal, action reviewAction) (*Reviewed, error) {
	done := &Reviewed{Outcome: ReviewUnchanged, PullRequest: w.pr, Plan: p.Plan, Base: w.base.Commit(), Commit: w.head.Commit()}
	var err error
	switch action {
	case doConflict:
		return nil, foreignError(w.Head, w.foreign)
	case doClose:
		done.Outcome, err = ReviewClosed, w.close(ctx)
	case doDelete:
		done.Outcome, done.PullRequest, err = ReviewNone, nil, w.Forge.DeleteBranch(ctx, w.Head)
	case doDecline:
		done.Outcome = ReviewDeclined
	case doNothing:
		if p.empty {
			done.Outcome, done.PullRequest = ReviewNone, nil
		}
	case doAnnounce:
		done.Outcome, err = ReviewOpened, w.open(ctx, p, done)
	case doRetell:
		done.Outcome, err = ReviewUpdated, w.update(ctx, p)
	case doOpen:
		done.Outcome = ReviewOpened
		if done.Commit, err = w.rebuild(ctx, p); err == nil {
			err = w.open(ctx, p, done)
		}
	case doRebuild, doAppend:
		err = w.change(ctx, p, action, done)
	}
	if done.Outcome == ReviewClosed || done.Outcome == ReviewNone {
		done.Commit = ""
	}
	done.Notices = w.notices
	return done, err
}

// change brings the branch of an open pull request to the proposal. The forge
// must not merge by itself what nobody has seen: that is turned off first.
func (w *reviewer) change(ctx context.Context, p *proposal, action reviewAction, done *Reviewed) (err error) {
	if err := w.manualMerge(ctx); err != nil {
		return err
	}
	before := w.head.Commit()
	if action == doAppend {
		done.Commit, err = w.append(ctx, p)
	} else {
		done.Commit, err = w.rebuild(ctx, p)
	}
	if err != nil {
		return err
	}
	if done.Commit == before {
		w.notices = append(w.notices, fmt.Sprintf("%s has changed what the pull request changes, so that both may conflict; it was reviewed and is not rebuilt", w.Base))
		if w.marker().digest == p.digest {
			return nil
		}
	}
	done.Outcome = ReviewUpdated
	return w.Forge.Update(ctx, w.pr.Number, p.content(&w.Review, w.Forge.MaxBody()))
}

func (w *reviewer) update(ctx context.Context, p *proposal) error {
	if err := w.manualMerge(ctx); err != nil {
		return err
	}
	return w.Forge.Update(ctx, w.pr.Number, p.content(&w.Review, w.Forge.MaxBody()))
}

func (w *reviewer) manualMerge(ctx context.Context) error {
	err := w.Forge.SetAutoMerge(ctx, w.pr.Number, false)
	if errors.Is(err, forge.ErrUnsupported) {
		return nil
	}
	return err
}

// rebuild makes the branch one commit on top of the base.
func (w *reviewer) rebuild(ctx context.Context, p *proposal) (string, error) {
	staged, err := w.base.Splice(splices(p.Changes))
	if err != nil {
		return "", err
	}
	commit, err := staged.Commit(w.info(p))
	if err != nil {
		return "", err
	}
	return commit.Hash(), w.repo.Replace(ctx, w.Head, w.head.Commit(), commit)
}

// append adds a commit after which the branch has what is proposed, and of
// everything else what the base has.
func (w *reviewer) append(ctx context.Context, p *proposal) (string, error) {
	after := make(map[string][]byte)
	for file := range w.waits.files {
		data, err := readOrNil(w.base, file)
		if err != nil {
			return "", err
		}
		after[file] = data
	}
	for _, c := range p.Changes {
		after[c.Path] = c.After
	}
	changes := make([]gitrepo.Change, 0, len(after))
	for _, file := range sortedKeys(after) {
		changes = append(changes, gitrepo.Change{Path: file, Data: after[file]})
	}
	staged, err := w.head.Splice(changes)
	if err != nil || !staged.Changed() {
		return w.head.Commit(), err
	}
	commit, err := staged.Commit(w.info(p))
	if err != nil {
		return "", err
	}
	return commit.Hash(), w.heads.Push(ctx, w.Head, commit)
}

func (w *reviewer) info(p *proposal) gitrepo.CommitInfo {
	clock := publisher{Publication: Publication{Commit: w.Commit, Now: w.Now}}
	return clock.info(p.Message())
}

// open opens the pull request, and lets the forge merge it where the settings
// say so and nothing stands against it.
func (w *reviewer) open(ctx context.Context, p *proposal, done *Reviewed) (err error) {
	done.PullRequest, err = w.Forge.Open(ctx, w.Head, w.Base, p.content(&w.Review, w.Forge.MaxBody()))
	if done.PullRequest == nil {
		return err
	}
	if err != nil { // it is open, without a label or a reviewer
		w.notices = append(w.notices, fmt.Sprintf("the pull request is open, but not all of it could be set: %s", err))
	}
	if !w.Settings.AutoMerge {
		return nil
	}
	if p.excessive {
		w.notices = append(w.notices, "auto-merge is off: objects would be deleted")
		return nil
	}
	if err := w.Forge.SetAutoMerge(ctx, done.PullRequest.Number, true); err != nil {
		w.notices = append(w.notices, fmt.Sprintf("auto-merge is off: %s", err))
	}
	return nil
}

// close ends a pull request that has nothing left to propose.
func (w *reviewer) close(ctx context.Context) error {
	comment := fmt.Sprintf("%s has all of this, or the settings no longer ask for it.", w.Base)
	if err := w.Forge.Close(ctx, w.pr.Number, comment); err != nil {
		return err
	}
	w.pr.State = forge.Closed
	if w.head.Commit() == "" {
		return nil
	}
	return w.Forge.DeleteBranch(ctx, w.Head)
}
