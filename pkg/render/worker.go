package render

import (
	"bufio"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// A Worker is another process that runs [Serve]: what is written goes to its
// standard input, what is read comes from its standard output.
type Worker interface {
	io.ReadWriter
	// Kill ends the process. It may be called more than once and from any
	// goroutine.
	Kill()
	// Wait waits for the end of the process, but not long, and returns an
	// error that says why it ended.
	Wait() error
}

// Serve runs the jobs that come in until in ends. It is what a worker does:
// all that a job may read comes through the connection, and nothing else is
// opened. See [Options.Spawn].
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	buffered := bufio.NewWriter(out)
	s := &server{from: gob.NewDecoder(bufio.NewReader(in)), to: gob.NewEncoder(buffered), flush: buffered.Flush}
	var first hello
	if err := s.from.Decode(&first); err != nil {
		return fmt.Errorf("reading from the process that gives the jobs: %w", err)
	}
	s.renderer = New(Options{Limits: first.Limits})
	for {
		var r request
		switch err := s.from.Decode(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil || r.Job == nil:
			return fmt.Errorf("reading a job: %w", err)
		}
		if err := s.send(response{Result: s.run(ctx, r.Job.unpack())}); err != nil {
			return err
		}
	}
}

type server struct {
	renderer *Renderer
	from     *gob.Decoder
	to       *gob.Encoder
	flush    func() error
}

func (s *server) send(r response) error {
	if err := s.to.Encode(r); err != nil {
		return fmt.Errorf("writing to the process that gave the job: %w", err)
	}
	return s.flush()
}

// run runs one job; a panic is an error of the job.
func (s *server) run(ctx context.Context, j job) (result *wireResult) {
	defer func() {
		if p := recover(); p != nil {
			result = packResult(nil, fmt.Errorf("%s: internal error: %v", j.File, p))
		}
	}()
	return packResult(s.renderer.runHere(ctx, &remoteFiles{s.ask}, j))
}

func (s *server) ask(q fileQuestion) (*fileAnswer, error) {
	if err := s.send(response{Question: &q}); err != nil {
		return nil, err
	}
	var r request
	if err := s.from.Decode(&r); err != nil {
		return nil, fmt.Errorf("reading the answer about %s: %w", q.Name, err)
	}
	if r.File == nil {
		return nil, fmt.Errorf("no answer about %s", q.Name)
	}
	return r.File, nil
}

// A remote gives jobs to a worker, which is started with the first one and
// anew after one that had to be killed.
type remote struct {
	spawn  func(Limits) (Worker, error)
	limits Limits
	worker *connection
}

// A connection is a running worker.
type connection struct {
	Worker
	from  *gob.Decoder
	to    *gob.Encoder
	flush func() error
}

// run implements [engine]. The worker is killed when the context ends, which
// is the only way to stop a template that does not stop by itself.
func (r *remote) run(ctx context.Context, files fs.FS, j job) (*jobResult, error) {
	w, err := r.running()
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, w.Kill)
	result, err := w.do(files, j)
	if stop() && err == nil {
		return result.unpack()
	}
	r.worker = nil
	defer w.Kill()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", displayed(files, j.File), context.Cause(ctx))
	}
	return nil, fmt.Errorf("%s: %w", displayed(files, j.File), cmp.Or(w.Wait(), err))
}

func (r *remote) running() (*connection, error) {
	if r.worker != nil {
		return r.worker, nil
	}
	w, err := r.spawn(r.limits)
	if err != nil {
		return nil, fmt.Errorf("starting a worker for templates: %w", err)
	}
	buffered := bufio.NewWriter(w)
	c := &connection{Worker: w, from: gob.NewDecoder(bufio.NewReader(w)), to: gob.NewEncoder(buffered), flush: buffered.Flush}
	if err := c.to.Encode(hello{r.limits}); err != nil {
		w.Kill()
		return nil, fmt.Errorf("starting a worker for templates: %w", err)
	}
	r.worker = c
	return c, nil
}

// close ends the worker.
func (r *remote) close() {
	if r.worker != nil {
		r.worker.Kill()
		r.worker = nil
	}
}

// do gives one job and answers its questions until there is a result.
func (c *connection) do(files fs.FS, j job) (*wireResult, error) {
	next := request{Job: packJob(j)}
	for {
		if err := c.to.Encode(next); err != nil {
			return nil, err
		}
		if err := c.flush(); err != nil {
			return nil, err
		}
		var r response
		if err := c.from.Decode(&r); err != nil {
			return nil, err
		}
		switch {
		case r.Result != nil:
			return r.Result, nil
		case r.Question != nil:
			next = request{File: answer(files, r.Question)}
		default:
			return nil, errors.New("worker sent an empty message")
		}
	}
}
