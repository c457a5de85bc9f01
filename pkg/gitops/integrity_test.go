package gitops

import (
	"context"
	"testing"
)

// problems are what is wrong with files, by directory.
func problems(t *testing.T, tree Tree, wanted func(string) bool) map[string][]FileProblem {
	t.Helper()
	found, err := CheckIntegrity(context.Background(), tree, wanted)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]FileProblem)
	for _, i := range found {
		out[i.Directory] = i.Problems
	}
	return out
}

func TestEveryFileOfARenderedDirectoryIsHeldAgainstItsLedger(t *testing.T) {
	t.Parallel()
	none := []FileProblem{}
	tree := publish(t, runOf(greet(t, namespaceText+configMap("flags", "on")), deployed(t, platform(), "dev", "greet", "ml", "")), mapTree{"README.md": "x"})
	sound := map[string][]FileProblem{"dev/ml/greet": none, "prod/_shared": none, "prod/ml/greet": none}
	wantDiff(t, sound, problems(t, tree, nil))
	wantDiff(t, map[string][]FileProblem{"dev/ml/greet": none}, problems(t, tree, func(e string) bool { return e == "dev" }))

	for situation, c := range map[string]struct {
		change mapTree
		dir    string
		want   []FileProblem
	}{
		"a file is missing":      {mapTree{greetDir + "deployment.yaml": ""}, "prod/ml/greet", []FileProblem{{greetDir + "deployment.yaml", FileMissing, ""}}},
		"a file was changed":     {mapTree{greetDir + "deployment.yaml": "x"}, "prod/ml/greet", []FileProblem{{greetDir + "deployment.yaml", FileChanged, ""}}},
		"a file became a link":   {mapTree{greetDir + "deployment.yaml": "-> /etc/passwd"}, "prod/ml/greet", []FileProblem{{greetDir + "deployment.yaml", FileChanged, greetDir + "deployment.yaml is no file"}}},
		"a manifest is extra":    {mapTree{greetDir + "x.yaml": "x"}, "prod/ml/greet", []FileProblem{{greetDir + "x.yaml", FileExtra, ""}}},
		"one is extra below":     {mapTree{greetDir + "deep/er/x.json": "x"}, "prod/ml/greet", []FileProblem{{greetDir + "deep/er/x.json", FileExtra, ""}}},
		"a note is foreign":      {mapTree{greetDir + "notes.txt": "x"}, "prod/ml/greet", []FileProblem{{greetDir + "notes.txt", FileForeign, ""}}},
		"a shared object":        {mapTree{"prod/_shared/namespace-ml.yaml": "x"}, "prod/_shared", []FileProblem{{"prod/_shared/namespace-ml.yaml", FileChanged, ""}}},
		"beside rendered ones":   {mapTree{"prod/ml/theirs/x.yaml": "x"}, "prod/ml/greet", none},
		"an older ledger schema": {mapTree{greetDir + ".lading": `{"schema":9}`}, "prod/ml/greet", []FileProblem{{greetDir + ".lading", FileUnreadable, greetDir + ".lading: ledger has schema 9, want 1"}}},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			wantDiff(t, c.want, problems(t, tree.with(c.change), nil)[c.dir])
		})
	}
	for problem, sound := range map[string]bool{FileMissing: false, FileChanged: false, FileExtra: false, FileUnreadable: false, FileForeign: true} {
		i := Integrity{Problems: []FileProblem{{"f", problem, ""}}}
		if i.Sound() != sound {
			t.Errorf("a directory with a file that is %s is sound: %t", problem, i.Sound())
		}
	}
}

// What two projects share may be listed by both.
func TestSharedObjectsOfSeveralOwnersAreHeldAgainstAllLedgers(t *testing.T) {
	t.Parallel()
	theirs := runOf(deployed(t, platform(), "prod", "churn", "web", namespaceText))
	theirs.Owner.Project = "other"
	tree := publish(t, theirs, publish(t, runOf(greet(t, namespaceText)), nil))
	wantDiff(t, []FileProblem{}, problems(t, tree, nil)["prod/_shared"])
	wantDiff(t, []FileProblem{{"prod/_shared/namespace-web.yaml", FileMissing, ""}},
		problems(t, tree.with(mapTree{"prod/_shared/namespace-web.yaml": ""}), nil)["prod/_shared"])
}
