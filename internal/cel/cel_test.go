package cel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestErrorsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "is empty, want an expression such as has(status.phase) && status.phase == 'Running'",
		"status.phase ==":         "line 1, column 16: Syntax error: mismatched input '<EOF>'",
		"a &&\n  b c":             "line 2, column 5: Syntax error: extraneous input 'c' expecting <EOF>",
		"status.phse()":           "line 1, column 12: undeclared reference to 'phse' (in container '')",
		"size(a, b)":              "line 1, column 5: found no matching overload for 'size' applied to '(dyn, dyn)'",
		"s.replace('a', s) == ''": "replace() is not supported, since what it costs has no bound",
		"a" + strings.Repeat(".optMap(x, x + x)", 40): "has optMap or optFlatMap 40 times, want at most 6",
		"'a'":                      "is of type string, want true or false",
		strings.Repeat("a", 1<<15): "is 32768 bytes long, want at most 16384",
		strings.Repeat("(", 300):   "expression recursion limit exceeded: 250",
	} {
		_, err := Compile(text)
		got := "no error"
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.40q (-want +got)\n%s", text, diff)
		}
	}
}

func TestExpressionsReadTheFieldsOfAnObject(t *testing.T) {
	t.Parallel()
	object := map[string]any{
		"type":   "Opaque",
		"data":   map[string]any{"key": "dmFsdWU="},
		"status": map[string]any{"ready": int64(3), "ratio": 1.5, "conditions": []any{map[string]any{"type": "Ready", "status": "True"}}},
	}
	for text, want := range map[string]string{
		"status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')": "yes",
		"status.ready >= 3 && status.ratio > 1.0 && status.ready < 3.5":        "yes",
		"type == 'Opaque' && type(status.ready) == int":                        "yes",
		"string(base64.decode(data.key)) == 'value'":                           "yes",
		"status.?phase.orValue('none') == 'none'":                              "yes",
		"sets.contains([1, 2], [2]) && 'a,b'.split(',')[1] == 'b'":             "yes",
		"has(status.phase)":         "no",
		"status.phase == 'Running'": "no such key: phase",
		"spec.replicas == 1":        "no such attribute(s): spec",
		"status.ready":              "is of type int, want true or false",
		"status.ready / 0 == 1":     "division by zero",
	} {
		p, err := Compile(text)
		if err != nil {
			t.Fatal(text, err)
		}
		got := "no"
		if yes, err := p.Bool(object); err != nil {
			got = err.Error()
		} else if yes {
			got = "yes"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Each expression would take minutes or all memory.
func TestEvaluationIsBounded(t *testing.T) {
	t.Parallel()
	long := make([]any, 5000)
	for i := range long {
		long[i] = "item"
	}
	object := map[string]any{"l": long, "s": strings.Repeat("a", 1<<20)}
	for _, text := range []string{
		"l.all(a, l.all(b, l.all(c, true)))",
		"l.map(a, l.map(b, a + b)).size() > 0",
		"size(strings.quote(" + strings.Repeat("strings.quote(", 60) + "'\"'" + strings.Repeat(")", 60) + ")) > 0",
		"l.map(a, s + s).size() > 0",
		"l.all(a, !s.matches('(a*)*b'))",
		"size(" + strings.Repeat("base64.encode(bytes(", 60) + "s" + strings.Repeat("))", 60) + ") > 0",
		"size(s" + strings.Repeat(" + s", 60) + ") > 0",
	} {
		p, err := Compile(text)
		if err != nil {
			t.Fatal(text, err)
		}
		if _, err := p.Bool(object); err == nil || !strings.Contains(err.Error(), "cost limit exceeded") {
			t.Errorf("%s: %v, want an error about its cost", text, err)
		}
	}
}
