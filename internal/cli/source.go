package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// A source is the Git repository in which the settings lie.
type source struct {
	// dir is the top of its work tree, without symbolic links.
	dir string
	// commit is what is checked out, empty before the first commit.
	commit string
	// url is the remote called origin, empty where there is none.
	url  string
	tree *object.Tree
	// digests are those of committed files that were looked at.
	digests map[string]string
}

// findSource returns the repository that holds a directory, or nil where none
// does.
func findSource(_ context.Context, dir string) (*source, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, nil
	}
	if err != nil {
		return nil, sourceError(dir, err)
	}
	work, err := repo.Worktree()
	if errors.Is(err, git.ErrIsBareRepository) {
		return nil, nil
	}
	if err != nil {
		return nil, sourceError(dir, err)
	}
	s := &source{dir: work.Filesystem.Root(), digests: make(map[string]string)}
	if s.dir, err = filepath.EvalSymlinks(s.dir); err != nil {
		return nil, sourceError(dir, err)
	}
	if origin, err := repo.Remote("origin"); err == nil {
		s.url = origin.Config().URLs[0]
	}
	return s, s.readHead(repo)
}

func (s *source) readHead(repo *git.Repository) error {
	head, err := repo.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil
	}
	if err != nil {
		return sourceError(s.dir, err)
	}
	commit, err := repo.CommitObject(head.Hash())
	if err != nil {
		return sourceError(s.dir, err)
	}
	s.commit = commit.Hash.String()
	s.tree, err = commit.Tree()
	if err != nil {
		return sourceError(s.dir, err)
	}
	return nil
}

func sourceError(dir string, err error) error {
	return fmt.Errorf("reading the Git repository of %s: %w", dir, err)
}

// within returns the slash-separated path of a file below the top, and whether
// it lies there.
func (s *source) within(file string) (string, bool) {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	rel, err := filepath.Rel(s.dir, file)
	rel = filepath.ToSlash(rel)
	return rel, err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// differs reports whether a file, given by the digest of its content, is not
// as it was committed.
func (s *source) differs(name, digest string) bool {
	if s.tree == nil {
		return true
	}
	committed, known := s.digests[name]
	if !known {
		if f, err := s.tree.File(path.Clean(name)); err == nil {
			if text, err := f.Contents(); err == nil {
				committed = digestOf([]byte(text))
			}
		}
		s.digests[name] = committed
	}
	return committed != digest
}
