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
// The lexer and the parser are our own. Those of gonja drop characters that
// they do not know ($ in {{ a $ b }}), take the quote behind '\\' for escaped,
// make a newline inside a tag part of the next name and trim the newline behind
// {% raw %}: what its tokens no longer show cannot be mended behind it.
package jinja
