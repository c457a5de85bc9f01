// Reading the files that -f names.

package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// stdin is how the user names standard input.
const stdin = "-"

// An input is a settings file that was read.
type input struct {
	abs  string
	src  *source
	docs []*document
}

// readGiven reads what -f names.
func (l *loader) readGiven() error {
	l.Dir = filepath.Clean(l.Dir)
	for _, name := range l.Files {
		if err := l.readArgument(name); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) readArgument(name string) error {
	if name == stdin {
		return l.readStdin()
	}
	abs := l.absolute(name)
	info, err := os.Stat(abs)
	switch {
	case err != nil:
		return l.unreadable(name, err)
	case info.IsDir():
		return l.readDirectory(name, abs)
	}
	return l.readFile(name, abs, nil)
}

func (l *loader) absolute(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(l.Dir, name)
}

// unreadable reports a file that is not there; other errors are returned.
func (l *loader) unreadable(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		l.report(&Problem{Position: Position{File: name}, Message: reason(err) + ", want a settings file"})
		return nil
	}
	return fmt.Errorf("reading %s: %s", name, reason(err))
}

func (l *loader) readStdin() error {
	abs := filepath.Join(l.Dir, stdin)
	if l.inputs[abs] != nil {
		return nil
	}
	if l.Stdin == nil {
		l.report(&Problem{Position: Position{File: stdin}, Message: "there is no standard input to read"})
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(l.Stdin, MaxSettingsSize+1))
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	l.given = append(l.given, l.parse(stdin, abs, data))
	return nil
}

// ours matches what any settings document has in it.
var ours = lazily(`lading\.dev/|(?m)^["']?kind["']?:\s*["']?(PipelineDeployment|Project)\b`)

// readDirectory reads the settings files among all *.yaml and *.yml of a
// directory; those below it are left out, and so are files of other programs.
func (l *loader) readDirectory(name, abs string) error {
	entries, err := os.ReadDir(abs)
	if err != nil {
		return l.unreadable(name, err)
	}
	before := len(l.given) + len(l.problems)
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext != ".yaml" && ext != ".yml" || hidden(e.Name()) {
			continue
		}
		file := filepath.Join(abs, e.Name())
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			continue
		}
		if err := l.readFile(filepath.Join(name, e.Name()), file, ours()); err != nil {
			return err
		}
	}
	if len(l.given)+len(l.problems) == before {
		l.report(&Problem{Position: Position{File: name}, Message: "directory holds no settings file, want *.yaml or *.yml with kind: " + orList(Kinds)})
	}
	return nil
}

// readFile reads a file that the user named, unless it was read already or
// has nothing in it that matches only.
func (l *loader) readFile(name, abs string, only *regexp.Regexp) error {
	if in := l.inputs[abs]; in != nil {
		if !slices.Contains(l.given, in) {
			l.given = append(l.given, in)
		}
		return nil
	}
	data, err := readLimited(abs)
	if err != nil {
		return l.unreadable(name, err)
	}
	if only != nil && len(data) <= MaxSettingsSize && !only.Match(data) {
		return nil
	}
	l.given = append(l.given, l.parse(name, abs, data))
	return nil
}

// readLimited reads a file, but not more than one byte above the limit.
func readLimited(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Size() < MaxSettingsSize {
		data.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err = data.ReadFrom(io.LimitReader(f, MaxSettingsSize+1))
	return data.Bytes(), err
}

// parse reads the documents of a file.
func (l *loader) parse(name, abs string, data []byte) *input {
	in := &input{abs: abs, src: &source{file: name, abs: abs, layer: layerDeployment, prefix: "spec."}}
	l.inputs[abs] = in
	trees, problems := parse(in.src, data)
	l.problems = append(l.problems, problems...)
	docs, wrong := readDocuments(in, trees)
	l.problems = append(l.problems, wrong...)
	in.docs = docs
	if len(trees)+len(problems) == 0 {
		l.report(&Problem{Position: Position{File: name}, Message: "is empty, want a document of kind " + orList(Kinds)})
	}
	return in
}
