// A description as people read it.

package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/lading-dev/lading/pkg/status"
)

func printDescriptions(env *Env, described []description) error {
	var b bytes.Buffer
	for i, d := range described {
		if i > 0 {
			b.WriteByte('\n')
		}
		d.print(&b)
	}
	_, err := env.Stdout.Write(b.Bytes())
	return err
}

// print writes a description for people, part by part.
func (d *description) print(b *bytes.Buffer) {
	d.printIdentity(b)
	d.printVerdict(b)
	d.printObjects(b)
	d.printPods(b)
	d.printEvents(b)
	for _, c := range d.Logs {
		previous := ""
		if c.Previous {
			previous = " before its last restart"
		}
		fmt.Fprintf(b, "Log of %s, container %s%s:\n", visible(c.Pod), visible(c.Container), previous)
		for _, line := range c.Lines {
			fmt.Fprintf(b, "  %s\n", visible(line))
		}
	}
	d.printSettings(b)
}

// aligned writes lines of cells in columns, none where there are no cells.
func aligned(b *bytes.Buffer, title string, lines [][]string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", title)
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, cells := range lines {
		for i, c := range cells {
			cells[i] = visible(oneLine(c))
		}
		fmt.Fprintf(table, "  %s\n", strings.Join(cells, "\t"))
	}
	_ = table.Flush() // to memory
	for line := range strings.Lines(text.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func (d *description) printIdentity(b *bytes.Buffer) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(table, "%s:\t%s\n", name, visible(oneLine(value)))
		}
	}
	git := d.Git
	field("Name", d.Deployment)
	field("Environment", d.Environment)
	field("ID", d.ID)
	field("Namespace", d.Namespace)
	field("Resource", d.ResourceName)
	field("Image", d.Image)
	if d.Replicas != nil {
		field("Replicas", fmt.Sprint(d.Replicas))
	}
	field("Cluster", d.Cluster)
	field("Repository", git.Repository)
	field("Branch", git.Branch)
	field("Directory", git.Directory)
	field("Commit", d.Commit)
	field("Revision", d.Revision)
	field("Rendered from", git.Source.Commit)
	field("By", strings.TrimSpace("lading "+git.Tool.Version+" format "+git.Tool.Format))
	if git.Pin != nil {
		field("Pinned", git.Pin.String())
	}
	for _, h := range git.Handover {
		field("Handover", fmt.Sprintf("%s keeps %d replicas until an autoscaler decides", h.Object, h.Replicas))
	}
	if d.Engine != nil {
		field("Engine", strings.TrimSpace(d.Engine.Kind+" "+d.Engine.Object))
		field("Engine, shared", d.Engine.Shared)
	}
	for _, u := range d.row.URLs {
		field("URL", strings.TrimSpace(u.URL+"  "+u.Hint))
	}
	_ = table.Flush() // to memory
}

func (d *description) printVerdict(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nStatus:  %s", verdictOf(d.row.Result))
	if pods := podsOf(d.row.Report); pods != "-" {
		fmt.Fprintf(b, ", %s pods ready", pods)
	}
	b.WriteByte('\n')
	for _, line := range []struct{ name, text string }{
		{"Because", d.row.Message}, {"Next", d.row.Next}, {"Setting", settingOf(d.row)},
		{"Synced", d.syncText()}, {"Gave up", d.row.GaveUp},
	} {
		if line.text != "" {
			fmt.Fprintf(b, "  %-8s %s\n", line.name, visible(oneLine(line.text)))
		}
	}
	for _, w := range d.row.Warnings {
		fmt.Fprintf(b, "  Warning  %s\n", visible(oneLine(remarkOf(w))))
		if w.Next != "" {
			fmt.Fprintf(b, "           %s\n", visible(oneLine(w.Next)))
		}
	}
	b.WriteByte('\n')
}

// syncText says what is applied, and who says so.
func (d *description) syncText() string {
	s := d.row.Sync
	text := verdictOf(s.Result)
	switch {
	case s.Phase == status.Ready && s.Compared != nil:
		text = "the live objects are what was committed"
	case s.Phase == status.Ready:
		text = "what was committed is applied"
	}
	if s.Revision != "" {
		text += " at " + s.Revision
	}
	if s.Message != "" {
		text += ": " + s.Message
	}
	return text
}

func (d *description) printObjects(b *bytes.Buffer) {
	var lines [][]string
	for _, o := range d.row.Objects {
		lines = append(lines, []string{idText(o.ID), string(o.Phase), string(o.Reason), o.Message})
	}
	aligned(b, "Objects", lines)
	aligned(b, "Next for other objects", d.otherSteps())
}

// otherSteps are the next steps for objects that did not decide and are not
// well. Those of warnings are told with these.
func (d *description) otherSteps() [][]string {
	var lines [][]string
	for _, o := range d.row.Objects {
		isWarning := slices.ContainsFunc(d.row.Warnings, func(w status.Result) bool { return w.ID == o.ID })
		if o.Phase.IsGood() || o.Next == "" || o.Next == d.row.Next || isWarning {
			continue
		}
		lines = append(lines, []string{idText(o.ID), o.Next})
	}
	return lines
}

func (d *description) printPods(b *bytes.Buffer) {
	var lines [][]string
	for _, p := range d.Pods {
		lines = append(lines, []string{
			p.Name, p.cause(), p.Ready + " ready", fmt.Sprintf("%d restarts", p.Restarts),
			orDash(p.Node), ageOf(timeOrZero(p.Created), d.now), strings.Join(p.Images, ","),
		})
	}
	aligned(b, "Pods", lines)
}

// cause is the phase with the reason for it.
func (p *describedPod) cause() string {
	if p.Reason == "" {
		return p.Phase
	}
	return fmt.Sprintf("%s (%s)", p.Phase, p.Reason)
}

func (d *description) printEvents(b *bytes.Buffer) {
	var lines [][]string
	for _, e := range d.Events {
		lines = append(lines, []string{ageOf(timeOrZero(e.Last), d.now), e.Reason, e.Object, fmt.Sprintf("×%d", e.Count), e.Message})
	}
	aligned(b, "Events", lines)
}

func (d *description) printSettings(b *bytes.Buffer) {
	var lines [][]string
	for _, s := range d.Settings {
		lines = append(lines, []string{s.Path, fmt.Sprint(s.Value), s.At})
	}
	aligned(b, "Settings", lines)
}
