package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"sync"

	library "github.com/lading-dev/lading/jsonnet"
	"github.com/lading-dev/lading/overlays"
)

// TemplatesDigest returns a digest of the built-in templates and components.
// Two builds with the same digest render the same settings alike, so that a
// difference between their output comes from the settings.
func TemplatesDigest() string { return templatesDigest() }

var templatesDigest = sync.OnceValue(func() string {
	sum := sha256.New()
	addFiles(sum, ".", library.Library)
	addFiles(sum, "components", overlays.FS) // the example environments are copied by init, not used
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
})

// addFiles adds the files of an embedded folder, each after its name and
// length.
func addFiles(sum hash.Hash, dir string, files fs.FS) {
	err := fs.WalkDir(files, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content)
		return err
	})
	if err != nil {
		panic(err) // files of the binary itself can be read
	}
}
