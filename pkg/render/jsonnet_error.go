package render

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"

	"github.com/lading-dev/lading/pkg/settings"
)

// parseError is how jsonnet writes an error in an imported file into the error
// of the import: file:line:column-column, or file:(line:column)-(line:column).
var parseError = regexp.MustCompile(`^(\S+?):\(?(\d+):(\d+)\)?(?:-\S+)? (.*)$`)

// jsonnetProblem turns an error of the VM into one at the innermost place that
// somebody wrote, with the calls that led there as the hint.
func jsonnetProblem(files fs.FS, j job, err error) error {
	p := &settings.Problem{Position: settings.Position{File: displayed(files, j.File)}, Message: firstLine(err.Error())}
	var failed jsonnet.RuntimeError
	if !errors.As(err, &failed) {
		return p
	}
	p.Message = jsonnetMessage(j, failed.Msg)
	var calls []settings.Position
	for _, frame := range slices.Backward(failed.StackTrace) { // the innermost is the last
		if at, ok := written(files, frame.Loc); ok {
			calls = append(calls, at)
		}
	}
	if len(calls) > 0 {
		p.Position = calls[0]
		p.Hint = calledFrom(calls)
	}
	if match := parseError.FindStringSubmatch(failed.Msg); match != nil && strings.Contains(match[1], "/") {
		p.File = displayedName(files, match[1])
		p.Line, _ = strconv.Atoi(match[2])
		p.Column, _ = strconv.Atoi(match[3])
		p.Message = lowerFirst(match[4])
	}
	return p
}

// jsonnetMessage says in the user's words what the VM says in its own.
func jsonnetMessage(j job, message string) string {
	switch {
	case strings.HasPrefix(message, "max stack frames exceeded"):
		return "jsonnet calls deeper than the bound --limit stack allows, want a recursion that ends"
	case len(j.Objects) > 0 && strings.HasPrefix(message, "function has no parameter "):
		return "the hook is a function without both of its parameters, want function(context, objects)"
	case message == "function has no parameter context":
		return "the template is a function without a parameter called context, want function(context)"
	}
	return lowerFirst(message)
}

// lowerFirst begins a message as lading's own begin.
func lowerFirst(message string) string {
	r, size := utf8.DecodeRuneInString(message)
	return string(unicode.ToLower(r)) + message[size:]
}

// written returns the place of a stack frame, unless it is in the standard
// library or in the code that calls the template.
func written(files fs.FS, loc ast.LocationRange) (settings.Position, bool) {
	if !loc.IsSet() || !strings.Contains(loc.FileName, "/") {
		return settings.Position{}, false
	}
	return settings.Position{
		File:   displayedName(files, loc.FileName),
		Line:   loc.Begin.Line,
		Column: loc.Begin.Column,
	}, true
}

// displayedName writes the name that a file has within jsonnet as the user
// would type it.
func displayedName(files fs.FS, name string) string {
	if file, ok := strings.CutPrefix(name, userPrefix); ok {
		return displayed(files, settings.Path(file))
	}
	return name
}

// calledFrom names the callers of a place, each line once and the nearest
// three at most.
func calledFrom(calls []settings.Position) string {
	var lines []string
	last := fmt.Sprintf("%s:%d", calls[0].File, calls[0].Line)
	for _, call := range calls[1:] {
		line := fmt.Sprintf("%s:%d", call.File, call.Line)
		if line != last {
			lines = append(lines, line)
			last = line
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "called from " + strings.Join(lines[:min(3, len(lines))], ", ")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
