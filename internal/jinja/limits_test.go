package jinja

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Each of these would take Python hours or all memory.
var greedy = map[string]string{
	"text times":          "{{ 'a' * 10**9 }}",
	"text times again":    "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
	"text added":          "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
	"list times":          "{{ [1] * 10**9 }}",
	"list added":          "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
	"list extended":       "{% set l = [1] %}{% for i in range(60) %}{% set _ = l.extend(l) %}{% endfor %}",
	"range listed":        "{{ range(10**9) | list }}",
	"range joined":        "{{ range(10**9) | join }}",
	"range summed":        "{{ range(10**12) | sum }}",
	"range looped over":   "{% for i in range(10**9) %}{% endfor %}",
	"range searched":      "{{ 'x' in range(10**9) | map('string') }}",
	"range sorted":        "{{ range(10**9) | sort }}",
	"range unpacked":      "{% set a, b = range(10**9) %}",
	"range as arguments":  "{{ '%s' | format(*range(10**9)) }}",
	"loops in loops":      "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{% endfor %}{% endfor %}",
	"center":              "{{ 'a'.center(10**9) }}",
	"filter center":       "{{ 'a' | center(10**10) }}",
	"zfill":               "{{ '1'.zfill(10**9) }}",
	"ljust":               "{{ 'a'.ljust(10**11, 'é') }}",
	"expandtabs":          "{{ '\\t'.expandtabs(10**9) }}",
	"indent":              "{{ 'a\\nb' | indent(10**9) }}",
	"indent of many":      "{{ ('a\\n' * 1000) | indent('x' * 100000) }}",
	"replace":             "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
	"replace nothing":     "{{ ('a' * 10**6).replace('', 'b' * 1000) }}",
	"join":                "{{ range(100000) | join('x' * 100000) }}",
	"join method":         "{{ ('x' * 100000).join('y' * 100000) }}",
	"batch":               "{{ [1] | batch(10**9, 'x') | list }}",
	"slice":               "{{ [1] | slice(10**9) | list }}",
	"percent width":       "{{ '%1000000000d' % 1 }}",
	"percent precision":   "{{ '%.1000000000f' % 1 }}",
	"percent star":        "{{ '%*d' % (10**9, 1) }}",
	"format width":        "{{ '{:>1000000000}'.format(1) }}",
	"format grouped":      "{{ '{:0>,}'.format(1) }}{{ '{:01000000000,}'.format(1) }}",
	"power":               "{{ 10 ** (10 ** 10) }}",
	"power of power":      "{{ (9 ** 9999) ** 9999 }}",
	"product":             "{% set ns = namespace(n=3) %}{% for i in range(100) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
	"recursive macro":     "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
	"two macros":          "{% macro a() %}{{ b() }}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}",
	"macro tree":          "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
	"include of itself":   "{% include 'template' %}",
	"import of itself":    "{% import 'template' as t %}",
	"extends itself":      "{% extends 'template' %}",
	"recursive loop":      "{% for a in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
	"block in itself":     "{% block a %}{{ self.a() }}{% endblock %}",
	"list in list":        "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
	"json of deep list":   "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | tojson }}",
	"yaml of deep list":   "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | to_yaml }}",
	"deep lists compared": "{% set ns = namespace(l=[], m=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
	"json of a cycle":     "{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}",
	"cycle compared":      "{% set l = [] %}{% set _ = l.append(l) %}{% set m = [] %}{% set _ = m.append(m) %}{{ l == m }}",
	"billion laughs":      "{% set ns = namespace(l=['lol']) %}{% for i in range(50) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
	"laughs as json":      "{% set ns = namespace(l=['lol']) %}{% for i in range(50) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
	"laughs compared":     "{% set ns = namespace(l=['lol'], m=['lol']) %}{% for i in range(50) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
	"laughs as a key":     "{% set ns = namespace(l=(1,)) %}{% for i in range(50) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}",
	"output":              "{% set s = 'a' * 100000 %}{% for i in range(10000) %}{{ s }}{% endfor %}",
	"text kept":           "{% set l = [] %}{% for i in range(100000) %}{% set _ = l.append('a' * 10**6) %}{% endfor %}",
	"list grows in loop":  "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}",
	"nested brackets":     "{{ " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000) + " }}",
	"nested lists":        "{{ " + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + " }}",
	"nested blocks":       strings.Repeat("{% if 1 %}", 100000) + strings.Repeat("{% endif %}", 100000),
	"many operators":      "{{ 1" + strings.Repeat("+1", 100000) + " }}",
	"many signs":          "{{ " + strings.Repeat("-", 100000) + "1 }}",
	"many nots":           "{{ " + strings.Repeat("not ", 100000) + "1 }}",
	"many attributes":     "{{ a" + strings.Repeat(".a", 100000) + " }}",
	"many filters":        "{{ 1" + strings.Repeat("|string", 100000) + " }}",
	"wordwrap":            "{{ ('a ' * 10**6) | wordwrap(1) }}",
	"splits":              "{% set s = 'a ' * 10**6 %}{% for i in range(10**6) %}{% set _ = s.split() %}{% endfor %}",
	"searches":            "{% set s = 'a' * 10**6 %}{% for i in range(10**6) %}{% if 'b' in s %}{% endif %}{% endfor %}",
	"template size":       strings.Repeat("a", maxSource+1),
}

