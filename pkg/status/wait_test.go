package status

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A play is a Looker whose deployments change by the clock.
type play struct {
	start   time.Time
	changed chan struct{}
	// at tells how all is at a time since the start.
	at func(time.Duration) ([]Report, error)
	// looks are the times of all looks.
	looks []time.Duration
}

func (p *play) Look(context.Context) ([]Report, error) {
	now := time.Since(p.start)
	p.looks = append(p.looks, now)
	return p.at(now)
}

func (p *play) Changed() <-chan struct{} { return p.changed }

// changes sends when something changes, as watches do.
func (p *play) changes(after ...time.Duration) {
	p.changed = make(chan struct{}, 1)
	for _, d := range after {
		time.AfterFunc(d, func() {
			select {
			case p.changed <- struct{}{}:
			default:
			}
		})
	}
}

// newWaiter makes a waiter of the clock of the test's bubble.
func newWaiter(l Looker) *Waiter {
	return &Waiter{
		Looker: l,
		Now:    time.Now,
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
				return nil
			}
		},
	}
}

// in makes a report in a phase; what is beyond the sync is synced.
func in(name string, phase Phase, reason Reason) Report {
	r := Report{
		Deployment: name,
		Result:     Result{ID: manifest.ID{Group: "apps", Kind: "Deployment", Name: name}, Phase: phase, Reason: reason},
		Sync:       Sync{Result: Result{Phase: Ready}},
		Bounds:     Bounds{Rollout: 5 * time.Minute, LoadBalancer: 30 * time.Second, Progress: 10 * time.Minute},
	}
	if phase == NotSynced || phase == Superseded {
		r.Sync = Sync{Result: r.Result}
	}
	if reason == NoLoadBalancerAddress {
		r.Objects = []Result{r.Result}
	}
	return r
}

func final(r Report) Report {
	r.Final = true
	return r
}

type outcome struct {
	Phases []string
	After  time.Duration
	Err    string
}

// waited plays and returns how it ended and when.
func waited(w *Waiter, p *play) outcome {
	p.start = time.Now()
	reports, err := w.Wait(context.Background())
	o := outcome{After: time.Since(p.start)}
	for _, r := range reports {
		text := string(r.Phase)
		if r.Reason != "" {
			text += " " + string(r.Reason)
		}
		if r.GaveUp != "" {
			text += ": " + r.GaveUp
		}
		o.Phases = append(o.Phases, text)
	}
	if err != nil {
		o.Err = err.Error()
	}
	return o
}

// after is a scene that begins at a time.
type after struct {
	d       time.Duration
	reports []Report
	err     error
}

// scenes plays one after the other.
func scenes(all ...after) func(time.Duration) ([]Report, error) {
	return func(now time.Duration) ([]Report, error) {
		current := all[0]
		for _, s := range all {
			if now >= s.d {
				current = s
			}
		}
		return current.reports, current.err
	}
}

type temporary string

func (e temporary) Error() string { return string(e) }
func (temporary) Temporary() bool { return true }

// forbidden is an error of who may not look.
type forbidden string

func (e forbidden) Error() string { return string(e) }
func (forbidden) Refused() bool   { return true }

