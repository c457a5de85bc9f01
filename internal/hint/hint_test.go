package hint

import (
	"errors"
	"fmt"
	"testing"
)

type helpful struct{ error }

func (helpful) Hint() string { return "try again" }

func TestTheCauseMayKnowWhatToDo(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"try again": fmt.Errorf("reading: %w", helpful{errors.New("busy")}),
		"":          errors.New("busy"),
	} {
		if got := Of(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
