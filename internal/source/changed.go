package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// A view names what a commit has at a path; empty for nothing.
type view func(path string) (string, error)

// Changed returns those of the paths, in order, at which two commits differ.
// Only names of objects are compared; no file is read.
func (h *History) Changed(ctx context.Context, a, b string, paths []string) ([]string, error) {
	before, err := h.view(ctx, a, paths)
	if err != nil {
		return nil, err
	}
	after, err := h.view(ctx, b, paths)
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, name := range paths {
		was, err := before(name)
		if err != nil {
			return nil, err
		}
		is, err := after(name)
		if err != nil {
			return nil, err
		}
		if was != is {
			changed = append(changed, name)
		}
	}
	return changed, nil
}

// view looks into a commit of the clone or, where it does not have it, of
// origin.
func (h *History) view(ctx context.Context, commit string, paths []string) (view, error) {
	if v := h.views[commit]; v != nil {
		return v, nil
	}
	v, err := h.localView(commit, paths)
	if errors.Is(err, plumbing.ErrObjectNotFound) { // also in clones without trees
		v, err = h.remoteView(ctx, commit, paths)
	}
	if err == nil {
		h.views[commit] = v
	}
	return v, err
}

// localView reads what the clone has. Its answers for the paths are known when
// it returns, so that what it lacks shows at once.
func (h *History) localView(commit string, paths []string) (view, error) {
	c, err := h.repo.git.CommitObject(plumbing.NewHash(commit))
	if err != nil {
		return nil, fmt.Errorf("reading commit %.10s: %w", commit, err)
	}
	at := func(name string) (string, error) { return h.entry(c.TreeHash, name) }
	for _, name := range paths {
		if _, err := at(name); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// entry names what lies at a path below a tree.
func (h *History) entry(tree plumbing.Hash, name string) (string, error) {
	first, rest, more := strings.Cut(name, "/")
	t := h.trees[tree]
	if t == nil {
		var err error
		if t, err = h.repo.git.TreeObject(tree); err != nil {
			return "", fmt.Errorf("reading the settings' tree %s: %w", tree, err)
		}
		h.trees[tree] = t
	}
	for _, e := range t.Entries {
		switch {
		case e.Name != first:
		case !more:
			return e.Hash.String(), nil
		case e.Mode == filemode.Dir:
			return h.entry(e.Hash, rest)
		}
	}
	return "", nil
}

func (h *History) remoteView(ctx context.Context, commit string, paths []string) (view, error) {
	origin, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	if origin == nil {
		return nil, h.missing(commit, errors.New("there is no remote called origin"))
	}
	snapshot, err := origin.At(ctx, commit)
	if err != nil {
		return nil, err
	}
	if err := snapshot.Prefetch(directories(paths), nil); err != nil {
		return nil, err
	}
	return func(name string) (string, error) {
		e, err := snapshot.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		return e.Hash, err
	}, nil
}

// directories are those of some files. The root, which would bring everything
// below it, is left out: it comes with the commit.
func directories(files []string) []string {
	var dirs []string
	for _, f := range files {
		if dir := path.Dir(f); dir != "." {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
