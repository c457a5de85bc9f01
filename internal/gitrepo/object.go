package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// hash is the name of an object; the zero hash names nothing.
type hash = plumbing.Hash

// text writes a hash as the exported functions do: the zero hash is "".
func text(h hash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}

// An object is one that is not in the repository yet.
type object struct {
	kind plumbing.ObjectType
	hash hash
	data []byte
}

func newObject(kind plumbing.ObjectType, data []byte) object {
	return object{kind, plumbing.ComputeHash(kind, data), data}
}

// objects gives the objects of a repository. Readers say beforehand what they
// will read, so that a server is asked once for many.
type objects interface {
	// get returns the bytes of one object.
	get(ctx context.Context, h hash, kind plumbing.ObjectType) ([]byte, error)
	// prefetch makes objects available that will be read.
	prefetch(ctx context.Context, hashes []hash) error
	// prefetchTrees makes trees available with all trees below them, without
	// their files.
	prefetchTrees(ctx context.Context, trees []hash) error
}

// Kind is what an entry of a tree is.
type Kind int

// The kinds of entries. Symbolic links and submodules are told apart and never
// followed.
const (
	File Kind = iota
	Directory
	Symlink
	Submodule
)

func (k Kind) String() string {
	return [...]string{"file", "directory", "symbolic link", "submodule"}[k]
}

const (
	modeFile = "100644"
	modeDir  = "40000"
)

// A treeEntry is one line of a tree. The mode is kept as it was written, so
// that what is not touched keeps its bytes.
type treeEntry struct {
	mode, name string
	hash       hash
}

func (e treeEntry) kind() Kind {
	switch strings.TrimLeft(e.mode, "0") {
	case modeDir:
		return Directory
	case "120000":
		return Symlink
	case "160000":
		return Submodule
	}
	return File
}

// sortKey orders entries as trees do: directories as if their names ended in a
// slash.
func (e treeEntry) sortKey() string {
	if e.kind() == Directory {
		return e.name + "/"
	}
	return e.name
}

// parseTree reads the entries of a tree object.
func parseTree(data []byte) ([]treeEntry, error) {
	var entries []treeEntry
	for len(data) > 0 {
		head, rest, ok := bytes.Cut(data, []byte{0})
		mode, name, found := strings.Cut(string(head), " ")
		if !ok || !found || mode == "" || name == "" || len(rest) < len(hash{}) {
			return nil, fmt.Errorf("a tree is damaged after %d entries", len(entries))
		}
		e := treeEntry{mode: mode, name: name}
		data = rest[copy(e.hash[:], rest):]
		entries = append(entries, e)
	}
	return entries, nil
}

// encodeTree writes a tree object.
func encodeTree(entries []treeEntry) []byte {
	slices.SortFunc(entries, func(a, b treeEntry) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	var b bytes.Buffer
	for _, e := range entries {
		b.WriteString(e.mode + " " + e.name)
		b.WriteByte(0)
		b.Write(e.hash[:])
	}
	return b.Bytes()
}

func find(entries []treeEntry, name string) (treeEntry, bool) {
	i := slices.IndexFunc(entries, func(e treeEntry) bool { return e.name == name })
	if i < 0 {
		return treeEntry{}, false
	}
	return entries[i], true
}
