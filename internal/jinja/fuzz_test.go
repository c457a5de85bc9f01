package jinja

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
	"time"
)

// FuzzRender looks for templates that crash the engine, do not end, or fail
// with something else than an *Error.
func FuzzRender(f *testing.F) {
	for _, template := range greedy {
		if len(template) < 1000 {
			f.Add(template)
		}
	}
	for _, template := range []string{
		"{{ x.a | to_yaml | indent(2) }}", "{% for k, v in d.items() %}{{ loop.index }}{{ k }}{% endfor %}",
		"{% macro m(a, b=1) %}{{ caller() }}{% endmacro %}{% call m(1) %}x{% endcall %}", "{{ '%-5s|%05.1f' % ('a', 1.5) }}",
		"{{ '{:>8,.2f} {!r}'.format(1234.5, 'x') }}", "{{ l[1:-1:2] | sort(reverse=true) | batch(2) | list | tojson }}",
		"{% extends 'base' %}{% block a %}{{ super() }}{% endblock %}", "{%- raw -%} {{ {%- endraw %}", "{{ d | groupby(0) | pprint }}",
		"{% set a, (b, c) = 1, [2, 3] %}{{ a ~ b ** c // 2 }}", "{{ 'a-b c' | wordwrap(2) | title | urlencode }}", "{# x -#} \n{{- 1 +}}",
		"{{ s.split(None, 1)[0].zfill(5).partition('-') }}", "{{ 1e308 * 10 | round(-3) }}", "{{ l | map('int', base=36) | sum }}",
	} {
		f.Add(template)
	}
	vars := variables(f, []byte(`{"x": {"a": [1, {"b": null}]}, "d": {"k": "v", "n": 1.5}, "l": ["b", "a", "10"], "s": "a-b é\n c", "n": -7, "f": 0.1}`))
	base := &fstest.MapFile{Data: []byte("{% block a %}{{ n }}{% endblock %}{% set y = 1 %}{% macro m(a) %}{{ a }}{% endmacro %}")}
	f.Fuzz(func(t *testing.T, template string) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		e := NewWithLimits(Limits{Steps: 100_000, Text: 1 << 20, Output: 1 << 20})
		files := fstest.MapFS{"t": {Data: []byte(template)}, "base": base}
		result, err := e.Render(ctx, files, "t", vars)
		var failed *Error
		switch {
		case err != nil && !errors.As(err, &failed):
			t.Errorf("the error is a %T: %v", err, err)
		case err == nil && len(result.Text) > 1<<20:
			t.Errorf("the result has %d bytes", len(result.Text))
		case time.Since(start) > 5*time.Second:
			t.Errorf("it took %v", time.Since(start))
		}
	})
}
