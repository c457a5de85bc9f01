package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// local reaches a repository on this machine.
type local struct {
	name string
	// dir is the directory of the repository, or of one of its work trees;
	// common is the directory that all work trees share.
	dir, common string
	bare        bool
	config      *config.Config
	stores      []*filesystem.Storage // the repository's own, then its alternates
	fresh       bool                  // made by us, HEAD is still to be set
	perm        sharing
	steps       func(step string) // for tests: called between the steps of a push
}

// openLocal finds the repository at a path: the path itself, its .git
// directory, or what a .git file names.
func openLocal(path string, init bool) (*local, error) {
	dir, bare, err := discover(path)
	var missing *NotFoundError
	made := false
	if errors.As(err, &missing) && init {
		if err := initBare(path); err != nil {
			return nil, err
		}
		dir, bare, made, err = path, true, true, nil
	}
	if err != nil {
		return nil, err
	}
	l := &local{name: path, dir: dir, common: dir, bare: bare, steps: func(string) {}}
	if err := l.findCommon(); err != nil {
		return nil, err
	}
	if err := l.readConfig(); err != nil {
		return nil, err
	}
	if made || init && l.unborn() {
		l.fresh = true
	}
	return l, l.openStores()
}

const initHint = "check the path; publish --init makes a bare repository where there is none"

func discover(path string) (dir string, bare bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", false, &NotFoundError{path, "", initHint}
	case err != nil:
		return "", false, &AccessError{path, err}
	case !info.IsDir():
		return "", false, &LocationError{path, "is a file, want a Git repository", "give the directory of the repository"}
	}
	if isRepository(path) {
		return path, filepath.Base(path) != ".git", nil
	}
	dotGit := filepath.Join(path, ".git")
	if isRepository(dotGit) {
		return dotGit, false, nil
	}
	if data, err := os.ReadFile(dotGit); err == nil {
		return followGitFile(path, data)
	}
	entries, err := os.ReadDir(path)
	switch {
	case err != nil:
		return "", false, &AccessError{path, err}
	case len(entries) == 0:
		return "", false, &NotFoundError{path, "", initHint}
	}
	return "", false, &LocationError{path, "is a directory, but no Git repository", "give the directory of the repository, or one that does not exist with --init"}
}

// isRepository looks for what git looks for.
func isRepository(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	if _, err := os.Stat(filepath.Join(dir, "commondir")); err == nil {
		return true
	}
	objects, err := os.Stat(filepath.Join(dir, "objects"))
	if err != nil || !objects.IsDir() {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, "refs"))
	return err == nil
}

// followGitFile goes where the .git file of a linked work tree or a submodule
// points.
func followGitFile(path string, data []byte) (string, bool, error) {
	to, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !filepath.IsAbs(to) {
		to = filepath.Join(path, to)
	}
	if !ok || !isRepository(to) {
		return "", false, &LocationError{path, "has a .git file that leads to no repository",
			"run 'git worktree repair' there, or give the main repository"}
	}
	return to, false, nil
}

