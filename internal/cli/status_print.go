package cli

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// statusFormats are the output formats of a status, the default first.
var statusFormats = []string{"table", "wide", "json", "yaml", "junit"}

// printReports writes a status to standard output. Tables are for people: a
// line for each deployment, and below all that is known of those that are not
// well. The other formats hold the same for programs.
func printReports(env *Env, rows []statusRow, output string) error {
	switch output {
	case "json", "yaml":
		return printStatusDocument(env, rows, output)
	case "junit":
		return printJUnit(env, rows)
	}
	now := env.Now()
	var b strings.Builder
	statusTableOf(rows, now, output == "wide").write(&b, messageWidth(env.Stdout, output == "wide"))
	writeDetails(&b, rows, now)
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}

// longestCell is how much of a message a table shows where no terminal sets
// its width: a line of a CI log.
const longestCell = 80

// messageWidth tells how a table's last column is cut: to the width of a
// terminal, else by its own length. A wide table is not cut.
func messageWidth(w io.Writer, wide bool) tableWidth {
	if wide {
		return tableWidth{}
	}
	if columns, _ := terminalSize(w); columns > 0 {
		return tableWidth{line: columns}
	}
	return tableWidth{last: longestCell}
}

// terminalSize returns columns and lines of the terminal that w is, zeroes
// where it is none.
func terminalSize(w io.Writer) (columns, lines int) {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0, 0
	}
	columns, lines, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, lines
}

// statusTableOf makes the table of a status. What is not known is "-", so that
// columns can be counted; reason and message are empty where all is well.
func statusTableOf(rows []statusRow, now time.Time, wide bool) *table {
	t := &table{head: []string{"ENV", "NAME", "PHASE", "PODS", "AGE"}}
	if wide {
		t.head = append(t.head, "COMMIT", "REVISION", "NAMESPACE", "ID", "URL")
	}
	t.head = append(t.head, "REASON", "MESSAGE")
	for _, r := range rows {
		cells := []string{orDash(r.Environment), orDash(r.Deployment), string(r.Phase), podsOf(r.Report), ageOf(r.Created, now)}
		if wide {
			cells = append(cells, orDash(shortCommit(r.Commit)), orDash(shortCommit(r.Sync.Revision)), orDash(r.Namespace), orDash(r.DeploymentID), orDash(firstURL(r.Report)))
		}
		reason := string(r.Reason)
		if reason == "" && r.Message != "" {
			reason = "-"
		}
		message := briefOf(r.Report)
		if wide {
			message = oneLine(r.Message)
		}
		t.rows = append(t.rows, append(cells, reason, message))
	}
	return t
}

// countedPods is how a message begins that goes on with the cause.
var countedPods = regexp.MustCompile(`^\d+ of \d+ pods? .{0,40}?(available|ready): `)

// briefOf is the message for one narrow column: without the count, which has a
// column of its own, without what follows from the cause that is named behind
// it, and without the name that all objects of the deployment begin with.
func briefOf(r status.Report) string {
	text := oneLine(r.Message)
	text = strings.TrimPrefix(text, countedPods.FindString(text))
	if _, cause, ok := strings.Cut(text, " has not created it yet: "); ok {
		text = cause
	}
	if r.DeploymentID != "" {
		text = strings.ReplaceAll(text, "zenml-"+r.DeploymentID+"-", "…")
	}
	return text
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// podsOf writes the pods of the committed content: ready ones of those wanted.
func podsOf(r status.Report) string {
	if r.Phase == status.Gone || r.DesiredPods == 0 && r.Created.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%d/%d", r.ReadyPods, r.DesiredPods)
}

func firstURL(r status.Report) string {
	if len(r.URLs) == 0 {
		return ""
	}
	return r.URLs[0].URL
}

// ageOf writes the time since then the way kubectl does: 45s, 12m, 5h, 30d.
func ageOf(then, now time.Time) string {
	if then.IsZero() {
		return "-"
	}
	switch d := max(now.Sub(then), 0); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// oneLine folds the white space of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// nameOf is what a deployment is called in a line of its own.
func nameOf(r status.Report) string {
	if r.Environment == "" {
		return r.Deployment
	}
	return r.Environment + "/" + r.Deployment
}

// verdictOf is a phase with its reason.
func verdictOf(r status.Result) string {
	if r.Reason == "" {
		return string(r.Phase)
	}
	return fmt.Sprintf("%s (%s)", r.Phase, r.Reason)
}

// idText writes the name of an object, empty where there is none.
func idText(id manifest.ID) string {
	if id == (manifest.ID{}) {
		return ""
	}
	return id.String()
}
