package manifest

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxExact is the largest integer up to which every float64 that is whole
// stands for one integer only: 2^53.
const maxExact = 1 << 53

// Normalize returns v in the form that [Object] and [AppendYAML] work with:
// nil, bool, string, int64, float64, []any and map[string]any, all of them
// new. It takes the output of encoding/json, with and without json.Number,
// of YAML decoders, and of Go code that builds objects.
//
// JSON has one kind of number, and so has Kubernetes. A float that is whole
// therefore becomes an int64: 1.0 in a template, as kubectl would send it,
// and 8000 from jsonnet, which computes in floats only. Beyond 2^53, where
// floats no longer tell neighbouring integers apart, a whole float is an
// error; so are integers beyond int64, NaN and infinities, keys that are not
// strings, and text that is not UTF-8. Errors are [*ValueError] with the path.
func Normalize(v any) (any, error) { return normalize(v, 0) }

func normalize(v any, depth int) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return validText(v)
	case map[string]any:
		return normalizeMap(v, depth)
	case []any:
		return normalizeList(v, depth)
	case map[any]any:
		return normalizeAnyMap(v, depth)
	case map[string]string:
		return normalizeMap(v, depth)
	case []string:
		return normalizeList(v, depth)
	case []map[string]any:
		return normalizeList(v, depth)
	case json.Number:
		return normalizeNumber(string(v))
	}
	return normalizeGoNumber(v)
}

func validText(s string) (any, error) {
	if !utf8.ValidString(s) {
		return nil, errNotUTF8(s)
	}
	return s, nil
}

func normalizeMap[V any](m map[string]V, depth int) (any, error) {
	if depth >= MaxDepth {
		return nil, errTooDeep()
	}
	out := make(map[string]any, len(m))
	for key, item := range m {
		if _, err := validText(key); err != nil {
			return nil, inKey(key, err)
		}
		n, err := normalize(item, depth+1)
		if err != nil {
			return nil, inKey(key, err)
		}
		out[key] = n
	}
	return out, nil
}

func normalizeAnyMap(m map[any]any, depth int) (any, error) {
	out := make(map[string]any, len(m))
	for key, item := range m {
		s, ok := key.(string)
		if !ok {
			message := fmt.Sprintf("key is a Go %T, want a string; quote it", key)
			return nil, inKey(fmt.Sprint(key), &ValueError{Message: message})
		}
		out[s] = item
	}
	return normalizeMap(out, depth)
}

func normalizeList[V any](list []V, depth int) (any, error) {
	if depth >= MaxDepth {
		return nil, errTooDeep()
	}
	out := make([]any, len(list))
	for i, item := range list {
		n, err := normalize(item, depth+1)
		if err != nil {
			return nil, inItem(i, err)
		}
		out[i] = n
	}
	return out, nil
}

// normalizeNumber reads a number as JSON writes it.
func normalizeNumber(s string) (any, error) {
	if !strings.ContainsAny(s, ".eE") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, errBigInteger(s)
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, errBigInteger(s)
	}
	return wholeOrFloat(f)
}

func normalizeGoNumber(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case int8:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case int64:
		return v, nil
	case uint8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case uint:
		return normalizeUnsigned(uint64(v))
	case uint64:
		return normalizeUnsigned(v)
	case float32:
		return wholeOrFloat(float64(v))
	case float64:
		return wholeOrFloat(v)
	}
	return nil, &ValueError{Message: fmt.Sprintf("a Go %T, want null, a boolean, text, a number, a list or a mapping", v)}
}

func normalizeUnsigned(n uint64) (any, error) {
	if n > math.MaxInt64 {
		return nil, errBigInteger(strconv.FormatUint(n, 10))
	}
	return int64(n), nil
}

// wholeOrFloat returns the integer that f stands for, or f where it is a
// fraction.
func wholeOrFloat(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errNotFinite(f)
	}
	if f != math.Trunc(f) {
		return f, nil
	}
	if math.Abs(f) > maxExact {
		message := fmt.Sprintf("number %g is whole and beyond 2^53, so its digits may be lost; write an integer or quote it", f)
		return nil, &ValueError{Message: message}
	}
	return int64(f), nil
}

func errNotFinite(f float64) error {
	return &ValueError{Message: fmt.Sprintf("number %g, want a finite one", f)}
}

func errBigInteger(s string) error {
	message := fmt.Sprintf("number %s does not fit into 64 bits; quote it if it is a text", cut(s, 40))
	return &ValueError{Message: message}
}

// Clone returns a copy of the object that shares nothing with it that can
// change.
func (o *Object) Clone() *Object {
	body, _ := clone(o.Body).(map[string]any)
	origin := o.Origin
	origin.Overlays = append([]string(nil), o.Origin.Overlays...)
	return &Object{Body: body, Origin: origin}
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = clone(item)
		}
		return out
	case []any:
		if v == nil {
			return v
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = clone(item)
		}
		return out
	}
	return v
}
