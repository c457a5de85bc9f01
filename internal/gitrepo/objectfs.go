package gitrepo

import (
	"os"
	"strings"

	"github.com/go-git/go-billy/v5"
)

// objectFS shows a directory of objects to go-git as it can read it. It hides
// the list of alternates, which go-git reads wrongly where it is relative and
// loads anew for each object, and packs whose index is not there yet, which
// other processes are about to finish.
type objectFS struct{ billy.Filesystem }

func (f objectFS) Open(name string) (billy.File, error) {
	if strings.HasSuffix(name, "objects/info/alternates") {
		return nil, os.ErrNotExist
	}
	return f.Filesystem.Open(name)
}

func (f objectFS) ReadDir(name string) ([]os.FileInfo, error) {
	files, err := f.Filesystem.ReadDir(name)
	if err != nil || !strings.HasSuffix(name, "objects/pack") {
		return files, err
	}
	indexed := make(map[string]bool, len(files))
	for _, file := range files {
		if base, ok := strings.CutSuffix(file.Name(), ".idx"); ok {
			indexed[base] = true
		}
	}
	shown := files[:0]
	for _, file := range files {
		if base, ok := strings.CutSuffix(file.Name(), ".pack"); !ok || indexed[base] {
			shown = append(shown, file)
		}
	}
	return shown, nil
}
