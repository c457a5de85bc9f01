package gitrepo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// recordDir is where records lie, below the directory of the repository.
const recordDir = "lading"

// A record is a file with one owner, whose end the operating system notices.
type record struct {
	file string
	held *os.File
}

// newRecord writes a record and holds it. Where files cannot be held there are
// no records: nil.
func newRecord(dir string, data []byte, perm sharing) (*record, error) {
	if !canHold {
		return nil, nil
	}
	if err := os.Mkdir(dir, 0o777); err == nil {
		if err := perm.apply(dir); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	for {
		file := filepath.Join(dir, "lock-"+unique())
		f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
		if err != nil {
			return nil, err
		}
		r := &record{file, f}
		// Before we hold it, somebody who tidies up may take it for left behind.
		if !hold(f) || !r.is(file) {
			_ = f.Close()
			continue
		}
		_, err = f.Write(data)
		if err := errors.Join(err, f.Sync(), perm.apply(file)); err != nil {
			r.close()
			return nil, err
		}
		return r, nil
	}
}

// is reports whether a name is one of the record's.
func (r *record) is(file string) bool {
	a, errA := r.held.Stat()
	b, errB := os.Lstat(file)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (r *record) close() {
	_ = os.Remove(r.file)
	_ = r.held.Close()
}

// breakStale removes the records of processes that are no more, and the lock
// file if it belongs to one of them.
func breakStale(dir, lock string) {
	files, _ := filepath.Glob(filepath.Join(dir, "lock-*"))
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		r := &record{file, f}
		if !hold(f) || !r.is(file) {
			_ = f.Close()
			continue
		}
		// Nobody else can take the lock for stale while we hold its record.
		if r.is(lock) {
			_ = os.Remove(lock)
		}
		r.close()
	}
}
