// Package house holds the tests of the project's own shape: which package may
// import which, and what no file may contain.
package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/lading-dev/lading/"

// mayImport lists, for each package of the project, the packages of the
// project that its code may import. Packages that are not listed may not
// exist; tests may import anything.
var mayImport = map[string][]string{
	"bench/process":              {},
	"bench/peak":                 {},
	"bench/publish":              {"bench/peak", "internal/gitrepo"},
	"bench/status":               {"bench/peak", "internal/kube/kubetest", "pkg/manifest"},
	"cmd/lading":                 {"internal/cli"},
	"internal/cel":               {},
	"internal/cli":               {"internal/committed", "internal/gitrepo", "internal/hint", "internal/kube", "internal/nearest", "internal/observe", "internal/parallel", "internal/preflight", "internal/sign", "internal/source", "jsonnet", "overlays", "pkg/gitops", "pkg/gitops/forge", "pkg/manifest", "pkg/render", "pkg/settings", "pkg/status", "templates"},
	"internal/committed":         {"internal/gitrepo", "internal/nearest", "pkg/gitops", "pkg/manifest", "pkg/settings", "pkg/status"},
	"internal/gittest":           {},
	"internal/gitrepo":           {"internal/proxy"},
	"internal/glob":              {},
	"internal/hint":              {},
	"internal/house":             {},
	"internal/jinja":             {"internal/nearest"},
	"internal/kube":              {"internal/nearest", "internal/parallel", "internal/proxy", "pkg/manifest", "pkg/status"},
	"internal/kube/kubetest":     {},
	"internal/nearest":           {},
	"internal/observe":           {"internal/committed", "internal/hint", "internal/kube", "internal/proxy", "pkg/manifest", "pkg/settings", "pkg/status"},
	"internal/parallel":          {},
	"internal/preflight":         {"internal/glob", "internal/kube", "pkg/manifest"},
	"internal/proxy":             {},
	"internal/sign":              {},
	"internal/source":            {"internal/gitrepo", "pkg/gitops"},
	"jsonnet":                    {},
	"overlays":                   {},
	"pkg/gitops":                 {"internal/gitrepo", "pkg/gitops/forge", "pkg/manifest", "pkg/settings"},
	"pkg/gitops/forge":           {},
	"pkg/gitops/forge/forgetest": {"pkg/gitops/forge"},
	"pkg/manifest":               {},
	"pkg/render":                 {"internal/hint", "internal/jinja", "internal/nearest", "jsonnet", "overlays", "pkg/manifest", "pkg/settings"},
	"pkg/settings":               {"internal/hint", "internal/nearest", "pkg/manifest"},
	"pkg/status":                 {"internal/cel", "internal/glob", "internal/hint", "pkg/manifest"},
	"templates":                  {},
	"test/cluster":               {"internal/gittest"},
	"test/cluster/up":            {"test/cluster"},
}

// The files are read here, in the test's own process, so that the test cache
// notices each change of them.
func TestImportsFollowTheHouseRules(t *testing.T) {
	t.Parallel()
	root := "../.."
	for file := range goFiles(t, root) {
		pkg := filepath.ToSlash(filepath.Dir(file))
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s: package %s is not in the table of this test", file, pkg)
			continue
		}
		for _, imported := range importsOf(t, filepath.Join(root, file)) {
			ours, ok := strings.CutPrefix(imported, module)
			if ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s; %s may import only %q", file, ours, pkg, allowed)
			}
		}
	}
}

// goFiles yields every Go file of the main module that is not a test.
func goFiles(t *testing.T, root string) func(func(string) bool) {
	return func(yield func(string) bool) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				return skipDir(root, path, d)
			}
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				rel, err := filepath.Rel(root, path)
				if err != nil {
					return err
				}
				if !yield(rel) {
					return filepath.SkipAll
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// skipDir leaves out build output, hidden folders and other modules.
func skipDir(root, path string, d fs.DirEntry) error {
	if path == root {
		return nil
	}
	if d.Name() == "build" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func importsOf(t *testing.T, file string) []string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	paths := make([]string, len(parsed.Imports))
	for i, spec := range parsed.Imports {
		if paths[i], err = strconv.Unquote(spec.Path.Value); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}
