package gitrepo

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A refLock is git's lock of one ref: the file <ref>.lock, which holds the new
// value and becomes the ref.
//
// A process that is killed leaves its lock behind, and git would ask a person
// to remove it. So that we can, the lock is a second name of a record, a file
// of our own in the repository's directory "lading", on which its owner holds
// a lock of the operating system. That ends with the process: a record that
// can be locked and is the same file as <ref>.lock has no owner any more.
type refLock struct {
	file, ref string
	record    *record // nil where the file system has no second names
	done      bool
}

const (
	lockPatience = 5 * time.Second
	lockPause    = 5 * time.Millisecond
)

// lock takes the lock of a ref, and waits a little while others hold it.
func (l *local) lock(ctx context.Context, ref string, value hash) (*refLock, error) {
	file := filepath.Join(l.common, filepath.FromSlash(ref))
	if err := l.makeRoom(file); err != nil {
		return nil, &AccessError{l.name, err}
	}
	lock := &refLock{file: file + ".lock", ref: file}
	data := []byte(value.String() + "\n")
	var err error
	if lock.record, err = newRecord(filepath.Join(l.common, recordDir), data, l.perm); err != nil {
		return nil, &AccessError{l.name, err}
	}
	l.steps("record")
	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for pause := lockPause; ; pause = min(pause*3/2, 20*lockPause) {
		err := lock.take(data, l.perm)
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			lock.release()
			return nil, &AccessError{l.name, err}
		}
		breakStale(filepath.Join(l.common, recordDir), lock.file)
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-patience.Done():
			lock.release()
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &LockedError{lock.file}
		}
	}
}

// makeRoom makes the directory of a ref, and removes empty directories from
// the place of the ref itself, which other refs have left.
func (l *local) makeRoom(file string) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for d := dir; strings.HasPrefix(d, filepath.Join(l.common, "refs", "heads")+string(filepath.Separator)); d = filepath.Dir(d) {
		if err := l.perm.apply(d); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	if info, err := os.Lstat(file); err == nil && info.IsDir() {
		removeEmpty(file)
	}
	return nil
}

// removeEmpty removes a directory that holds nothing but empty directories.
func removeEmpty(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			removeEmpty(filepath.Join(dir, e.Name()))
		}
	}
	_ = os.Remove(dir)
}

// take makes the lock file, or fails with [fs.ErrExist].
func (k *refLock) take(data []byte, perm sharing) error {
	if k.record != nil {
		err := os.Link(k.record.file, k.file)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		k.record.close() // no second names here: a lock without a record
		k.record = nil
	}
	return writeSynced(k.file, data, perm)
}

// commit makes the lock file the ref.
func (k *refLock) commit() error {
	if err := os.Rename(k.file, k.ref); err != nil {
		return err
	}
	k.done = true
	return syncDir(filepath.Dir(k.ref))
}

// release gives the lock up, if the ref was not changed.
func (k *refLock) release() {
	if !k.done && (k.record == nil || k.record.is(k.file)) {
		_ = os.Remove(k.file)
	}
	if k.record != nil {
		k.record.close()
	}
	k.done = true
}
