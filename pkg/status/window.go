package status

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/glob"
)

// syncWindows are the windows of an AppProject that are about an Application.
// See https://argo-cd.readthedocs.io/en/stable/user-guide/sync_windows/.
type syncWindows []syncWindow

type syncWindow struct {
	kind, text string
	schedule   cron.Schedule
	length     time.Duration
	zone       *time.Location
	manual     bool
}

// A closedWindow says why no automated sync may start.
type closedWindow struct {
	why string
	// manual tells that a sync by hand may.
	manual bool
}

// windowsFor reads the windows that are about an Application. One that cannot
// be read makes Argo CD refuse every sync.
func windowsFor(project *unstructured.Unstructured, app string, destination fields) (syncWindows, error) {
	var windows syncWindows
	for _, w := range fields(project.Object).at("spec").list("syncWindows") {
		if !windowMatches(w, app, destination) {
			continue
		}
		window, err := readWindow(w)
		if err != nil {
			return nil, err
		}
		windows = append(windows, window)
	}
	return windows, nil
}

func readWindow(w fields) (syncWindow, error) {
	// Five fields and nothing like @daily, which is what Argo CD reads.
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	schedule, err := parser.Parse(w.text("schedule"))
	if err != nil {
		return syncWindow{}, fmt.Errorf("sync window %q has no schedule that cron knows: %w", engineWords(w.text("schedule")), err)
	}
	length, err := time.ParseDuration(w.text("duration"))
	if err != nil {
		return syncWindow{}, fmt.Errorf("sync window %q: duration %q, want one like 8h", w.text("schedule"), w.text("duration"))
	}
	zone, err := time.LoadLocation(w.text("timeZone"))
	if err != nil {
		zone = time.UTC // as Argo CD does
	}
	text := fmt.Sprintf("%s window %q for %s", w.text("kind"), w.text("schedule"), w.text("duration"))
	if name := w.text("timeZone"); name != "" && name != "UTC" {
		text += " in " + name
	}
	if about := engineWords(w.text("description")); about != "" {
		text += " (" + about + ")"
	}
	return syncWindow{w.text("kind"), text, schedule, length, zone, w.flag("manualSync", false)}, nil
}

// windowMatches reports whether a window is about an Application: whether one
// of its lists matches, or with andOperator all that are not empty.
func windowMatches(w fields, app string, destination fields) bool {
	all := w.flag("andOperator", false)
	matched, named := false, false
	for _, list := range []struct {
		name   string
		values []string
	}{
		{"applications", []string{app}},
		{"clusters", []string{destination.text("name"), destination.text("server")}},
		{"namespaces", []string{destination.text("namespace")}},
	} {
		patterns, _ := w[list.name].([]any)
		if len(patterns) == 0 {
			continue
		}
		named = true
		matched = anyMatches(patterns, list.values, list.name == "namespaces")
		if all != matched {
			return matched
		}
	}
	return named && matched
}

// anyMatches matches globs. An empty value matches nothing unless it is a
// namespace.
func anyMatches(patterns []any, values []string, empty bool) bool {
	for _, p := range patterns {
		pattern, _ := p.(string)
		for _, value := range values {
			if (value != "" || empty) && glob.Match(pattern, value, 0) {
				return true
			}
		}
	}
	return false
}

// local is a moment as the window's schedule sees it: Argo CD moves the clock
// by the zone's present offset and reads the schedule in UTC.
func (w syncWindow) local(now time.Time) (time.Time, time.Duration) {
	_, offset := now.In(w.zone).Zone()
	shift := time.Duration(offset) * time.Second
	return now.UTC().Add(shift), shift
}

// active reports whether the window is open.
func (w syncWindow) active(now time.Time) bool {
	at, _ := w.local(now)
	return w.schedule.Next(at.Add(-w.length)).Before(at)
}

// turns returns when the window next opens or ends.
func (w syncWindow) turns(now time.Time) time.Time {
	at, shift := w.local(now)
	if w.active(now) {
		return w.schedule.Next(at.Add(-w.length)).Add(w.length - shift)
	}
	next := w.schedule.Next(at.Add(-time.Second))
	if next.IsZero() {
		return next
	}
	return next.Add(time.Second - shift)
}

// closed says which window keeps automated syncs from starting, nil where none
// does: a deny window that is active, else allow windows of which none is.
func (ws syncWindows) closed(now time.Time) *closedWindow {
	var deny, shut *closedWindow
	open := false
	for _, w := range ws {
		active := w.active(now)
		switch {
		case w.kind == "deny" && active:
			deny = deny.with("the "+w.text+" is active", w.manual)
		case w.kind == "allow" && active:
			open = true
		case w.kind == "allow":
			shut = shut.with("the "+w.text+" is not active", w.manual)
		}
	}
	if deny != nil || open {
		return deny
	}
	return shut
}

// with joins windows: a sync by hand must be allowed by all of them.
func (c *closedWindow) with(why string, manual bool) *closedWindow {
	if c == nil {
		return &closedWindow{why, manual}
	}
	return &closedWindow{c.why, c.manual && manual}
}

// opens returns when syncs are allowed again, zero where that is not within a
// year. It steps from one turn of a window to the next.
func (ws syncWindows) opens(now time.Time) time.Time {
	const steps = 5000
	end := now.AddDate(1, 0, 0)
	at := now
	for range steps {
		var next time.Time
		for _, w := range ws {
			if t := w.turns(at); !t.IsZero() && t.After(at) && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
		if next.IsZero() || next.After(end) {
			break
		}
		if at = next; ws.closed(at) == nil {
			return at.Truncate(time.Minute)
		}
	}
	return time.Time{}
}
