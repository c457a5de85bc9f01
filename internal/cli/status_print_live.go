package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/lading-dev/lading/pkg/status"
)

// A liveTable shows deployments on a terminal, drawn anew in place at each
// look: https://www.xfree86.org/current/ctlseqs.html has the sequences.
type liveTable struct {
	env *Env
	// size is that of the terminal, columns and lines.
	size  func() (columns, lines int)
	drawn []string
	last  []status.Report
}

// The size of a terminal that does not tell its own.
const (
	usualColumns = 80
	usualLines   = 24
)

func newLiveTable(env *Env) *liveTable {
	return &liveTable{env: env, size: func() (int, int) {
		columns, lines := terminalSize(env.Stderr)
		if columns <= 0 || lines <= 0 {
			return usualColumns, usualLines
		}
		return columns, lines
	}}
}

func (l *liveTable) show(reports []status.Report) {
	l.last = reports
	l.draw(l.linesOf(reports))
}

func (l *liveTable) note(text string) {
	l.draw(nil)
	say(l.env, "%s", text)
	if l.last != nil {
		l.draw(l.linesOf(l.last))
	}
}

func (l *liveTable) finish() { l.draw(nil) }

// draw replaces what was drawn before, in one write so that nothing flickers.
func (l *liveTable) draw(lines []string) {
	if equalLines(lines, l.drawn) {
		return
	}
	var b strings.Builder
	if n := len(l.drawn); n > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", n)
	}
	for _, line := range lines {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	io.WriteString(l.env.Stderr, b.String())
	l.drawn = lines
}

func equalLines(a, b []string) bool {
	return len(a) == len(b) && strings.Join(a, "\n") == strings.Join(b, "\n")
}

// linesOf sets the table into the terminal. No line wraps and not all lines
// are used, or the cursor could not go back to the first.
func (l *liveTable) linesOf(reports []status.Report) []string {
	columns, lines := l.size()
	width := tableWidth{line: max(columns-1, 1)}
	room := lines - 3 // head, count, and the cursor's line
	if room < 1 {
		return []string{cut(countPhases(reports), width.line)}
	}
	if len(reports) <= room {
		return l.tableOf(reports).lines(width)
	}
	sorted := notGoodFirst(reports)
	rest := cut("… and "+countPhases(sorted[room:]), width.line)
	return append(l.tableOf(sorted[:room]).lines(width), rest)
}

func (l *liveTable) tableOf(reports []status.Report) *table {
	t := &table{head: []string{"ENV", "NAME", "PHASE", "PODS", "AGE", "CAUSE"}}
	now := l.env.Now()
	for _, r := range reports {
		t.rows = append(t.rows, []string{orDash(r.Environment), orDash(r.Deployment), string(r.Phase), podsOf(r), ageOf(r.Created, now), causeOf(r)})
	}
	return t
}

// causeOf is the reason with its message.
func causeOf(r status.Report) string {
	if r.Reason == "" {
		return briefOf(r)
	}
	return fmt.Sprintf("%s: %s", r.Reason, briefOf(r))
}
