package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// An OutsideError reports a path or a symbolic link that leads out of the
// root and of all allowed directories.
type OutsideError struct {
	// Written is the path that a file named. It is empty for a link.
	Written string
	// Link is the name of the symbolic link that leads out.
	Link string
	// Target is where it leads to, absolute.
	Target string
	// Inside is how a file in the root should be named instead; empty where
	// the target is outside.
	Inside string
}

func (e *OutsideError) Error() string {
	switch {
	case e.Link != "":
		return fmt.Sprintf("symbolic link %q leads out of the root to %q, want one that stays inside", e.Link, e.Target)
	case e.Inside != "":
		return fmt.Sprintf("path %q depends on where the root lies, want one relative to the file that names it", e.Written)
	case e.Target == e.Written:
		return fmt.Sprintf("path %q leads out of the root, want one inside", e.Written)
	}
	return fmt.Sprintf("path %q leads out of the root to %q, want one inside", e.Written, e.Target)
}

// Hint prints the flag that lifts the restriction.
func (e *OutsideError) Hint() string {
	if e.Inside != "" {
		return fmt.Sprintf("write %q", e.Inside)
	}
	// Whether the target is a file is not looked up: it lies outside.
	dir := e.Target
	if path.Ext(dir) != "" && !strings.HasSuffix(e.Written, "/") {
		dir = filepath.Dir(dir)
	}
	return "if you trust what lies there, add --allow-path " + shellQuote(dir)
}

// Resolve returns the path of a file or directory that fromFile names as
// written: relative to the directory of fromFile, or absolute or behind ~ in
// an allowed directory. An empty fromFile or "-" stands for a file in the
// root's own directory. It looks at names only; links are followed, and
// refused where they lead out, when the path is read.
func (r *Root) Resolve(fromFile, written string) (Path, error) {
	if written == "" {
		return "", errors.New("path is empty, want a file or directory")
	}
	if err := checkName(written); err != nil {
		return "", err
	}
	if fromFile == "" || fromFile == "-" {
		fromFile = "-"
	}
	if !fs.ValidPath(fromFile) {
		return "", fmt.Errorf("path %q is named by %q, want a file of the root", written, fromFile)
	}
	switch {
	case strings.HasPrefix(written, "~"):
		return r.resolveHome(fromFile, written)
	case path.IsAbs(written):
		return r.resolveAbsolute(fromFile, written, path.Clean(written))
	}
	return r.resolveRelative(fromFile, written)
}

func (r *Root) resolveHome(fromFile, written string) (Path, error) {
	rest, ok := strings.CutPrefix(written, "~/")
	switch {
	case written != "~" && !ok:
		return "", fmt.Errorf(`path %q begins with another user's home, want "~/" or "./~"`, written)
	case r.options.Home == "":
		return "", fmt.Errorf("path %q needs a home directory and none is known, want an absolute path", written)
	}
	return r.resolveAbsolute(fromFile, written, filepath.Join(r.options.Home, rest))
}

// resolveAbsolute allows a path of the operating system only below the
// directories that the user allows: whether it lies in the root depends on
// the machine.
func (r *Root) resolveAbsolute(fromFile, written, abs string) (Path, error) {
	for _, d := range r.allowed {
		if _, ok := d.holds(abs); ok {
			name, _ := r.place(abs)
			return Path(name), nil
		}
	}
	outside := &OutsideError{Written: written, Target: abs}
	if rel, ok := r.home.holds(abs); ok {
		outside.Inside = relativeTo(path.Dir(fromFile), rel)
	}
	return "", outside
}

func (r *Root) resolveRelative(fromFile, written string) (Path, error) {
	name := path.Join(path.Dir(fromFile), written)
	if reserved(fromFile) {
		return r.resolveElsewhere(fromFile, written)
	}
	if reserved(name) {
		return "", fmt.Errorf("path %q begins with %q, which stands for files outside the root, want another name", written, elsewhere)
	}
	if name != ".." && !strings.HasPrefix(name, "../") {
		return Path(name), nil
	}
	return r.resolveAbsolute(fromFile, written, filepath.Join(r.home.dir, name))
}

// resolveElsewhere resolves what a file of an allowed directory names.
func (r *Root) resolveElsewhere(fromFile, written string) (Path, error) {
	abs := path.Join(path.Dir(strings.TrimPrefix(fromFile, elsewhere)), written)
	if name, ok := r.place(abs); ok {
		return Path(name), nil
	}
	return "", &OutsideError{Written: written, Target: abs}
}

// relativeTo returns how a file in dir names another; both are relative to
// the root.
func relativeTo(dir, name string) string {
	rel, err := filepath.Rel(filepath.FromSlash(dir), filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}

// Locate returns the path of a file that the user typed, absolute or relative
// to the working directory, and whether it lies in the root.
func (r *Root) Locate(file string) (Path, bool) {
	if !filepath.IsAbs(file) {
		file = filepath.Join(r.workDir(), file)
	}
	name, ok := r.place(filepath.Clean(file))
	return Path(name), ok
}

func (r *Root) workDir() string {
	if r.options.WorkDir == "" {
		return r.home.dir
	}
	return filepath.Clean(r.options.WorkDir)
}

// Display returns a path as the user would type it in the working directory:
// relative to it or absolute, whichever is shorter, so that editors and
// terminals find the file.
func (r *Root) Display(p Path) string {
	name := string(p)
	if name == "" || name == "-" {
		return name
	}
	abs := filepath.Join(r.home.dir, filepath.FromSlash(name))
	if reserved(name) {
		abs = filepath.FromSlash(strings.TrimPrefix(name, elsewhere))
	}
	rel, err := filepath.Rel(r.workDir(), abs)
	if err != nil || len(rel) > len(abs) {
		return abs
	}
	return rel
}

var shellSafe = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// shellQuote writes an argument so that a shell reads it as one word.
func shellQuote(s string) string {
	if shellSafe.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
