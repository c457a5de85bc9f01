package kube

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// A stream is the log of one container, read as often as it takes: where the
// connection breaks it goes on behind the last line that it had.
type stream struct {
	*tailing
	container container
	tail      int64
	since     time.Duration

	// asked is when it was first read, by the clock of this machine. last is the
	// time of the newest line that was given away, by that of the node, at how
	// many lines of that very moment there were.
	asked, last time.Time
	at          int
}

// read gives away the lines of one connection. With follow it ends when the
// container does.
func (s *stream) read(ctx context.Context, follow bool) error {
	o := LogOptions{
		Namespace: s.Namespace, Pod: s.container.pod, Container: s.container.name, Previous: s.Previous,
		Follow: follow, Timestamps: true, Tail: s.tail, Since: s.since,
	}
	s.resume(&o)
	body, err := s.client.Logs(ctx, o)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := s.lines(body, o.After); err != nil {
		var unwritten *lineError
		if errors.As(err, &unwritten) {
			return err
		}
		return s.client.explain(fmt.Errorf("reading the log of %s: %w", s.container, err), "get", "pods/log", s.Namespace)
	}
	return nil
}

// slack is how much later than the first request a later one may reach the
// kubelet, which counts back from then: an old line is better than a lost one.
const slack = 10 * time.Second

// resume narrows a request to the lines that are new, where it is not the first.
// Where no line came yet, and no old one was asked for, those are new that were
// written since: so long ago, as the clock of the node may be another than ours.
func (s *stream) resume(o *LogOptions) {
	now := s.client.now().Round(0) // of the wall, which goes on while a machine sleeps
	switch {
	case !s.last.IsZero():
		o.Tail, o.Since, o.After = -1, 0, s.last
	case s.asked.IsZero():
		s.asked = now
	case o.Follow && o.Tail == 0:
		o.Tail, o.Since = -1, max(now.Sub(s.asked), 0)+slack
	}
}

// A lineError is the failure of who takes the lines.
type lineError struct{ error }

func (e *lineError) Unwrap() error { return e.error }

// lines gives away the lines of r. After a break the server begins again with
// the whole second of what was resumed; what was given away is skipped.
func (s *stream) lines(r io.Reader, resumed time.Time) error {
	seen, known := 0, s.at
	reader := bufio.NewReaderSize(r, 16<<10)
	for {
		raw, err := readLine(reader)
		if err != nil {
			return end(err)
		}
		at, text := stamped(raw)
		if !resumed.IsZero() && !at.IsZero() {
			switch {
			case at.Before(resumed):
				continue
			case at.Equal(resumed) && seen < known:
				seen++
				continue
			}
			resumed = time.Time{}
		}
		if err := s.line(Line{s.container.pod, s.container.name, at, text}); err != nil {
			return &lineError{err}
		}
		s.remember(at)
	}
}

func end(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func (s *stream) remember(at time.Time) {
	switch {
	case at.After(s.last):
		s.last, s.at = at, 1
	case at.Equal(s.last):
		s.at++
	}
}

// longestLine is where a line is cut, and cutMark tells of it.
const (
	longestLine = 1 << 20
	cutMark     = " … (cut after 1 MiB)"
)

// readLine reads a line without its end. A last line without an end counts where
// the log is over; where the connection broke it comes again as a whole.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	isCut := false
	for {
		part, err := r.ReadSlice('\n')
		if room := longestLine - len(line); len(part) > room && !bytes.Equal(part[room:], []byte("\n")) {
			part, isCut = part[:room], true
		}
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) > 0:
			err = nil
		case err != nil:
			return nil, err
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		if isCut {
			line = append(line, cutMark...)
		}
		return line, err
	}
}

// stamped takes the time from the beginning of a line.
func stamped(line []byte) (time.Time, []byte) {
	stamp, text, _ := bytes.Cut(line, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return time.Time{}, line
	}
	return at, text
}

// messageOf is what the server says in an error, without what we say of it.
func messageOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}
