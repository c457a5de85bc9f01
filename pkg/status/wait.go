package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Looker finds out how deployments are. Each look is of one moment: what it
// reports of one deployment belongs together. It reads the engine's objects
// before those of the deployments, so that what the engine says was applied
// cannot be missing from what it sees.
type Looker interface {
	// Look reports all deployments, always the same ones in the same order. An
	// error that has a method Temporary() bool which answers true is waited
	// out, as is a request that took too long; any other ends the wait.
	Look(ctx context.Context) ([]Report, error)
	// Changed is sent to when there may be something new, and never closed; it
	// is nil where nothing is watched.
	Changed() <-chan struct{}
}

// A Confirmer is a Looker that looks at what watches bring. They may lag, each
// for itself, so that the engine is seen to have applied what is not seen to
// have changed yet. Confirm is a Look that reads everything anew.
type Confirmer interface {
	Confirm(ctx context.Context) ([]Report, error)
}

// A Waiter waits until all deployments are settled: ready, gone, superseded,
// or in a state that only people can change.
//
// Each deployment has clocks of its own, which run like those of chess
// players: one while it is not synced, one while its content rolls out, one
// while only a load balancer's address is missing. A deployment whose clock
// has run out is settled as well. So a wait ends, however things go back and
// forth.
type Waiter struct {
	Looker Looker
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	// Interval is the longest time between two looks; the default is 2 s.
	Interval time.Duration
	// SyncTimeout is how long a deployment may be not synced; the default is
	// 10 min.
	SyncTimeout time.Duration
	// NoActivity ends the wait when no report has changed for so long; 0 never
	// does.
	NoActivity time.Duration
	// Timeout is how long the rollout of a deployment may take; without it,
	// its [Bounds] say.
	Timeout func(Report) time.Duration
	// Each is given the reports of each look.
	Each func([]Report)
	// Trouble is told of errors that are waited out.
	Trouble func(error)
}

// The defaults of a Waiter.
const (
	defaultInterval    = 2 * time.Second
	defaultSyncTimeout = 10 * time.Minute
	defaultTimeout     = 10 * time.Minute
	// longestLook is when a look counts as failed.
	longestLook = time.Minute
)

// Wait returns the reports of the last look. Where they could not be had any
// more, what was not settled is Unknown, with the error as its message. When
// the context ends or an error cannot be waited out, it returns what it saw
// last with that error; after the latter, what had seemed settled is Unknown:
// nobody could confirm it.
func (w *Waiter) Wait(ctx context.Context) ([]Report, error) {
	p := w.begin()
	for {
		err := p.attempt(ctx, w.Looker.Look)
		if err == nil && p.isOver() {
			err = p.confirm(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return p.shown(), ctx.Err()
		case err != nil && (!isTemporary(err) || p.isLate()):
			p.disown(err)
			return p.shown(), err
		case p.isOver():
			return p.shown(), nil
		}
		if err := p.pause(ctx); err != nil {
			return p.shown(), err
		}
	}
}

// A waiting is a wait on its way.
type waiting struct {
	*Waiter
	began   time.Time
	at      time.Time // until when clocks have been run
	took    time.Duration
	reports []Report
	clocks  []clock
	// trouble is why the last look failed, and troubles how often it did in
	// sequence.
	trouble  error
	troubles int
	// changedAt is when the reports were last seen to differ.
	changedAt time.Time
}

func (w *Waiter) begin() *waiting {
	own := *w
	own.Interval = orElse(w.Interval, defaultInterval)
	own.SyncTimeout = orElse(w.SyncTimeout, defaultSyncTimeout)
	now := w.Now()
	return &waiting{Waiter: &own, began: now, at: now, changedAt: now}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// attempt looks once and takes in what was seen.
func (p *waiting) attempt(ctx context.Context, look func(context.Context) ([]Report, error)) error {
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	started := p.Now()
	reports, err := look(ctx)
	now := p.Now()
	p.took = now.Sub(started)
	p.run(now)
	if err == nil && len(p.reports) > 0 && len(reports) != len(p.reports) {
		err = fmt.Errorf("%d deployments were looked at, and then %d", len(p.reports), len(reports))
	}
	if err != nil {
		p.fail(err)
		return err
	}
	p.trouble, p.troubles = nil, 0
	p.take(reports, now)
	if p.Each != nil {
		p.Each(p.shown())
	}
	return nil
}

// take keeps the reports of a look and starts the clocks that are to run.
func (p *waiting) take(reports []Report, now time.Time) {
	if p.clocks == nil {
		p.clocks = make([]clock, len(reports))
		for i, r := range reports {
			p.clocks[i] = p.newClock(r)
			p.clocks[i].spend(unsynced, now.Sub(p.began))
		}
	}
	if p.NoActivity > 0 && isActivity(p.reports, reports) {
		p.changedAt = now
	}
	p.reports = reports
	for i, r := range reports {
		p.clocks[i].on = stageOf(r)
	}
}

// fail remembers that a look failed. What was good may not be so any more, and
// that an address is awaited no longer cannot be said.
func (p *waiting) fail(err error) {
	p.trouble = err
	p.troubles++
	for i := range p.clocks {
		if c := &p.clocks[i]; c.on == addressless && c.isOut() || c.on == settled && p.reports[i].Phase.IsGood() {
			c.on = rollout
		}
	}
	if p.Trouble != nil && isTemporary(err) {
		p.Trouble(err)
	}
}

// disown makes unknown what had seemed settled before an error ended the wait.
func (p *waiting) disown(err error) {
	p.reports = slices.Clone(p.reports)
	for i, r := range p.reports {
		if r.IsSettled() {
			p.reports[i] = r.unseen(err)
		}
	}
}

// isTemporary tells errors that may pass. A look that took too long is one.
func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	if errors.As(err, &t) {
		return t.Temporary()
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// isLate tells that nothing was seen before the first clock ran out.
func (p *waiting) isLate() bool {
	return p.reports == nil && p.at.Sub(p.began) >= p.SyncTimeout
}

// run lets the clocks run until now.
func (p *waiting) run(now time.Time) {
	spent := now.Sub(p.at)
	for i := range p.clocks {
		p.clocks[i].spend(p.clocks[i].on, spent)
	}
	p.at = now
}

// isOver tells that nothing is left to wait for.
func (p *waiting) isOver() bool {
	if p.reports == nil {
		return false
	}
	if p.isQuiet() {
		return true
	}
	for _, c := range p.clocks {
		if !c.isOut() {
			return false
		}
	}
	return true
}

// isQuiet tells that nothing has changed for too long.
func (p *waiting) isQuiet() bool {
	return p.NoActivity > 0 && p.at.Sub(p.changedAt) >= p.NoActivity
}

// confirm looks once more before the wait may end, where a look may have been
// at what is no longer true: nothing is called ready, and no content failed, on
// the word of watches alone. What cannot be confirmed is not settled.
func (p *waiting) confirm(ctx context.Context) error {
	confirmer, ok := p.Looker.(Confirmer)
	if !ok || !slices.ContainsFunc(p.shown(), Report.IsSettled) {
		return nil
	}
	err := p.attempt(ctx, confirmer.Confirm)
	if err != nil && isTemporary(err) {
		p.unsettle()
	}
	return err
}

// unsettle lets the clocks go on of all that was settled.
func (p *waiting) unsettle() {
	for i := range p.clocks {
		if p.clocks[i].on == settled {
			p.clocks[i].on = unsettledStage(p.reports[i])
		}
	}
}
