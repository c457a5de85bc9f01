package manifest

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNormalizeBringsDecodersToOneForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		v, want any
	}{
		{"nothing", nil, nil},
		{"words", []any{true, "a"}, []any{true, "a"}},
		{"Go's integers", []any{1, int8(2), int16(3), int32(4), int64(5), uint(6), uint8(7), uint16(8), uint32(9), uint64(10)},
			[]any{int64(1), int64(2), int64(3), int64(4), int64(5), int64(6), int64(7), int64(8), int64(9), int64(10)}},
		{"whole floats", []any{1.0, float32(2), 0.0, math.Copysign(0, -1), float64(1 << 53), -float64(1 << 53)},
			[]any{int64(1), int64(2), int64(0), int64(0), int64(1 << 53), int64(-1 << 53)}},
		{"fractions", []any{0.5, float32(0.25)}, []any{0.5, 0.25}},
		{"JSON numbers", []any{json.Number("1"), json.Number("1.0"), json.Number("1e3"), json.Number("0.5"), json.Number("9007199254740993"), json.Number("-0")},
			[]any{int64(1), int64(1), int64(1000), 0.5, int64(1<<53 + 1), int64(0)}},
		{"typed collections", map[string]any{"a": map[string]string{"b": "c"}, "d": []string{"e"}, "f": []map[string]any{{"g": 1}}},
			map[string]any{"a": map[string]any{"b": "c"}, "d": []any{"e"}, "f": []any{map[string]any{"g": int64(1)}}}},
		{"mappings of any key", map[any]any{"a": map[any]any{"b": 1}}, map[string]any{"a": map[string]any{"b": int64(1)}}},
		{"nulls stay", map[string]any{"a": nil, "b": []any{nil}}, map[string]any{"a": nil, "b": []any{nil}}},
	} {
		got, err := Normalize(c.v)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", c.name, err, diff)
		}
	}
}

func TestNormalizeNamesWhatItCannotTake(t *testing.T) {
	t.Parallel()
	deep := any("x")
	for range MaxDepth + 1 {
		deep = map[string]any{"a": deep}
	}
	for _, c := range []struct {
		name, path, want string
		v                any
	}{
		{"beyond int64", "a[1]", "64 bits", map[string]any{"a": []any{1, json.Number("9223372036854775808")}}},
		{"beyond uint63", "a", "64 bits", map[string]any{"a": uint64(math.MaxUint64)}},
		{"a float beyond exactness", "spec.n", "2^53", map[string]any{"spec": map[string]any{"n": 9007199254740994.0}}},
		{"a JSON float beyond exactness", "[0]", "2^53", []any{json.Number("1e21")}},
		{"a JSON number beyond floats", "[0]", "64 bits", []any{json.Number("1e999")}},
		{"not a number", "a", "NaN", map[string]any{"a": math.NaN()}},
		{"infinity", "a", "+Inf", map[string]any{"a": float32(math.Inf(1))}},
		{"a number as a key", "ports.8080", "int", map[string]any{"ports": map[any]any{8080: "x"}}},
		{"a boolean as a key", "a.true", "bool", map[string]any{"a": map[any]any{true: "x"}}},
		{"not UTF-8", "a[0]", "UTF-8", map[string]any{"a": []string{"\xff"}}},
		{"a time", "a", "time.Time", map[string]any{"a": time.Time{}}},
		{"too deep", strings.Repeat("a.", MaxDepth-1) + "a", "deep", deep},
	} {
		got, err := Normalize(c.v)
		var e *ValueError
		if !errors.As(err, &e) || e.Path != c.path || !strings.Contains(e.Message, c.want) || got != nil {
			t.Errorf("%s: %v, %v; want an error at %q about %q", c.name, got, err, c.path, c.want)
		}
	}
}

func TestNormalizeSharesNothing(t *testing.T) {
	t.Parallel()
	in := map[string]any{"a": []any{map[string]any{"b": "c"}}}
	got, err := Normalize(in)
	if err != nil {
		t.Fatal(err)
	}
	in["a"].([]any)[0].(map[string]any)["b"] = "changed"
	if diff := cmp.Diff(map[string]any{"a": []any{map[string]any{"b": "c"}}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	o := &Object{
		Body:   map[string]any{"a": []any{map[string]any{"b": "c"}}, "n": nil},
		Origin: Origin{Source: "x", Line: 3, Overlays: []string{"prod"}},
	}
	c := o.Clone()
	if diff := cmp.Diff(o, c); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	c.Body["a"].([]any)[0].(map[string]any)["b"] = "changed"
	c.Origin.Overlays[0] = "changed"
	want := &Object{
		Body:   map[string]any{"a": []any{map[string]any{"b": "c"}}, "n": nil},
		Origin: Origin{Source: "x", Line: 3, Overlays: []string{"prod"}},
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("the original changed (-want +got)\n%s", diff)
	}
}
