package jinja

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func filesOf(c corpusCase) fstest.MapFS {
	files := fstest.MapFS{"dir/template": {Data: []byte(c.template)}}
	for name, text := range c.files {
		files["dir/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func TestMappingsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	labels := NewDict()
	for _, key := range []string{"z", "a", "m"} {
		labels.Set(key, key+"1")
	}
	labels.Set("z", "z2") // keeps its place
	vars := NewDict()
	vars.Set("labels", labels)
	result, err := render(t, "{% for k, v in labels.items() %}{{ k }}={{ v }} {% endfor %}{{ labels }}", vars, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("z=z2 a=a1 m=m1 {'z': 'z2', 'a': 'a1', 'm': 'm1'}", result.Text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTemplatesDoNotChangeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	inner, vars := NewDict(), NewDict()
	inner.Set("a", int64(1))
	list := []any{"x"}
	vars.Set("d", inner)
	vars.Set("l", list)
	_, err := render(t, "{{ d.update(b=2) }}{{ d.pop('a') }}{{ l.append('y') }}", vars, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := inner.Get("a"); inner.Len() != 1 || !ok || v != int64(1) {
		t.Errorf("the mapping has changed: %v", inner)
	}
	if len(list) != 1 {
		t.Errorf("the list has changed: %v", list)
	}
}

func TestLinesNameWhatProducedThem(t *testing.T) {
	t.Parallel()
	template := `a: 1
{% for x in [1, 2] %}
  - {{ x }}
{% endfor %}
{% macro m(v) %}
m: {{ v }}
n: 0
{% endmacro %}
{{ m(3) }}
{% include 'part' %}
text: {{ "x
y" }}
{% if true %}

z: 1
{% endif %}
`
	result, err := render(t, template, nil, map[string]string{"part": "p: 1\nq: 2\n"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, line := range strings.Split(strings.TrimSuffix(result.Text, "\n"), "\n") {
		got = append(got, fmt.Sprintf("%s:%02d %s", result.Lines[i].File, result.Lines[i].Line, line))
	}
	want := []string{
		"dir/template:01 a: 1",
		"dir/template:03   - 1",
		"dir/template:03   - 2",
		"dir/template:06 m: 3",
		"dir/template:07 n: 0",
		"dir/template:09 ",
		"dir/part:01 p: 1",
		"dir/part:02 q: 2",
		"dir/template:11 text: x",
		"dir/template:11 y",
		"dir/template:14 ",
		"dir/template:15 z: 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(result.Lines) != len(want) {
		t.Errorf("%d lines have a source, want %d", len(result.Lines), len(want))
	}
}

func TestATextInsideAFileCountsItsLinesFromThere(t *testing.T) {
	t.Parallel()
	result, err := New().RenderText(context.Background(), "settings.yaml", 12, "host: {{ 1 }}\nport: 2\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Source{{"settings.yaml", 12}, {"settings.yaml", 13}}, result.Lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = New().RenderText(context.Background(), "settings.yaml", 12, "a\n{{ nope }}", nil)
	if err == nil || !strings.HasPrefix(err.Error(), "settings.yaml:13:4: ") {
		t.Errorf("got %v, want an error at settings.yaml:13:4", err)
	}
	if _, err = New().RenderText(context.Background(), "s", 1, "{% include 'x' %}", nil); err == nil {
		t.Error("a text includes a file, want an error")
	}
}

func TestTemplatesCannotLeaveTheirDirectory(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"secret": {Data: []byte("secret")}, "dir/sub/x": {Data: []byte("inside")}}
	for _, name := range []string{"../secret", "/secret", "/etc/passwd", "sub/../../secret", "", ".", "..", `..\secret`, "./../secret"} {
		for _, tag := range []string{"{% include n %}", "{% include n ignore missing %}", "{% include [n] ignore missing %}", "{% extends n %}", "{% import n as m %}", "{% from n import m %}"} {
			files["dir/t"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(tag, "n ", `"`+strings.ReplaceAll(name, `\`, `\\`)+`" `))}
			if tag == "{% include [n] ignore missing %}" {
				files["dir/t"].Data = []byte(`{% include ["` + strings.ReplaceAll(name, `\`, `\\`) + `"] ignore missing %}`)
			}
			if result, err := New().Render(context.Background(), files, "dir/t", nil); err == nil {
				t.Errorf("%s renders %q, want an error", files["dir/t"].Data, result.Text)
			}
		}
	}
	files["dir/t"] = &fstest.MapFile{Data: []byte(`{% include "sub/x" %}`)}
	if result, err := New().Render(context.Background(), files, "dir/t", nil); err != nil || result.Text != "inside" {
		t.Errorf("got %v, %v", result, err)
	}
}

func TestAMissingTemplateIsAnErrorOfTheFileSystem(t *testing.T) {
	t.Parallel()
	if _, err := New().Render(context.Background(), fstest.MapFS{}, "nope", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestAChangedTemplateIsParsedAnew(t *testing.T) {
	t.Parallel()
	e := New()
	for _, text := range []string{"one", "two", "one"} {
		result, err := e.Render(context.Background(), fstest.MapFS{"t": {Data: []byte("{% include 'i' %}")}, "i": {Data: []byte(text)}}, "t", nil)
		if err != nil || result.Text != text {
			t.Errorf("got %v, %v, want %q", result, err, text)
		}
	}
}

func TestCancellationStopsATemplate(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	e := NewWithLimits(Limits{Steps: 1 << 40})
	_, err := e.Render(ctx, fstest.MapFS{"t": {Data: []byte("{% for i in range(10**12) %}{% endfor %}")}}, "t", nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	var failed *Error
	if !errors.As(err, &failed) || failed.Line != 1 {
		t.Errorf("got %v, want an *Error at line 1", err)
	}
}
