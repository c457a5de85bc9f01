// The canonical bytes of ledgers.

package gitops

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Encode returns the canonical bytes of the ledger: JSON with one field and
// one list item a line, so that changes are small to read.
func (l *Ledger) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil, fmt.Errorf("writing ledger: %w", err)
	}
	var fields []field
	if err := readFields(b.Bytes(), &fields); err != nil {
		return nil, fmt.Errorf("writing ledger: %w", err)
	}
	return layFields(fields), nil
}

// A field is one member of the ledger's JSON object.
type field struct {
	name  string
	value json.RawMessage
}

// readFields lists the members of a JSON object in their order.
func readFields(data []byte, fields *[]field) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		f := field{name: name.(string)}
		if err := dec.Decode(&f.value); err != nil {
			return err
		}
		*fields = append(*fields, f)
	}
	return nil
}

func layFields(fields []field) []byte {
	var b bytes.Buffer
	b.WriteString("{\n")
	for i, f := range fields {
		b.WriteString("  " + quote(f.name) + ": ")
		if f.name == "inputs" {
			layMembers(&b, f.value)
		} else {
			layValue(&b, f.value)
		}
		if i < len(fields)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// layValue writes lists with an item a line and other values as they are.
func layValue(b *bytes.Buffer, value json.RawMessage) {
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil || len(items) == 0 {
		b.Write(value)
		return
	}
	b.WriteString("[\n")
	for i, item := range items {
		b.WriteString("    ")
		b.Write(item)
		if i < len(items)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("  ]")
}

// layMembers writes an object with a member a line.
func layMembers(b *bytes.Buffer, value json.RawMessage) {
	var members []field
	if readFields(value, &members) != nil {
		b.Write(value)
		return
	}
	b.WriteString("{\n")
	for i, m := range members {
		b.WriteString("    " + quote(m.name) + ": ")
		b.Write(m.value)
		if i < len(members)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("  }")
}

// quote writes a JSON string.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
