package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/google/go-jsonnet"

	library "github.com/lading-dev/lading/jsonnet"
	"github.com/lading-dev/lading/pkg/settings"
)

// Within jsonnet a file of the library is called "lading/service.libsonnet"
// and one of the user "./deployments/extra.jsonnet", so that a folder of the
// user's that is called lading is another one.
const (
	libraryPrefix = "lading/"
	userPrefix    = "./"
)

// importDirs are where an import is looked for after the directory of the file
// that has it.
var importDirs = []string{"lib", "vendor"}

// importName returns what a job's file is called within jsonnet.
func importName(j job) string {
	if j.Builtin {
		return string(j.File)
	}
	return userPrefix + string(j.File)
}

// A jsonnetImporter finds imports: those of the library, and files below the
// root. Jsonnet demands the same contents for a name for as long as the VM
// lives, so a file that has changed since makes the VM stale.
type jsonnetImporter struct {
	files    fs.FS
	contents map[string]jsonnet.Contents
	checked  map[string]bool // read by this job
	stale    bool
}

var errStale = errors.New("file has changed since it was parsed")

func newJsonnetImporter() *jsonnetImporter {
	return &jsonnetImporter{contents: map[string]jsonnet.Contents{}}
}

// begin prepares for a job with its own files.
func (i *jsonnetImporter) begin(files fs.FS) {
	i.files, i.checked = files, map[string]bool{}
}

// Import implements [jsonnet.Importer].
func (i *jsonnetImporter) Import(from, imported string) (jsonnet.Contents, string, error) {
	none := jsonnet.Contents{}
	names, err := candidates(from, imported)
	if err != nil {
		return none, "", err
	}
	for _, name := range names {
		contents, err := i.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return contents, name, err
	}
	return none, "", fmt.Errorf("%q not found, looked for %s", imported, strings.Join(plainNames(names), ", "))
}

// candidates returns the names that an import may stand for, the first that
// there is being meant.
func candidates(from, imported string) ([]string, error) {
	if path.IsAbs(imported) {
		return nil, fmt.Errorf("%q is absolute, want a path inside the project", imported)
	}
	if strings.HasPrefix(imported, libraryPrefix) {
		return []string{path.Clean(imported)}, nil
	}
	if strings.HasPrefix(from, libraryPrefix) {
		return []string{path.Join(path.Dir(from), imported)}, nil
	}
	beside, err := insideRoot(path.Dir(strings.TrimPrefix(from, userPrefix)), imported)
	if err != nil {
		return nil, err
	}
	names := []string{userPrefix + beside}
	if !strings.HasPrefix(imported, "./") && !strings.HasPrefix(imported, "../") {
		for _, dir := range importDirs {
			names = append(names, userPrefix+path.Join(dir, imported))
		}
	}
	return names, nil
}

// insideRoot joins a directory and what is named in it, and refuses what leads
// out: of the root, or of the directory outside the root that was allowed.
func insideRoot(dir, name string) (string, error) {
	joined := path.Join(dir, name)
	outside := strings.HasPrefix(dir, "@")
	if !fs.ValidPath(joined) || outside != strings.HasPrefix(joined, "@") {
		return "", fmt.Errorf("%q leads out of the project, want a path inside it", name)
	}
	return joined, nil
}

// read returns the contents of a file, always the same ones while the file is
// unchanged.
func (i *jsonnetImporter) read(name string) (jsonnet.Contents, error) {
	known, ok := i.contents[name]
	if ok && i.checked[name] {
		return known, nil
	}
	data, err := i.load(name)
	if err != nil {
		return jsonnet.Contents{}, err
	}
	i.checked[name] = true
	switch {
	case !ok:
		known = jsonnet.MakeContentsRaw(data)
		i.contents[name] = known
	case !bytes.Equal(known.Data(), data):
		i.stale = true
		return jsonnet.Contents{}, errStale
	}
	return known, nil
}

func (i *jsonnetImporter) load(name string) ([]byte, error) {
	if file, ok := strings.CutPrefix(name, libraryPrefix); ok {
		return library.Library.ReadFile(file)
	}
	return fs.ReadFile(i.files, strings.TrimPrefix(name, userPrefix))
}

func plainNames(names []string) []string {
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i] = strings.TrimPrefix(name, userPrefix)
	}
	return plain
}

// displayed writes a path as the user would type it.
func displayed(files fs.FS, file settings.Path) string {
	if d, ok := files.(interface{ Display(settings.Path) string }); ok {
		return d.Display(file)
	}
	return string(file)
}
