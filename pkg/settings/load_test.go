package settings

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files")

const casesDir = "../../testdata/settings"

// TestCases loads every case of testdata/settings. A case is an archive of
// files; its comment says what it shows and, behind ">", with which flags it
// is loaded. The file "want" holds the problems, or the warnings and the
// values that are not built in.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, file := range caseFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := loadCase(t, archive)
			want := fileOf(archive, "want")
			if *update && got != want {
				writeCase(t, file, archive, got)
				return
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func caseFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(casesDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", casesDir, err)
	}
	return files
}

func fileOf(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func writeCase(t *testing.T, file string, a *txtar.Archive, want string) {
	t.Helper()
	var files []txtar.File
	for _, f := range a.Files {
		if f.Name != "want" {
			files = append(files, f)
		}
	}
	a.Files = append(files, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// loadCase writes the files of a case and loads each of its ">" lines.
func loadCase(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		if f.Name == "want" {
			continue
		}
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	for line := range strings.Lines(string(a.Comment)) {
		if args, ok := strings.CutPrefix(line, ">"); ok {
			fmt.Fprintf(&out, ">%s", args)
			out.WriteString(strings.ReplaceAll(outcomeOfLoad(t, dir, strings.Fields(args), fileOf(a, "stdin")), dir, "DIR"))
		}
	}
	return out.String()
}

func outcomeOfLoad(t *testing.T, dir string, args []string, input string) string {
	t.Helper()
	o := Options{Dir: dir, Stdin: strings.NewReader(input)}
	for len(args) > 0 {
		flag, value := args[0], ""
		args = args[1:]
		if flag != "--no-project" && strings.HasPrefix(flag, "-") {
			value, args = args[0], args[1:]
		}
		switch flag {
		case "-f":
			o.Files = append(o.Files, value)
		case "-l":
			o.Selector = strings.ReplaceAll(value, "_", " ")
		case "--env":
			o.Environments = append(o.Environments, value)
		case "--set":
			o.Set = append(o.Set, value)
		case "--image":
			o.Image = value
		case "--project":
			o.Project = value
		case "--no-project":
			o.NoProject = true
		case "--allow-path":
			o.AllowPaths = append(o.AllowPaths, value)
		case "--dir":
			o.Dir = filepath.Join(dir, value)
		default:
			o.Names = append(o.Names, flag)
		}
	}
	return report(Load(o))
}

// report writes what a load gave, as a person reads it.
func report(l *Loaded, err error) string {
	var b strings.Builder
	var problems Problems
	switch {
	case errors.As(err, &problems):
		writeProblems(&b, "", problems)
		return b.String()
	case err != nil:
		return "error: " + err.Error() + "\n"
	}
	writeProblems(&b, "warning: ", l.Warnings)
	for _, e := range l.Environments {
		if !e.Complete {
			fmt.Fprintf(&b, "incomplete: %s\n", e.Name)
		}
	}
	for _, r := range l.Resolved {
		fmt.Fprintf(&b, "%s/%s in %s\n", r.EnvironmentName(), r.Name, r.Namespace)
		for _, v := range r.Values() {
			if v.Origin.Layer != layerDefault {
				fmt.Fprintf(&b, "  %s = %#v  <- %s\n", v.Path, v.Value, strings.TrimSpace(v.Origin.String()+" "+v.Origin.Layer))
			}
		}
	}
	return b.String()
}

func writeProblems(b *strings.Builder, prefix string, problems Problems) {
	for _, p := range problems {
		fmt.Fprintf(b, "%s%s\n", prefix, p.Error())
		if p.Hint != "" {
			fmt.Fprintf(b, "  hint: %s\n", p.Hint)
		}
	}
}
