// The last lines of containers that tell why something failed.

package cli

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// How much is read of logs at the end of a status.
const (
	logTails   = 5
	logLines   = 10
	logBytes   = 64 << 10
	logTimeout = 5 * time.Second
)

// logs fetches the last lines that the verdicts of some rows point to.
func (l *statusLooker) logs(ctx context.Context, rows []statusRow) {
	left := logTails
	for i, t := range l.targets {
		if rows[i].Report.Log == nil || left == 0 {
			continue
		}
		left--
		rows[i].Log = tailOf(ctx, l.clusters.pods[t.Environment].client, rows[i].Report.Log)
	}
}

// tailOf returns the last lines of a container, none where they cannot be had:
// what failed is told without them.
func tailOf(ctx context.Context, client *kube.Client, ref *status.LogRef) []string {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	stream, err := client.Logs(ctx, kube.LogOptions{
		Namespace: ref.Namespace, Pod: ref.Pod, Container: ref.Container, Previous: ref.Previous, Tail: logLines,
	})
	if err != nil {
		return nil
	}
	defer stream.Close()
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(stream, logBytes))
	scanner.Buffer(nil, logBytes)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines
}
