package cli

import (
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// longWork is the number of steps from which a progress bar is worth showing.
const longWork = 20

// A progress is a bar on standard error. The zero progress shows nothing.
type progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
}

// newProgress shows a bar for long work where a person can see it.
func newProgress(env *Env, what string, total int) *progress {
	if !env.StderrIsTerminal || total < longWork {
		return &progress{}
	}
	container := mpb.New(mpb.WithOutput(env.Stderr), mpb.WithWidth(40))
	bar := container.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.CountersNoUnit("%d/%d")),
	)
	return &progress{container: container, bar: bar}
}

func (p *progress) increment() {
	if p.bar != nil {
		p.bar.Increment()
	}
}

// finish takes the bar off the screen, also where the work ended early.
func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.container.Wait()
	}
}
