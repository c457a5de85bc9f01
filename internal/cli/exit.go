package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
)

// An exitStatus is what the process tells the one who called it.
type exitStatus int

// The exit statuses. 130 and 143 are the shell's 128 + signal.
const (
	done        exitStatus = 0
	failed      exitStatus = 1
	misused     exitStatus = 2
	differs     exitStatus = 3
	conflicted  exitStatus = 4
	rolloutBad  exitStatus = 5
	refused     exitStatus = 6
	signalFirst exitStatus = 128
)

// statuses says what each one means, for the help.
var statuses = []struct {
	status  exitStatus
	meaning string
}{
	{done, "done, or nothing to do"},
	{failed, "failed: template, overlay, validation, input or output; status: unknown"},
	{misused, "misuse: flags or settings"},
	{differs, "differences were found (verify, any --dry-run); status: not synced or not ready in time, missing, superseded"},
	{conflicted, "conflict with another publisher"},
	{rolloutBad, "the rollout failed or is degraded"},
	{refused, "refused for safety: deletions, ids, unmerged settings, plaintext secrets"},
}

// statusTable is the table as help text.
func statusTable() string {
	var b strings.Builder
	b.WriteString("Exit statuses:\n")
	for _, s := range statuses {
		fmt.Fprintf(&b, "  %d  %s\n", s.status, s.meaning)
	}
	b.WriteString("  130, 143  stopped by SIGINT, SIGTERM")
	return b.String()
}

// errDiffers is the answer of a dry run that found differences.
var errDiffers = errors.New("differences found")

// statusOf chooses the exit status for an error.
func statusOf(err error) exitStatus {
	var (
		stopped  *interrupted
		usage    *usageError
		asked    *committed.UsageError
		location *gitrepo.LocationError
		safety   *gitops.SafetyError
		waited   *unready
	)
	if parts := partsOf(err); len(parts) > 1 {
		return worst(parts)
	}
	switch {
	case err == nil:
		return done
	case errors.Is(err, errDiffers):
		return differs
	case errors.As(err, &stopped):
		return signalFirst + exitStatus(stopped.signal)
	case errors.As(err, &usage), errors.As(err, &asked), isProblems(err), errors.As(err, &location):
		return misused
	case isConflict(err):
		return conflicted
	case errors.As(err, &safety):
		return refused
	case errors.As(err, &waited):
		return waited.status
	}
	return failed
}

// precedence orders statuses from the worst: of several, the first is taken.
var precedence = []exitStatus{failed, rolloutBad, differs, refused, conflicted, misused}

// An errorList is the errors of several deployments.
type errorList []error

func (l errorList) Error() string {
	lines := make([]string, len(l))
	for i, err := range l {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes each error of the list known to errors.As.
func (l errorList) Unwrap() []error { return l }

// partsOf takes errors apart that consist of several, at any depth.
func partsOf(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var parts []error
	for _, part := range several.Unwrap() {
		parts = append(parts, partsOf(part)...)
	}
	return parts
}

// worst returns the worst status of several errors.
func worst(errs []error) exitStatus {
	found, rank := done, len(precedence)
	for _, err := range errs {
		s := statusOf(err)
		if at := slices.Index(precedence, s); at >= 0 && at < rank {
			found, rank = s, at
		}
	}
	return found
}

// isProblems tells whether an error is what is wrong with the settings
// themselves. Problems of a render have its deployment around them.
func isProblems(err error) bool { _, ok := err.(settings.Problems); return ok }
