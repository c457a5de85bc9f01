package manifest

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// syntaxError finds out where the parser stumbles over the part. The parser's
// own line is often that of the mapping around the trouble, or missing, so
// the part is parsed once more, in a way that shows how far it gets: line by
// line, behind an empty line that makes the parser count from 1.
func (p part) syntaxError() *SyntaxError {
	const before = 1
	r := &lineReader{rest: append([]byte("\n"), p.text...)}
	err := lastError(yaml.NewDecoder(r))
	line, message := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := errorLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	if line == 0 || inaccurate.MatchString(message) {
		line = r.lines
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		line = lastLineWith(p.text, "*"+m[1], line-before) + before
	}
	return &SyntaxError{Line: p.line + max(line-before, 1) - 1, Message: message + advice[message]}
}

func lastError(decoder *yaml.Decoder) error {
	for {
		var root yaml.Node
		switch err := parse(decoder, &root); {
		case errors.Is(err, io.EOF):
			return errors.New("unreadable YAML") // only if the parser changed its mind
		case err != nil:
			return err
		}
	}
}

var (
	errorLine     = regexp.MustCompile(`(?s)^line (\d+): (.*)$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	// inaccurate matches the messages that come with the line on which the
	// surrounding mapping, list or text starts.
	inaccurate = regexp.MustCompile(`^did not find expected (<document start>|node content|'-' indicator|key$|',' or)|` +
		`^found (undefined tag handle|duplicate %|incompatible YAML|a tab character)|^control characters`)
)

// lastLineWith returns the last line up to the given one that has the text,
// both counted from 1, or the given one.
func lastLineWith(data []byte, text string, line int) int {
	lines := strings.Split(string(data), "\n")
	for i := min(line, len(lines)); i > 0; i-- {
		if strings.Contains(lines[i-1], text) {
			return i
		}
	}
	return line
}

// advice says what usually mends the mistake.
var advice = map[string]string{
	"mapping values are not allowed in this context": `; quote a text that contains ": "`,
	"found character that cannot start any token":    "; indent with spaces, and quote a text that starts with @, % or a backquote",
	"could not find expected ':'":                    "; a key has a colon after it",
	"did not find expected key":                      "; check the indentation and what stands before this line",
}

// lineReader hands out one line at a time and counts them.
type lineReader struct {
	rest  []byte
	lines int
	mid   bool // a line longer than the reader's buffer is under way
}

func (r *lineReader) Read(buf []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	end := lineEnd(r.rest, 0)
	if !r.mid {
		r.lines++
	}
	n := copy(buf, r.rest[:end])
	r.mid = n < end
	r.rest = r.rest[n:]
	return n, nil
}
