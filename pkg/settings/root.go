package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"
)

// MaxFileSize is the size above which no file is read.
const MaxFileSize = 50 << 20

// maxLinks bounds the symbolic links that are followed for one name.
const maxLinks = 40

// elsewhere is the first element of a [Path] outside the root.
const elsewhere = "@"

// A Root is the part of the file system that settings, templates, imports and
// kustomizations may read: one directory, and those that the user allows
// besides. Symbolic links work as long as they stay inside.
//
// Confinement does not rest on looking at names: every file is opened through
// an [os.Root], so that a link that is changed between the look and the
// opening leads nowhere either. What a Root does not guard against are mounts
// inside of it. It only reads, and is safe for concurrent use.
type Root struct {
	home    *confined
	allowed []*confined // longest first
	options RootOptions
}

var (
	_ fs.ReadDirFS  = (*Root)(nil)
	_ fs.ReadFileFS = (*Root)(nil)
	_ fs.StatFS     = (*Root)(nil)
)

// A confined is one directory below which files may be read.
type confined struct {
	dir  string // absolute, as the user named it
	real string // without symbolic links
	root *os.Root
}

// RootOptions say which directories a [Root] holds.
type RootOptions struct {
	// Dir is the root itself.
	Dir string
	// Allow are the directories of --allow-path, with ~ already expanded.
	Allow []string
	// WorkDir is what relative directories belong to and what messages are
	// relative to; where it is empty, the process' working directory and
	// Dir.
	WorkDir string
	// Home is what ~ stands for in settings files; empty where not known.
	Home string
}

// OpenRoot opens a root with defaults for all other options.
func OpenRoot(dir string, allow []string) (*Root, error) {
	return RootOptions{Dir: dir, Allow: allow}.Open()
}

// Open opens the root and all allowed directories.
func (o RootOptions) Open() (*Root, error) {
	home, err := o.confine(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the root: %w", err)
	}
	r := &Root{home: home, options: o}
	for _, dir := range o.Allow {
		d, err := o.confine(dir)
		if err != nil {
			return nil, fmt.Errorf("opening --allow-path %s: %w", shellQuote(dir), err)
		}
		r.allowed = append(r.allowed, d)
	}
	slices.SortStableFunc(r.allowed, func(a, b *confined) int { return cmp.Compare(len(b.dir), len(a.dir)) })
	return r, nil
}

