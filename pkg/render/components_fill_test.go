package render

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFillingKeepsTheStructure(t *testing.T) {
	t.Parallel()
	values := filling{
		"text":    "a: b\n- c ${secret} {{x}}",
		"number":  int64(5),
		"flag":    false,
		"list":    []any{"x", "y"},
		"map":     map[string]any{"k": "v"},
		"empty":   "",
		"nothing": nil,
		"secret":  "never",
	}
	tests := map[string]struct{ given, want any }{
		"a whole value keeps its type":          {map[string]any{"a": "${number}", "b": "${list}", "c": "${map}"}, map[string]any{"a": int64(5), "b": []any{"x", "y"}, "c": map[string]any{"k": "v"}}},
		"false is a value":                      {map[string]any{"a": "${flag}"}, map[string]any{"a": false}},
		"a value is not filled in again":        {map[string]any{"a": "${text}"}, map[string]any{"a": "a: b\n- c ${secret} {{x}}"}},
		"a part of a text":                      {map[string]any{"a": "n-${number}-${text}"}, map[string]any{"a": "n-5-a: b\n- c ${secret} {{x}}"}},
		"a key without value is left out":       {map[string]any{"a": "${nothing}", "b": "x-${nothing}", "c": "x"}, map[string]any{"c": "x"}},
		"what becomes empty is left out":        {map[string]any{"a": map[string]any{"b": []any{map[string]any{"c": "${nothing}"}}}, "d": "x"}, map[string]any{"d": "x"}},
		"what was empty stays":                  {map[string]any{"a": map[string]any{}, "b": []any{}}, map[string]any{"a": map[string]any{}, "b": []any{}}},
		"if true":                               {[]any{map[string]any{"$if": "${number}", "a": "b"}}, []any{map[string]any{"a": "b"}}},
		"if absent, false or empty":             {[]any{"x", map[string]any{"$if": "${nothing}", "a": "b"}, map[string]any{"$if": "${flag}", "a": "b"}, map[string]any{"$if": "${empty}", "a": "b"}}, []any{"x"}},
		"each item":                             {[]any{map[string]any{"$each": "${list}", "name": "${item}", "n": "i-${index}"}}, []any{map[string]any{"name": "x", "n": "i-0"}, map[string]any{"name": "y", "n": "i-1"}}},
		"each inside each sees its own":         {[]any{map[string]any{"$each": "${list}", "a": "${item}", "b": []any{map[string]any{"$each": "${list}", "c": "${item}"}}}}, []any{map[string]any{"a": "x", "b": []any{map[string]any{"c": "x"}, map[string]any{"c": "y"}}}, map[string]any{"a": "y", "b": []any{map[string]any{"c": "x"}, map[string]any{"c": "y"}}}}},
		"each of nothing leaves the key out":    {map[string]any{"a": []any{map[string]any{"$each": "${nothing}", "b": "${item}"}}, "c": "d"}, map[string]any{"c": "d"}},
		"what looks like it but is not is text": {map[string]any{"a": "$(number) $number ${NUMBER} ${number"}, map[string]any{"a": "$(number) $number ${NUMBER} ${number"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, keep, err := values.fill(test.given)
			if err != nil || !keep {
				t.Fatalf("keep %t, error %v", keep, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFillingRefusesWhatIsNoParameter(t *testing.T) {
	t.Parallel()
	values := filling{"list": []any{"a"}, "text": "a"}
	for _, given := range []any{"${unknown}", "a ${unknown}", "a ${list}", []any{map[string]any{"$each": "${text}"}}, map[string]any{"$if": "${unknown}"}} {
		if got, _, err := values.fill(given); err == nil {
			t.Errorf("%v became %v, want an error", given, got)
		}
	}
}

// Names that every component knows must not be hidden by a parameter, and
// every file must come out of what is known.
func TestBuiltInComponentsAreSound(t *testing.T) {
	t.Parallel()
	known := filling{"name": "n", "namespace": "ns", "port": int64(1), "selector": map[string]any{}, "containers": []any{"c"}, "init_containers": nil, "item": "i", "index": int64(0)}
	for _, c := range Components() {
		if c.Doc == "" {
			t.Errorf("component %s has no doc", c.Name)
		}
		values := filling{}
		for name, v := range known {
			values[name] = v
		}
		for _, p := range c.Parameters {
			if _, taken := known[p.Name]; taken {
				t.Errorf("component %s: parameter %q hides what every component knows", c.Name, p.Name)
			}
			if p.Doc == "" {
				t.Errorf("component %s: parameter %s has no doc", c.Name, p.Name)
			}
			if p.Default != nil {
				value, want := parameterTypes[p.Type](p.Default)
				if want != "" || p.restrict(value) != "" {
					t.Errorf("component %s: default %v of %s breaks its own rule", c.Name, p.Default, p.Name)
				}
			}
			values[p.Name] = p.Default
		}
		for file, template := range c.templates {
			for _, v := range template.values {
				if _, _, err := values.fill(v); err != nil {
					t.Errorf("component %s: %s: %v", c.Name, file, err)
				}
			}
		}
	}
}
