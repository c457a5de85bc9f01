package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
)

// tip reads where a branch is.
func (l *local) tip(_ context.Context, branch string) (hash, error) {
	_, h, err := l.resolve(refName(branch))
	return h, err
}

// resolve reads a ref: its own file first, then the list of packed refs, since
// git packs a ref before it removes the file. A ref that names another is
// followed; ref is the one at the end.
func (l *local) resolve(name string) (ref string, h hash, err error) {
	for range 5 {
		data, err := os.ReadFile(filepath.Join(l.common, filepath.FromSlash(name)))
		if err != nil {
			if !absent(err) {
				return "", h, &AccessError{l.name, err}
			}
			packed, err := l.packedRefs()
			if err != nil {
				return "", h, &AccessError{l.name, err}
			}
			return name, packed[name], nil
		}
		value := strings.TrimSpace(string(data))
		if target, ok := strings.CutPrefix(value, "ref:"); ok {
			name = strings.TrimSpace(target)
			if !strings.HasPrefix(name, "refs/") || plumbing.ReferenceName(name).Validate() != nil {
				return "", h, &AccessError{l.name, fmt.Errorf("a ref points to %q, want a ref", name)}
			}
			continue
		}
		if !plumbing.IsHash(value) {
			return "", h, &AccessError{l.name, fmt.Errorf("%s holds %q, want the name of a commit", name, value)}
		}
		return name, plumbing.NewHash(value), nil
	}
	return "", h, &AccessError{l.name, fmt.Errorf("%s points to itself", name)}
}

// absent reports that a ref has no file of its own: nothing is there, or
// directories of other refs.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR)
}

// packedRefs reads the refs that have no files of their own.
func (l *local) packedRefs() (map[string]hash, error) {
	data, err := os.ReadFile(filepath.Join(l.common, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	refs := make(map[string]hash)
	for line := range strings.SplitSeq(string(data), "\n") {
		if value, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && plumbing.IsHash(value) {
			refs[name] = plumbing.NewHash(value)
		}
	}
	return refs, nil
}

// checkedOut returns the work tree that has a ref checked out, empty for none.
func (l *local) checkedOut(ref string) string {
	if !l.bare {
		if headOf(l.common) == ref {
			return filepath.Dir(l.common)
		}
	}
	trees, _ := os.ReadDir(filepath.Join(l.common, "worktrees"))
	for _, t := range trees {
		dir := filepath.Join(l.common, "worktrees", t.Name())
		if headOf(dir) == ref {
			where, _ := os.ReadFile(filepath.Join(dir, "gitdir"))
			return filepath.Dir(strings.TrimSpace(string(where)))
		}
	}
	return ""
}

// headOf returns the ref that is checked out, empty where it is a commit.
func headOf(dir string) string {
	data, _ := os.ReadFile(filepath.Join(dir, "HEAD"))
	target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "ref:")
	if !ok {
		return ""
	}
	return strings.TrimSpace(target)
}

// mayMove refuses to move a branch under the feet of a work tree, as git does;
// see receive.denyCurrentBranch in https://git-scm.com/docs/git-config.
func (l *local) mayMove(branch, ref string) error {
	tree := l.checkedOut(ref)
	if tree == "" {
		return nil
	}
	switch strings.ToLower(l.config.Section("receive").Option("denyCurrentBranch")) {
	case "ignore", "warn", "false", "no", "off", "0":
		return nil
	}
	return &RefusedError{Branch: branch,
		Err: fmt.Errorf("it is checked out in %s, whose files would no longer match it", tree),
		next: "publish to a bare repository, check out another branch there, or allow it with " +
			"'git config receive.denyCurrentBranch ignore'"}
}

// conflicting returns a ref whose name cannot stand beside a new one, since one
// would be a file where the other is a directory.
func (l *local) conflicting(ref string) (string, error) {
	packed, err := l.packedRefs()
	if err != nil {
		return "", &AccessError{l.name, err}
	}
	for name := range packed {
		if strings.HasPrefix(name, ref+"/") || strings.HasPrefix(ref, name+"/") {
			return name, nil
		}
	}
	for i, c := range ref {
		if c == '/' && i > len("refs/heads/") {
			if info, err := os.Stat(filepath.Join(l.common, filepath.FromSlash(ref[:i]))); err == nil && !info.IsDir() {
				return ref[:i], nil
			}
		}
	}
	found := ""
	dir := filepath.Join(l.common, filepath.FromSlash(ref))
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path != dir && !strings.HasSuffix(path, ".lock") {
			found = ref + filepath.ToSlash(strings.TrimPrefix(path, dir))
			return fs.SkipAll
		}
		return nil
	})
	return found, nil
}
