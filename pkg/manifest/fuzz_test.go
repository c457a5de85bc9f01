package manifest

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzEncodeRoundTrip: every text that is UTF-8 comes back from every reader,
// wherever it stands.
func FuzzEncodeRoundTrip(f *testing.F) {
	for _, s := range trickyTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range shapes(s) {
			if !utf8.ValidString(s) {
				if _, err := AppendYAML(nil, v); err == nil {
					t.Errorf("%q is not UTF-8 and was written", s)
				}
				continue
			}
			requireStable(t, v)
			requireReaders(t, v)
		}
	})
}

// FuzzDocuments: no stream makes the reader panic or hang, every document has
// either a value or an error with a line inside the stream, and what was read
// can be written and read again.
func FuzzDocuments(f *testing.F) {
	for _, s := range nastyTexts(5, 100) {
		f.Add([]byte("a: " + s + "\n---\n- " + s + "\n...\n" + s + ": x\n"))
	}
	f.Add(benchmarkYAML)
	f.Add([]byte("a: &a [x]\nb: {<<: {c: *a}, c: !!str 1}\n? |\n  d\n: >-\n  e\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(string(data)), "\n") + 1
		for _, d := range Documents(data) {
			if d.Line < 1 || d.Line > lines {
				t.Errorf("document on line %d of %d", d.Line, lines)
			}
			if d.Err != nil {
				if e := d.Err.(*SyntaxError); e.Line < 1 || e.Line > lines || e.Message == "" || d.Value != nil {
					t.Errorf("%+v: %+v, want a line of %d", d, e, lines)
				}
				continue
			}
			requireRewritable(t, d.Value)
		}
	})
}

// requireRewritable writes a value that was read, unless it has null items,
// and reads it again.
func requireRewritable(t *testing.T, v any) {
	t.Helper()
	first, err := AppendYAML(nil, v)
	if err != nil {
		if strings.Contains(err.Error(), "null has no canonical form") {
			return
		}
		t.Errorf("%v: %v", v, err)
		return
	}
	docs := Documents(first)
	if len(docs) != 1 || docs[0].Err != nil {
		t.Errorf("%q reads as %v", first, summary(docs))
		return
	}
	second, err := AppendYAML(nil, docs[0].Value)
	if err != nil || string(first) != string(second) {
		t.Errorf("%v: first %q, then %q", err, first, second)
	}
}