func TestWaitsEndAsTheClocksAndTheReportsSay(t *testing.T) {
	t.Parallel()
	one := func(r Report) []Report { return []Report{r} }
	notSynced, rolling := in("a", NotSynced, "NotYet"), in("a", Progressing, podStarting)
	pulling := in("a", Progressing, imageNotFound)
	noAddress := in("a", Progressing, NoLoadBalancerAddress)
	refused := temporary("connection refused")
	tests := map[string]struct {
		scenes []after
		change func(*Waiter)
		want   outcome
	}{
		"ready at the first look": {
			scenes: []after{{0, one(in("a", Ready, "")), nil}},
			want:   outcome{Phases: []string{"Ready"}},
		},
		"synced, then ready": {
			scenes: []after{{0, one(notSynced), nil}, {9 * time.Minute, one(rolling), nil}, {13 * time.Minute, one(in("a", Ready, "")), nil}},
			want:   outcome{Phases: []string{"Ready"}, After: 13 * time.Minute},
		},
		"never synced": {
			scenes: []after{{0, one(notSynced), nil}},
			want:   outcome{Phases: []string{"NotSynced NotYet: not synced within 10m"}, After: 10 * time.Minute},
		},
		"a sync timeout of the user's": {
			scenes: []after{{0, one(notSynced), nil}},
			change: func(w *Waiter) { w.SyncTimeout = 90 * time.Second },
			want:   outcome{Phases: []string{"NotSynced NotYet: not synced within 1m30s"}, After: 90 * time.Second},
		},
		"a suspended engine is not waited for": {
			scenes: []after{{0, one(final(in("a", NotSynced, "Suspended"))), nil}},
			want:   outcome{Phases: []string{"NotSynced Suspended"}},
		},
		"what cannot recover is not waited for": {
			scenes: []after{{0, one(rolling), nil}, {20 * time.Second, one(final(in("a", Failed, imageNotFound))), nil}},
			want:   outcome{Phases: []string{"Failed ImageNotFound"}, After: 20 * time.Second},
		},
		"a timeout within the progress deadline: the pods' cause decides": {
			scenes: []after{{0, one(notSynced), nil}, {time.Minute, one(pulling), nil}},
			want:   outcome{Phases: []string{"Failed ImageNotFound: not ready within 5m of being synced"}, After: 6 * time.Minute},
		},
		"a timeout within the progress deadline: pods take their time": {
			scenes: []after{{0, one(rolling), nil}},
			want:   outcome{Phases: []string{"Progressing PodStarting: not ready within 5m of being synced"}, After: 5 * time.Minute},
		},
		"a timeout beyond the progress deadline: the Deployment decides": {
			scenes: []after{{0, one(pulling), nil}},
			change: func(w *Waiter) { w.Timeout = func(Report) time.Duration { return 11 * time.Minute } },
			want:   outcome{Phases: []string{"Progressing ImageNotFound: not ready within 11m of being synced"}, After: 11 * time.Minute},
		},
		"superseded while waiting for the sync": {
			scenes: []after{{0, one(notSynced), nil}, {time.Minute, one(in("a", Superseded, "Newer")), nil}},
			want:   outcome{Phases: []string{"Superseded Newer"}, After: time.Minute},
		},
		"the content changes again while it rolls out": {
			scenes: []after{{0, one(rolling), nil}, {30 * time.Second, one(in("a", Superseded, "Newer")), nil}},
			want:   outcome{Phases: []string{"Superseded Newer"}, After: 30 * time.Second},
		},
		"clocks do not start anew when a sync comes and goes": {
			scenes: []after{
				{0, one(rolling), nil}, {4 * time.Minute, one(notSynced), nil},
				{10 * time.Minute, one(rolling), nil}, {10*time.Minute + 30*time.Second, one(notSynced), nil},
			},
			want: outcome{Phases: []string{"NotSynced NotYet: not synced within 10m"}, After: 14*time.Minute + 30*time.Second},
		},
		"each deployment has its own clocks": {
			scenes: []after{
				{0, []Report{rolling, in("b", NotSynced, "NotYet")}, nil},
				{4 * time.Minute, []Report{rolling, in("b", Progressing, podStarting)}, nil},
				{7 * time.Minute, []Report{rolling, in("b", Ready, "")}, nil},
			},
			want: outcome{
				Phases: []string{"Progressing PodStarting: not ready within 5m of being synced", "Ready"},
				After:  7 * time.Minute,
			},
		},
		"what becomes ready after its time, while others are waited for, is ready": {
			scenes: []after{
				{0, []Report{pulling, in("b", NotSynced, "NotYet")}, nil},
				{6 * time.Minute, []Report{in("a", Ready, ""), in("b", NotSynced, "NotYet")}, nil},
				{8 * time.Minute, []Report{in("a", Ready, ""), in("b", Ready, "")}, nil},
			},
			want: outcome{Phases: []string{"Ready", "Ready"}, After: 8 * time.Minute},
		},
		"what was ready and is not at the end is not": {
			scenes: []after{
				{0, []Report{in("a", Ready, ""), in("b", NotSynced, "NotYet")}, nil},
				{time.Minute, []Report{in("a", Degraded, "Unavailable"), in("b", Ready, "")}, nil},
			},
			want: outcome{Phases: []string{"Degraded Unavailable: not ready within 5m of being synced", "Ready"}, After: 6 * time.Minute},
		},
		"an address is awaited when all else is ready, and then a warning": {
			scenes: []after{{0, one(rolling), nil}, {4*time.Minute + 50*time.Second, one(noAddress), nil}},
			want:   outcome{Phases: []string{"Ready"}, After: 5*time.Minute + 20*time.Second},
		},
		"nothing happens": {
			scenes: []after{{0, one(notSynced), nil}, {time.Minute, one(rolling), nil}},
			change: func(w *Waiter) { w.NoActivity = 90 * time.Second },
			want:   outcome{Phases: []string{"Progressing PodStarting: nothing changed for 1m30s"}, After: 2*time.Minute + 30*time.Second},
		},
		"an API server that comes back": {
			scenes: []after{{0, one(rolling), nil}, {time.Minute, nil, refused}, {2 * time.Minute, one(in("a", Ready, "")), nil}},
			want:   outcome{Phases: []string{"Ready"}, After: 2*time.Minute + 4*time.Second},
		},
		"an API server that stays away": {
			scenes: []after{{0, []Report{rolling, final(in("b", Failed, imageNotFound))}, nil}, {time.Minute, nil, refused}},
			want:   outcome{Phases: []string{"Unknown Unreachable: not ready within 5m of being synced", "Failed ImageNotFound"}, After: 5 * time.Minute},
		},
		"an API server that is away from the beginning": {
			scenes: []after{{0, nil, refused}},
			want:   outcome{After: 10 * time.Minute, Err: "connection refused"},
		},
		"trouble that is over is no reason": {
			scenes: []after{{0, one(rolling), nil}, {time.Minute, nil, refused}, {2 * time.Minute, one(rolling), nil}},
			want:   outcome{Phases: []string{"Progressing PodStarting: not ready within 5m of being synced"}, After: 5 * time.Minute},
		},
		"the time before the first look counts": {
			scenes: []after{{0, nil, refused}, {5 * time.Minute, one(notSynced), nil}},
			want:   outcome{Phases: []string{"NotSynced NotYet: not synced within 10m"}, After: 10 * time.Minute},
		},
		"nothing happens between looks that are far apart": {
			scenes: []after{{0, one(rolling), nil}},
			change: func(w *Waiter) { w.NoActivity, w.Interval = 90*time.Second, time.Hour },
			want:   outcome{Phases: []string{"Progressing PodStarting: nothing changed for 1m30s"}, After: 90 * time.Second},
		},
		"a look that hangs is tried again": {
			scenes: []after{{0, one(rolling), nil}, {time.Minute, nil, fmt.Errorf("listing pods: %w", context.DeadlineExceeded)}, {61 * time.Second, one(in("a", Ready, "")), nil}},
			want:   outcome{Phases: []string{"Ready"}, After: 62 * time.Second},
		},
		"a permission that was taken away": {
			scenes: []after{{0, one(rolling), nil}, {time.Minute, nil, forbidden("not allowed")}},
			want:   outcome{Phases: []string{"Progressing PodStarting"}, After: time.Minute, Err: "not allowed"},
		},
		"what was ready when a permission was taken away": {
			scenes: []after{{0, []Report{in("a", Ready, ""), rolling}, nil}, {time.Minute, nil, forbidden("not allowed")}},
			want:   outcome{Phases: []string{"Unknown Forbidden", "Progressing PodStarting"}, After: time.Minute, Err: "not allowed"},
		},
		"reports that cannot belong together": {
			scenes: []after{{0, one(rolling), nil}, {time.Minute, []Report{rolling, rolling}, nil}},
			want:   outcome{Phases: []string{"Progressing PodStarting"}, After: time.Minute, Err: "1 deployments were looked at, and then 2"},
		},
		"no deployments": {
			scenes: []after{{0, []Report{}, nil}},
			want:   outcome{},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &play{at: scenes(test.scenes...)}
				w := newWaiter(p)
				if test.change != nil {
					test.change(w)
				}
				if diff := cmp.Diff(test.want, waited(w, p)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

// Time that passes is no activity, a new event is.
func TestActivityIsWhatHappens(t *testing.T) {
	t.Parallel()
	base := in("a", Progressing, podStarting)
	base.Objects = []Result{base.Result}
	older, event, pods, synced := base, base, base, base
	older.Objects = []Result{base.Result}
	base.Objects[0].Message, older.Objects[0].Message = "no address yet, 59s after the Service", "no address yet, 1m0s after the Service"
	event.Evidence = []Evidence{{Reason: "BackOff", Count: 2}}
	pods.ReadyPods = 1
	synced.Sync.Revision = "c0ffee"
	for name, test := range map[string]struct {
		next Report
		want bool
	}{
		"nothing": {base, false}, "time": {older, false}, "an event": {event, true}, "a pod": {pods, true}, "a revision": {synced, true},
	} {
		if got := isActivity([]Report{base}, []Report{test.next}); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestReadinessIsNoticedWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{at: scenes(after{0, []Report{in("a", Progressing, podStarting)}, nil}, after{100 * time.Second, []Report{in("a", Ready, "")}, nil})}
		w := newWaiter(p)
		w.Interval = time.Hour
		p.changes(100 * time.Second)
		want := outcome{Phases: []string{"Ready"}, After: 100*time.Second + shortestPause}
		if diff := cmp.Diff(want, waited(w, p)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// A thousand events in ten seconds are no thousand looks.
func TestABurstOfChangesIsSeenInFewLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{at: scenes(after{0, []Report{in("a", Progressing, podStarting)}, nil}, after{10 * time.Second, []Report{in("a", Ready, "")}, nil})}
		var times []time.Duration
		for i := range 1000 {
			times = append(times, time.Duration(i+1)*10*time.Millisecond)
		}
		p.changes(times...)
		got := waited(newWaiter(p), p)
		if got.After > 11*time.Second || len(p.looks) > 200 {
			t.Errorf("%d looks in %s, want at most 200 in about 10 s", len(p.looks), got.After)
		}
	})
}

// Looks that take long leave as much time between them.
func TestSlowLooksAreNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{}
		p.at = func(now time.Duration) ([]Report, error) {
			time.Sleep(400 * time.Millisecond)
			p.changed <- struct{}{}
			if now > 10*time.Second {
				return []Report{in("a", Ready, "")}, nil
			}
			return []Report{in("a", Progressing, podStarting)}, nil
		}
		p.changes()
		waited(newWaiter(p), p)
		if len(p.looks) > 15 {
			t.Errorf("%d looks of 400 ms in 10 s, want at most 15", len(p.looks))
		}
	})
}

func TestTroubleIsToldAndTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{at: scenes(
			after{0, []Report{in("a", Progressing, podStarting)}, nil},
			after{1 * time.Second, nil, temporary("429 too many requests")},
			after{50 * time.Second, []Report{in("a", Ready, "")}, nil},
		)}
		w := newWaiter(p)
		var told []string
		w.Trouble = func(err error) { told = append(told, err.Error()) }
		waited(w, p)
		s := time.Second
		want := []time.Duration{0, 2 * s, 4 * s, 8 * s, 16 * s, 26 * s, 36 * s, 46 * s, 56 * s}
		if diff := cmp.Diff(want, p.looks); diff != "" {
			t.Errorf("looks (-want +got):\n%s", diff)
		}
		if len(told) != 7 || told[0] != "429 too many requests" {
			t.Errorf("told %q", told)
		}
	})
}

