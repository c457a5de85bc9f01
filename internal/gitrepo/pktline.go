package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Git's protocols are made of lines with a length before them, see
// https://git-scm.com/docs/protocol-common#_pkt_line_format. Lengths below
// four have meanings of their own.
type packet struct {
	kind packetKind
	data []byte
}

type packetKind int

const (
	flushPacket packetKind = iota
	delimPacket
	endPacket
	dataPacket = 4
)

const maxPacket = 65520

// errEOF is the end of the conversation where a packet was wanted.
var errEOF = errors.New("the server ended the conversation early")

// readPacket reads one packet.
func readPacket(r io.Reader) (packet, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return packet{}, early(err)
	}
	n, err := strconv.ParseUint(string(head[:]), 16, 16)
	if err != nil || n == 3 || n > maxPacket {
		return packet{}, fmt.Errorf("the server's answer is not of the Git protocol: it begins with %q", head)
	}
	if n < 4 {
		return packet{kind: packetKind(n)}, nil
	}
	data := make([]byte, n-4)
	if _, err := io.ReadFull(r, data); err != nil {
		return packet{}, early(err)
	}
	if said, ok := bytes.CutPrefix(data, []byte("ERR ")); ok {
		return packet{}, &serverError{tidy(said)}
	}
	return packet{dataPacket, data}, nil
}

func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errEOF
	}
	return err
}

// A serverError is what a server says when it does not do what it was asked.
type serverError struct{ words string }

func (e *serverError) Error() string { return "the server says: " + e.words }

// text returns the packet's line without its end.
func (p packet) text() string { return strings.TrimSuffix(string(p.data), "\n") }

// A packetWriter collects a request.
type packetWriter struct{ bytes.Buffer }

func (w *packetWriter) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintf(w, "%04x%s", len(text)+4, text)
}

func (w *packetWriter) flush() { w.WriteString("0000") }
func (w *packetWriter) delim() { w.WriteString("0001") }

// A sideband reads the first of the channels that a server mixes into one
// stream, and keeps what it says on the second, which is for people.
type sideband struct {
	r     io.Reader
	rest  []byte
	words *words
	done  bool
}

func (s *sideband) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.done {
			return 0, io.EOF
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *sideband) next() error {
	p, err := readPacket(s.r)
	if err != nil {
		return err
	}
	if p.kind != dataPacket {
		s.done = true
		return nil
	}
	if len(p.data) == 0 {
		return nil
	}
	switch p.data[0] {
	case 1:
		s.rest = p.data[1:]
	case 2:
		s.words.Write(p.data[1:])
	case 3:
		return &serverError{tidy(p.data[1:])}
	default:
		return fmt.Errorf("the server's answer is not of the Git protocol: it has a channel %d", p.data[0])
	}
	return nil
}

// words keeps the end of what a server says, for messages.
type words struct{ text []byte }

const maxWords = 4 << 10

// tidy makes what a server says fit for a terminal.
func tidy(said []byte) string {
	w := new(words)
	_, _ = w.Write(said)
	return w.String()
}

func (w *words) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	if extra := len(w.text) - maxWords; extra > 0 {
		w.text = w.text[extra:]
	}
	return len(p), nil
}

// String returns the lines as a terminal would show them in the end: what is
// overwritten by a carriage return is gone.
func (w *words) String() string {
	var lines []string
	for line := range strings.SplitSeq(string(w.text), "\n") {
		line = strings.TrimRight(line, "\r ")
		if line = line[strings.LastIndexByte(line, '\r')+1:]; line != "" {
			lines = append(lines, printable(line))
		}
	}
	return strings.Join(lines, "\n")
}

// printable leaves out what could control a terminal.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c == 0x7f {
			return -1
		}
		return c
	}, s)
}
