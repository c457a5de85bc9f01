//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// An attack is one file of testdata/attack: a project, the command lines that
// meet it, and what must come of it. The comment of the file says in words
// what the attacker wants and then, each on a line of its own,
//
//	run: lading render ...       a command; several run in turn, the last is
//	                             judged (default: attackCommand)
//	error: 2 REGEXP              it ends with that status, and its standard
//	                             error matches, or
//	inert: Kind Kind ...         it succeeds and prints objects of exactly
//	                             these kinds, in this order, or nothing
//	                             that is to be read as objects ("inert: -")
//	same: Kind Kind ...          the same, and a payload is all that tells the
//	                             output from that for a harmless word
//	message: REGEXP              standard error matches this as well
//	stdout: REGEXP               standard output matches this as well
//	absent: REGEXP               neither output matches this
//	writes: REGEXP               all that it writes below the project has
//	                             such names (default: it writes nothing)
//	within: 1s                   processor time that it takes at most
//
// Sections with these names are no files of the project:
//
//	symlinks    name -> target
//	generate    name count "text"    appends the text so many times; the text
//	                                 is quoted as in Go, so it may hold any byte
//	payloads    one quoted text a line: the case runs once for each, with the
//	            text in place of PAYLOAD in the files, escaped for
//	            double-quoted YAML, and of RAWPAYLOAD, as it is
//
// In all of it $OUTSIDE is a directory outside the project and $SERVER the URL
// of a server that waits for somebody to come.
type attack struct {
	name     string
	runs     [][]string
	status   int
	kinds    []string // nil where the verdict is an error
	objects  bool     // whether the output is to be read as objects
	same     bool     // whether payloads may change no more than their place
	message  []*regexp.Regexp
	stdout   []*regexp.Regexp
	absent   []*regexp.Regexp
	writes   *regexp.Regexp
	within   time.Duration
	files    []txtar.File
	links    [][2]string
	payloads []string
}

const (
	attackCommand = "lading render --no-project -f deployment.yaml"
	harmless      = "harmless"
)

// readAttack reads a case; $OUTSIDE and $SERVER have these values.
func readAttack(t *testing.T, file, outside, server string) *attack {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	expand := strings.NewReplacer("$OUTSIDE", outside, "$SERVER", server)
	archive := txtar.Parse([]byte(expand.Replace(string(data))))
	a := &attack{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), within: 5 * time.Second, status: -1}
	for line := range strings.Lines(string(archive.Comment)) {
		if key, value, ok := strings.Cut(line, ": "); ok && slices.Contains(directives, key) {
			if err := a.directive(key, strings.TrimSpace(value)); err != nil {
				t.Fatalf("%s: %s: %v", file, key, err)
			}
		}
	}
	for _, section := range archive.Files {
		if err := a.section(section); err != nil {
			t.Fatalf("%s: %s: %v", file, section.Name, err)
		}
	}
	if a.status < 0 {
		t.Fatalf("%s: has no verdict, want a line with error: or inert:", file)
	}
	if len(a.runs) == 0 {
		a.runs = [][]string{strings.Fields(attackCommand)}
	}
	return a
}

var directives = []string{"absent", "error", "inert", "message", "run", "same", "stdout", "within", "writes"}

func (a *attack) directive(key, value string) (err error) {
	switch key {
	case "absent":
		return addPattern(&a.absent, value)
	case "error":
		status, message, _ := strings.Cut(value, " ")
		if a.status, err = strconv.Atoi(status); err != nil || message == "" {
			return fmt.Errorf("got %q, want a status and a regular expression", value)
		}
		return addPattern(&a.message, message)
	case "inert", "same":
		a.same = key == "same"
		a.status, a.objects, a.kinds = 0, value != "-", strings.Fields(value)
	case "message":
		return addPattern(&a.message, value)
	case "run":
		a.runs = append(a.runs, strings.Fields(value))
	case "stdout":
		return addPattern(&a.stdout, value)
	case "within":
		a.within, err = time.ParseDuration(value)
	case "writes":
		a.writes, err = regexp.Compile(value)
	}
	return err
}

func addPattern(to *[]*regexp.Regexp, pattern string) error {
	re, err := regexp.Compile(`(?m)` + pattern)
	*to = append(*to, re)
	return err
}

func (a *attack) section(f txtar.File) error {
	lines := strings.FieldsFunc(string(f.Data), func(r rune) bool { return r == '\n' })
	switch f.Name {
	case "symlinks":
		for _, line := range lines {
			name, target, ok := strings.Cut(line, " -> ")
			if !ok {
				return fmt.Errorf("got %q, want name -> target", line)
			}
			a.links = append(a.links, [2]string{name, target})
		}
	case "generate":
		for _, line := range lines {
			if err := a.generate(strings.SplitN(line, " ", 3)); err != nil {
				return fmt.Errorf("got %q, want name count \"text\": %w", line, err)
			}
		}
	case "payloads":
		for _, line := range lines {
			text, err := strconv.Unquote(line)
			if err != nil {
				return fmt.Errorf("%s: %w", line, err)
			}
			a.payloads = append(a.payloads, text)
		}
	default:
		a.files = append(a.files, f)
	}
	return nil
}

func (a *attack) generate(fields []string) error {
	if len(fields) != 3 {
		return strconv.ErrSyntax
	}
	count, err := strconv.Atoi(fields[1])
	if err != nil {
		return err
	}
	text, err := strconv.Unquote(fields[2])
	if err != nil {
		return err
	}
	at := slices.IndexFunc(a.files, func(f txtar.File) bool { return f.Name == fields[0] })
	if at < 0 {
		a.files, at = append(a.files, txtar.File{Name: fields[0]}), len(a.files)
	}
	a.files[at].Data = append(a.files[at].Data, bytes.Repeat([]byte(text), count)...)
	return nil
}

// write makes the project, with a payload where there is one.
func (a *attack) write(t *testing.T, dir, payload string) {
	t.Helper()
	check(t, os.MkdirAll(dir, 0o755))
	fill := strings.NewReplacer("RAWPAYLOAD", payload, "PAYLOAD", escaped(payload))
	for _, f := range a.files {
		file, data := filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data
		if a.payloads != nil {
			data = []byte(fill.Replace(string(data)))
		}
		check(t, os.MkdirAll(filepath.Dir(file), 0o755))
		check(t, os.WriteFile(file, data, 0o644))
	}
	for _, link := range a.links {
		file := filepath.Join(dir, filepath.FromSlash(link[0]))
		check(t, os.MkdirAll(filepath.Dir(file), 0o755))
		check(t, os.Symlink(link[1], file))
	}
}

// escaped writes a text for use inside double-quoted YAML, every character
// that is not plain ASCII as an escape.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= ' ' && r <= '~' && r != '"' && r != '\\' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return b.String()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
