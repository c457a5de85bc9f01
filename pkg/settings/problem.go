package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong, or worth a warning, in what the user
// wrote.
type Problem struct {
	Position
	// Path is the field below the document's root, as in
	// "spec.settings.deployer.service_port"; empty where it is the file.
	Path string
	// Message says what is wrong and what is wanted.
	Message string
	// Hint says what to do next; empty where the message does.
	Hint string
}

// Error writes file:line:col: path: message.
func (p *Problem) Error() string {
	var b strings.Builder
	for _, part := range []string{p.Position.String(), p.Path} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(p.Message)
	return b.String()
}

// didYouMean is the hint with a value that is known to be right.
func didYouMean(s string) string { return fmt.Sprintf("did you mean %q?", s) }

// Problems is every problem of every file, in the order of files and lines.
// It is the error that loading returns.
type Problems []*Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what is said about files that are something else.
const maxProblems = 1000

// sorted returns the problems in the order of files and lines, each once.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
	ps = slices.CompactFunc(ps, func(a, b *Problem) bool { return *a == *b })
	if more := len(ps) - maxProblems; more > 0 {
		ps = append(ps[:maxProblems:maxProblems], &Problem{Message: fmt.Sprintf("and %d more problems", more)})
	}
	return ps
}
