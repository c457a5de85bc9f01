// When a wait looks again.

package status

import (
	"context"
	"math"
	"time"
)

const (
	// Changes come in bursts. A look is put off for as long as the last one
	// took, within these limits.
	shortestPause = 50 * time.Millisecond
	longestPause  = 500 * time.Millisecond
	// longestBackOff bounds the time between attempts in trouble.
	longestBackOff = 10 * time.Second
)

// pause waits until it is time to look again: when something changed, when a
// clock runs out, or after the interval.
func (p *waiting) pause(ctx context.Context) error {
	d := min(p.backOff(), p.untilNextEnd())
	changed := p.Looker.Changed()
	if p.trouble != nil || changed == nil {
		return p.Sleep(ctx, d)
	}
	soon, cancel := context.WithCancel(ctx)
	defer cancel()
	slept := make(chan error, 1)
	go func() { slept <- p.Sleep(soon, d) }()
	select {
	case err := <-slept:
		return err
	case <-changed:
	}
	return p.settleDown(ctx, changed)
}

// settleDown lets a burst of changes pass, so that one look sees them all.
func (p *waiting) settleDown(ctx context.Context, changed <-chan struct{}) error {
	if err := p.Sleep(ctx, min(max(p.took, shortestPause), longestPause)); err != nil {
		return err
	}
	select {
	case <-changed:
	default:
	}
	return nil
}

// backOff is the interval, and longer the longer there is trouble.
func (p *waiting) backOff() time.Duration {
	d := p.Interval
	for range p.troubles - 1 {
		if d *= 2; d >= longestBackOff {
			return max(longestBackOff, p.Interval)
		}
	}
	return d
}

// untilNextEnd is the time until the next clock runs out.
func (p *waiting) untilNextEnd() time.Duration {
	if p.reports == nil {
		return p.SyncTimeout - p.at.Sub(p.began)
	}
	var next time.Duration = math.MaxInt64
	for _, c := range p.clocks {
		if !c.isOut() {
			next = min(next, c.left[c.on])
		}
	}
	if p.NoActivity > 0 {
		next = min(next, p.NoActivity-p.at.Sub(p.changedAt))
	}
	return next
}
