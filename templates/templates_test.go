package templates_test

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-jsonnet/formatter"

	"github.com/lading-dev/lading/templates"
)

func TestJsonnetFilesAreFormatted(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(templates.FS, "jsonnet/*.jsonnet")
	if err != nil || len(files) != 2 {
		t.Fatalf("found %q: %v", files, err)
	}
	for _, file := range files {
		source, err := fs.ReadFile(templates.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := formatter.Format(file, string(source), formatter.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(source)); diff != "" {
			t.Errorf("%s is not laid out as jsonnetfmt does (-want +got), run go tool jsonnetfmt -i templates/%s:\n%s", file, file, diff)
		}
	}
}
