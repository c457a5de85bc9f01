// Pins: directories that stay as they are until somebody, or the clock, ends it.

package gitops

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Pinned is a deployment that a run passes over.
type Pinned struct {
	Environment string `json:"environment"`
	Deployment  string `json:"deployment"`
	Directory   string `json:"directory"`
	Pin
}

// Ended reports whether the pin ended before a time. One whose end cannot be
// read goes on: a pin is there for a reason.
func (p *Pin) Ended(now time.Time) bool {
	until, err := time.Parse(time.RFC3339, p.Until)
	return err == nil && !now.IsZero() && !now.Before(until)
}

// String says why and for how long.
func (p *Pin) String() string {
	text := cmp.Or(oneLine(p.Reason), "no reason given")
	if p.Until != "" {
		text += ", until " + p.Until
	}
	return text
}

// holds returns the pin of a ledger as long as it holds, else nil.
func (p *planner) holds(l *Ledger) *Pin {
	if l.Pin == nil || l.Pin.Ended(p.run.Now) {
		return nil
	}
	return l.Pin
}

// passOver leaves a pinned directory out of the run.
func (p *planner) passOver(d *directory, pin *Pin) {
	name := label(d.settings)
	p.pinned = append(p.pinned, Pinned{d.settings.EnvironmentName(), d.settings.Name, d.path, *pin})
	if p.run.FailOnPinned {
		p.fail(&SafetyError{Message: fmt.Sprintf("%s is pinned and would be passed over: %s", name, pin),
			Next: unpinCommand(d.settings.Name, d.settings.EnvironmentName())})
		return
	}
	p.notice("%s is pinned and stays as it is: %s", name, pin)
}

func unpinCommand(name, environment string) string {
	return fmt.Sprintf("end the pin: lading rollback %s --env %s --unpin", shellWord(name), environment)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=-]+$`)

// shellWord quotes a word of a command that people may paste.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
