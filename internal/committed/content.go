// What of a branch an engine has to have applied for one deployment.

package committed

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// A Content is the part of a branch that an engine has to have applied: the
// manifests of one directory, or some files of one.
type Content struct {
	// Dir is where it lies.
	Dir string
	// tree is the hash of the directory, empty where only some of its files
	// count.
	tree string
	// blobs are the hashes of the manifests, by path.
	blobs map[string]string
}

// contentOf returns the manifests below a directory.
func contentOf(s *gitrepo.Snapshot, dir string) (*Content, error) {
	c := &Content{Dir: dir, blobs: make(map[string]string)}
	e, err := s.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.tree = e.Hash
	return c, c.collect(s, dir)
}

// collect notes the manifests below a directory. The ledger is none: a pin
// changes it and nothing that is applied.
func (c *Content) collect(s *gitrepo.Snapshot, dir string) error {
	entries, err := s.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		at := path.Join(dir, e.Name())
		switch entry, _ := e.(gitrepo.Entry); {
		case e.IsDir():
			if err := c.collect(s, at); err != nil {
				return err
			}
		case strings.HasSuffix(at, ".yaml"):
			c.blobs[at] = entry.Hash
		}
	}
	return nil
}

// contentOfFiles returns some files, which lie in one directory.
func contentOfFiles(s *gitrepo.Snapshot, files []string) (*Content, error) {
	c := &Content{blobs: make(map[string]string)}
	for _, file := range files {
		c.Dir = path.Dir(file)
		e, err := s.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.blobs[file] = e.Hash
	}
	return c, nil
}

// in reports whether a snapshot has this very content.
func (c *Content) in(s *gitrepo.Snapshot) (bool, error) {
	if c.tree == "" && len(c.blobs) > 0 {
		other, err := contentOfFiles(s, slices.Sorted(maps.Keys(c.blobs)))
		return err == nil && maps.Equal(c.blobs, other.blobs), err
	}
	if e, err := s.Stat(c.Dir); err == nil && e.Hash == c.tree {
		return true, nil
	}
	other, err := contentOf(s, c.Dir)
	return err == nil && maps.Equal(c.blobs, other.blobs), err
}

// like returns what a snapshot has in the same place.
func (c *Content) like(s *gitrepo.Snapshot) (*Content, error) {
	if c.tree == "" && len(c.blobs) > 0 {
		return contentOfFiles(s, slices.Sorted(maps.Keys(c.blobs)))
	}
	return contentOf(s, c.Dir)
}
