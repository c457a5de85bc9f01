package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml3 "go.yaml.in/yaml/v3"
)

// decodeJSON reads a test's value and normalises it.
func decodeJSON(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n, err := Normalize(v)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

func TestLayoutOfMappingsAndLists(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, json, want string }{
		{"keys are sorted by their bytes", `{"b":1,"a":2,"B":3,"é":4,"1":5}`, "\"1\": 5\nB: 3\na: 2\nb: 1\né: 4\n"},
		{"lists stand in the column of their key", `{"a":[1,2],"b":{"c":["x"]}}`, "a:\n- 1\n- 2\nb:\n  c:\n  - x\n"},
		{"mappings share the line of their dash", `[{"a":1,"b":[{"c":2,"d":3}]}]`, "- a: 1\n  b:\n  - c: 2\n    d: 3\n"},
		{"a list comes first in an item", `[{"a":[1],"b":2}]`, "- a:\n  - 1\n  b: 2\n"},
		{"lists in lists", `[[1,[2]],[[{"a":[3]}]]]`, "- - 1\n  - - 2\n- - - a:\n      - 3\n"},
		{"empty mappings and lists stay", `{"a":{},"b":[],"c":[{},[]]}`, "a: {}\nb: []\nc:\n- {}\n- []\n"},
		{"empty at the top", `{}`, "{}\n"},
		{"empty list at the top", `[]`, "[]\n"},
		{"null values are dropped at any depth", `{"a":null,"b":{"c":null,"d":[{"e":null,"f":1}]}}`, "b:\n  d:\n  - f: 1\n"},
		{"what holds only nulls is empty", `{"a":{"b":{"c":null}},"d":[{"e":null}]}`, "a:\n  b: {}\nd:\n- {}\n"},
		{"a text at the top", `"a b"`, "a b\n"},
		{"lines at the top", `"a\nb"`, "|-\n  a\n  b\n"},
		{"blocks are indented below their key or dash", `{"a":"x\ny\n","b":["x\ny",["x\ny\n\n"]]}`,
			"a: |\n  x\n  y\nb:\n- |-\n  x\n  y\n- - |+\n    x\n    y\n\n"},
		{"empty lines in blocks have no blanks", `{"a":{"b":"x\n\n y\n"}}`, "a:\n  b: |\n    x\n\n     y\n"},
		{"lines in a key", `{"a\nb":"a\nb"}`, "\"a\\nb\": |-\n  a\n  b\n"},
	} {
		got, err := AppendYAML(nil, decodeJSON(t, c.json))
		if diff := cmp.Diff(c.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", c.name, err, diff)
		}
	}
}

func TestStyleOfTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"web": "web", "500m": "500m", "1907Mi": "1907Mi", "25%": "25%", "10.0.0.0/8": "10.0.0.0/8", "--flag=a": "--flag=a", "-n": "-n", "./a": "./a",
		"registry.example.com/zenml:greet": "registry.example.com/zenml:greet", "$(A)": "$(A)", "it's": "it's", "a \"b\"": "a \"b\"", "a, [b] {c}": "a, [b] {c}",
		"é": "é", "a😀": "a😀", "v1.2": "v1.2", "enabled": "enabled", "e2e": "e2e", "nano": "nano", "a#b": "a#b", "a:b": "a:b", `a\b`: `a\b`,
		"": `""`, "1": `"1"`, "1.25.3": `"1.25.3"`, "1e3": `"1e3"`, "e3": `"e3"`, "0x1F": `"0x1F"`, "1_000": `"1_000"`, "1:30": `"1:30"`, "2024-01-01": `"2024-01-01"`,
		"yes": `"yes"`, "NO": `"NO"`, "y": `"y"`, "~": `"~"`, "Null": `"Null"`, "<<": `"<<"`, "a<<": `"a<<"`, "=": `"="`, ".inf": `".inf"`, "-.5": `"-.5"`, "+1": `"+1"`, "---": `"---"`,
		"a: b": `"a: b"`, "a #b": `"a #b"`, "a:": `"a:"`, "a ": `"a "`, " a": `" a"`, "- a": `"- a"`, "{a}": `"{a}"`, "*a": `"*a"`, "@a": `"@a"`,
		`{"a": "b"}`: `'{"a": "b"}'`, `\`: `'\'`, `"it's"`: `"\"it's\""`, "'a'": `"'a'"`,
		"a\tb": `"a\tb"`, "\x00\x1b": `"\u0000\u001b"`, "\u0085": `"\u0085"`, "a\u00a0": `"a\u00a0"`, "\ufeff": `"\ufeff"`, "\U000e0001": `"\U000e0001"`, "\r\n": `"\r\n"`, "\b\f": `"\b\f"`,
		"a\nb\r\n": `"a\nb\r\n"`, "\n": `"\n"`, " a\nb": `" a\nb"`, "a\nb ": `"a\nb "`,
	} {
		got, err := AppendYAML(nil, text)
		if diff := cmp.Diff(want+"\n", string(got)); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got)\n%s", text, err, diff)
		}
	}
}

func TestNumbersAreWrittenInFull(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		"0": int64(0), "-9223372036854775808": int64(math.MinInt64), "1000000000": int64(1e9),
		"0.5": 0.5, "0.1": 0.1, "1.0": 1.0, "-2.0": -2.0, "0.0000001": 1e-7, "1000000000000000000000.0": 1e21, "true": true, "false": false,
	} {
		got, err := AppendYAML(nil, v)
		if diff := cmp.Diff(want+"\n", string(got)); err != nil || diff != "" {
			t.Errorf("%v: %v (-want +got)\n%s", v, err, diff)
		}
	}
}

func TestLongKeysAreExplicit(t *testing.T) {
	t.Parallel()
	short, long := strings.Repeat("a", 1000), strings.Repeat("b", 1001)
	got, err := AppendYAML(nil, []any{map[string]any{short: "x", long: []any{"x"}}})
	want := "- " + short + ": x\n  ? " + long + "\n  :\n  - x\n"
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestValuesWithoutCanonicalForm(t *testing.T) {
	t.Parallel()
	deep := any("x")
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	cyclic := map[string]any{}
	cyclic["a"] = cyclic
	for _, c := range []struct {
		name string
		v    any
		path string
		want string
	}{
		{"null", nil, "", "null"},
		{"null in a list", map[string]any{"spec": map[string]any{"args": []any{"a", nil}}}, "spec.args[1]", "null"},
		{"not a number", map[string]any{"a": []any{math.NaN()}}, "a[0]", "NaN"},
		{"infinite", []any{map[string]any{"a": math.Inf(-1)}}, "[0].a", "-Inf"},
		{"not normalised", map[string]any{"a.b/c": map[string]any{"d": 1}}, "[a.b/c].d", "int"},
		{"not UTF-8", map[string]any{"a": "x\xff"}, "a", "UTF-8"},
		{"a key that is not UTF-8", map[string]any{"a": map[string]any{"x\xff": 1}}, `a["x\xff"]`, "UTF-8"},
		{"too deep", deep, strings.Repeat("[0]", MaxDepth), "deep"},
		{"cyclic", cyclic, strings.Repeat("a.", MaxDepth-1) + "a", "deep"},
	} {
		dst := []byte("before")
		got, err := AppendYAML(dst, c.v)
		var e *ValueError
		if !errors.As(err, &e) || e.Path != c.path || !strings.Contains(e.Message, c.want) || string(got) != "before" {
			t.Errorf("%s: %q, %v; want an error at %q about %q", c.name, got, err, c.path, c.want)
		}
	}
}

func TestEncodingAllocatesOnceBeyondItsOutput(t *testing.T) {
	body := benchmarkBody()
	buf := make([]byte, 0, 1<<20)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := AppendYAML(buf, body); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}

func TestSetIsOneStream(t *testing.T) {
	t.Parallel()
	var s Set
	for _, name := range []string{"b", "a"} {
		body := map[string]any{"kind": "ConfigMap", "apiVersion": "v1", "metadata": map[string]any{"name": name}, "data": map[string]any{"x": "1\n\n\n"}}
		if err := s.Add(&Object{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := s.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	const object = "apiVersion: v1\ndata:\n  x: |+\n    1\n\n\nkind: ConfigMap\nmetadata:\n  name: "
	if diff := cmp.Diff(object+"b\n---\n"+object+"a\n", out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTrailingLinesOfABlockSurviveTheNextDocument(t *testing.T) {
	t.Parallel()
	one := &Object{Body: map[string]any{"kind": "A", "z": "a\n\n\n"}}
	two := &Object{Body: map[string]any{"kind": "B"}}
	var s Set
	if err := errors.Join(s.Add(one), s.Add(two)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	decoder := yaml3.NewDecoder(&out)
	for _, o := range s.Objects() {
		var got map[string]any
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o.Body, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func TestAFaultyObjectWritesNothing(t *testing.T) {
	t.Parallel()
	var s Set
	bad := &Object{Body: map[string]any{"kind": "Service", "apiVersion": "v1", "metadata": map[string]any{"name": "web"}, "spec": []any{nil}}}
	if err := errors.Join(s.Add(&Object{Body: map[string]any{}}), s.Add(bad)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := s.WriteYAML(&out)
	if err == nil || !strings.HasPrefix(err.Error(), "service/web: spec[0]: null ") || out.Len() > 0 {
		t.Errorf("%v, %d bytes written; want an error that names the object and the field", err, out.Len())
	}
}

func TestWriteErrorsArrive(t *testing.T) {
	t.Parallel()
	s := Set{objects: []*Object{{Body: map[string]any{"a": "b"}}}}
	if err := s.WriteYAML(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v, want %v", err, io.ErrClosedPipe)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestEncodingWhatWasReadGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, s := range append(nastyTexts(2, 700), trickyTexts...) {
		for _, v := range shapes(s) {
			requireStable(t, v)
		}
	}
}

// requireStable fails the test if v, written and read again, is another value
// or other bytes. Texts that are null or empty documents to YAML are quoted,
// so exactly one document must come back.
func requireStable(t *testing.T, v any) {
	t.Helper()
	first, err := AppendYAML(nil, v)
	if err != nil {
		t.Errorf("%q: %v", v, err)
		return
	}
	docs := Documents(first)
	if len(docs) != 1 || docs[0].Err != nil || len(docs[0].Warnings) > 0 {
		t.Errorf("%q reads as %+v, want one document without warnings", first, docs)
		return
	}
	if diff := cmp.Diff(v, docs[0].Value); diff != "" {
		t.Errorf("%q reads as another value (-want +got)\n%s", first, diff)
	}
	if second, err := AppendYAML(nil, docs[0].Value); err != nil || !bytes.Equal(first, second) {
		t.Errorf("second time: %v (-first +second)\n%s", err, cmp.Diff(string(first), string(second)))
	}
}
