package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// Bounds on one overlay and all that it names.
const (
	maxOverlayFiles = 1000
	maxOverlayBytes = 20 << 20
	maxOverlayDepth = 20
)

// A build is one overlay on its way into memory: what is found, what is wrong
// with it, and under which made-up name each file lies there.
type build struct {
	files fs.FS
	// dir is the overlay's directory, name its name in the objects' origins;
	// overlayFile is its kustomization file.
	dir, name, overlayFile string
	// component is set for a built-in component, and filling what its files
	// are filled with.
	component *Component
	filling   filling

	memory filesys.FileSystem
	names  map[string]string         // file by made-up name
	madeUp *regexp.Regexp            // what made-up names look like
	loaded map[string]*kustomization // by directory
	open   []string                  // directories that are being loaded
	added  []added
	bytes  int
	wrong  problems
	// warnings are for the user.
	warnings problems
}

// A spot is a line of a file of the overlay; line is 0 for the whole file, and
// file empty where the settings name what is meant.
type spot struct {
	file string
	line int
}

// A whence finds a spot once something is wrong there.
type whence func() spot

// An added is an object that the overlay brings along.
type added struct {
	spot
	candidate
}

// A kustomization is one kustomization file, with what it names already
// replaced by made-up names.
type kustomization struct {
	spotter
	folder  string // its directory
	dir     string // its directory in memory
	fields  types.Kustomization
	patches []patch // in step with fields.Patches
}

var madeUpNames = regexp.MustCompile(`(/k\d+/)?\bf\d+\.yaml\b|/k\d+\b`)

