package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// glob returns the files that a pattern matches, in lexical order. The
// pattern is that of [path.Match], and ** stands for any number of
// directories. Names that begin with a dot match only a pattern that says so,
// and ** does not follow symbolic links.
func glob(fsys fs.FS, pattern string) ([]string, error) {
	pattern = path.Clean(pattern)
	if path.IsAbs(pattern) || pattern == ".." || strings.HasPrefix(pattern, "../") {
		return nil, fmt.Errorf("%s leads out of the project, want a pattern below its directory", show(pattern))
	}
	if _, err := path.Match(strings.ReplaceAll(pattern, "**", "*"), ""); err != nil {
		return nil, fmt.Errorf("%s is not a pattern: a bracket is not closed or a backslash ends it", show(pattern))
	}
	g := &globber{fsys: fsys, seen: make(map[string]bool)}
	err := g.walk(".", strings.Split(pattern, "/"))
	slices.Sort(g.found)
	return g.found, err
}

type globber struct {
	fsys  fs.FS
	seen  map[string]bool // files that were found, and directory + pattern
	found []string
}

// walk matches the segments of a pattern below a directory.
func (g *globber) walk(dir string, segments []string) error {
	mark := dir + "\x00" + strings.Join(segments, "/")
	if g.seen[mark] {
		return nil
	}
	g.seen[mark] = true
	segment, rest := segments[0], segments[1:]
	if !strings.ContainsAny(segment, `*?[\`) {
		return g.literal(path.Join(dir, segment), rest)
	}
	entries, err := fs.ReadDir(g.fsys, dir)
	if err != nil {
		return err
	}
	if segment == "**" {
		return g.anyDepth(dir, entries, segments)
	}
	for _, e := range entries {
		ok, err := path.Match(segment, e.Name())
		if err != nil || !ok || hidden(e.Name()) && !hidden(segment) {
			continue
		}
		if err := g.visit(path.Join(dir, e.Name()), e, rest); err != nil {
			return err
		}
	}
	return nil
}

// literal goes on with a name without any magic.
func (g *globber) literal(name string, rest []string) error {
	info, err := fs.Stat(g.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return g.visit(name, fs.FileInfoToDirEntry(info), rest)
}

// visit takes a file where the pattern ends, or goes on in a directory.
func (g *globber) visit(name string, e fs.DirEntry, rest []string) error {
	dir := e.IsDir()
	if e.Type()&fs.ModeSymlink != 0 {
		info, err := fs.Stat(g.fsys, name)
		if err != nil {
			return nil
		}
		dir = info.IsDir()
	}
	switch {
	case dir && len(rest) > 0:
		return g.walk(name, rest)
	case !dir && len(rest) == 0 && !g.seen[name]:
		g.seen[name] = true
		g.found = append(g.found, name)
	}
	return nil
}

// anyDepth matches ** with nothing, and with each directory below.
func (g *globber) anyDepth(dir string, entries []fs.DirEntry, segments []string) error {
	if len(segments) == 1 {
		segments = []string{"**", "*"}
	}
	if err := g.walk(dir, segments[1:]); err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || hidden(e.Name()) {
			continue
		}
		if err := g.walk(path.Join(dir, e.Name()), segments); err != nil {
			return err
		}
	}
	return nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }
