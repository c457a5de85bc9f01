package gitrepo

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"
)

// A store keeps the objects that were fetched: in memory while they are what
// was asked for, on disk when they are everything.
type store struct {
	objects storer.EncodedObjectStorer
	disk    *filesystem.Storage // nil for a store in memory
	dir     string
	// heads are the commits that are here with all that is in them.
	heads []hash
}

func newMemoryStore() *store { return &store{objects: memory.NewStorage()} }

func newDiskStore(temp string) (*store, error) {
	dir, err := os.MkdirTemp(temp, "lading-fetch-")
	if err != nil {
		return nil, fmt.Errorf("making room for a download: %w", err)
	}
	disk := diskStorage(dir)
	return &store{objects: disk, disk: disk, dir: dir}, nil
}

// diskStorage opens the objects below a directory. Its cache of objects is
// small, since each is read about once.
func diskStorage(dir string) *filesystem.Storage {
	fs := objectFS{osfs.New(dir)}
	return filesystem.NewStorageWithOptions(fs, cache.NewObjectLRU(16*cache.MiByte), filesystem.Options{KeepDescriptors: true})
}

func (s *store) close() error {
	if s.disk == nil {
		return nil
	}
	return errors.Join(s.disk.Close(), os.RemoveAll(s.dir))
}

func (s *store) has(h hash) bool { return s.objects.HasEncodedObject(h) == nil }

func (s *store) get(h hash, kind plumbing.ObjectType) ([]byte, error) {
	o, err := s.objects.EncodedObject(kind, h)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind, h, err)
	}
	return contents(o)
}

// contents reads an object, and checks that it is the one that was asked for.
func contents(o plumbing.EncodedObject) ([]byte, error) {
	r, err := o.Reader()
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", o.Type(), o.Hash(), err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", o.Type(), o.Hash(), err)
	}
	return data, nil
}

// addPack keeps the objects of a pack, and reads to the end of the answer.
func (s *store) addPack(pack io.Reader) error {
	if err := s.parse(pack); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, pack)
	return err
}

func (s *store) parse(pack io.Reader) error {
	if s.disk != nil {
		return packfile.WritePackfileToObjectStorage(s.disk, pack)
	}
	// Errors of the stream say more than what the parser makes of them.
	tee := &errorKeeper{r: pack, left: maxMemoryPack}
	p, err := packfile.NewParserWithStorage(packfile.NewScanner(tee), s.objects)
	if err == nil {
		_, err = p.Parse()
	}
	if tee.err != nil {
		return tee.err
	}
	return err
}

// maxMemoryPack bounds a pack that is kept in memory: what was asked for by name
// is never as large.
const maxMemoryPack = 256 << 20

// An errorKeeper remembers why a stream ended, and ends one that is too long.
type errorKeeper struct {
	r    io.Reader
	left int64
	err  error
}

func (k *errorKeeper) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	if k.left -= int64(n); k.left < 0 {
		err = fmt.Errorf("the server sends more than %d MB", maxMemoryPack>>20)
	}
	if err != nil && err != io.EOF {
		k.err = err
	}
	return n, err
}

// history reads the commits behind a tip, as far as they are here.
func (s *store) history(tip hash, complete bool) (*history, error) {
	h := &history{tip: tip, commits: make(map[hash]*Commit), complete: complete}
	for next := []hash{tip}; len(next) > 0; {
		at := next[0]
		next = next[1:]
		if h.commits[at] != nil || !s.has(at) {
			continue
		}
		data, err := s.get(at, plumbing.CommitObject)
		if err != nil {
			return nil, err
		}
		c, err := parseCommit(at, data)
		if err != nil {
			return nil, err
		}
		h.commits[at] = c
		next = append(next, c.parents...)
	}
	return h, nil
}
