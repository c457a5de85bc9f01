package cli

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// A fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// cobra prints help and versions, and drops what goes wrong.
func TestHelpThatCannotBeWrittenFails(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"help", "--help", "help render", "render --help", "", "--version", "completion bash"} {
		var said strings.Builder
		env := &Env{Stdin: strings.NewReader(""), Stdout: fullDisk{}, Stderr: &said, Getenv: func(string) string { return "" }}
		if got := Main(env, strings.Fields(args)); got != int(failed) {
			t.Errorf("lading %s: exits %d, want %d", args, got, failed)
		}
		if got, want := said.String(), "lading: no space left on device\n"; got != want {
			t.Errorf("lading %s: says %q, want %q", args, got, want)
		}
	}
	env := &Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
	if got := Main(env, []string{"help"}); got != int(done) {
		t.Errorf("lading help: exits %d, want %d", got, done)
	}
}
