package status

import (
	"strings"
	"time"
)

// A stage is what is waited for; each has a clock.
type stage int

const (
	settled stage = iota
	unsynced
	rollout
	addressless
	stages
)

// stageOf tells what a deployment waits for.
func stageOf(r Report) stage {
	if r.IsSettled() {
		return settled
	}
	return unsettledStage(r)
}

// unsettledStage tells what a deployment waits for of which it is not believed
// that it is settled.
func unsettledStage(r Report) stage {
	switch {
	case !r.Sync.Phase.IsGood():
		return unsynced
	case r.AwaitsAddress():
		return addressless
	}
	return rollout
}

// A clock is the time that one deployment has left, by stage.
type clock struct {
	on    stage
	limit [stages]time.Duration
	left  [stages]time.Duration
}

// newClock sets the clocks of a deployment.
func (p *waiting) newClock(r Report) clock {
	timeout := r.Bounds.Rollout
	if p.Timeout != nil {
		timeout = p.Timeout(r)
	}
	limit := [stages]time.Duration{
		unsynced:    p.SyncTimeout,
		rollout:     orElse(timeout, defaultTimeout),
		addressless: r.Bounds.LoadBalancer,
	}
	return clock{limit: limit, left: limit}
}

func (c *clock) spend(s stage, d time.Duration) { c.left[s] -= d }

// isOut tells that nobody waits for the deployment any longer.
func (c *clock) isOut() bool { return c.on == settled || c.left[c.on] <= 0 }

// gaveUp says which clock ran out.
func (c *clock) gaveUp() string {
	limit := minutes(c.limit[c.on])
	if c.on == unsynced {
		return "not synced within " + limit
	}
	return "not ready within " + limit + " of being synced"
}

// shown returns the reports with what the clocks make of them.
func (p *waiting) shown() []Report {
	if p.reports == nil {
		return nil
	}
	shown := make([]Report, len(p.reports))
	quiet := p.isQuiet()
	for i, r := range p.reports {
		c := p.clocks[i]
		switch {
		case c.on == settled:
		case c.isOut() || quiet:
			r = p.ended(r, c, quiet)
		}
		shown[i] = r
	}
	return shown
}

// ended tells what a report becomes for which nobody waits any longer.
func (p *waiting) ended(r Report, c clock, quiet bool) Report {
	switch {
	case p.trouble != nil:
		r = r.unseen(p.trouble)
	case c.on == addressless:
		return r.WithoutAddress()
	case quiet && !c.isOut():
		r.GaveUp = "nothing changed for " + minutes(p.NoActivity)
		return r
	case c.on == rollout && r.Phase == Progressing && r.isFailing() && c.limit[rollout] <= r.Bounds.Progress:
		// The Deployment has no opinion of its own yet.
		r.Phase = Failed
	}
	r.GaveUp = c.gaveUp()
	return r
}

// unseen is the report of a deployment that could not be looked at.
func (r Report) unseen(err error) Report {
	gap := Lost(err)
	r.Result = gap.About(r.ID)
	return r
}

// minutes writes a duration without zero parts: 10m, not 10m0s.
func minutes(d time.Duration) string {
	text := d.Round(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
