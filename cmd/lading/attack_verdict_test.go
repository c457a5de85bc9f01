//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// judge holds an answer against the verdict of its case, and against what
// holds for every case.
func (a *attack) judge(t *testing.T, got *answer) {
	t.Helper()
	for _, output := range []string{got.stdout, got.stderr} {
		if strings.Contains(output, canary) || strings.Contains(output, "root:x:0") {
			t.Errorf("a file outside the project was read:\n%s", output)
		}
		if at := unprintable.FindStringIndex(output); at != nil {
			t.Errorf("output has %q in it:\n%q", output[at[0]:at[1]], around(output, at))
		}
	}
	if got.timedOut {
		t.Errorf("took more than %v", hardLimit)
	} else if got.took > slack*a.within {
		t.Errorf("took %v of processor time, want %v", got.took, a.within)
	}
	if len(got.touched) > 0 {
		t.Errorf("changed outside the project: %q", got.touched)
	}
	for _, file := range got.written {
		if a.writes == nil || !a.writes.MatchString(file) {
			t.Errorf("wrote %s", file)
		}
	}
	a.judgeOutput(t, got)
	if t.Failed() {
		t.Logf("exit status %d\nstandard error:\n%s\nstandard output:\n%s", got.status, head(got.stderr), head(got.stdout))
	}
}

// unprintable are characters that do something to a terminal or hide what is
// there: controls, and those that change the direction of text or break lines
// where no reader of YAML does.
var unprintable = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

func (a *attack) judgeOutput(t *testing.T, got *answer) {
	t.Helper()
	if got.status != a.status {
		t.Errorf("exit status %d, want %d", got.status, a.status)
	}
	if a.status != 0 && got.stdout != "" && a.stdout == nil {
		t.Error("printed something although it failed")
	}
	for _, re := range a.message {
		if !re.MatchString(got.stderr) {
			t.Errorf("standard error does not match %s", re)
		}
	}
	for _, re := range a.stdout {
		if !re.MatchString(got.stdout) {
			t.Errorf("standard output does not match %s", re)
		}
	}
	for _, re := range a.absent {
		if at := re.FindString(got.stdout + got.stderr); at != "" {
			t.Errorf("output has %q in it", at)
		}
	}
	if a.status != 0 || !a.objects {
		return
	}
	var kinds []string
	for _, o := range objects(t, got.stdout) {
		kind, _ := o.(map[string]any)["kind"].(string)
		kinds = append(kinds, kind)
	}
	if diff := cmp.Diff(a.kinds, kinds); diff != "" {
		t.Errorf("kinds of the objects (-want +got):\n%s", diff)
	}
}

// compare tells whether a payload stayed a text: the output must be that for
// the harmless word, with the payload wherever that stands.
func (a *attack) compare(t *testing.T, innocent, got *answer, payload string) {
	t.Helper()
	want := make([]any, 0)
	for _, o := range objects(t, innocent.stdout) {
		want = append(want, replaced(o, payload))
	}
	if diff := cmp.Diff(want, objects(t, got.stdout)); diff != "" {
		t.Errorf("payload changed more than its place (-want +got):\n%s", diff)
	}
}

func replaced(v any, payload string) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, harmless, payload)
	case []any:
		for i := range v {
			v[i] = replaced(v[i], payload)
		}
	case map[string]any:
		for _, key := range slices.Collect(maps.Keys(v)) {
			value := v[key]
			delete(v, key)
			v[strings.ReplaceAll(key, harmless, payload)] = replaced(value, payload)
		}
	}
	return v
}

// objects reads a stream of manifests as two kinds of readers do: those that
// follow YAML 1.2's rules, and Kubernetes' tools, which cut the text at lines
// that begin with "---" and turn each piece into JSON. They must agree.
func objects(t *testing.T, stream string) []any {
	t.Helper()
	all, err := asYAML(stream)
	if err != nil {
		t.Fatalf("output is no YAML: %v", err)
	}
	pieces, err := asKubernetes(stream)
	if err != nil {
		t.Fatalf("output is no YAML to Kubernetes: %v", err)
	}
	if diff := cmp.Diff(all, pieces); diff != "" {
		t.Fatalf("readers of YAML disagree (-YAML +Kubernetes):\n%s", diff)
	}
	return all
}

func asYAML(stream string) (all []any, err error) {
	decoder := yaml.NewDecoder(strings.NewReader(stream))
	for {
		var v map[string]any
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if all, err = appendJSON(all, text); err != nil {
			return nil, err
		}
	}
}

func asKubernetes(stream string) (all []any, err error) {
	for _, piece := range regexp.MustCompile(`(?m)^---.*$`).Split(stream, -1) {
		if strings.TrimSpace(piece) == "" {
			continue
		}
		text, err := sigsyaml.YAMLToJSON([]byte(piece))
		if err != nil {
			return nil, err
		}
		if all, err = appendJSON(all, text); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func appendJSON(all []any, text []byte) ([]any, error) {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(&v)
	return append(all, v), err
}

// changed returns the names of files that differ, came or went.
func changed(before, after map[string]string) []string {
	var names []string
	for name, content := range after {
		if old, ok := before[name]; !ok || old != content {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func around(text string, at []int) string {
	return text[max(0, at[0]-60):min(len(text), at[1]+60)]
}

func head(text string) string { return text[:min(len(text), 3000)] }
