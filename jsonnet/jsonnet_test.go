package jsonnet_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/formatter"
)

// Each <file>_test.jsonnet stands beside the file that it tests and is true.
func TestLibrary(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.jsonnet")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests found: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			got, err := jsonnet.MakeVM().EvaluateFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != "true\n" {
				t.Errorf("evaluates to %s, want true", got)
			}
		})
	}
}

func TestFilesAreFormatted(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*.jsonnet", "*.libsonnet", "testdata/*.libsonnet"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := formatter.Format(file, string(source), formatter.DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(source)); diff != "" {
				t.Errorf("%s is not laid out as jsonnetfmt does (-want +got), run go tool jsonnetfmt -i jsonnet/%s:\n%s", file, file, diff)
			}
		}
	}
}
