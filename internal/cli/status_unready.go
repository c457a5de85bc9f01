package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/status"
)

// An unready is the answer of a status in which not all is well. What is wrong
// was printed before, deployment by deployment.
type unready struct {
	status  exitStatus
	message string
}

func (e *unready) Error() string { return e.message }

// reportsStatus is nil where every deployment is ready or gone, else an error
// that has the exit status of the worst.
func reportsStatus(reports []status.Report) error {
	var (
		worst exitStatus
		names []string
		rank  = len(precedence)
	)
	for _, r := range reports {
		s := phaseStatus(r.Phase)
		if s == done {
			continue
		}
		names = append(names, fmt.Sprintf("%s is %s", nameOf(r), verdictOf(r.Result)))
		if at := slices.Index(precedence, s); at < rank {
			worst, rank = s, at
		}
	}
	if names == nil {
		return nil
	}
	message := fewOf(names, shownNames)
	if len(reports) > 1 {
		message = fmt.Sprintf("%d of %d deployments not as they ought to be: %s", len(names), len(reports), message)
	}
	return &unready{worst, strings.TrimSpace(message)}
}

// phaseStatus is the exit status for one deployment. A phase that is not known
// here is no success.
func phaseStatus(p status.Phase) exitStatus {
	switch p {
	case status.Ready, status.Gone:
		return done
	case status.NotSynced, status.Progressing, status.Missing, status.Superseded:
		return differs
	case status.Failed, status.Degraded:
		return rolloutBad
	}
	return failed
}

func reportsOf(rows []statusRow) []status.Report {
	reports := make([]status.Report, len(rows))
	for i, r := range rows {
		reports[i] = r.Report
	}
	return reports
}
