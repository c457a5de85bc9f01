package jinja

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/fstest"
)

func decodeOrdered(dec *json.Decoder) any {
	t, err := dec.Token()
	if err != nil {
		panic(err)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			d := NewDict()
			for dec.More() {
				k, _ := dec.Token()
				d.Set(k.(string), decodeOrdered(dec))
			}
			dec.Token()
			return d
		}
		l := []any{}
		for dec.More() {
			l = append(l, decodeOrdered(dec))
		}
		dec.Token()
		return l
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n
		}
		f, _ := t.Float64()
		return f
	}
	return t
}

type trialCase struct {
	Src    string
	Files  map[string]string
	Ctx    json.RawMessage
	Out    string
	Err    string
	Opaque bool
}

func TestTrial(t *testing.T) {
	path := os.Getenv("TRIAL")
	if path == "" {
		t.Skip()
	}
	data, _ := os.ReadFile(path)
	var cases []trialCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	e := New()
	eq, ref, diff, mild := 0, 0, 0, 0
	for _, c := range cases {
		dec := json.NewDecoder(bytes.NewReader(c.Ctx))
		dec.UseNumber()
		vars := decodeOrdered(dec).(*Dict)
		files := fstest.MapFS{}
		for n, s := range c.Files {
			files["t/"+n] = &fstest.MapFile{Data: []byte(s)}
		}
		files["t/m"] = &fstest.MapFile{Data: []byte(c.Src)}
		res, err := e.Render(context.Background(), files, "t/m", vars)
		switch {
		case err == nil && c.Err == "" && res.Text == c.Out:
			eq++
		case err != nil && c.Err != "":
			eq++
			if os.Getenv("SHOWERR") != "" {
				fmt.Printf("ERR %q\n   py: %s\n   go: %v\n", c.Src, c.Err, err)
			}
		case err != nil:
			ref++
			fmt.Printf("REFUSED %q ctx=%.200s\n   py: %q\n   go: %v\n", c.Src, c.Ctx, c.Out, err)
		case c.Err != "":
			mild++
			fmt.Printf("PYERR %q\n   py: %s\n   go: %q\n", c.Src, c.Err, res.Text)
		default:
			diff++
			fmt.Printf("DIFF %q ctx=%.200s\n   py: %q\n   go: %q\n", c.Src, c.Ctx, c.Out, res.Text)
		}
	}
	fmt.Printf("equal %d refused %d pyerr %d different %d\n", eq, ref, mild, diff)
}
