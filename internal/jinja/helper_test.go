package jinja

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"testing/fstest"
)

// variables decodes a JSON object in the order in which it is written.
func variables(t testing.TB, data []byte) *Dict {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, ok := decode(t, d).(*Dict)
	if !ok {
		t.Fatalf("variables are no JSON object: %s", data)
	}
	return v
}

func decode(t testing.TB, d *json.Decoder) any {
	t.Helper()
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch v := token.(type) {
	case json.Delim:
		return decodeNested(t, d, v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return token
}

func decodeNested(t testing.TB, d *json.Decoder, open json.Delim) any {
	t.Helper()
	mapping, list := NewDict(), []any{}
	for d.More() {
		if open == '[' {
			list = append(list, decode(t, d))
			continue
		}
		key := decode(t, d).(string)
		mapping.Set(key, decode(t, d))
	}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	if open == '[' {
		return list
	}
	return mapping
}

// render renders one template, with others beside it.
func render(t testing.TB, source string, vars *Dict, others map[string]string) (*Result, error) {
	t.Helper()
	files := fstest.MapFS{"dir/template": {Data: []byte(source)}}
	for name, text := range others {
		files["dir/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return New().Render(context.Background(), files, "dir/template", vars)
}

// failure returns the error of a template that has to fail.
func failure(t testing.TB, source string, vars *Dict, others map[string]string) *Error {
	t.Helper()
	result, err := render(t, source, vars, others)
	if err == nil {
		t.Fatalf("%q renders %q, want an error", source, result.Text)
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%q fails with a %T, want an *Error: %v", source, err, err)
	}
	return e
}

func readTestFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
