// Package jinja renders Jinja2 templates with the bytes that Python renders:
// Jinja2 3.1 as ZenML sets it up (unknown variables are errors, a tag alone on
// its line leaves no line behind, the last newline is kept, nothing is
// escaped), with Python's values, its printing of them, and ZenML's filters.
//
// A template is lexed (lex.go), parsed into nodes (parse*.go, node.go),
// checked (check.go, symbols.go) and walked (exec*.go, eval.go). It reads files
// of one fs.FS only, has no clock, no randomness and no way out, and every loop,
// call and growing string is counted against Limits, so that any template ends.
//
// What is promised: a template renders as Python renders it, or it is refused
// with an error. testdata/jinja holds what Python said.
//
// The lexer and the parser are our own. Those of gonja, the one Jinja that Go
// has, take `$` for nothing, a backslash before a quote for an escaped quote
// even in '\\', a newline inside a tag for part of the next name and the
// newline after {% raw %} for trimmed, and lose the precedence of ** and not:
// errors that its tokens no longer show.
package jinja
