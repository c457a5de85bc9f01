package jinja

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path"
)

// An Engine renders templates and keeps the parsed ones. It is not for
// concurrent use: each goroutine has its own.
type Engine struct {
	limits Limits
	parsed map[parsedKey]*template
}

// parsedKey is what a parsed template depends on.
type parsedKey struct {
	name      string
	firstLine int
	digest    [sha256.Size]byte
}

// New returns an engine with the usual limits.
func New() *Engine { return NewWithLimits(Limits{}) }

// NewWithLimits returns an engine whose templates are bounded by the limits.
func NewWithLimits(l Limits) *Engine {
	return &Engine{limits: l.withDefaults(), parsed: map[parsedKey]*template{}}
}

// A Result is the output of a template.
type Result struct {
	Text string
	// Lines says which line of which template produced each line of the text.
	Lines []Source
}

// Render renders the template file of that name. Templates that it names are
// looked up in its directory. The error is an *Error, or the one of reading the
// file.
func (e *Engine) Render(ctx context.Context, files fs.FS, name string, vars *Dict) (*Result, error) {
	t, err := e.load(files, name, path.Base(name))
	if err != nil {
		return nil, err
	}
	return e.render(ctx, templateFiles{files, path.Dir(name)}, t, vars)
}

// RenderText renders a template that is part of another file, where it starts
// at that line. It cannot name other templates.
func (e *Engine) RenderText(ctx context.Context, name string, line int, source string, vars *Dict) (*Result, error) {
	t, err := e.parse(name, path.Base(name), source, line)
	if err != nil {
		return nil, err
	}
	return e.render(ctx, templateFiles{}, t, vars)
}

// load reads and parses a template file.
func (e *Engine) load(files fs.FS, file, name string) (*template, error) {
	source, err := readFile(files, file)
	if err != nil {
		return nil, err
	}
	return e.parse(file, name, string(source), 1)
}

// readFile reads a template, but not more of it than a template may have.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSource+1))
}

// maxParsed bounds how many templates an engine keeps.
const maxParsed = 1000

func (e *Engine) parse(file, name, source string, line int) (*template, error) {
	key := parsedKey{file, line, sha256.Sum256([]byte(source))}
	if t, ok := e.parsed[key]; ok {
		return t, nil
	}
	t, err := parse(name, file, source, line)
	if err != nil {
		return nil, err
	}
	if len(e.parsed) >= maxParsed {
		clear(e.parsed)
	}
	e.parsed[key] = t
	return t, nil
}

func (e *Engine) render(ctx context.Context, files templateFiles, t *template, vars *Dict) (result *Result, err error) {
	r := &run{
		context: ctx, engine: e, files: files, limits: e.limits, steps: e.limits.Steps,
		out: &output{track: true}, in: t, modules: map[*template]*module{},
	}
	defer func() {
		if failure := recover(); failure != nil {
			result, err = nil, r.errorOf(failure)
		}
	}()
	r.spend(0)
	r.runRoot(t, newContext(t, given(vars)))
	return &Result{Text: r.out.String(), Lines: r.out.result()}, nil
}

// given returns the variables as the template sees them.
func given(vars *Dict) map[string]any {
	if vars == nil {
		return nil
	}
	values := make(map[string]any, vars.Len())
	for name, v := range vars.All() {
		values[name] = fromGo(v)
	}
	return values
}

// errorOf turns what ended the rendering into an error.
func (r *run) errorOf(failure any) error {
	switch f := failure.(type) {
	case *Error:
		return f
	case *raised:
		e := r.in.errorAt(r.at, f.message, f.hint)
		if f.cause != nil {
			return errors.Join(e, f.cause)
		}
		return e
	}
	panic(failure)
}
