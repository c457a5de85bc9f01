package gitrepo

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// looseLimit is how many objects are written as files of their own. More go
// into one pack: each file must reach the disk before the branch may name it.
const looseLimit = 20

// write brings objects into the repository, what others refer to first. Files
// appear whole under their names, and stay until git collects what nobody
// refers to.
func (l *local) write(made []object) error {
	if len(made) > looseLimit {
		return l.writePack(made)
	}
	for i, o := range made {
		if err := l.writeLoose(o); err != nil {
			return fmt.Errorf("writing %s %s: %w", o.kind, o.hash, err)
		}
		l.steps(fmt.Sprintf("object %d", i))
	}
	return nil
}

func (l *local) writeLoose(o object) error {
	name := o.hash.String()
	dir := filepath.Join(l.common, "objects", name[:2])
	file := filepath.Join(dir, name[2:])
	now := time.Now()
	if os.Chtimes(file, now, now) == nil {
		return nil // there already, and now too young for git to collect
	}
	if err := os.Mkdir(dir, 0o777); err == nil {
		if err := l.perm.apply(dir); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	fmt.Fprintf(z, "%s %d\x00", o.kind, len(o.data))
	if _, err := z.Write(o.data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return writeAtomically(filepath.Join(dir, "tmp_obj_"+unique()), file, b.Bytes(), l.perm, 0o444)
}

func (l *local) writePack(made []object) error {
	pack, index, err := encodePack(made)
	if err != nil {
		return err
	}
	var idx bytes.Buffer
	if _, err := idxfile.NewEncoder(&idx).Encode(index); err != nil {
		return fmt.Errorf("writing the index of a pack: %w", err)
	}
	dir := filepath.Join(l.common, "objects", "pack")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	name := filepath.Join(dir, "pack-"+hex.EncodeToString(index.PackfileChecksum[:]))
	// The index makes a pack visible, so it comes last.
	if err := writeAtomically(filepath.Join(dir, "tmp_pack_"+unique()), name+".pack", pack, l.perm, 0o444); err != nil {
		return fmt.Errorf("writing a pack: %w", err)
	}
	l.steps("pack")
	if err := writeAtomically(filepath.Join(dir, "tmp_idx_"+unique()), name+".idx", idx.Bytes(), l.perm, 0o444); err != nil {
		return fmt.Errorf("writing the index of a pack: %w", err)
	}
	return nil
}

// unique names a temporary file.
func unique() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// writeAtomically writes a file under another name, waits until it is on the
// disk, and gives it its own name. mode may say that nobody writes to it later.
func writeAtomically(temp, file string, data []byte, perm sharing, mode ...os.FileMode) error {
	if err := writeSynced(temp, data, perm, mode...); err != nil {
		_ = os.Remove(temp)
		return err
	}
	if err := os.Rename(temp, file); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return syncDir(filepath.Dir(file))
}

func writeSynced(file string, data []byte, perm sharing, mode ...os.FileMode) error {
	bits := os.FileMode(0o666)
	if len(mode) > 0 {
		bits = mode[0]
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, bits)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return perm.apply(file)
}

// syncDir makes renames in a directory last. Some systems cannot, and need
// not.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
