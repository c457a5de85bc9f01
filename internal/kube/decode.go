package kube

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/status"
)

// decode reads one object of valid JSON. Those in lists of built-in kinds do not
// say what they are, and those without what they hold say something else.
func (d *decoder) decode(data json.RawMessage, r Resource) (*unstructured.Unstructured, error) {
	d.data, d.at, d.dated = data, 0, status.Dated(r.Group, r.Kind)
	d.blank()
	if d.at == len(d.data) || d.data[d.at] != '{' {
		return nil, fmt.Errorf("an object is %.100q, want a mapping", data)
	}
	object := d.mapping(0)
	object["kind"], object["apiVersion"] = r.Kind, r.apiVersion()
	return &unstructured.Unstructured{Object: object}, nil
}

// A decoder turns JSON into maps, as the libraries of Kubernetes do: whole
// numbers are int64. It is a decoder of our own for what it leaves out and
// shares, which is two thirds of the memory of a large list: managedFields and
// kubectl's copy of the last configuration, which nobody judges by, are passed
// over, and what several objects of a list have in common is there once. So
// nobody may change what it returns.
//
// It relies on its input being valid, which encoding/json has seen to.
type decoder struct {
	data []byte
	at   int
	// dated keeps who changed the object and when, without the fields.
	dated bool
	// words are strings and parts small values by their JSON.
	words map[string]string
	parts map[string]any
}

func newDecoder() *decoder {
	return &decoder{words: make(map[string]string), parts: make(map[string]any)}
}

// What is longer than this is not looked up: it will be there once anyway.
const (
	longestWord = 64
	longestPart = 512
)

// lastApplied is where kubectl keeps a copy of the whole object.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// isLeftOut tells of the fields that are passed over, at the depth of the
// mapping that has them.
func (d *decoder) isLeftOut(depth int, key string) bool {
	switch key {
	case "managedFields":
		return depth == 1 && !d.dated
	case "fieldsV1":
		return depth == 3 && d.dated
	}
	return depth == 2 && key == lastApplied
}

// value reads a value, or takes an equal one that was read before.
func (d *decoder) value(depth int) any {
	switch d.data[d.at] {
	case '"':
		return d.text()
	case '{', '[':
		return d.part(depth)
	case 't':
		d.at += len("true")
		return true
	case 'f':
		d.at += len("false")
		return false
	case 'n':
		d.at += len("null")
		return nil
	}
	return d.number()
}

// part reads a mapping or a list.
func (d *decoder) part(depth int) any {
	start := d.at
	isSmall := depth > 1 && d.skip(longestPart)
	small := d.data[start:d.at]
	if isSmall {
		if known, ok := d.parts[string(small)]; ok {
			return known
		}
	}
	d.at = start
	var v any
	if d.data[start] == '{' {
		v = d.mapping(depth)
	} else {
		v = d.list(depth)
	}
	if isSmall {
		d.parts[string(small)] = v
	}
	return v
}

func (d *decoder) mapping(depth int) map[string]any {
	m := make(map[string]any)
	d.at++
	for d.more('}') {
		key := d.text()
		d.blank()
		d.at++ // the colon
		d.blank()
		if d.isLeftOut(depth, key) {
			d.skip(len(d.data))
			continue
		}
		m[key] = d.value(depth + 1)
	}
	return m
}

func (d *decoder) list(depth int) []any {
	l := []any{}
	d.at++
	for d.more(']') {
		l = append(l, d.value(depth+1))
	}
	return l
}

// more goes to the next item, and past the end where there is none.
func (d *decoder) more(end byte) bool {
	d.blank()
	if d.data[d.at] == ',' {
		d.at++
		d.blank()
	}
	if d.data[d.at] == end {
		d.at++
		return false
	}
	return true
}

func (d *decoder) blank() {
	for d.at < len(d.data) {
		switch d.data[d.at] {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return
		}
	}
}

// text reads a string.
func (d *decoder) text() string {
	start := d.at
	isPlain := d.skipText()
	raw := d.data[start+1 : d.at-1]
	if !isPlain {
		var s string
		_ = json.Unmarshal(d.data[start:d.at], &s) // valid, as all of it
		return s
	}
	if len(raw) > longestWord {
		return string(raw)
	}
	if known, ok := d.words[string(raw)]; ok {
		return known
	}
	s := string(raw)
	d.words[s] = s
	return s
}

// skipText goes past a string, and tells whether its bytes are its text.
func (d *decoder) skipText() (isPlain bool) {
	isPlain = true
	for d.at++; d.data[d.at] != '"'; d.at++ {
		switch c := d.data[d.at]; {
		case c == '\\':
			isPlain = false
			d.at++
		case c >= utf8.RuneSelf:
			isPlain = false // encoding/json knows what to do with what is no UTF-8
		}
	}
	d.at++
	return isPlain
}

// skip goes past a value, unless it is longer than so many bytes.
func (d *decoder) skip(most int) bool {
	depth, end := 0, d.at+most
	for d.at <= end {
		switch d.data[d.at] {
		case '{', '[':
			depth++
			d.at++
		case '}', ']':
			depth--
			d.at++
		case '"':
			d.skipText()
		case ' ', '\t', '\r', '\n', ',', ':':
			d.at++
		default:
			d.word()
		}
		if depth == 0 {
			return true
		}
	}
	return false
}

// word goes past a number, true, false or null.
func (d *decoder) word() []byte {
	rest := d.data[d.at:]
	n := bytes.IndexAny(rest, " \t\r\n,:]}")
	if n < 0 {
		n = len(rest)
	}
	d.at += n
	return rest[:n]
}

func (d *decoder) number() any {
	word := string(d.word())
	if whole, err := strconv.ParseInt(word, 10, 64); err == nil {
		return whole
	}
	number, _ := strconv.ParseFloat(word, 64) // valid, or too large, which is infinite
	return number
}