// TestGreedyTemplatesEndByTheirBounds also sees that it is a bound that ends
// them, not the clock, which would end them elsewhere each time.
func TestGreedyTemplatesEndByTheirBounds(t *testing.T) {
	t.Parallel()
	for name, template := range greedy {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			files := fstest.MapFS{"template": {Data: []byte(template)}}
			result, err := New().Render(ctx, files, "template", nil)
			switch {
			case err == nil:
				t.Errorf("it renders %.100q, want an error", result.Text)
			case errors.Is(err, context.DeadlineExceeded):
				t.Errorf("it does not end within a minute: %v", err)
			case len(err.Error()) > 300:
				t.Errorf("the message is %q", err)
			}
		})
	}
}

func TestWhatIsLargeButNotGreedyRenders(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]int{
		"{% for i in range(100000) %}{{ i % 10 }}{% endfor %}": 100000,
		"{{ 'a' * 10**6 }}":                        1000000,
		"{{ range(10**12)[5:8] | list | length }}": 1,
		"{{ 5 in range(10**18) }}":                 4,
		"{% for i in range(10**9) %}{% if i > 3 %}{{ loop.length }}{% endif %}{% endfor %}": -1,
	} {
		result, err := render(t, template, nil, nil)
		if want < 0 {
			if err == nil {
				t.Errorf("%s renders, want an error", template)
			}
			continue
		}
		if err != nil || len(result.Text) != want {
			t.Errorf("%s: got %v, want %d bytes", template, err, want)
		}
	}
}

func TestLimitsCanBeSet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limits   Limits
		template string
		want     string
	}{
		"steps":  {Limits{Steps: 100}, "{% for i in range(1000) %}{% endfor %}", "template takes more than 100 steps"},
		"output": {Limits{Output: 100}, "{% for i in range(1000) %}aaaa{% endfor %}", "template writes more than 100 bytes"},
		"text":   {Limits{Text: 100}, "{{ 'a' * 101 }}", "template builds a text of more than 100 bytes"},
		"items":  {Limits{Items: 100}, "{{ range(101) | list }}", "template builds a list of more than 100 items"},
		"depth":  {Limits{Depth: 10}, "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}", "macros, blocks or includes are more than 10 levels deep"},
	} {
		_, err := NewWithLimits(test.limits).Render(context.Background(), fstest.MapFS{"t": {Data: []byte(test.template)}}, "t", nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
