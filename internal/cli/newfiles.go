package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// newFiles are files that a command writes for the user to go on with: all of
// them or none, and never in the place of one that is there.
type newFiles []newFile

type newFile struct {
	path string // absolute
	data []byte
	// instead are files beside it that must not be there either.
	instead []string
}

func (files *newFiles) add(path string, data []byte, instead ...string) {
	*files = append(*files, newFile{path, data, instead})
}

// write writes the files and says so. After an error none of them is there.
func (files newFiles) write(env *Env) (err error) {
	if err := files.inTheWay(env); err != nil {
		return err
	}
	var made []string
	defer func() {
		if err != nil {
			for _, path := range slices.Backward(made) {
				os.Remove(path) // a directory that others use by now stays
			}
		}
	}()
	for _, f := range files {
		dirs, err := makeDirs(filepath.Dir(f.path))
		made = append(made, dirs...)
		if err != nil {
			return err
		}
		created, err := f.write()
		if created {
			made = append(made, f.path)
		}
		if err != nil {
			return err
		}
	}
	for _, f := range files {
		fmt.Fprintf(env.Stdout, "wrote %s\n", relative(env.Dir, f.path))
	}
	return nil
}

// inTheWay refuses to write where there is something already.
func (files newFiles) inTheWay(env *Env) error {
	var existing []string
	for _, f := range files {
		for _, path := range append([]string{f.path}, f.instead...) {
			if _, err := os.Lstat(path); err == nil {
				existing = append(existing, relative(env.Dir, path))
			}
		}
	}
	if len(existing) == 0 {
		return nil
	}
	return &usageError{
		fmt.Sprintf("there is already %s; nothing was written", strings.Join(existing, ", ")),
		"choose another name or directory, or remove it first",
	}
}

// write creates the file, and tells whether it did.
func (f newFile) write() (created bool, err error) {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return false, err
	}
	_, err = file.Write(f.data)
	return true, errors.Join(err, file.Close())
}

// makeDirs makes a directory and those above it, and returns the ones that it
// made, the outer ones first.
func makeDirs(dir string) (made []string, err error) {
	if info, err := os.Stat(dir); err == nil && info.IsDir() || dir == filepath.Dir(dir) {
		return nil, err
	}
	if made, err = makeDirs(filepath.Dir(dir)); err != nil {
		return made, err
	}
	switch err := os.Mkdir(dir, 0o755); {
	case err == nil:
		made = append(made, dir)
	case !errors.Is(err, fs.ErrExist): // made by somebody else meanwhile
		return made, err
	}
	return made, nil
}
