package render_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/render"
)

// A pipeWorker is a worker in this process: all goes through the wire, but a
// template that does not end cannot be killed.
type pipeWorker struct {
	io.Reader
	io.WriteCloser
	ended chan error
}

func startPipeWorker(render.Limits) (render.Worker, error) {
	in, toWorker := io.Pipe()
	fromWorker, out := io.Pipe()
	w := &pipeWorker{Reader: fromWorker, WriteCloser: toWorker, ended: make(chan error, 1)}
	go func() {
		err := render.Serve(context.Background(), in, out)
		out.Close()
		in.Close()
		w.ended <- err
	}()
	return w, nil
}

func (w *pipeWorker) Kill()       { w.Close() }
func (w *pipeWorker) Wait() error { return <-w.ended }

// Templates of users give the same objects, warnings and recorded inputs in a
// worker as in this process.
func TestWorkersRenderTheSame(t *testing.T) {
	t.Parallel()
	for _, dir := range caseDirs(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			want, loaded := renderDir(t, dir)
			o := render.Options{Workers: 2, Spawn: startPipeWorker}
			render.All(context.Background(), inputs(loaded), o, func(i int, out *render.Output, err error) {
				if err != nil {
					t.Fatal(story(err))
				}
				if diff := cmp.Diff(stream(t, want[i]), stream(t, out)); diff != "" {
					t.Errorf("objects (-here +worker):\n%s", diff)
				}
				if diff := cmp.Diff(story(want[i].Warnings), story(out.Warnings)); diff != "" {
					t.Errorf("warnings (-here +worker):\n%s", diff)
				}
				if diff := cmp.Diff(want[i].Inputs, out.Inputs); diff != "" {
					t.Errorf("inputs (-here +worker):\n%s", diff)
				}
			})
		})
	}
}

func stream(t *testing.T, out *render.Output) string {
	t.Helper()
	var b strings.Builder
	if err := out.Set.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A brokenWorker dies with the first job.
type brokenWorker struct{ io.Writer }

func (brokenWorker) Read([]byte) (int, error) { return 0, io.EOF }
func (brokenWorker) Kill()                    {}
func (brokenWorker) Wait() error              { return errors.New("worker died of boredom") }

func TestDeadWorkersAreErrorsOfTheTemplate(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, filepath.Join(cases, "level-3"))
	if err != nil {
		t.Fatal(err)
	}
	r := render.New(render.Options{Spawn: func(render.Limits) (render.Worker, error) { return brokenWorker{io.Discard}, nil }})
	defer r.Close()
	for range 2 {
		_, err = r.Render(context.Background(), inputs(loaded)[0])
		if err == nil || !strings.Contains(err.Error(), "k8s-resources.yaml: worker died of boredom") {
			t.Errorf("got %v, want the file and why the worker died", err)
		}
	}
}

func TestTimeOfARenderIsBounded(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, filepath.Join(cases, "level-3"))
	if err != nil {
		t.Fatal(err)
	}
	hang := func(render.Limits) (render.Worker, error) {
		out, in := io.Pipe()
		return &pipeWorker{Reader: out, WriteCloser: discard{in}, ended: make(chan error)}, nil
	}
	r := render.New(render.Options{Spawn: hang, Limits: render.Limits{Time: 20 * time.Millisecond}})
	defer r.Close()
	_, err = r.Render(context.Background(), inputs(loaded)[0])
	var limit *render.LimitError
	if !errors.As(err, &limit) || limit.Limit != "time" || !strings.Contains(err.Error(), "k8s-resources.yaml") {
		t.Errorf("got %v, want the bound on time and the file", err)
	}
}

// discard takes what is written, and ends the other side when it is closed.
type discard struct{ *io.PipeWriter }

func (discard) Write(p []byte) (int, error) { return len(p), nil }