// In trouble, news of a watch are no reason to ask a server at once again that
// just said that it has too much to do.
func TestTroubleIsNotHurriedByChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{at: scenes(
			after{0, nil, temporary("429 too many requests")},
			after{10 * time.Second, []Report{in("a", Ready, "")}, nil},
		)}
		p.changes(3*time.Second, 5*time.Second)
		waited(newWaiter(p), p)
		s := time.Second
		if diff := cmp.Diff([]time.Duration{0, 2 * s, 6 * s, 14 * s}, p.looks); diff != "" {
			t.Errorf("looks (-want +got):\n%s", diff)
		}
	})
}

func TestACancelledWaitReturnsWhatItSaw(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{start: time.Now(), at: scenes(after{0, []Report{in("a", Progressing, podStarting)}, nil})}
		p.changes()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		reports, err := newWaiter(p).Wait(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || len(reports) != 1 || reports[0].Phase != Progressing || time.Since(p.start) != time.Minute {
			t.Errorf("got %v, %v after %s", reports, err, time.Since(p.start))
		}
	})
}

func TestEachLookIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{at: scenes(after{0, []Report{in("a", NotSynced, "NotYet")}, nil}, after{3 * time.Second, []Report{in("a", Ready, "")}, nil})}
		w := newWaiter(p)
		var shown []string
		w.Each = func(all []Report) { shown = append(shown, string(all[0].Phase)) }
		waited(w, p)
		if diff := cmp.Diff([]string{"NotSynced", "NotSynced", "Ready"}, shown); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// That an address is awaited no longer cannot be said as long as nobody can
