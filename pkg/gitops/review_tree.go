// A branch with changes that are not in it yet.

package gitops

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// An overlay is a tree with some files written or, where they are nil, removed.
type overlay struct {
	base  Tree
	files map[string][]byte
}

// over lays files over a tree; nil files are removed.
func over(base Tree, files map[string][]byte) Tree {
	if len(files) == 0 {
		return base
	}
	return &overlay{base, files}
}

// ReadFile reads what was laid over first.
func (o *overlay) ReadFile(name string) ([]byte, error) {
	data, ok := o.files[name]
	if !ok {
		return o.base.ReadFile(name)
	}
	if data == nil {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return data, nil
}

// Same compares what was laid over, or asks the tree.
func (o *overlay) Same(name string, data []byte) (bool, error) {
	if after, ok := o.files[name]; ok {
		return after != nil && bytes.Equal(after, data), nil
	}
	return newView(o.base).same(name, data)
}

// Prefetch asks the tree for what was not laid over.
func (o *overlay) Prefetch(dirs []string, files func(string) bool) error {
	f, ok := o.base.(Prefetcher)
	if !ok {
		return nil
	}
	return f.Prefetch(dirs, files)
}

// ReadDir lists a directory with the files that were laid over. Directories
// that become empty are listed where the tree has them: nothing lies there.
func (o *overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	listed, err := o.base.ReadDir(name)
	entries := make(map[string]fs.DirEntry)
	for _, e := range listed {
		entries[e.Name()] = e
	}
	found := false
	for file, data := range o.files {
		rest, ok := file, true
		if name != "." {
			rest, ok = strings.CutPrefix(file, name+"/")
		}
		if !ok {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		switch {
		case data != nil:
			found = true
			entries[first] = laid{first, deeper}
		case !deeper:
			delete(entries, first)
		}
	}
	if err != nil && !found {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(entries), func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) }), nil
}

// A laid is an entry that was laid over.
type laid struct {
	name string
	dir  bool
}

func (e laid) Name() string { return path.Base(e.name) }
func (e laid) IsDir() bool  { return e.dir }
func (e laid) Type() fs.FileMode {
	if e.dir {
		return fs.ModeDir
	}
	return 0
}
func (e laid) Info() (fs.FileInfo, error) { return e, nil }
func (e laid) Mode() fs.FileMode          { return e.Type() | 0o644 }
func (e laid) Size() int64                { return 0 }
func (e laid) ModTime() time.Time         { return time.Time{} }
func (e laid) Sys() any                   { return nil }
