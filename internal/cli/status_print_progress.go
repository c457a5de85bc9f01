package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/status"
)

// A statusProgress shows how a wait goes on, on standard error: a live table on
// a terminal, else a line for each change.
type statusProgress interface {
	// show is given all reports of each look.
	show([]status.Report)
	// note says something in between.
	note(text string)
	// finish leaves the screen to the result. It may be called twice.
	finish()
}

func newStatusProgress(env *Env) statusProgress {
	if env.StderrIsTerminal {
		return newLiveTable(env)
	}
	return &statusLines{env: env}
}

// tooManyLines is from how many deployments on the first look is summed up.
const tooManyLines = 20

// statusLines writes one line whenever the phase, the reason or the pods of a
// deployment change.
type statusLines struct {
	env  *Env
	last []string
}

func (l *statusLines) show(reports []status.Report) {
	first := l.last == nil
	if first {
		l.last = make([]string, len(reports))
	}
	if first && len(reports) > tooManyLines {
		say(l.env, "%s", countPhases(reports))
	}
	for i, r := range reports {
		state := fmt.Sprintf("%s %s", verdictOf(r.Result), podsOf(r))
		if l.last[i] == state {
			continue
		}
		l.last[i] = state
		if !first || len(reports) <= tooManyLines {
			say(l.env, "%s", progressLine(r))
		}
	}
}

// progressLine is what is said of a deployment that changed.
func progressLine(r status.Report) string {
	line := nameOf(r) + ": " + verdictOf(r.Result)
	if pods := podsOf(r); pods != "-" && r.Sync.Phase == status.Ready {
		line += fmt.Sprintf(", %s pods ready", pods)
	}
	if message := briefOf(r); message != "" {
		line += ": " + message
	}
	return line
}

func (l *statusLines) note(text string) { say(l.env, "%s", text) }
func (l *statusLines) finish()          {}

// phaseOrder is the order in which phases are counted: what needs a look first.
var phaseOrder = []status.Phase{
	status.Failed, status.Degraded, status.Unknown, status.Missing, status.Superseded,
	status.NotSynced, status.Progressing, status.Ready, status.Gone,
}

// countPhases sums many deployments up.
func countPhases(reports []status.Report) string {
	counts := make(map[status.Phase]int)
	for _, r := range reports {
		counts[r.Phase]++
	}
	var parts []string
	for _, phase := range phaseOrder {
		if n := counts[phase]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, phase))
		}
	}
	return fmt.Sprintf("%d deployments: %s", len(reports), strings.Join(parts, ", "))
}

// notGoodFirst orders deployments so that those that need a look come first.
func notGoodFirst(reports []status.Report) []status.Report {
	sorted := slices.Clone(reports)
	slices.SortStableFunc(sorted, func(a, b status.Report) int {
		return slices.Index(phaseOrder, a.Phase) - slices.Index(phaseOrder, b.Phase)
	})
	return sorted
}
