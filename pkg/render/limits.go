package render

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/lading-dev/lading/pkg/manifest"
)

// Limits bound what one render may use, so that no template, jsonnet file or
// overlay holds up or brings down a run. What exceeds a bound is an error that
// names it; other deployments are rendered all the same. A zero field stands
// for the value in [DefaultLimits].
type Limits struct {
	// Time is how long the render of one deployment may take.
	Time time.Duration
	// Memory is how many bytes a worker process may use.
	Memory int64
	// Output is how many bytes one template may print, and how many the
	// manifests of one deployment may have.
	Output int
	// Objects is how many objects a deployment may have.
	Objects int
	// Stack is how deep jsonnet may call.
	Stack int
	// Steps is how often the loops and calls of one Jinja template may turn.
	Steps int
}

// DefaultLimits are far above what real deployments need.
var DefaultLimits = Limits{
	Time:    20 * time.Second,
	Memory:  1 << 30,
	Output:  16 << 20,
	Objects: 1000,
	Stack:   500,
	Steps:   1_000_000,
}

// withDefaults fills in what is not set.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	return Limits{
		Time:    cmp.Or(l.Time, d.Time),
		Memory:  cmp.Or(l.Memory, d.Memory),
		Output:  cmp.Or(l.Output, d.Output),
		Objects: cmp.Or(l.Objects, d.Objects),
		Stack:   cmp.Or(l.Stack, d.Stack),
		Steps:   cmp.Or(l.Steps, d.Steps),
	}
}

// bound ends a context when the time of one deployment is over.
func (l Limits) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, l.Time, &LimitError{"time", fmt.Sprintf("takes longer than %s", l.Time)})
}

// count bounds the objects of a deployment.
func (l Limits) count(objects int) error {
	if objects > l.Objects {
		return &LimitError{"objects", fmt.Sprintf("deployment has %d objects, want at most %d", objects, l.Objects)}
	}
	return nil
}

// check bounds what a render gave.
func (l Limits) check(set *manifest.Set) error {
	if err := l.count(set.Len()); err != nil {
		return err
	}
	size := 0
	var text []byte
	for _, o := range set.Objects() {
		var err error
		if text, err = manifest.AppendYAML(text[:0], o.Body); err != nil {
			return fmt.Errorf("%s: %s: %w", o.Origin, o.ID(), err)
		}
		if size += len(text); size > l.Output {
			return &LimitError{"output", fmt.Sprintf("manifests have more than %d MiB", l.Output>>20)}
		}
	}
	return nil
}

// A LimitError tells that a render went beyond a bound.
type LimitError struct {
	// Limit is the name of the bound, as --limit takes it.
	Limit string
	// Message says what was too much.
	Message string
}

func (e *LimitError) Error() string { return e.Message }

// Hint says how to move the bound.
func (e *LimitError) Hint() string {
	return fmt.Sprintf("change the template, or raise the bound with --limit %s=...", e.Limit)
}
