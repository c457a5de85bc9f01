package render_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lading-dev/lading/pkg/render"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// One deployment that fails, even by a panic, takes no other with it.
func TestOneFailureLeavesTheOthers(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, filepath.Join(cases, "level-3"))
	if err != nil {
		t.Fatal(err)
	}
	good := render.Input{Settings: loaded.Resolved[0], Files: loaded.Root}
	panics := render.Input{Settings: loaded.Resolved[0], Files: panicFS{}}
	fails := render.Input{Settings: loaded.Resolved[0], Files: fstest.MapFS{}}
	var got []string
	render.All(context.Background(), []render.Input{panics, good, fails, good}, render.Options{Workers: 2}, func(_ int, out *render.Output, err error) {
		switch {
		case err == nil && out != nil:
			got = append(got, "good")
		case strings.Contains(err.Error(), "internal error"):
			got = append(got, "panic")
		default:
			got = append(got, "error")
		}
	})
	if want := []string{"panic", "good", "error", "good"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

type panicFS struct{}

func (panicFS) Open(string) (fs.File, error) { panic("no file system") }

// After the end of the context every input that is left has its error.
func TestAllHonoursTheContext(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, filepath.Join(cases, "level-1"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	many := slices.Repeat(inputs(loaded), 100)
	ended, count := 0, 0
	render.All(ctx, many, render.Options{Workers: 2}, func(i int, _ *render.Output, err error) {
		count++
		if i == 0 {
			cancel()
		}
		if errors.Is(err, context.Canceled) {
			ended++
		}
	})
	if count != len(many) || ended < 50 {
		t.Errorf("each was called %d times, %d of them with the end, want %d and most", count, ended, len(many))
	}
}

func TestAllOfNothing(t *testing.T) {
	t.Parallel()
	render.All(context.Background(), nil, render.Options{Workers: 4}, func(int, *render.Output, error) { t.Error("called") })
}

func TestTemplatesDigestIsADigest(t *testing.T) {
	t.Parallel()
	if got := render.TemplatesDigest(); len(got) != len("sha256:")+64 || got != render.TemplatesDigest() {
		t.Errorf("got %q, want the same sha256 each time", got)
	}
}
