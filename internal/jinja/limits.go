package jinja

import (
	"context"
	"fmt"
)

// Limits bound what a template may use, so that any template ends. They count
// work rather than time: a template ends the same way on every machine. A zero
// stands for the default.
type Limits struct {
	Steps  int // statements, turns of loops, calls, items, pieces of text; 2,000,000
	Output int // bytes of the result; 16 MiB
	Text   int // bytes of one string; 16 MiB
	Items  int // items of one list; 1,000,000
	Depth  int // macros, blocks and includes inside each other; 250
}

func (l Limits) withDefaults() Limits {
	set := func(field *int, otherwise int) {
		if *field == 0 {
			*field = otherwise
		}
	}
	set(&l.Steps, 2_000_000)
	set(&l.Output, 16<<20)
	set(&l.Text, 16<<20)
	set(&l.Items, 1_000_000)
	set(&l.Depth, 250)
	return l
}

// A run is one rendering: what it has left of its limits, where it is, and
// where its output goes.
type run struct {
	context context.Context
	engine  *Engine
	files   templateFiles
	limits  Limits
	steps   int // still to spend
	check   int // steps until the context is looked at again
	depth   int
	out     *output
	at      pos       // what is being evaluated
	in      *template // the template that it stands in
	modules map[*template]*module
}

// bytesPerStep is how much text may be handled for one step.
const bytesPerStep = 64

// spend pays for steps of work.
func (r *run) spend(steps int) {
	if r.steps -= steps; r.steps < 0 {
		raise("template takes more than %d steps, want one that ends", r.limits.Steps)
	}
	if r.check -= steps; r.check < 0 {
		r.check = 256
		if err := r.context.Err(); err != nil {
			panic(&raised{message: fmt.Sprintf("rendering was stopped: %v", err), cause: err})
		}
	}
}

// text pays for a string of that many bytes, before it is made.
func (r *run) text(size int) {
	if size > r.limits.Text || size < 0 {
		raise("template builds a text of more than %d bytes, want less", r.limits.Text)
	}
	r.spend(size / bytesPerStep)
}

// times pays for that many copies of a string.
func (r *run) times(size int, count int64) {
	if count > 0 && size > 0 && count > int64(r.limits.Text/size) {
		r.text(-1)
	}
	r.text(size * int(max(count, 0)))
}

// items pays for a list of that many items, before it is made.
func (r *run) items(count int64) {
	if count > int64(r.limits.Items) {
		raise("template builds a list of more than %d items, want less", r.limits.Items)
	}
	r.spend(int(max(count, 0)))
}

// enter goes one level deeper; the caller calls leave when it is back.
func (r *run) enter() {
	r.spend(10)
	if r.depth++; r.depth > r.limits.Depth {
		raise("macros, blocks or includes are more than %d levels deep, want an end to the recursion", r.limits.Depth)
	}
}

func (r *run) leave() { r.depth-- }

// maxDataDepth is how deep lists and mappings may nest where they are printed,
// compared or copied.
const maxDataDepth = 500

func checkDataDepth(depth int) {
	if depth > maxDataDepth {
		raise("lists and mappings nest more than %d levels deep, want fewer", maxDataDepth)
	}
}
