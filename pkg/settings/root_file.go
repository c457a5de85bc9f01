package settings

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// A rootFile is an open file or directory of a [Root].
type rootFile struct {
	file     *os.File
	info     fs.FileInfo
	left     int64 // bytes that may still be read
	reserved bool  // whether it is the root, in which "@" does not count
}

// newRootFile takes over an opened file, or closes it with an error.
func newRootFile(file *os.File, name string) (*rootFile, error) {
	info, err := file.Stat()
	if err == nil {
		err = readable(info)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &rootFile{file: file, info: named{info, name}, left: MaxFileSize}, nil
}

// readable refuses what is neither a directory nor a file of bounded size.
func readable(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil
	case !mode.IsRegular():
		return fmt.Errorf("is a %s, want a regular file", kindOf(mode))
	case info.Size() > MaxFileSize:
		return errTooLarge(info.Size())
	}
	return nil
}

func errTooLarge(size int64) error {
	return fmt.Errorf("has %d bytes, want at most %d", size, MaxFileSize)
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// Stat implements [fs.File].
func (f *rootFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements [fs.File].
func (f *rootFile) Close() error { return f.file.Close() }

// Read implements [fs.File]. A file that grows while it is read ends in an
// error at the bound.
func (f *rootFile) Read(p []byte) (int, error) {
	if f.info.IsDir() {
		return 0, errDirectory
	}
	if f.left < 0 {
		return 0, errTooLarge(MaxFileSize + 1)
	}
	p = p[:min(int64(len(p)), f.left+1)]
	n, err := f.file.Read(p)
	f.left -= int64(n)
	if f.left < 0 {
		return n - 1, errTooLarge(MaxFileSize + 1)
	}
	return n, err
}

var errDirectory = fmt.Errorf("is a directory, want a file")

func (f *rootFile) readAll() ([]byte, error) {
	if f.info.IsDir() {
		return nil, errDirectory
	}
	data := make([]byte, 0, f.info.Size()+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		data = slices.Grow(data, 512)
	}
}

// ReadDir implements [fs.ReadDirFile].
func (f *rootFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.info.IsDir() {
		return nil, fmt.Errorf("is a file, want a directory")
	}
	entries, err := f.file.ReadDir(n)
	if f.reserved {
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == elsewhere })
	}
	return entries, err
}

// A named is the information about a file under the name by which it was
// asked for.
type named struct {
	fs.FileInfo
	name string
}

// Name implements [fs.FileInfo].
func (n named) Name() string { return n.name }
