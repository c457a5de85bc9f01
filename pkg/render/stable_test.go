package render_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/render"
)

// The same inputs give the same bytes, warnings and list of inputs: twice by
// one renderer, in any order, and on any number of workers.
func TestRenderIsStable(t *testing.T) {
	t.Parallel()
	all, want := everyCase(t)
	all, want = slices.Repeat(all, 2), slices.Repeat(want, 2)
	for workers := 1; workers <= 8; workers++ {
		order := rand.New(rand.NewPCG(1, uint64(workers))).Perm(len(all))
		shuffled := make([]render.Input, len(all))
		for i, j := range order {
			shuffled[i] = all[j]
		}
		next := 0
		render.All(context.Background(), shuffled, render.Options{Workers: workers}, func(i int, out *render.Output, err error) {
			if i != next {
				t.Fatalf("result %d comes when %d is due", i, next)
			}
			next++
			if diff := cmp.Diff(want[order[i]], account(t, out, err)); diff != "" {
				t.Errorf("%s with %d workers (-want +got):\n%s", shuffled[i].Settings.Position, workers, diff)
			}
		})
	}
}

// everyCase returns the inputs of all cases, and what each gives on its own.
func everyCase(t *testing.T) (all []render.Input, want []string) {
	t.Helper()
	for _, dir := range caseDirs(t) {
		loaded, err := load(t, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range inputs(loaded) {
			out, err := render.New(render.Options{}).Render(context.Background(), in)
			all, want = append(all, in), append(want, account(t, out, err))
		}
	}
	return all, want
}

// account writes everything that a render gives.
func account(t *testing.T, out *render.Output, err error) string {
	t.Helper()
	var b bytes.Buffer
	if err != nil {
		fmt.Fprintln(&b, err)
		return b.String()
	}
	if err := out.Set.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Set.Objects() {
		fmt.Fprintln(&b, o.ID(), "from", o.Origin)
	}
	fmt.Fprintln(&b, story(out.Warnings), out.Inputs)
	return b.String()
}

// What a render reads is what it names as its inputs, with digests.
func TestInputsAreTheFilesThatWereRead(t *testing.T) {
	t.Parallel()
	outputs, _ := renderDir(t, filepath.Join(cases, "extras-jsonnet"))
	var got []string
	for _, file := range sortedKeys(outputs[0].Inputs) {
		got = append(got, file+" "+outputs[0].Inputs[file][:len("sha256:")])
	}
	want := []string{
		"jobs/names.libsonnet sha256:", "jobs/objects.jsonnet sha256:", "jobs/path.txt sha256:",
		"jobs/plain.libsonnet sha256:", "lib/shared/labels.libsonnet sha256:",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
