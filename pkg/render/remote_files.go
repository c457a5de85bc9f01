package render

import (
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/lading-dev/lading/pkg/settings"
)

// A fileQuestion is what a worker asks about a file.
type fileQuestion struct {
	Op   string // read, stat, list, display
	Name string
}

// A fileAnswer is the reply.
type fileAnswer struct {
	Content []byte
	Info    fileInfo
	Entries []fileInfo
	Text    string
	Error   *wireError
}

// answer looks at a file on behalf of a worker.
func answer(files fs.FS, q *fileQuestion) *fileAnswer {
	a := &fileAnswer{}
	var err error
	switch q.Op {
	case "read":
		a.Content, err = fs.ReadFile(files, q.Name)
	case "stat":
		var info fs.FileInfo
		if info, err = fs.Stat(files, q.Name); err == nil {
			a.Info = packInfo(info)
		}
	case "list":
		a.Entries, err = list(files, q.Name)
	case "display":
		a.Text = displayed(files, settings.Path(q.Name))
	default:
		err = fmt.Errorf("worker asks to %q a file", q.Op)
	}
	if err != nil {
		a.Error = packError(err)
	}
	return a
}

func list(files fs.FS, name string) ([]fileInfo, error) {
	entries, err := fs.ReadDir(files, name)
	if err != nil {
		return nil, err
	}
	infos := make([]fileInfo, len(entries))
	for i, entry := range entries {
		infos[i] = fileInfo{FileName: entry.Name(), FileMode: entry.Type()}
	}
	return infos, nil
}

// A fileInfo is what is known of a file without reading it. It is its own
// [fs.FileInfo] and, in a listing, its own [fs.DirEntry].
type fileInfo struct {
	FileName string
	FileSize int64
	FileMode fs.FileMode
}

func packInfo(info fs.FileInfo) fileInfo {
	return fileInfo{info.Name(), info.Size(), info.Mode()}
}

func (i fileInfo) Name() string               { return i.FileName }
func (i fileInfo) Size() int64                { return i.FileSize }
func (i fileInfo) Mode() fs.FileMode          { return i.FileMode }
func (i fileInfo) ModTime() time.Time         { return time.Time{} }
func (i fileInfo) IsDir() bool                { return i.FileMode.IsDir() }
func (i fileInfo) Sys() any                   { return nil }
func (i fileInfo) Type() fs.FileMode          { return i.FileMode.Type() }
func (i fileInfo) Info() (fs.FileInfo, error) { return i, nil }

// A remoteFiles is the file system of a worker: every look at it is a question
// to the process that gave the job.
type remoteFiles struct {
	ask func(fileQuestion) (*fileAnswer, error)
}

func (r *remoteFiles) question(op, name string) (*fileAnswer, error) {
	a, err := r.ask(fileQuestion{Op: op, Name: name})
	if err != nil {
		return nil, err
	}
	if a.Error != nil {
		return nil, a.Error.unpack()
	}
	return a, nil
}

// Open implements [fs.FS] for directories and whole files.
func (r *remoteFiles) Open(name string) (fs.File, error) {
	info, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	return &remoteFile{files: r, name: name, info: info}, nil
}

// ReadFile implements [fs.ReadFileFS].
func (r *remoteFiles) ReadFile(name string) ([]byte, error) {
	a, err := r.question("read", name)
	if err != nil {
		return nil, err
	}
	return a.Content, nil
}

// Stat implements [fs.StatFS].
func (r *remoteFiles) Stat(name string) (fs.FileInfo, error) {
	a, err := r.question("stat", name)
	if err != nil {
		return nil, err
	}
	return a.Info, nil
}

// ReadDir implements [fs.ReadDirFS].
func (r *remoteFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	a, err := r.question("list", name)
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, len(a.Entries))
	for i, info := range a.Entries {
		entries[i] = info
	}
	return entries, nil
}

// Display writes a path as the user would type it.
func (r *remoteFiles) Display(file settings.Path) string {
	a, err := r.question("display", string(file))
	if err != nil {
		return string(file)
	}
	return a.Text
}

// A remoteFile is an open file of a worker; its content is fetched at the
// first read.
type remoteFile struct {
	files *remoteFiles
	name  string
	info  fs.FileInfo
	rest  []byte
	read  bool
}

func (f *remoteFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *remoteFile) Close() error               { return nil }

// Read implements [fs.File].
func (f *remoteFile) Read(p []byte) (int, error) {
	if !f.read {
		content, err := f.files.ReadFile(f.name)
		if err != nil {
			return 0, err
		}
		f.rest, f.read = content, true
	}
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
