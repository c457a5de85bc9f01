package render

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"

	"github.com/lading-dev/lading/pkg/settings"
)

// A recorder is a file system that remembers what was read from it, for
// [Output.Inputs].
type recorder struct {
	files fs.FS
	read  map[string]string // digest by path
}

func newRecorder(files fs.FS) *recorder {
	return &recorder{files: files, read: map[string]string{}}
}

// Open implements [fs.FS]. A file's content is read at once, so that what is
// recorded is what the reader sees.
func (r *recorder) Open(name string) (fs.File, error) {
	f, err := r.files.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	return &recordedFile{File: f, note: func(content []byte) { r.note(name, content) }}, nil
}

// ReadFile implements [fs.ReadFileFS].
func (r *recorder) ReadFile(name string) ([]byte, error) {
	content, err := fs.ReadFile(r.files, name)
	if err == nil {
		r.note(name, content)
	}
	return content, err
}

// Stat implements [fs.StatFS].
func (r *recorder) Stat(name string) (fs.FileInfo, error) { return fs.Stat(r.files, name) }

// ReadDir implements [fs.ReadDirFS].
func (r *recorder) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.files, name) }

func (r *recorder) note(name string, content []byte) {
	digest := sha256.Sum256(content)
	r.read[name] = "sha256:" + hex.EncodeToString(digest[:])
}

// Display writes a path as the user would type it.
func (r *recorder) Display(file settings.Path) string {
	if d, ok := r.files.(interface{ Display(settings.Path) string }); ok {
		return d.Display(file)
	}
	return string(file)
}

// A recordedFile is an open file that is noted when it was read to its end.
type recordedFile struct {
	fs.File
	content []byte
	note    func([]byte)
}

// Read implements [fs.File].
func (f *recordedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.content = append(f.content, p[:n]...)
	if err == io.EOF {
		f.note(f.content)
	}
	return n, err
}
