package gitops

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

// readDir is a directory as a tree, empty directories and links included.
func readDir(t *testing.T, dir string) mapTree {
	t.Helper()
	tree := mapTree{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			tree[rel] = "-> " + target
			return err
		case d.IsDir():
			if entries, _ := os.ReadDir(name); len(entries) == 0 {
				tree[rel+"/"] = "empty"
			}
			return nil
		}
		data, err := os.ReadFile(name)
		tree[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func writeDir(t *testing.T, dir string, run *Run) {
	t.Helper()
	if _, err := WriteDir(t.Context(), dir, run); err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryIsTheTreeThatPublishCommits(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "build", "rendered")
	first := func() *Run {
		return runOf(greet(t, namespaceText+configMap("flags", "on")+clusterRole("reader", "get")), churn(t, ""))
	}
	writeDir(t, dir, first())
	tree := publish(t, first(), nil)
	wantDiff(t, tree, readDir(t, dir))

	second := func() *Run { return runOf(greet(t, namespaceText+configMap("flags", "off"))) }
	writeDir(t, dir, second())
	wantDiff(t, publish(t, second(), tree), readDir(t, dir))
}

func TestUnchangedFilesAreNotWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeDir(t, dir, runOf(greet(t, configMap("flags", "on"))))
	file := filepath.Join(dir, greetDir, "deployment.yaml")
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	writeDir(t, dir, runOf(greet(t, configMap("flags", "off"))))
	after, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("deployment.yaml was replaced")
	}
}

func TestNothingIsWrittenInPart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, greetDir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, greetDir, "deployment.yaml"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := readDir(t, dir)
	_, err := WriteDir(t.Context(), dir, runOf(churn(t, ""), greet(t, "")))
	wantError[*ConflictError](t, err, "prod/ml/greet/deployment.yaml")
	wantDiff(t, before, readDir(t, dir))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := WriteDir(ctx, dir, runOf(churn(t, ""))); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
	wantDiff(t, before, readDir(t, dir))
}

func TestLinksBelowTheDirectoryAreNotFollowed(t *testing.T) {
	t.Parallel()
	for situation, link := range map[string]struct{ name, target string }{
		"out of the directory":    {"prod", ".."},
		"to a sibling":            {"prod", "elsewhere"},
		"in place of a directory": {"prod/ml/greet", "../../elsewhere"},
		"in place of a file":      {"prod/ml/greet/deployment.yaml", "../../../elsewhere/file"},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		if err := os.MkdirAll(filepath.Join(dir, "elsewhere"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(link.name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(link.target, filepath.Join(dir, link.name)); err != nil {
			t.Fatal(err)
		}
		before := readDir(t, dir)
		_, err := WriteDir(t.Context(), dir, runOf(greet(t, "")))
		t.Run(situation, func(t *testing.T) { wantError[*ConflictError](t, err, "move it away") })
		wantDiff(t, before, readDir(t, dir))
	}
}

// The directory itself is the user's choice, and may be reached by a link.
func TestTheDirectoryItselfMayBeALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	writeDir(t, filepath.Join(dir, "link"), runOf(greet(t, "")))
	wantDiff(t, []string{"prod/ml/greet/.lading", "prod/ml/greet/deployment.yaml"}, readDir(t, filepath.Join(dir, "real")).names())
}

func TestAFileIsNoOutputDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := WriteDir(t.Context(), file, runOf(greet(t, "")))
	if err == nil || !strings.Contains(err.Error(), "opening the output directory") {
		t.Errorf("error is %v", err)
	}
}

// A run that was killed between any two writes is made good by the next one.
func TestARunThatWasKilledIsMadeGoodByTheNext(t *testing.T) {
	t.Parallel()
	before := publish(t, runOf(greet(t, configMap("flags", "on")+configMap("limits", "1")), churn(t, "")), nil)
	run := func() *Run {
		return runOf(greet(t, configMap("flags", "off")), deployed(t, platform(), "prod", "new", "ml", configMap("texts", "hi")))
	}
	p := mustPlan(t, run(), before)
	want := before.apply(t, p)
	ordered := steps(p.Changes)
	all := slices.Concat(ordered[:]...)
	for done := range len(all) + 1 {
		half := mapTree{}
		for _, c := range all[:done] {
			half[c.Path] = string(c.After)
		}
		present := before.with(half).with(mapTree{"prod/ml/greet/.tmp-deployment.yaml~": "half a fi"})
		again, err := plan(t, run(), present)
		if err != nil {
			t.Fatalf("killed after %d of %d writes: %v", done, len(all), err)
		}
		got := present.apply(t, again).with(mapTree{"prod/ml/greet/.tmp-deployment.yaml~": ""})
		wantDiff(t, want, got)
	}
}

func TestATemporaryFileThatWasLeftBehindIsNoHindrance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, greetDir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, greetDir, ".tmp-deployment.yaml~")); err != nil {
		t.Fatal(err)
	}
	writeDir(t, dir, runOf(greet(t, "")))
	wantDiff(t, publish(t, runOf(greet(t, "")), nil), readDir(t, dir))
}

// Where a deployment lies does not depend on what else was selected.
func TestEachBranchHasAFolderWhereThereAreSeveral(t *testing.T) {
	t.Parallel()
	perEnvironment := platform(gitBranch("env/{{environment}}"), gitPath("{{deployment}}"))
	prodElsewhere := platform(func(p *settings.Project) {
		p.Spec.Environments[2].GitOps.Repository = "https://git.example.com/platform/prod.git"
	})
	for situation, c := range map[string]struct {
		run  *Run
		want []string
	}{
		"one branch": {runOf(deployed(t, platform(), "prod", "greet", "ml", "")),
			[]string{"prod/ml/greet/.lading", "prod/ml/greet/deployment.yaml"}},
		"branch per environment, one selected": {runOf(deployed(t, perEnvironment, "dev", "greet", "ml", "")),
			[]string{"env/dev/greet/.lading", "env/dev/greet/deployment.yaml"}},
		"branch per environment": {runOf(deployed(t, perEnvironment, "dev", "greet", "ml", ""), deployed(t, perEnvironment, "prod", "greet", "ml", "")),
			[]string{"env/dev/greet/.lading", "env/dev/greet/deployment.yaml", "env/prod/greet/.lading", "env/prod/greet/deployment.yaml"}},
		"prod in another repository, dev selected": {runOf(deployed(t, prodElsewhere, "dev", "greet", "ml", "")),
			[]string{"git.example.com%2Fplatform%2Frendered/main/dev/ml/greet/.lading", "git.example.com%2Fplatform%2Frendered/main/dev/ml/greet/deployment.yaml"}},
		"no project": {runOf(deployed(t, nil, "", "greet", "ml", "")),
			[]string{"default/ml/greet/.lading", "default/ml/greet/deployment.yaml"}},
	} {
		dir := t.TempDir()
		writeDir(t, dir, c.run)
		if got := readDir(t, dir).names(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", situation, got, c.want)
		}
	}
}
