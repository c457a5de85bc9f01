package render

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Every archive inside refusals.txt is an overlay that must not be laid over
// anything, below its title; "want" is what the user reads. See the file for
// its form.
func TestOverlaysAreRefused(t *testing.T) {
	t.Parallel()
	const file = overlayCases + "/refusals.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	objects := readObjects(t, filepath.Join(overlayCases, "objects.yaml"))
	head, rest, _ := strings.Cut(string(data), "\n### ")
	out := head
	for _, section := range strings.Split(rest, "\n### ") {
		title, body, _ := strings.Cut(section, "\n")
		archive := txtar.Parse([]byte(body))
		files, want := fstest.MapFS{}, ""
		for _, f := range archive.Files {
			if f.Name == "want" {
				want = string(f.Data)
				continue
			}
			files[path.Join("overlays/prod", f.Name)] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), "\\x00", "\x00"))}
		}
		got := "nothing is wrong\n"
		if _, err := layOver(files, "overlays/prod", objects); err != nil {
			got = tell(err)
		}
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, got); diff != "" && !updating() {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
		archive.Files = append(without(archive.Files, "want"), txtar.File{Name: "want", Data: []byte(got)})
		out += "\n### " + title + "\n" + string(txtar.Format(archive))
	}
	if updating() {
		if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func without(files []txtar.File, name string) []txtar.File {
	var kept []txtar.File
	for _, f := range files {
		if f.Name != name {
			kept = append(kept, f)
		}
	}
	return kept
}
