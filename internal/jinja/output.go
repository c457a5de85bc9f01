package jinja

import (
	"strings"
)

// An output collects text, and for the result of a template also which line
// of which template wrote each line of it.
type output struct {
	strings.Builder
	lines  []Source // nil unless lines are tracked
	track  bool
	filled bool // the last line has more than blanks
}

// Source is a line of a template.
type Source struct {
	File string
	Line int
}

// write appends text that a place of a template produced. Each line of the
// text comes from the next line of the template where it is the template's own
// (data), else all come from the same.
func (r *run) write(text string, line int, data bool) {
	if text == "" {
		return
	}
	if r.out.Len()+len(text) > r.limits.Output {
		raise("template writes more than %d bytes, want less", r.limits.Output)
	}
	if r.out.track {
		r.out.trace(text, Source{r.in.file, line + r.in.firstLine - 1}, data)
	}
	r.out.WriteString(text)
}

// trace notes where the lines of a text come from. A line comes from where its
// first character that is no blank comes from.
func (o *output) trace(text string, from Source, data bool) {
	for {
		line, rest, more := strings.Cut(text, "\n")
		o.traceLine(line, from)
		if !more {
			return
		}
		o.lines = append(o.lines, Source{})
		o.filled = false
		if data {
			from.Line++
		}
		text = rest
		if text == "" {
			return
		}
	}
}

func (o *output) traceLine(line string, from Source) {
	if o.filled {
		return
	}
	if o.lines == nil {
		o.lines = append(o.lines, from)
	}
	o.lines[len(o.lines)-1] = from
	o.filled = strings.Trim(line, " \t") != ""
}

// result returns the source of each line of the text. The empty line behind
// the last newline is none.
func (o *output) result() []Source {
	lines := o.lines
	if n := len(lines); n > 0 && lines[n-1] == (Source{}) {
		lines = lines[:n-1]
	}
	return lines
}

// capture returns what f writes.
func (r *run) capture(f func()) string {
	outer := r.out
	r.out = &output{}
	f()
	text := r.out.String()
	r.out = outer
	r.spend(len(text) / bytesPerStep)
	return text
}