// look.
func TestTheEndOfTheWaitForAnAddressIsConfirmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waiting := []Report{in("a", Progressing, NoLoadBalancerAddress)}
		l := &laggard{
			play:  play{at: scenes(after{0, waiting, nil})},
			fresh: scenes(after{0, nil, temporary("connection refused")}, after{40 * time.Second, waiting, nil}),
		}
		want := outcome{Phases: []string{"Ready"}, After: 40 * time.Second}
		if diff := cmp.Diff(want, waited(newWaiter(l), &l.play)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// A laggard is a Looker whose watches run behind.
type laggard struct {
	play
	fresh func(time.Duration) ([]Report, error)
}

func (l *laggard) Confirm(context.Context) ([]Report, error) { return l.fresh(time.Since(l.start)) }

func TestNothingIsReadyOnTheWordOfALateWatch(t *testing.T) {
	t.Parallel()
	ready, rolling := []Report{in("a", Ready, "")}, []Report{in("a", Progressing, podStarting)}
	refused := temporary("connection refused")
	testConfirmations(t, ready, map[string]confirmation{
		"the watch was right": {scenes(after{0, ready, nil}), outcome{Phases: []string{"Ready"}}},
		"the watch was behind": {
			scenes(after{0, rolling, nil}, after{5 * time.Second, ready, nil}),
			outcome{Phases: []string{"Ready"}, After: 6 * time.Second},
		},
		"it cannot be confirmed for a while": {
			scenes(after{0, nil, refused}, after{5 * time.Second, ready, nil}),
			outcome{Phases: []string{"Ready"}, After: 6 * time.Second},
		},
		"it can never be confirmed": {
			scenes(after{0, nil, refused}),
			outcome{Phases: []string{"Unknown Unreachable: not ready within 5m of being synced"}, After: 5 * time.Minute},
		},
		"it may not be confirmed": {
			scenes(after{0, nil, forbidden("not allowed")}),
			outcome{Phases: []string{"Unknown Forbidden"}, Err: "not allowed"},
		},
	})
}

// Broken content is corrected, and the watch of the engine is ahead of that of
// the Deployment: applied is the new content, and what failed the old one.
func TestNothingHasFailedOnTheWordOfALateWatch(t *testing.T) {
	t.Parallel()
	broken, ready := []Report{final(in("a", Failed, deadlineExceeded))}, []Report{in("a", Ready, "")}
	refused := temporary("connection refused")
	testConfirmations(t, broken, map[string]confirmation{
		"the watch was right":  {scenes(after{0, broken, nil}), outcome{Phases: []string{"Failed ProgressDeadlineExceeded"}}},
		"the watch was behind": {scenes(after{0, ready, nil}), outcome{Phases: []string{"Ready"}}},
		"it cannot be confirmed for a while": {
			scenes(after{0, nil, refused}, after{5 * time.Second, broken, nil}),
			outcome{Phases: []string{"Failed ProgressDeadlineExceeded"}, After: 6 * time.Second},
		},
		"it can never be confirmed": {
			scenes(after{0, nil, refused}),
			outcome{Phases: []string{"Unknown Unreachable: not ready within 5m of being synced"}, After: 5 * time.Minute},
		},
		"it may not be confirmed": {
			scenes(after{0, nil, forbidden("not allowed")}),
			outcome{Phases: []string{"Unknown Forbidden"}, Err: "not allowed"},
		},
	})
}

func TestAnEngineIsSuspendedOnMoreThanTheWordOfALateWatch(t *testing.T) {
	t.Parallel()
	suspended, ready := []Report{final(in("a", NotSynced, "Suspended"))}, []Report{in("a", Ready, "")}
	refused := temporary("connection refused")
	testConfirmations(t, suspended, map[string]confirmation{
		"it was resumed": {scenes(after{0, ready, nil}), outcome{Phases: []string{"Ready"}}},
		"it can never be confirmed": {
			scenes(after{0, nil, refused}),
			outcome{Phases: []string{"Unknown Unreachable: not synced within 10m"}, After: 10 * time.Minute},
		},
	})
}

// A confirmation is what a look at everything finds, and what becomes of the wait.
type confirmation struct {
	fresh func(time.Duration) ([]Report, error)
	want  outcome
}

// testConfirmations waits for what watches say all the time.
func testConfirmations(t *testing.T, watched []Report, tests map[string]confirmation) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &laggard{play: play{at: scenes(after{0, watched, nil})}, fresh: test.fresh}
				if diff := cmp.Diff(test.want, waited(newWaiter(l), &l.play)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}
