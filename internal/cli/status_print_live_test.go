package cli

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/status"
)

// A screen is a terminal that knows what lading sends to one.
type screen struct {
	columns int
	lines   []string // the last is the one with the cursor
	row     int
}

func newScreen(columns int) *screen { return &screen{columns: columns, lines: []string{""}} }

func (s *screen) Write(b []byte) (int, error) {
	for text := string(b); text != ""; {
		text = s.step(text)
	}
	return len(b), nil
}

// step does what stands first in the text and returns the rest.
func (s *screen) step(text string) string {
	switch {
	case strings.HasPrefix(text, "\x1b[J"):
		s.lines = s.lines[:s.row+1]
		s.lines[s.row] = ""
		return text[3:]
	case strings.HasPrefix(text, "\x1b["):
		number, rest, ok := strings.Cut(text[2:], "A")
		up, err := strconv.Atoi(number)
		if !ok || err != nil || up > s.row {
			panic(fmt.Sprintf("cannot go up as in %q from line %d", text, s.row))
		}
		s.row -= up
		return rest
	case text[0] == '\r':
		return text[1:]
	case text[0] == '\n':
		s.row++
		if s.row == len(s.lines) {
			s.lines = append(s.lines, "")
		}
		return text[1:]
	}
	end := strings.IndexAny(text, "\x1b\r\n")
	if end < 0 {
		end = len(text)
	}
	s.lines[s.row] += text[:end]
	if cellWidth.StringWidth(s.lines[s.row]) >= s.columns {
		panic(fmt.Sprintf("line %q does not fit", s.lines[s.row]))
	}
	return text[end:]
}

func (s *screen) String() string { return strings.Join(s.lines, "\n") }

func liveOn(columns, lines int) (*liveTable, *screen) {
	env, _, _ := printEnv()
	s := newScreen(columns)
	env.Stderr, env.StderrIsTerminal = s, true
	l := newLiveTable(env)
	l.size = func() (int, int) { return columns, lines }
	return l, s
}

func TestTheLiveTableIsDrawnInPlace(t *testing.T) {
	t.Parallel()
	l, s := liveOn(72, 10)
	broken, late := brokenRow().Report, lateRow("prod", "late").Report
	l.show([]status.Report{late, late})
	l.show([]status.Report{printRow("prod", "greet").Report, broken})
	want := `ENV   NAME    PHASE   PODS  AGE  CAUSE
prod  greet   Ready   2/2   5h
prod  broken  Failed  0/2   5h   CrashLoop: container main of pod zenm…
`
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	l.finish()
	l.finish()
	if got := s.String(); got != "" {
		t.Errorf("after the end the screen has %q", got)
	}
}

func TestTheLiveTableMakesRoomForNotes(t *testing.T) {
	t.Parallel()
	l, s := liveOn(80, 10)
	l.note("first words")
	l.show([]status.Report{printRow("prod", "greet").Report})
	l.note("the API server does not answer, trying again")
	l.finish()
	want := "lading: first words\nlading: the API server does not answer, trying again\n"
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestManyRowsAreCutToThoseThatNeedALook(t *testing.T) {
	t.Parallel()
	l, s := liveOn(60, 6)
	var reports []status.Report
	for i := range 100 {
		r := printRow("prod", fmt.Sprintf("d%02d", i)).Report
		switch {
		case i == 40:
			r = brokenRow().Report
		case i >= 90:
			r = lateRow("prod", r.Deployment).Report
		}
		reports = append(reports, r)
	}
	l.show(reports)
	want := `ENV   NAME    PHASE      PODS  AGE  CAUSE
prod  broken  Failed     0/2   5h   CrashLoop: container m…
prod  d90     NotSynced  0/2   5h   Suspended: the Kustomi…
prod  d91     NotSynced  0/2   5h   Suspended: the Kustomi…
… and 97 deployments: 8 NotSynced, 89 Ready
`
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if reports[0].Deployment != "d00" {
		t.Error("the reports of the caller were put in another order")
	}
}

func TestAnUnchangedLiveTableIsNotDrawnAgain(t *testing.T) {
	t.Parallel()
	env, _, stderr := printEnv()
	env.StderrIsTerminal = true
	p := newStatusProgress(env)
	p.show([]status.Report{brokenRow().Report})
	once := stderr.Len()
	p.show([]status.Report{brokenRow().Report})
	if once == 0 || stderr.Len() != once {
		t.Errorf("%d bytes for one look, %d for two that are equal", once, stderr.Len())
	}
}

func TestOnATinyTerminalTheLiveTableStillFits(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{2, 2}, {20, 3}, {20, 4}} {
		l, s := liveOn(size[0], size[1])
		l.show([]status.Report{brokenRow().Report, lateRow("prod", "late").Report, unknownRow().Report})
		if len(l.drawn) >= size[1] {
			t.Errorf("%v: %d lines are drawn", size, len(l.drawn))
		}
		l.show([]status.Report{lateRow("prod", "late").Report})
		l.finish()
		if got := s.String(); got != "" {
			t.Errorf("%v: after the end the screen has %q", size, got)
		}
	}
}

func TestWithoutATerminalEachChangeIsALine(t *testing.T) {
	t.Parallel()
	env, _, stderr := printEnv()
	p := newStatusProgress(env)
	late, rolling := lateRow("prod", "greet").Report, printRow("prod", "greet").Report
	rolling.Phase, rolling.Reason, rolling.Message, rolling.ReadyPods = status.Progressing, "RollingOut", "1 of 2 pods is ready", 1
	other := rolling
	other.Message = "another message alone is no change"
	for _, r := range []status.Report{late, late, rolling, other, printRow("prod", "greet").Report} {
		p.show([]status.Report{r, unknownRow().Report})
	}
	p.note("the API server does not answer, trying again")
	p.finish()
	want := `lading: prod/greet: NotSynced (Suspended): the Kustomization is suspended
lading: staging/sänger 語: Unknown (Unreachable): dial tcp 203.0.113.9:6443: connection refused \x1b]0;gotcha\x07\u202e & <so> "on"
lading: prod/greet: Progressing (RollingOut), 1/2 pods ready: 1 of 2 pods is ready
lading: prod/greet: Ready, 2/2 pods ready
lading: the API server does not answer, trying again
`
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheFirstLookAtManyIsSummedUp(t *testing.T) {
	t.Parallel()
	env, _, stderr := printEnv()
	p := newStatusProgress(env)
	var reports []status.Report
	for i := range 30 {
		reports = append(reports, lateRow("prod", fmt.Sprintf("d%02d", i)).Report)
	}
	p.show(reports)
	reports[7] = printRow("prod", "d07").Report
	p.show(reports)
	want := "lading: 30 deployments: 30 NotSynced\nlading: prod/d07: Ready, 2/2 pods ready\n"
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func BenchmarkLiveTable(b *testing.B) {
	env, _, _ := printEnv()
	env.Stderr = &bytes.Buffer{}
	l := newLiveTable(env)
	var reports []status.Report
	for i := range 1000 {
		reports = append(reports, lateRow("prod", fmt.Sprintf("d%02d", i)).Report)
	}
	for b.Loop() {
		l.linesOf(reports)
	}
}
