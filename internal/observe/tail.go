// The last lines of containers that tell why something failed.

package observe

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/status"
)

// How much of a log is read, and how long that may take.
const (
	tailLines   = 10
	tailBytes   = 64 << 10
	tailTimeout = 5 * time.Second
)

// Tail returns the last lines of a target's container, none where they cannot
// be had: what failed is told without them.
func (l *Looker) Tail(ctx context.Context, t *committed.Target, ref *status.LogRef) []string {
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	stream, err := l.client(t).Logs(ctx, kube.LogOptions{
		Namespace: ref.Namespace, Pod: ref.Pod, Container: ref.Container, Previous: ref.Previous, Tail: tailLines,
	})
	if err != nil {
		return nil
	}
	defer stream.Close()
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(stream, tailBytes))
	scanner.Buffer(nil, tailBytes)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines
}
