// What settings files name: files and directories below the root.

package settings

import (
	"fmt"
	"path/filepath"

	"github.com/lading-dev/lading/internal/hint"
)

// files resolves the paths that settings files name and remembers what lies
// there. A nil files resolves nothing, for trees that belong to no file.
type files struct {
	root  *Root
	known map[Path]string // what is wrong with a directory, empty if nothing
}

func newFiles(root *Root) *files {
	return &files{root: root, known: make(map[Path]string)}
}

// resolve returns the path that a file names as written.
func (f *files) resolve(from *source, written string, directory bool) (Path, *Problem) {
	if f == nil {
		return Path(written), nil
	}
	path, err := f.locate(from, written)
	if err != nil {
		return "", &Problem{Message: err.Error(), Hint: hint.Of(err)}
	}
	if wrong := f.wrongWith(path, directory); wrong != "" {
		return "", &Problem{Message: wrong}
	}
	return path, nil
}

// locate returns the path of what a file names; the file itself may lie
// outside of the root where the user gave it with -f.
func (f *files) locate(from *source, written string) (Path, error) {
	if from.name != "" || written == "" || filepath.IsAbs(written) || written[0] == '~' {
		return f.root.Resolve(from.name, written)
	}
	abs := filepath.Join(filepath.Dir(from.abs), filepath.FromSlash(written))
	if path, ok := f.root.Locate(abs); ok {
		return path, nil
	}
	return "", &OutsideError{Written: written, Target: abs}
}

// wrongWith returns what is wrong with a directory; files are not looked at.
func (f *files) wrongWith(path Path, directory bool) string {
	if !directory {
		return ""
	}
	wrong, ok := f.known[path]
	if !ok {
		wrong = f.stat(path)
		f.known[path] = wrong
	}
	return wrong
}

func (f *files) stat(path Path) string {
	info, err := f.root.Stat(string(path))
	switch {
	case err != nil:
		return fmt.Sprintf("directory %s cannot be read: %s", f.root.Display(path), reason(err))
	case !info.IsDir():
		return fmt.Sprintf("%s is a file, want a directory", f.root.Display(path))
	}
	return ""
}
