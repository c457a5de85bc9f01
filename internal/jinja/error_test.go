package jinja

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestErrorsNameThePlaceAndTheNextStep(t *testing.T) {
	t.Parallel()
	vars := variables(t, []byte(`{"service_port": 8000, "labels": {"team": "ml"}, "env": {}, "n": 1}`))
	for _, test := range []struct {
		name, template string
		want           Error
	}{
		{"unknown variable", "a: 1\nport: {{ service_prt }}\n", Error{
			Line: 2, Column: 10, Message: `variable "service_prt" is not defined`, Hint: `did you mean "service_port"?`,
			Excerpt: "port: {{ service_prt }}\n         ^",
		}},
		{"unknown variable, none near", "{{ zzz }}", Error{
			Line: 1, Column: 4, Message: `variable "zzz" is not defined`,
			Hint:    "use {{ zzz | default(...) }} or {% if zzz is defined %} where it may be missing",
			Excerpt: "{{ zzz }}\n   ^",
		}},
		{"unknown key", "\t{{ labels.taem }}", Error{
			Line: 1, Column: 12, Message: `labels has no key "taem"`, Hint: `did you mean "team"?`,
			Excerpt: "\t{{ labels.taem }}\n\t          ^",
		}},
		{"unknown key by item", "{{ labels['owner'] }}", Error{
			Line: 1, Column: 10, Message: `labels has no key "owner"`, Hint: `use .get("owner") or the default filter where it may be missing`,
			Excerpt: "{{ labels['owner'] }}\n         ^",
		}},
		{"unknown method", "{{ labels.team.uper() }}", Error{
			Line: 1, Column: 16, Message: `labels.team is a str and has no attribute "uper"`, Hint: `did you mean "upper"?`,
			Excerpt: "{{ labels.team.uper() }}\n               ^",
		}},
		{"unknown filter", "{{ n | to_ymal }}", Error{
			Line: 1, Column: 8, Message: `unknown filter "to_ymal"`, Hint: `did you mean "to_yaml"?`, Excerpt: "{{ n | to_ymal }}\n       ^",
		}},
		{"unknown test", "{{ n is defind }}", Error{
			Line: 1, Column: 9, Message: `unknown test "defind"`, Hint: `did you mean "defined"?`, Excerpt: "{{ n is defind }}\n        ^",
		}},
		{"unknown tag", "{% iff n %}", Error{
			Line: 1, Column: 4, Message: `unknown tag "iff"`, Hint: `did you mean "if"?`, Excerpt: "{% iff n %}\n   ^",
		}},
		{"unknown argument", "{{ 'a' | indent(widht=2) }}", Error{
			Line: 1, Column: 10, Message: `filter indent has no parameter "widht"`, Hint: `did you mean "width"?`,
			Excerpt: "{{ 'a' | indent(widht=2) }}\n         ^",
		}},
		{"types that do not add", "x: {{ 'a' + n }}", Error{
			Line: 1, Column: 11, Message: "+ does not work on a str and an int", Excerpt: "x: {{ 'a' + n }}\n          ^",
		}},
		{"division by zero", "{{ n / 0 }}", Error{Line: 1, Column: 6, Message: "division by zero", Excerpt: "{{ n / 0 }}\n     ^"}},
		{"text that is no expression", "{{ n $ }}", Error{Line: 1, Column: 6, Message: `unexpected character "$"`, Excerpt: "{{ n $ }}\n     ^"}},
		{"block without an end", "a\n{% if n %}\nb", Error{
			Line: 3, Column: 1, Message: "block is not closed, want {% endif %}", Excerpt: "b\n^",
		}},
		{"columns count characters", "é日: {{ evn }}", Error{
			Line: 1, Column: 8, Message: `variable "evn" is not defined`, Hint: `did you mean "env"?`, Excerpt: "é日: {{ evn }}\n       ^",
		}},
		{"a generator is printed", "{{ [1] | map('string') }}", Error{
			Line: 1, Column: 10, Message: "a generator cannot be printed: Python would print its address", Hint: "add the filter list, or join",
			Excerpt: "{{ [1] | map('string') }}\n         ^",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.File = "dir/template"
			got := failure(t, test.template, vars, nil)
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsInOtherTemplatesNameThem(t *testing.T) {
	t.Parallel()
	others := map[string]string{
		"macros": "\n{% macro m(a) %}\n  {{ a.b }}\n{% endmacro %}",
		"base":   "{% block a %}{% endblock %}\n{{ nope }}",
		"broken": "a\n{{ 1 + }}",
	}
	for template, want := range map[string]string{
		"{% from 'macros' import m %}\n{{ m({}) }}":              `dir/macros:3:8: a has no key "b"`,
		"{% extends 'base' %}":                                   `dir/base:2:4: variable "nope" is not defined`,
		"{% extends 'base' %}{% block a %}{{ x }}{% endblock %}": `dir/template:1:37: variable "x" is not defined`,
		"\n{% include 'broken' %}":                               `dir/broken:2:8: unexpected the end of the tag }}, want an expression`,
		"{% include 'basee' %}":                                  `dir/template:1:12: template "basee" is not found in dir`,
	} {
		if got := failure(t, template, nil, others).Error(); got != want {
			t.Errorf("%q fails with\n%s\nwant\n%s", template, got, want)
		}
	}
}
