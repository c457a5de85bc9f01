package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// How much of a kind is shown below the table; JSON has all of it.
const (
	shownObjects = 5
	shownEvents  = 5
	shownNames   = 5
)

// writeDetails writes what is known of deployments that are not well, and the
// warnings of those that are. Deployments of which the same is known are told
// of once.
func writeDetails(b *strings.Builder, rows []statusRow, now time.Time) {
	var order []string
	names := make(map[string][]string)
	for _, r := range rows {
		body := detailsOf(r, now)
		if body == "" {
			continue
		}
		key := verdictOf(r.Result) + "\n" + body
		if names[key] == nil {
			order = append(order, key)
		}
		names[key] = append(names[key], visible(nameOf(r.Report)))
	}
	for _, key := range order {
		fmt.Fprintf(b, "\n%s: %s", fewOf(names[key], shownNames), key)
	}
}

// fewOf names the first of many.
func fewOf(names []string, shown int) string {
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

// A details is the block of one deployment, line by line.
type details struct {
	strings.Builder
	now time.Time
}

// line writes one line of the block, its label first; nothing where there is
// nothing to say. Further lines of the text stand below the first.
func (d *details) line(label, text string) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(d, "  %-10s%s\n", label, visible(line))
	}
}

// detailsOf writes the block of one deployment, empty where all is well.
func detailsOf(r statusRow, now time.Time) string {
	d := &details{now: now}
	if !r.Phase.IsGood() {
		d.result(r.Result)
		d.log(r)
		d.line("settings:", settingOf(r))
		d.line("engine:", engineOf(r))
		d.line("waited:", r.GaveUp)
		d.others(r.Report)
		d.line("next:", nextOf(r))
	}
	for _, w := range r.Warnings {
		d.line("warning:", remarkOf(w))
		d.line("", w.Next)
	}
	return d.String()
}

// result writes what decided.
func (d *details) result(r status.Result) {
	d.line("message:", r.Message)
	d.line("object:", idText(r.ID))
	related := slices.DeleteFunc(slices.Clone(r.Objects), func(id manifest.ID) bool { return id == r.ID })
	for _, id := range related[:min(shownObjects, len(related))] {
		d.line("", id.String())
	}
	if rest := len(related) - shownObjects; rest > 0 {
		d.line("", fmt.Sprintf("and %d more", rest))
	}
	for i, e := range r.Evidence[:min(shownEvents, len(r.Evidence))] {
		label := ""
		if i == 0 {
			label = "events:"
		}
		d.line(label, d.event(e))
	}
}

// event writes one event: when, what, about which object, how often.
func (d *details) event(e status.Evidence) string {
	text := fmt.Sprintf("%s ago  %s  %s: %s", ageOf(e.Last, d.now), e.Reason, idText(e.Object), oneLine(e.Message))
	if e.Last.IsZero() {
		text = fmt.Sprintf("%s  %s: %s", e.Reason, idText(e.Object), oneLine(e.Message))
	}
	if e.Count > 1 {
		text += fmt.Sprintf(" (%d times)", e.Count)
	}
	return text
}

// log writes the last lines of the container that failed.
func (d *details) log(r statusRow) {
	if r.Report.Log == nil || len(r.Log) == 0 {
		return
	}
	d.line("log:", logOf(*r.Report.Log))
	for _, line := range r.Log {
		fmt.Fprintf(d, "    | %s\n", visible(strings.TrimRight(line, "\r\n")))
	}
}

// logOf names a container's log.
func logOf(l status.LogRef) string {
	text := fmt.Sprintf("pod %s, container %s", l.Pod, l.Container)
	if l.Previous {
		text += ", its run before"
	}
	return text
}

// nextOf is the next step. Who has waited in vain is not told to wait.
func nextOf(r statusRow) string {
	if r.GaveUp == "" || r.Next != "wait" {
		return r.Next
	}
	flags := shellWord(r.Deployment)
	if r.Environment != "" {
		flags += " --env " + shellWord(r.Environment)
	}
	return fmt.Sprintf("wait longer, with a higher --timeout, or see what it does: lading logs %s", flags)
}

// settingOf says where to change what decides.
func settingOf(r statusRow) string {
	if r.Setting != "" {
		return r.Setting
	}
	return r.Report.Setting
}

// engineOf says where the engine is, where that is not where it ought to be.
func engineOf(r statusRow) string {
	if r.Sync.Revision == "" || r.Sync.Phase.IsGood() || r.Sync.Compared != nil {
		return ""
	}
	return fmt.Sprintf("at %s, wanted is the content of %s", shortCommit(r.Sync.Revision), orDash(shortCommit(r.Commit)))
}

// others writes the other objects that are not well. Before the content is
// synced they are those of something else. That a Service has no pod to send to
// follows where pods are what decided.
func (d *details) others(r status.Report) {
	if r.Sync.Phase != status.Ready {
		return
	}
	label := "also:"
	for _, o := range r.Objects {
		isWarning := slices.ContainsFunc(r.Warnings, func(w status.Result) bool { return w.ID == o.ID })
		follows := o.Reason == status.NoReadyEndpoints && r.ID.Kind == "Deployment" && r.ReadyPods == 0
		if o.ID == r.ID || o.Phase.IsGood() || isWarning || follows {
			continue
		}
		d.line(label, fmt.Sprintf("%s is %s: %s", idText(o.ID), verdictOf(o), oneLine(o.Message)))
		label = ""
	}
}

// remarkOf writes a result that does not count. The phase is that of an object.
func remarkOf(r status.Result) string {
	text := oneLine(r.Message)
	if id := idText(r.ID); id != "" && !strings.Contains(text, r.ID.Name) {
		text = id + ": " + text
	}
	if r.Phase == status.Ready || r.ID == (manifest.ID{}) {
		return fmt.Sprintf("%s (%s)", text, r.Reason)
	}
	return fmt.Sprintf("%s (%s, %s)", text, r.Phase, r.Reason)
}
