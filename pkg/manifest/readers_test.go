package manifest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"

	goccy "github.com/goccy/go-yaml"
	yaml3 "go.yaml.in/yaml/v3"
	yaml4 "go.yaml.in/yaml/v4"
	oldyaml3 "gopkg.in/yaml.v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// A reader is a YAML decoder that some tool in the field uses.
type reader struct {
	name string
	read func([]byte, any) error
}

// readers lists every Go decoder at hand. They judge the encoder: what it
// writes must be the same value to each of them.
var readers = []reader{
	{"sigs.k8s.io/yaml", func(data []byte, v any) error {
		return sigsyaml.Unmarshal(data, v, func(d *json.Decoder) *json.Decoder { d.UseNumber(); return d })
	}},
	{"kyaml", kyaml.Unmarshal},
	{"go.yaml.in/yaml/v3", yaml3.Unmarshal},
	{"go.yaml.in/yaml/v4", yaml4.Unmarshal},
	{"gopkg.in/yaml.v3", oldyaml3.Unmarshal},
	{"goccy/go-yaml", func(data []byte, v any) error { return goccy.Unmarshal(data, v) }},
}

// readValue decodes with one reader; numbers of every Go type come out as the
// same exact text.
func (r reader) readValue(data []byte) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	err = r.read(data, &v)
	return exactly(v), err
}

// number is how tests compare numbers: exactly, whatever their Go type.
type number string

// exactly brings what decoders return to values that cmp.Diff can compare.
func exactly(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = exactly(item)
		}
		return out
	case map[any]any:
		return fmt.Sprintf("a mapping with keys that are not strings: %v", v)
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, exactly(item))
		}
		return out
	case nil, bool, string:
		return v
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return exactly(n)
		}
		f, err := v.Float64()
		if err != nil {
			return err.Error()
		}
		return exactly(f)
	case int, int64, uint64:
		return number(fmt.Sprint(v))
	case float64:
		return number(new(big.Float).SetFloat64(v).Text('f', -1))
	}
	return fmt.Sprintf("a %s: %v", reflect.TypeOf(v), v)
}
