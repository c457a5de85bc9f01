package gitrepo

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// initBare makes a bare repository beside its place and then moves it there,
// so that it exists whole or not at all.
func initBare(path string) error {
	fail := func(err error) error { return &AccessError{path, err} }
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fail(err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".init-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(temp)
	for _, dir := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(temp, dir), 0o755); err != nil {
			return fail(err)
		}
	}
	files := map[string]string{
		"config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n",
		"HEAD":   "ref: refs/heads/main\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(temp, name), []byte(text), 0o644); err != nil {
			return fail(err)
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return fail(err)
	}
	_ = os.Remove(path) // an empty directory may be in the place
	if err := os.Rename(temp, path); err != nil {
		if isRepository(path) { // somebody else made it at the same time
			return nil
		}
		return fail(err)
	}
	return nil
}

// sharing says who besides the owner may use the repository's files, see
// core.sharedRepository in https://git-scm.com/docs/git-config.
type sharing struct {
	set  bool
	bits os.FileMode // to be added, or the whole mode where exact
	// exact tells that bits replace what the umask gives.
	exact bool
}

func parseSharing(value string) sharing {
	switch strings.ToLower(value) {
	case "", "umask", "false", "no", "off", "0":
		return sharing{}
	case "group", "true", "yes", "on", "1":
		return sharing{set: true, bits: 0o660}
	case "all", "world", "everybody", "2", "3":
		return sharing{set: true, bits: 0o664}
	}
	if n, err := strconv.ParseUint(value, 8, 32); err == nil {
		return sharing{set: true, bits: os.FileMode(n) & 0o777, exact: true}
	}
	return sharing{}
}

// apply gives a new file or directory the permissions that the repository
// wants.
func (s sharing) apply(path string) error {
	if !s.set {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	bits := s.bits
	if info.Mode().Perm()&0o200 == 0 {
		bits &^= 0o222 // objects are written once
	}
	mode := info.Mode().Perm() | bits
	if s.exact {
		mode = bits
	}
	if info.IsDir() {
		mode |= mode & 0o444 >> 2 // who may read may search
		return os.Chmod(path, mode|os.ModeSetgid)
	}
	return os.Chmod(path, mode)
}

// unborn reports whether the repository has no branches at all.
func (l *local) unborn() bool {
	packed, err := l.packedRefs()
	if err != nil || len(packed) > 0 {
		return false
	}
	empty := true
	_ = filepath.WalkDir(filepath.Join(l.common, "refs", "heads"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			empty = false
		}
		return nil
	})
	return empty
}