func newBuild(files fs.FS, j job) (b *build, err error) {
	b = &build{
		files:   files,
		dir:     string(j.File),
		name:    string(j.File),
		filling: j.Context,
		memory:  filesys.MakeFsInMemory(),
		names:   map[string]string{},
		madeUp:  madeUpNames,
		loaded:  map[string]*kustomization{},
	}
	if j.Builtin {
		b.name = path.Base(b.dir)
		if b.component, err = loadComponent(b.name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// load reads the overlay and everything that it names.
func (b *build) load() *kustomization {
	top := b.kustomization(b.dir, "", func() spot { return spot{} })
	if top != nil {
		b.overlayFile = top.file
	}
	return top
}

// kustomization loads a directory, which must be of the wanted kind if one is
// given; at is where it is named.
func (b *build) kustomization(dir, kind string, at whence) *kustomization {
	switch k, ok := b.loaded[dir]; {
	case slices.Contains(b.open, dir):
		b.refuse(at(), fmt.Sprintf("%q leads back to itself: %s", dir, strings.Join(append(b.open, dir), " → ")), "")
		return nil
	case len(b.open) == maxOverlayDepth:
		b.refuse(at(), fmt.Sprintf("kustomizations name each other more than %d levels deep", maxOverlayDepth), "")
		return nil
	case ok:
		return k
	}
	b.open = append(b.open, dir)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	k := b.readKustomization(dir, at)
	if k == nil || !b.checkKind(k, kind, at) {
		return nil
	}
	b.loaded[dir] = k
	k.dir = fmt.Sprintf("/k%d", len(b.loaded))
	b.names[k.dir] = dir
	b.adopt(k)
	if err := b.writeKustomization(k.dir, k.fields); err != nil {
		b.refuse(spot{file: k.file}, err.Error(), "")
	}
	return k
}

func (b *build) checkKind(k *kustomization, kind string, at whence) bool {
	got := k.fields.Kind
	if got == "" {
		got = types.KustomizationKind
	}
	switch {
	case got != types.KustomizationKind && got != types.ComponentKind:
		b.refuse(k.spot("kind"), fmt.Sprintf("kind is %q, want Kustomization or Component", got), "")
	case kind == "" || got == kind:
		return true
	case got == types.ComponentKind:
		b.refuse(at(), fmt.Sprintf("%q is a Component, want a Kustomization under resources", k.folder), "list it under components")
	default:
		b.refuse(at(), fmt.Sprintf("%q is a Kustomization, want a Component under components", k.folder), "list it under resources")
	}
	return false
}

// readKustomization reads and decodes the kustomization file of a directory.
func (b *build) readKustomization(dir string, at whence) *kustomization {
	file, data := b.findKustomization(dir, at)
	if file == "" {
		return nil
	}
	k := &kustomization{spotter: spotter{file: file, data: data}, folder: dir}
	docs := b.documents(func() spot { return spot{file, 1} }, data)
	if docs == nil {
		return nil
	}
	if len(docs) != 1 {
		b.refuse(spot{file: file}, fmt.Sprintf("has %d documents, want one kustomization", len(docs)), "")
		return nil
	}
	value, ok := docs[0].Value.(map[string]any)
	if !ok {
		b.refuse(spot{file: file, line: docs[0].Line}, "is "+typeName(docs[0].Value)+", want a kustomization", "")
		return nil
	}
	if !b.checkFields(k, value) || !b.decodeFields(k, value) {
		return nil
	}
	return k
}

// findKustomization returns the kustomization file of a directory.
func (b *build) findKustomization(dir string, at whence) (file string, data []byte) {
	var found []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		content, err := b.read(path.Join(dir, name))
		switch {
		case err == nil:
			found = append(found, name)
			file, data = path.Join(dir, name), content
		case !errors.Is(err, fs.ErrNotExist):
			b.refuse(at(), reason(err), hint.Of(err))
			return "", nil
		}
	}
	switch {
	case len(found) == 1:
		return file, data
	case len(found) > 1:
		b.refuse(at(), fmt.Sprintf("%q has %s, want one of them", dir, quotedList(found)), "")
	case b.exists(dir):
		b.refuse(at(), fmt.Sprintf("%q has no kustomization.yaml, want a directory with a Component or Kustomization", dir), "")
	default:
		b.refuse(at(), fmt.Sprintf("%q does not exist, want a directory with a kustomization.yaml", dir), "")
	}
	return "", nil
}

func (b *build) exists(name string) bool {
	_, err := fs.Stat(b.files, name)
	return err == nil
}

// read returns the content of a file, which for built-in components means with
// everything filled in.
func (b *build) read(name string) ([]byte, error) {
	if b.component == nil {
		return fs.ReadFile(b.files, name)
	}
	t, ok := b.component.templates[path.Base(name)]
	if !ok {
		return nil, fs.ErrNotExist
	}
	var out bytes.Buffer
	for _, value := range t.values {
		filled, keep, err := b.filling.fill(value)
		if err != nil {
			return nil, err
		}
		text, err := encodeJSON(filled)
		if err != nil {
			return nil, err
		}
		if keep {
			out.WriteString("---\n")
			out.Write(text)
		}
	}
	return out.Bytes(), nil
}

// documents decodes YAML that starts at a spot. It returns nil where that
// cannot be read.
func (b *build) documents(start whence, data []byte) []manifest.Document {
	docs := manifest.Documents(data)
	if docs == nil {
		b.refuse(start(), "is empty, want YAML", "")
		return nil
	}
	for _, d := range docs {
		var syntax *manifest.SyntaxError
		if errors.As(d.Err, &syntax) {
			b.refuse(start().below(syntax.Line), syntax.Message, "")
			return nil
		}
		for _, w := range d.Warnings {
			b.warn(start().below(w.Line), w.Message, "")
		}
	}
	return docs
}

// below returns the spot of a line of a text that starts here.
func (s spot) below(line int) spot { return spot{s.file, s.line + line - 1} }

// write puts a file into memory.
func (b *build) write(name string, data []byte) error { return b.memory.WriteFile(name, data) }

func (b *build) writeKustomization(dir string, fields types.Kustomization) error {
	// Origins are ours to tell, and the order is the stream's.
	fields.BuildMetadata, fields.SortOptions = nil, nil
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return b.write(dir+"/"+konfig.DefaultKustomizationFileName(), escapeForYAML(text))
}

// makeUp returns a name for a file of the kustomization.
func (b *build) makeUp(k *kustomization, file string) string {
	name := fmt.Sprintf("f%d.yaml", len(b.names))
	b.names[name], b.names[k.dir+"/"+name] = file, file
	return name
}

// reason is what an error of the file system says, without the path that the
// message names anyway.
func reason(err error) string {
	var outside *settings.OutsideError
	var pathError *fs.PathError
	if errors.As(err, &outside) {
		return outside.Error()
	}
	if errors.As(err, &pathError) {
		return fmt.Sprintf("%s: %s", pathError.Path, pathError.Err)
	}
	return err.Error()
}
