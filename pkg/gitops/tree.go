package gitops

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// A Tree is the present content of a branch or directory, read lazily. Names
// are slash-separated and "." is the root, as in [io/fs]; what is absent
// answers with an error that is [fs.ErrNotExist]. Entries tell symbolic links
// and submodules from files and directories by their type; no name that goes
// through one is ever asked for.
type Tree interface {
	ReadFile(name string) ([]byte, error)
	ReadDir(name string) ([]fs.DirEntry, error)
}

// A Comparer is a [Tree] that can tell whether a file has certain bytes
// without reading it, for example by its hash.
type Comparer interface {
	Same(name string, data []byte) (bool, error)
}

// A view is a Tree through which nothing is read that is not what it seems:
// each directory on the way to a file is looked at first.
type view struct {
	tree Tree // nil where there is nothing
	dirs map[string]map[string]fs.DirEntry
	// folded are the names in a directory by their lower-case form.
	folded map[string]map[string]string
}

func newView(t Tree) *view {
	return &view{tree: t, dirs: make(map[string]map[string]fs.DirEntry), folded: make(map[string]map[string]string)}
}

// A kind is what lies at a path.
type kind int

const (
	absent  kind = iota
	regular      // a file
	folder       // a directory
	other        // a symbolic link, a submodule, a device
	blocked      // nothing can lie there, since a file or link is on the way
)

// list returns the entries of a directory by name, none where it is absent.
func (v *view) list(dir string) (map[string]fs.DirEntry, error) {
	if entries, ok := v.dirs[dir]; ok || v.tree == nil {
		return entries, nil
	}
	listed, err := v.tree.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries := make(map[string]fs.DirEntry, len(listed))
	for _, e := range listed {
		entries[e.Name()] = e
	}
	v.dirs[dir] = entries
	return entries, nil
}

// look tells what lies at a path. The second result is where it was found:
// the path itself, or the file on the way to it.
func (v *view) look(name string) (kind, string, error) {
	at := "."
	for rest := name; ; {
		segment, after, more := strings.Cut(rest, "/")
		entries, err := v.list(at)
		if err != nil {
			return absent, at, err
		}
		at = path.Join(at, segment)
		e, ok := entries[segment]
		switch {
		case !ok:
			return absent, at, nil
		case !more:
			return kindOf(e), at, nil
		case !e.IsDir():
			return blocked, at, nil
		}
		rest = after
	}
}

func kindOf(e fs.DirEntry) kind {
	switch {
	case e.IsDir():
		return folder
	case e.Type().IsRegular():
		return regular
	}
	return other
}

// twin returns the path whose name differs in case only from a part of name,
// or "". Both cannot be checked out where file systems ignore case.
func (v *view) twin(name string) (string, error) {
	at := "."
	for segment := range strings.SplitSeq(name, "/") {
		entries, err := v.list(at)
		if err != nil || len(entries) == 0 {
			return "", err
		}
		if _, ok := entries[segment]; !ok {
			if other, ok := v.fold(at, entries)[strings.ToLower(segment)]; ok {
				return path.Join(at, other), nil
			}
			return "", nil
		}
		at = path.Join(at, segment)
	}
	return "", nil
}

func (v *view) fold(dir string, entries map[string]fs.DirEntry) map[string]string {
	folded, ok := v.folded[dir]
	if !ok {
		folded = make(map[string]string, len(entries))
		for _, name := range sortedKeys(entries) {
			folded[strings.ToLower(name)] = name
		}
		v.folded[dir] = folded
	}
	return folded
}

// read returns the bytes of a regular file.
func (v *view) read(name string) ([]byte, error) { return v.tree.ReadFile(name) }

// same compares a regular file with data.
func (v *view) same(name string, data []byte) (bool, error) {
	if c, ok := v.tree.(Comparer); ok {
		return c.Same(name, data)
	}
	present, err := v.read(name)
	return bytes.Equal(present, data), err
}
