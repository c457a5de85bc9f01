package manifest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryReaderReadsTrickyTexts(t *testing.T) {
	t.Parallel()
	for _, s := range trickyTexts {
		for _, v := range shapes(s) {
			requireReaders(t, v)
		}
	}
}

func TestEveryReaderReadsGeneratedTexts(t *testing.T) {
	t.Parallel()
	n := 1500
	if testing.Short() {
		n = 300
	}
	for _, s := range nastyTexts(1, n) {
		for _, v := range shapes(s)[1:6] {
			requireReaders(t, v)
		}
	}
}

func TestEveryReaderReadsNumbersAndWords(t *testing.T) {
	t.Parallel()
	for _, v := range append(trickyNumbers, true, false) {
		requireReaders(t, map[string]any{"k": v, "l": []any{v, []any{v}, map[string]any{"m": v}}})
	}
}

// requireReaders fails the test for each reader to which the encoded value is
// another value.
func requireReaders(t *testing.T, v any) {
	t.Helper()
	out, err := AppendYAML(nil, v)
	if err != nil {
		t.Errorf("%q: %v", v, err)
		return
	}
	want := exactly(v)
	for _, r := range readers {
		got, err := r.readValue(out)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s reads another value: %v\n%s\n%s(-want +got)\n%s", r.name, err, fmt.Sprintf("%q", out), out, diff)
		}
	}
}
