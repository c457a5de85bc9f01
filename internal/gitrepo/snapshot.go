package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// A Snapshot is the content of a branch at one commit. Trees and files are read
// when they are asked for; [Snapshot.Prefetch] makes that cheap over a network.
// It is not for concurrent use, and lives as long as the context of its Fetch.
type Snapshot struct {
	ctx     context.Context
	objects objects
	branch  string
	commit  *Commit // nil where the branch does not exist
	trees   map[hash][]treeEntry
}

// Branch returns the branch that was fetched.
func (s *Snapshot) Branch() string { return s.branch }

// Commit returns the name of the commit, empty where the branch does not exist.
func (s *Snapshot) Commit() string {
	if s.commit == nil {
		return ""
	}
	return s.commit.Hash()
}

// Tip returns the commit itself, nil where the branch does not exist.
func (s *Snapshot) Tip() *Commit { return s.commit }

// Tree returns the name of the root tree, empty where the branch does not exist.
func (s *Snapshot) Tree() string { return text(s.root()) }

func (s *Snapshot) root() hash {
	if s.commit == nil {
		return plumbing.ZeroHash
	}
	return s.commit.tree
}

// emptyTree is the name of the tree without entries, which every repository
// has without holding it.
var emptyTree = plumbing.ComputeHash(plumbing.TreeObject, nil)

// tree returns the entries of a tree; the zero hash has none.
func (s *Snapshot) tree(h hash) ([]treeEntry, error) {
	if h.IsZero() || h == emptyTree {
		return nil, nil
	}
	if entries, ok := s.trees[h]; ok {
		return entries, nil
	}
	data, err := s.objects.get(s.ctx, h, plumbing.TreeObject)
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", h, err)
	}
	s.trees[h] = entries
	return entries, nil
}

// An Entry is a file, directory, symbolic link or submodule of a snapshot. It
// is an [fs.DirEntry] and an [fs.FileInfo] without size and time.
type Entry struct {
	name string
	// Kind is what the entry is.
	Kind Kind
	// Hash names the content: equal hashes, equal content.
	Hash string
	mode string
}

// Name returns the last element of the path.
func (e Entry) Name() string { return e.name }

// IsDir reports whether the entry is a directory.
func (e Entry) IsDir() bool { return e.Kind == Directory }

// Type returns the type bits: submodules are irregular.
func (e Entry) Type() fs.FileMode {
	return [...]fs.FileMode{0, fs.ModeDir, fs.ModeSymlink, fs.ModeIrregular}[e.Kind]
}

// Mode returns type and permissions.
func (e Entry) Mode() fs.FileMode {
	if e.Kind == File && !strings.HasSuffix(e.mode, "755") {
		return 0o644
	}
	return e.Type() | 0o755
}

// Info returns the entry itself.
func (e Entry) Info() (fs.FileInfo, error) { return e, nil }

// Size is not known without reading the file.
func (e Entry) Size() int64 { return 0 }

// ModTime is not a thing that Git keeps.
func (e Entry) ModTime() time.Time { return time.Time{} }

// Sys returns nil.
func (e Entry) Sys() any { return nil }

func (e treeEntry) public() Entry {
	return Entry{name: e.name, Kind: e.kind(), Hash: e.hash.String(), mode: e.mode}
}

// lookup walks down to a path. What lies behind a file, a symbolic link or a
// submodule does not exist.
func (s *Snapshot) lookup(op, path string) (treeEntry, error) {
	if !fs.ValidPath(path) {
		return treeEntry{}, &fs.PathError{Op: op, Path: path, Err: fs.ErrInvalid}
	}
	at := treeEntry{mode: modeDir, name: ".", hash: s.root()}
	if path == "." {
		return at, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if at.kind() != Directory {
			return treeEntry{}, &fs.PathError{Op: op, Path: path, Err: fs.ErrNotExist}
		}
		entries, err := s.tree(at.hash)
		if err != nil {
			return treeEntry{}, err
		}
		var ok bool
		if at, ok = find(entries, name); !ok {
			return treeEntry{}, &fs.PathError{Op: op, Path: path, Err: fs.ErrNotExist}
		}
	}
	return at, nil
}

// Stat returns the entry at a path, or an error that is [fs.ErrNotExist].
// "." is the root.
func (s *Snapshot) Stat(path string) (Entry, error) {
	e, err := s.lookup("stat", path)
	if err != nil {
		return Entry{}, err
	}
	return e.public(), nil
}

// ReadFile returns the bytes of a file, or an error that is [fs.ErrNotExist].
// Anything that is not a regular file is an error.
func (s *Snapshot) ReadFile(path string) ([]byte, error) {
	e, err := s.lookup("read", path)
	if err != nil {
		return nil, err
	}
	if e.kind() != File {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("is a %s, want a file", e.kind())}
	}
	return s.objects.get(s.ctx, e.hash, plumbing.BlobObject)
}

// Same reports whether a file has certain bytes, without reading it.
func (s *Snapshot) Same(path string, data []byte) (bool, error) {
	e, err := s.lookup("compare", path)
	if err != nil {
		return false, err
	}
	return e.kind() == File && e.hash == plumbing.ComputeHash(plumbing.BlobObject, data), nil
}

