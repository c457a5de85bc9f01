package nearest_test

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/internal/nearest"
)

func TestWord(t *testing.T) {
	t.Parallel()
	known := []string{"service_port", "service_type", "secretEnv", "image", "env", "if"}
	for _, test := range []struct{ why, word, want string }{
		{"a letter is missing", "service_prt", "service_port"},
		{"two letters are swapped", "imgae", "image"},
		{"a letter too many", "imagge", "image"},
		{"marks do not count", "service-port", "service_port"},
		{"nor does case", "SECRET_ENV", "secretEnv"},
		{"one in three letters may be wrong", "iff", "if"},
		{"the first of two that are as near", "service_txrx", "service_port"},
		{"nothing is near", "completely different", ""},
		{"too short to tell", "x", ""},
		{"nothing at all", "", ""},
		{"marks alone", "_-.", ""},
		{"nobody types that", strings.Repeat("image", 10000), ""},
		{"letters of several bytes", "ïmage", "image"},
	} {
		if got := nearest.Word(test.word, known); got != test.want {
			t.Errorf("%s: %.20q gives %q, want %q", test.why, test.word, got, test.want)
		}
	}
	if got := nearest.Word("image", nil); got != "" {
		t.Errorf("got %q out of nothing", got)
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	if got, want := nearest.Hint("imgae", []string{"image"}), `did you mean "image"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := nearest.Hint("other", []string{"image"}); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