func (o RootOptions) confine(dir string) (*confined, error) {
	if dir == "" {
		return nil, errors.New("the directory has no name")
	}
	if !filepath.IsAbs(dir) && o.WorkDir != "" {
		dir = filepath.Join(o.WorkDir, dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(real)
	if err != nil {
		return nil, err
	}
	return &confined{dir: dir, real: real, root: root}, nil
}

// Dir returns the root's own directory, absolute.
func (r *Root) Dir() string { return r.home.dir }

// Open implements [fs.FS]. It opens regular files up to [MaxFileSize] and
// directories, and refuses all else.
func (r *Root) Open(name string) (fs.File, error) {
	f, err := r.open(name)
	if err != nil {
		return nil, r.failure("open", name, err)
	}
	return f, nil
}

// Stat implements [fs.StatFS].
func (r *Root) Stat(name string) (fs.FileInfo, error) {
	var info fs.FileInfo
	err := r.follow(name, func(root *os.Root, rel string) (err error) {
		info, err = root.Stat(rel)
		return err
	})
	if err != nil {
		return nil, r.failure("stat", name, err)
	}
	return named{info, path.Base(name)}, nil
}

// ReadFile implements [fs.ReadFileFS].
func (r *Root) ReadFile(name string) ([]byte, error) {
	f, err := r.open(name)
	if err != nil {
		return nil, r.failure("read", name, err)
	}
	defer f.Close()
	data, err := f.readAll()
	if err != nil {
		return nil, r.failure("read", name, err)
	}
	return data, nil
}

// ReadDir implements [fs.ReadDirFS].
func (r *Root) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := r.open(name)
	if err != nil {
		return nil, r.failure("read", name, err)
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, r.failure("read", name, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func (r *Root) open(name string) (*rootFile, error) {
	var f *rootFile
	err := r.follow(name, func(root *os.Root, rel string) error {
		// Looked at before it is opened, since opening a device may do
		// something, and again afterwards, since it may have changed.
		info, err := root.Stat(rel)
		if err == nil {
			err = readable(info)
		}
		if err != nil {
			return err
		}
		file, err := root.OpenFile(rel, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		f, err = newRootFile(file, path.Base(name))
		return err
	})
	if err == nil {
		f.reserved = name == "."
	}
	return f, err
}

// failure is the error of an operation on a name, which the user can click.
func (r *Root) failure(op, name string, err error) error {
	var inner *fs.PathError
	for errors.As(err, &inner) {
		err = inner.Err
	}
	if fs.ValidPath(name) {
		name = r.Display(Path(name))
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// follow does something with the directory and the name in it that a name
// stands for. Links that lead from one directory of the root to another are
// taken here, since os.Root refuses them.
func (r *Root) follow(name string, do func(root *os.Root, rel string) error) error {
	for range maxLinks {
		d, rel, err := r.locate(name)
		if err != nil {
			return err
		}
		err = do(d.root, rel)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return err
		}
		link, target := d.leaving(rel)
		if target == "" {
			return err
		}
		next, ok := r.place(target)
		if !ok {
			return &OutsideError{Link: path.Join(d.prefix(r), link), Target: target}
		}
		name = next
	}
	return syscall.ELOOP
}

// locate returns the directory that a name lies in and the name within it.
func (r *Root) locate(name string) (*confined, string, error) {
	if !fs.ValidPath(name) {
		return nil, "", fs.ErrInvalid
	}
	if err := checkName(name); err != nil {
		return nil, "", err
	}
	if !reserved(name) {
		return r.home, name, nil
	}
	abs := path.Clean("/" + strings.TrimPrefix(name, elsewhere))
	for _, d := range r.allowed {
		if rel, ok := within(d.dir, abs); ok {
			return d, rel, nil
		}
	}
	return nil, "", fs.ErrNotExist
}

// place returns the name by which a file of the operating system can be read.
// A file of the root has its name in the root also where an allowed directory
// holds it too.
func (r *Root) place(abs string) (string, bool) {
	if rel, ok := r.home.holds(abs); ok {
		return rel, !reserved(rel)
	}
	for _, d := range r.allowed {
		if rel, ok := within(d.dir, abs); ok {
			return path.Join(d.prefix(r), rel), true
		}
	}
	for _, d := range r.allowed {
		if rel, ok := within(d.real, abs); ok {
			return path.Join(d.prefix(r), rel), true
		}
	}
	return "", false
}

// prefix is what names in the directory begin with.
func (d *confined) prefix(r *Root) string {
	if d == r.home {
		return ""
	}
	return elsewhere + filepath.ToSlash(d.dir)
}

// holds returns the name of a file within the directory.
func (d *confined) holds(abs string) (string, bool) {
	if rel, ok := within(d.dir, abs); ok {
		return rel, true
	}
	return within(d.real, abs)
}

// leaving returns the first link on the way to a name that leads out of the
// directory, and where it leads to; both are empty where none does.
func (d *confined) leaving(name string) (link, target string) {
	todo := strings.Split(name, "/")
	done := []string{}
	for links := 0; len(todo) > 0 && links <= maxLinks; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(done) == 0 {
				return link, filepath.Join(d.real, "..", filepath.Join(todo...))
			}
			done = done[:len(done)-1]
			continue
		}
		at := path.Join(path.Join(done...), part)
		to, err := d.root.Readlink(at)
		if err != nil { // no link, or nothing at all
			done = append(done, part)
			continue
		}
		link = at
		if filepath.IsAbs(to) {
			return link, filepath.Join(to, filepath.Join(todo...))
		}
		links++
		todo = append(strings.Split(filepath.ToSlash(to), "/"), todo...)
	}
	return "", ""
}

// within returns the slash-separated name of a file relative to a directory
// that holds it; both are absolute and clean.
func within(dir, file string) (string, bool) {
	if dir == file {
		return ".", true
	}
	if !strings.HasSuffix(dir, string(filepath.Separator)) {
		dir += string(filepath.Separator)
	}
	rel, ok := strings.CutPrefix(file, dir)
	return filepath.ToSlash(rel), ok
}

// reserved tells whether a name within the root would be taken for one
// outside of it.
func reserved(name string) bool {
	return name == elsewhere || strings.HasPrefix(name, elsewhere+"/")
}

// checkName refuses characters that no path of ours has.
func checkName(name string) error {
	switch {
	case !utf8.ValidString(name):
		return fmt.Errorf("path %q is not valid UTF-8", name)
	case strings.ContainsRune(name, 0):
		return fmt.Errorf("path %q has a NUL character in it", name)
	case strings.ContainsRune(name, '\\'):
		return fmt.Errorf("path %q has a backslash in it, want / between directories", name)
	}
	return nil
}