// findCommon goes from a linked work tree to its main repository.
func (l *local) findCommon() error {
	data, err := os.ReadFile(filepath.Join(l.dir, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &AccessError{l.name, err}
	}
	l.common = strings.TrimSpace(string(data))
	if !filepath.IsAbs(l.common) {
		l.common = filepath.Join(l.dir, l.common)
	}
	return nil
}

// readConfig reads the repository's configuration and refuses formats that
// this package cannot read or must not write to.
func (l *local) readConfig() error {
	l.config = config.New()
	data, err := os.ReadFile(filepath.Join(l.common, "config"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &AccessError{l.name, err}
	}
	if err := config.NewDecoder(bytes.NewReader(data)).Decode(l.config); err != nil {
		return &AccessError{l.name, fmt.Errorf("reading its config: %w", err)}
	}
	core := l.config.Section("core")
	if v := strings.ToLower(core.Option("bare")); v != "" {
		l.bare = truth(v)
	}
	l.perm = parseSharing(core.Option("sharedRepository"))
	switch version := core.Option("repositoryformatversion"); version {
	case "", "0":
		return nil
	case "1":
		return l.checkExtensions()
	default:
		return &UnsupportedError{l.name, "the repository has format version " + version, "use a repository of format 0 or 1"}
	}
}

// checkExtensions refuses what the repository says that its readers must
// know, see https://git-scm.com/docs/repository-version.
func (l *local) checkExtensions() error {
	extensions := l.config.Section("extensions")
	for _, o := range extensions.Options {
		switch key, value := strings.ToLower(o.Key), strings.ToLower(o.Value); {
		case key == "objectformat" && value == "sha256":
			return sha256Error(l.name)
		case key == "objectformat" && value == "sha1",
			key == "refstorage" && value == "files",
			slices.Contains([]string{"noop", "worktreeconfig", "preciousobjects", "relativeworktrees"}, key):
		case key == "refstorage":
			return &UnsupportedError{l.name, "the repository keeps its refs as " + value,
				"use its URL instead of its path, or convert it with 'git refs migrate --ref-format=files'"}
		case key == "partialclone":
			return &UnsupportedError{l.name, "the repository is a partial clone, which lacks objects",
				"use the URL that it was cloned from"}
		default:
			return &UnsupportedError{l.name, fmt.Sprintf("the repository has the extension %s = %s", o.Key, o.Value),
				"use its URL instead of its path"}
		}
	}
	return nil
}

func truth(v string) bool { return v == "true" || v == "yes" || v == "on" || v == "1" }

// openStores opens the repository's objects and those that it borrows.
func (l *local) openStores() error {
	pending := []string{filepath.Join(l.common, "objects")}
	seen := make(map[string]bool)
	for len(pending) > 0 {
		dir := filepath.Clean(pending[0])
		pending = pending[1:]
		if seen[dir] {
			continue
		}
		seen[dir] = true
		if filepath.Base(dir) != "objects" {
			return &UnsupportedError{l.name, "the repository borrows objects from " + dir, "use its URL instead of its path"}
		}
		l.stores = append(l.stores, diskStorage(filepath.Dir(dir)))
		more, err := alternates(dir)
		if err != nil {
			return &AccessError{l.name, err}
		}
		pending = append(pending, more...)
	}
	return nil
}

// alternates reads where a directory of objects borrows more, see
// https://git-scm.com/docs/gitrepository-layout.
func alternates(objects string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(objects, "info", "alternates"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var dirs []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(objects, line)
		}
		dirs = append(dirs, line)
	}
	return dirs, nil
}

func (l *local) close() error {
	var errs []error
	for _, s := range l.stores {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// warnings are what differs from a push to the repository's URL.
func (l *local) warnings() []string {
	hooks := l.activeHooks()
	if len(hooks) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s has hooks that do not run on a local path: %s; use its URL if they must",
		l.name, strings.Join(hooks, ", "))}
}

// activeHooks are the hooks that a push to the repository would run.
func (l *local) activeHooks() []string {
	dir := l.config.Section("core").Option("hooksPath")
	if dir == "" {
		dir = "hooks"
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(l.common, dir)
	}
	var active []string
	for _, name := range []string{"pre-receive", "update", "post-receive", "post-update", "proc-receive", "reference-transaction", "push-to-checkout"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			active = append(active, name)
		}
	}
	return active
}

// get reads an object. What is not found is looked for once more with new
// eyes, since others may have packed the repository meanwhile.
func (l *local) get(ctx context.Context, h hash, kind plumbing.ObjectType) ([]byte, error) {
	var err error
	for try := range 2 {
		for _, s := range l.stores {
			if try > 0 {
				s.Reindex()
			}
			o, lookErr := s.EncodedObject(kind, h)
			if lookErr == nil {
				return contents(o)
			}
			if err == nil || !errors.Is(lookErr, plumbing.ErrObjectNotFound) {
				err = lookErr
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, &AccessError{l.name, fmt.Errorf("reading %s %s: %w", kind, h, err)}
}

func (l *local) prefetch(context.Context, []hash) error      { return nil }
func (l *local) prefetchTrees(context.Context, []hash) error { return nil }

// since walks from the tip until it has met the base on all ways.
func (l *local) since(ctx context.Context, tip, base hash) (*history, error) {
	h := &history{tip: tip, commits: make(map[hash]*Commit), complete: true}
	for next := []hash{tip}; len(next) > 0; {
		at := next[0]
		next = next[1:]
		if at == base || h.commits[at] != nil {
			continue
		}
		data, err := l.get(ctx, at, plumbing.CommitObject)
		if err != nil {
			return nil, err
		}
		if h.commits[at], err = parseCommit(at, data); err != nil {
			return nil, err
		}
		next = append(next, h.commits[at].parents...)
	}
	return h, nil
}
