package render

import (
	"fmt"
	"regexp"
	"slices"
)

// How parameters get into the manifests of a component. Manifests are parsed
// first and filled in afterwards, so that no value can change their structure:
//
//	host: ${host}             the whole value, with its type: a text, a number, a list …
//	subPath: dir-${index}     a part of a text
//	- $if: ${tls_secret}      the mapping is left out where the value is absent, false or empty
//	- $each: ${cidrs}         the mapping once for every item of a list, which is ${item}; ${index} counts from 0
//
// What needs a value that is absent is left out: the key or list item, and the
// mapping or list that becomes empty by that.

const (
	ifKey   = "$if"
	eachKey = "$each"
)

var reference = regexp.MustCompile(`\$\{([a-z_]+)\}`)

// A filling holds the values to fill in, by name; nil stands for absent.
type filling map[string]any

// fill returns the value with everything filled in, and whether to keep it.
func (f filling) fill(v any) (any, bool, error) {
	switch v := v.(type) {
	case string:
		return f.text(v)
	case map[string]any:
		return f.mapping(v)
	case []any:
		return f.list(v)
	}
	return v, true, nil
}

func (f filling) text(s string) (any, bool, error) {
	if m := reference.FindStringSubmatch(s); m != nil && m[0] == s {
		v, err := f.value(m[1])
		return v, v != nil, err
	}
	keep := true
	var failed error
	text := reference.ReplaceAllStringFunc(s, func(ref string) string {
		v, err := f.value(ref[2 : len(ref)-1])
		switch v.(type) {
		case nil:
			keep = false
		case map[string]any, []any:
			err = fmt.Errorf("%s is no text, but stands in the text %q", ref, s)
		}
		if err != nil {
			failed = err
		}
		return fmt.Sprint(v)
	})
	return text, keep, failed
}

func (f filling) value(name string) (any, error) {
	v, ok := f[name]
	if !ok {
		return nil, fmt.Errorf("%q is no parameter", name)
	}
	return v, nil
}

func (f filling) mapping(m map[string]any) (any, bool, error) {
	if condition, ok := m[ifKey]; ok {
		v, _, err := f.fill(condition)
		if err != nil || isEmpty(v) {
			return nil, false, err
		}
	}
	out := make(map[string]any, len(m))
	for key, value := range m {
		if key == ifKey || key == eachKey {
			continue
		}
		v, keep, err := f.fill(value)
		if err != nil {
			return nil, false, err
		}
		if keep {
			out[key] = v
		}
	}
	return out, len(out) > 0 || len(m) == 0, nil
}

func (f filling) list(list []any) (any, bool, error) {
	out := make([]any, 0, len(list))
	for _, item := range list {
		items, err := f.items(item)
		if err != nil {
			return nil, false, err
		}
		out = append(out, items...)
	}
	return out, len(out) > 0 || len(list) == 0, nil
}

// items returns what one item of a list becomes: mostly one item, none where
// it is left out, several for $each.
func (f filling) items(item any) ([]any, error) {
	m, _ := item.(map[string]any)
	each, ok := m[eachKey]
	if !ok {
		v, keep, err := f.fill(item)
		if err != nil || !keep {
			return nil, err
		}
		return []any{v}, nil
	}
	over, _, err := f.fill(each)
	if err != nil {
		return nil, err
	}
	list, ok := over.([]any)
	if !ok && over != nil {
		return nil, fmt.Errorf("%s is %s, want a list", eachKey, typeName(over))
	}
	var out []any
	for i, value := range list {
		v, keep, err := f.with("item", value).with("index", int64(i)).fill(m)
		if err != nil {
			return nil, err
		}
		if keep {
			out = append(out, v)
		}
	}
	return slices.Clip(out), nil
}

// with returns the filling with one value more.
func (f filling) with(name string, value any) filling {
	out := make(filling, len(f)+1)
	for k, v := range f {
		out[k] = v
	}
	out[name] = value
	return out
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
