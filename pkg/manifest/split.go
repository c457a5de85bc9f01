package manifest

import (
	"bytes"
	"strings"
)

// part is what lies between two document boundaries of a stream.
type part struct {
	text []byte
	line int // of the text's first byte, 1-based
}

var byteOrderMark = []byte("\ufeff")

// split cuts a stream at its document boundaries, which are the lines that
// start with "---" or "...". YAML allows such lines nowhere inside a document,
// not even in quotes or in a literal block, so that even documents that
// cannot be parsed have clear ends. Comments and directives before "---"
// belong to the document that follows.
func split(data []byte) []part {
	s := splitter{data: data, line: 1}
	line := 1
	for at := 0; at < len(data); line++ {
		end := lineEnd(data, at)
		switch text := data[at:end]; {
		case isMarker(text, "---"):
			if s.begun {
				s.cut(at, at, line)
			}
			s.begun = true
		case isMarker(text, "...") && isBlank(text[3:]):
			s.cut(at, end, line+1)
		case !isPreface(text):
			s.begun = true
		}
		at = end
	}
	s.cut(len(data), len(data), line)
	return s.parts
}

// splitter holds the part that is under way.
type splitter struct {
	data        []byte
	parts       []part
	start, line int
	begun       bool // it has more than comments and directives
}

// cut ends the part before end and starts the one that follows at next.
func (s *splitter) cut(end, next, nextLine int) {
	if s.begun {
		s.parts = append(s.parts, part{s.data[s.start:end], s.line})
	}
	s.start, s.line, s.begun = next, nextLine, false
}

// lineEnd returns where the line that starts at at ends, its LF included.
func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

// isMarker says whether a line starts with the marker and a blank after it.
func isMarker(line []byte, marker string) bool {
	rest, found := bytes.CutPrefix(bytes.TrimPrefix(line, byteOrderMark), []byte(marker))
	return found && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// isPreface says whether a line may stand before a document's "---".
func isPreface(line []byte) bool {
	line = bytes.TrimPrefix(line, byteOrderMark)
	return isBlank(line) || line[0] == '%'
}

// isBlank says whether a line has nothing but a comment.
func isBlank(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\r\n")
	return len(line) == 0 || line[0] == '#'
}

// withoutVersion turns a directive "%YAML 1.x" before a document into a
// comment: the parser refuses versions other than 1.1, but reads YAML 1.2.
func withoutVersion(text []byte) []byte {
	for at := 0; at < len(text) && isPreface(text[at:lineEnd(text, at)]); at = lineEnd(text, at) {
		if bytes.HasPrefix(text[at:], []byte("%YAML 1.")) {
			text = bytes.Clone(text)
			text[at] = '#'
		}
	}
	return text
}

// contentLine returns the line of the part's first content: the first that
// is not blank, and after "---" if that stands alone.
func (p part) contentLine() int {
	for i, line := range bytes.Split(p.text, []byte("\n")) {
		if isMarker(line, "---") {
			line = bytes.TrimPrefix(line, byteOrderMark)[3:]
		}
		if !isPreface(line) {
			return p.line + i
		}
	}
	return p.line
}
