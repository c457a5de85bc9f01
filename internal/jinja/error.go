package jinja

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with a template, and where.
type Error struct {
	File         string
	Line, Column int
	// Message says what is wrong and what is wanted.
	Message string
	// Hint says what to do next; empty where the message does.
	Hint string
	// Excerpt is the line of the template, with a caret under the place where
	// the column is known.
	Excerpt string
}

// Error writes file:line:column: message.
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Inside the package an error travels as a Python exception does: as a panic
// with a *raised, which Engine.Render turns into an *Error that knows the
// template and the place. Nothing between the two has to pass it on.
type raised struct {
	message, hint string
	cause         error // a cancelled context, nil otherwise
}

func (e *raised) Error() string { return e.message }

// raise ends the rendering.
func raise(format string, args ...any) {
	panic(&raised{message: fmt.Sprintf(format, args...)})
}

// raiseHint ends the rendering with a next step.
func raiseHint(hint, format string, args ...any) {
	panic(&raised{message: fmt.Sprintf(format, args...), hint: hint})
}

// A pos is a place in the source of a template: the byte, and the line counted
// from 1.
type pos struct{ offset, line int }

// errorAt returns an error at that place of the template.
func (t *template) errorAt(p pos, message, hint string) *Error {
	e := &Error{File: t.file, Message: message, Hint: hint}
	if p.line == 0 {
		return e
	}
	e.Line = p.line + t.firstLine - 1
	offset := min(p.offset, len(t.source))
	start := strings.LastIndexByte(t.source[:offset], '\n') + 1
	end := len(t.source)
	if i := strings.IndexByte(t.source[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	before := t.source[start:offset]
	e.Column = len([]rune(before)) + 1
	e.Excerpt = t.source[start:end] + "\n" + caretUnder(before)
	return e
}

// caretUnder returns a caret below the end of the text; its tabs are kept, so
// that the two lines align at any tab width.
func caretUnder(text string) string {
	blank := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, text)
	return blank + "^"
}
