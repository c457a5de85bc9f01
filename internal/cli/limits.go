package cli

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/render"
)

// sandboxFlags say what the user's templates and overlays may use.
type sandboxFlags struct {
	limits      render.Limits
	trustInputs bool
}

func (f *sandboxFlags) add(cmd *cobra.Command) {
	cmd.Flags().Var(limitsFlag{&f.limits}, "limit", "bound of a render: memory, objects, output, stack, steps or time, as in time=10s (repeatable)")
	cmd.Flags().BoolVar(&f.trustInputs, "trust-inputs", false, "run templates and overlays in this process, where no bound on time and memory can stop them")
}

// options say how to render.
func (f *sandboxFlags) options() render.Options {
	o := render.Options{Limits: f.limits, Workers: runtime.GOMAXPROCS(0)}
	if !f.trustInputs {
		o.Spawn = spawnWorker
	}
	return o
}

// A limitsFlag reads --limit NAME=VALUE.
type limitsFlag struct{ limits *render.Limits }

// leastMemory is what a worker needs to begin.
const leastMemory = 64 << 20

// limitNames are the bounds that --limit knows.
var limitNames = []struct {
	name string
	set  func(l *render.Limits, value string) error
}{
	{"memory", func(l *render.Limits, v string) (err error) {
		if l.Memory, err = parseSize(v); err == nil && l.Memory < leastMemory {
			return fmt.Errorf("want %dMiB or more, which a process takes that has nothing to do", leastMemory>>20)
		}
		return err
	}},
	{"objects", func(l *render.Limits, v string) error { return parseCount(&l.Objects, v) }},
	{"output", func(l *render.Limits, v string) error {
		size, err := parseSize(v)
		l.Output = int(size)
		return err
	}},
	{"stack", func(l *render.Limits, v string) error { return parseCount(&l.Stack, v) }},
	{"steps", func(l *render.Limits, v string) error { return parseCount(&l.Steps, v) }},
	{"time", func(l *render.Limits, v string) (err error) {
		if l.Time, err = time.ParseDuration(v); err != nil || l.Time <= 0 {
			return fmt.Errorf("want a duration such as 10s")
		}
		return nil
	}},
}

func (f limitsFlag) String() string { return "" }
func (f limitsFlag) Type() string   { return "name=value" }

// Set implements pflag.Value.
func (f limitsFlag) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return errors.New("want NAME=VALUE, as in time=10s")
	}
	known := make([]string, len(limitNames))
	for i, l := range limitNames {
		if l.name == name {
			return l.set(f.limits, value)
		}
		known[i] = l.name
	}
	return fmt.Errorf("no bound is called %q, want one of %s", name, strings.Join(known, ", "))
}

func parseCount(count *int, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return errors.New("want a number above 0")
	}
	*count = n
	return nil
}

// parseSize reads a number of bytes, which may have a unit.
func parseSize(text string) (int64, error) {
	number, shift := text, 0
	for unit, s := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if before, ok := strings.CutSuffix(text, unit); ok {
			number, shift = before, s
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > 1<<62>>shift {
		return 0, errors.New("want a size such as 512MiB")
	}
	return n << shift, nil
}
