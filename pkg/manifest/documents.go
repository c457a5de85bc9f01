package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds on what [Documents] reads: parsed YAML takes a hundred times the
// memory of its text.
const (
	maxStream   = 16 << 20
	maxDocument = 4 << 20
)

// A Document is one document of a YAML stream.
type Document struct {
	// Value is normalised, see [Normalize]; nil where Err is set.
	Value any
	// Line is the 1-based line of the document's first content.
	Line int
	// Err says why the document cannot be read; it is a [*SyntaxError].
	Err error
	// Warnings are what a reader should know of a document that can be read.
	Warnings []Warning
}

// A Warning is a remark on one line of the stream.
type Warning struct {
	Line    int
	Message string
}

// A SyntaxError tells where in a stream a document cannot be read.
type SyntaxError struct {
	// Line is 1-based and counts from the start of the stream. Column counts
	// characters from 1; it is 0 where only the line is known.
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Documents splits a YAML stream and decodes each document as kubectl would:
// booleans and octal numbers are those of YAML 1.1, timestamps stay text, and
// of a mapping key that is there twice the last one counts. Where that may
// surprise, there is a warning.
//
// Empty documents are left out. A document that cannot be read carries its
// error and does not hide the others. Nothing that the input contains makes
// Documents hang: size, depth and what aliases expand to are bounded.
func Documents(data []byte) []Document {
	if len(data) > maxStream {
		message := fmt.Sprintf("%d bytes of YAML, want at most %d", len(data), maxStream)
		return []Document{{Line: 1, Err: &SyntaxError{Line: 1, Message: message}}}
	}
	var docs []Document
	for _, p := range split(data) {
		p.text = withoutVersion(p.text)
		docs = append(docs, p.documents()...)
	}
	return docs
}

// documents decodes the part, which as a rule is one document. It is more
// where a document marker follows a line break that only YAML knows.
func (p part) documents() (docs []Document) {
	if err := p.check(); err != nil {
		return []Document{{Line: p.contentLine(), Err: err}}
	}
	text, hidden := hideSurrogates(p.text)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var root yaml.Node
		err := parse(decoder, &root)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			return append(withoutRest(docs, err), Document{Line: p.contentLine(), Err: p.syntaxError()})
		}
		if hidden {
			showSurrogates(&root)
		}
		if doc := p.decode(&root); doc.Value != nil || doc.Err != nil {
			docs = append(docs, doc)
		}
	}
}

// withoutRest takes away the last document where the error is that something
// else stands behind it: then it was no document, only the start of one.
func withoutRest(docs []Document, err error) []Document {
	if len(docs) > 0 && strings.Contains(err.Error(), "<document start>") {
		return docs[:len(docs)-1]
	}
	return docs
}

// check looks for what the parser would not, or not in good time, refuse.
func (p part) check() error {
	if len(p.text) > maxDocument {
		message := fmt.Sprintf("a document of %d bytes, want at most %d", len(p.text), maxDocument)
		return &SyntaxError{Line: p.contentLine(), Message: message}
	}
	if utf8.Valid(p.text) {
		if line, column, r := Deceptive(p.text); r != 0 {
			return &SyntaxError{Line: p.line + line - 1, Column: column, Message: fmt.Sprintf("has the character %U, which hides what follows it; want it escaped, as in \"\\u%04x\"", r, r)}
		}
		return nil
	}
	for i, line := range bytes.Split(p.text, []byte("\n")) {
		if at := invalidUTF8(line); at >= 0 {
			column := utf8.RuneCount(line[:at]) + 1
			message := fmt.Sprintf("byte 0x%02x is not UTF-8", line[at])
			return &SyntaxError{Line: p.line + i, Column: column, Message: message}
		}
	}
	return nil
}

func invalidUTF8(line []byte) int {
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// parse reads the next document into root. The parser is not ours and its
// input is anybody's: should it panic, that is one more unreadable document.
func parse(decoder *yaml.Decoder, root *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser gave up: %v", r)
		}
	}()
	return decoder.Decode(root)
}

func (p part) decode(root *yaml.Node) Document {
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 {
		return Document{}
	}
	content := root.Content[0]
	w := walker{firstLine: p.line}
	doc := Document{Line: w.line(content)}
	doc.Value, doc.Err = w.value(content)
	doc.Warnings = w.warnings
	if doc.Err != nil {
		doc.Value = nil
	}
	return doc
}
