package render

import (
	"context"
	"fmt"
	"sync"
)

// All renders many inputs on several workers and calls each with every result,
// in the order of the inputs and from the caller's goroutine. What it calls
// each with does not depend on the number of workers. An input whose render
// fails, or that the end of the context left unrendered, has an error and no
// output; the others are rendered all the same.
func All(ctx context.Context, inputs []Input, o Options, each func(i int, out *Output, err error)) {
	workers := max(1, min(o.Workers, len(inputs)))
	results := make([]chan result, len(inputs))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	// ahead bounds how many results wait for their turn.
	ahead := make(chan struct{}, 4*workers)
	next := make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			r := New(o)
			defer r.Close()
			for i := range next {
				results[i] <- r.guarded(ctx, inputs[i])
			}
		})
	}
	running.Go(func() {
		defer close(next)
		for i := range inputs {
			ahead <- struct{}{}
			next <- i
		}
	})
	for i, result := range results {
		got := <-result
		<-ahead
		each(i, got.out, got.err)
	}
	running.Wait()
}

type result struct {
	out *Output
	err error
}

// guarded renders and turns a panic, which would take the other deployments
// with it, into an error of this one.
func (r *Renderer) guarded(ctx context.Context, in Input) (got result) {
	defer func() {
		if p := recover(); p != nil {
			r.running = map[string]engine{} // what panicked may be broken
			got = result{err: fmt.Errorf("%s: render: internal error: %v", in.Settings.Position, p)}
		}
	}()
	out, err := r.Render(ctx, in)
	return result{out, err}
}