// ReadDir returns the entries of a directory, by name, or an error that is
// [fs.ErrNotExist]. The root of an empty snapshot has none.
func (s *Snapshot) ReadDir(path string) ([]fs.DirEntry, error) {
	e, err := s.lookup("readdir", path)
	if err != nil {
		return nil, err
	}
	if e.kind() != Directory {
		return nil, &fs.PathError{Op: "readdir", Path: path, Err: fmt.Errorf("is a %s, want a directory", e.kind())}
	}
	entries, err := s.tree(e.hash)
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		list[i] = e.public()
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// Prefetch brings what will be read in as few round trips as can be: one for
// each level down to the directories, one for all trees below them, and one for
// the files that are wanted, none where files is nil. Directories that do not
// exist are passed over; "." is the root.
func (s *Snapshot) Prefetch(dirs []string, files func(path string) bool) error {
	found, err := s.descend(dirs)
	if err != nil {
		return err
	}
	trees := make([]hash, 0, len(found))
	for _, h := range found {
		trees = append(trees, h)
	}
	if err := s.objects.prefetchTrees(s.ctx, trees); err != nil {
		return err
	}
	if files == nil {
		return nil
	}
	var blobs []hash
	for dir, h := range found {
		if err := s.blobs(dir, h, files, &blobs); err != nil {
			return err
		}
	}
	return s.objects.prefetch(s.ctx, blobs)
}

// blobs collects the files below a directory that are wanted.
func (s *Snapshot) blobs(dir string, tree hash, wanted func(string) bool, blobs *[]hash) error {
	entries, err := s.tree(tree)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := join(dir, e.name)
		switch {
		case e.kind() == Directory:
			err = s.blobs(path, e.hash, wanted, blobs)
		case e.kind() == File && wanted(path):
			*blobs = append(*blobs, e.hash)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PrefetchTrees brings the tree of a directory in several snapshots, and those
// some levels below it, in one round trip for each level.
func (r *Repo) PrefetchTrees(ctx context.Context, snapshots []*Snapshot, dir string, levels int) error {
	seen := make(map[hash]bool)
	var level []hash
	note := func(h hash) {
		if !h.IsZero() && h != emptyTree && !seen[h] {
			seen[h] = true
			level = append(level, h)
		}
	}
	for _, s := range snapshots {
		if e, err := s.lookup("prefetch", dir); err == nil && e.kind() == Directory {
			note(e.hash)
		} else if err != nil && !isNotExist(err) {
			return err
		}
	}
	for n := 0; len(level) > 0; n++ {
		if err := r.backend.prefetch(ctx, level); err != nil || n == levels {
			return err
		}
		trees := level
		level = nil
		for _, h := range trees {
			entries, err := snapshots[0].tree(h)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if e.kind() == Directory {
					note(e.hash)
				}
			}
		}
	}
	return nil
}

// descend finds the trees of directories, level by level, so that the trees of
// one level come in one round trip. Those that do not exist are left out.
func (s *Snapshot) descend(dirs []string) (map[string]hash, error) {
	found := make(map[string]hash)
	if s.root().IsZero() {
		return found, nil
	}
	level := map[string]hash{"": s.root()} // the trees of this level, by path
	wanted := make(map[string]bool, len(dirs))
	for _, dir := range dirs {
		if dir == "." {
			dir = ""
		}
		wanted[dir] = true
	}
	for len(level) > 0 {
		for dir, h := range level {
			if wanted[dir] {
				found[dir] = h
			}
		}
		next, err := s.nextLevel(level, wanted)
		if err != nil {
			return nil, err
		}
		level = next
	}
	return found, nil
}

// nextLevel returns the directories one level down that lead to wanted ones.
func (s *Snapshot) nextLevel(level map[string]hash, wanted map[string]bool) (map[string]hash, error) {
	children := make(map[string]map[string]bool) // of each directory of the level
	for dir := range wanted {
		for at := range level {
			if rest, ok := below(dir, at); ok {
				name, _, _ := strings.Cut(rest, "/")
				if children[at] == nil {
					children[at] = make(map[string]bool)
				}
				children[at][name] = true
			}
		}
	}
	need := make([]hash, 0, len(children))
	for dir := range children {
		need = append(need, level[dir])
	}
	if err := s.prefetchTrees(need); err != nil {
		return nil, err
	}
	next := make(map[string]hash)
	for dir, names := range children {
		entries, err := s.tree(level[dir])
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if names[e.name] && e.kind() == Directory {
				next[join(dir, e.name)] = e.hash
			}
		}
	}
	return next, nil
}

// prefetchTrees brings the trees that were not read before.
func (s *Snapshot) prefetchTrees(trees []hash) error {
	trees = slices.DeleteFunc(trees, func(h hash) bool { return s.trees[h] != nil || h == emptyTree })
	return s.objects.prefetch(s.ctx, trees)
}

// below returns the rest of path below dir.
func below(path, dir string) (rest string, ok bool) {
	if dir == "" {
		return path, path != ""
	}
	return strings.CutPrefix(path, dir+"/")
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// isNotExist tells a path that is not there from a failure to look.
func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
