package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A store keeps programs that were built, one directory for each state of the
// sources: <part>-<digest>. A directory is there whole or not at all.
type store struct{ dir string }

// unusedFor is how long a directory stays that nobody asks for.
const unusedFor = 7 * 24 * time.Hour

func newStore() (*store, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "lading", "cluster")
	return &store{dir}, os.MkdirAll(dir, 0o755)
}

// get returns the directory with the programs of a part whose module is given.
// Of two who ask at once one builds, and the other waits.
func (s *store) get(ctx context.Context, p part, module string, log io.Writer) (string, error) {
	key, err := digest(ctx, p, module)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(s.dir, p.name+"-"+key)
	if s.touch(dir) {
		return dir, nil
	}
	unlock, err := s.lock(p.name, log)
	if err != nil {
		return "", err
	}
	defer unlock()
	if s.touch(dir) {
		return dir, nil
	}
	return dir, s.fill(dir, p.name, func(to string) error { return compile(ctx, p, module, to, log) })
}

// touch reports whether a directory is there, and notes that it was used.
func (s *store) touch(dir string) bool {
	now := time.Now()
	return os.Chtimes(dir, now, now) == nil
}

// lock waits until nobody else builds a part.
func (s *store) lock(name string, log io.Writer) (func(), error) {
	file := filepath.Join(s.dir, name+".lock")
	if unlock, err := tryLock(file); err == nil {
		return unlock, nil
	}
	fmt.Fprintf(log, "waiting for somebody else who builds %s\n", name)
	return lock(file)
}

// fill makes a directory with what make leaves in it, and removes old ones.
func (s *store) fill(dir, name string, make func(to string) error) error {
	s.prune(name)
	unfinished, err := os.MkdirTemp(s.dir, name+"-unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	if err := make(unfinished); err != nil {
		return err
	}
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return err
	}
	return os.Rename(unfinished, dir)
}

// prune removes what other states of a part's sources left and nobody used for
// long, and what was left by builds that were killed. The caller holds the
// lock. Failing is no reason not to build.
func (s *store) prune(name string) {
	dirs, _ := filepath.Glob(filepath.Join(s.dir, name+"-*"))
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		unfinished := strings.HasPrefix(filepath.Base(dir), name+"-unfinished-")
		if err == nil && (unfinished || time.Since(info.ModTime()) > unusedFor) {
			_ = os.RemoveAll(dir)
		}
	}
}

// digest is over everything that a build depends on.
func digest(ctx context.Context, p part, module string) (string, error) {
	h := sha256.New()
	env, err := goOutput(ctx, module, "env", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED")
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%q %q %q %q\n", env, flags, p.packages, p.crds)
	err = filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(module, path)
		fmt.Fprintf(h, "%q %x\n", filepath.ToSlash(rel), sha256.Sum256(data))
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}
