package gitops

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

// commitTree makes a branch hold what a tree holds.
func commitTree(t *testing.T, repo, message string, before, after mapTree) string {
	t.Helper()
	files := make(map[string]string)
	for name := range before {
		files[name] = ""
	}
	for name, content := range after {
		files[name] = content
	}
	return gittest.Commit(t, repo, "main", message, files)
}

// overEveryWay opens a repository on a local path, over http and over ssh, and over
// http without the ability to leave objects out.
func overEveryWay(t *testing.T, root string, test func(t *testing.T, repo *gitrepo.Repo)) {
	t.Helper()
	ssh := gittest.SSHServer(t, root, gittest.Options{})
	getenv := func(name string) string {
		return map[string]string{"LADING_SSH_KEY": ssh.Key, "LADING_SSH_KNOWN_HOSTS": ssh.KnownHosts}[name]
	}
	for name, prefix := range map[string]string{
		"local": root, "ssh": ssh.URL,
		"http":                gittest.HTTPServer(t, root, gittest.Options{}).URL,
		"http without filter": gittest.HTTPServer(t, root, gittest.Options{NoFilter: true}).URL,
	} {
		t.Run(name, func(t *testing.T) {
			repo, err := gitrepo.Open(context.Background(), prefix+"/r.git", gitrepo.Options{Getenv: getenv, TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = repo.Close() })
			test(t, repo)
		})
	}
}

func TestRevisionsComeFromLedgers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	root := t.TempDir()
	path := gittest.Bare(t, root, "r.git")
	run := func(commit string, rendered ...Rendered) *Run {
		r := runOf(rendered...)
		r.Commit = commit
		return r
	}
	one := publish(t, run("s1", greet(t, configMap("flags", "on"))), nil)
	first := commitTree(t, path, "one", nil, one)
	two := publish(t, run("s2", greet(t, configMap("flags", "off")), churn(t, "")), one)
	commitTree(t, path, "two\n\nand more", one, two)
	three := publish(t, run("s3", greet(t, configMap("flags", "off")), churn(t, configMap("c", "1"))), two)
	commitTree(t, path, "of another deployment", two, three)
	then := rollbackTo(one)
	then.Commit = first
	four := edit(t, three)(PlanRollback(ctx, then, three))
	commitTree(t, path, "back", three, four)

	overEveryWay(t, root, func(t *testing.T, repo *gitrepo.Repo) {
		tip, err := repo.Fetch(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		found, err := Find(ctx, tip, greetName())
		if err != nil {
			t.Fatal(err)
		}
		got, err := Revisions(ctx, repo, tip, found, 0)
		if err != nil {
			t.Fatal(err)
		}
		file := greetDir + "configmap-flags.yaml"
		want := []Revision{
			{Subject: "back", Pin: &Pin{Reason: "errors", Commit: first}, Source: &Source{Commit: "s1"}, Objects: []ObjectChange{{Changed, "/ConfigMap/ml/flags", file, ""}}},
			{Subject: "two", Source: &Source{Commit: "s2"}, Objects: []ObjectChange{{Changed, "/ConfigMap/ml/flags", file, ""}}},
			{Subject: "one", Source: &Source{Commit: "s1"}, Objects: []ObjectChange{
				{Added, "/ConfigMap/ml/flags", file, ""},
				{Added, "apps/Deployment/ml/zenml-" + found.Ledger.ID, greetDir + "deployment.yaml", ""},
			}},
		}
		uninteresting := cmpopts.IgnoreFields(Revision{}, "Commit", "Time", "Author", "Email", "Digest", "Tool")
		wantDiff(t, want, got, uninteresting, cmpopts.IgnoreFields(Source{}, "Settings"))
		if got[2].Commit != first || got[2].Author != "Ann Author" || got[2].Time.Unix() != 1700000000 {
			t.Errorf("the first revision is %+v", got[2])
		}
		limited, err := Revisions(ctx, repo, tip, found, 2)
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, got[:2], limited)

		previous, err := Previous(ctx, repo, tip, found)
		if err != nil {
			t.Fatal(err)
		}
		if previous.Commit() != got[1].Commit {
			t.Errorf("previous is %s, want the newest with other objects, %s", previous.Commit(), got[1].Commit)
		}
		again := rollbackTo(nil)
		again.Commit, again.Then = previous.Commit(), previous
		p, err := PlanRollback(ctx, again, tip)
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, []string{"changed " + file, "ledger prod/ml/greet"}, actions(p))
	})
}

func TestNothingIsPreviousToTheFirstRevision(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	root := t.TempDir()
	path := gittest.Bare(t, root, "r.git")
	commitTree(t, path, "one", nil, publish(t, runOf(greet(t, "")), nil))
	overEveryWay(t, root, func(t *testing.T, repo *gitrepo.Repo) {
		tip, err := repo.Fetch(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		found, err := Find(ctx, tip, greetName())
		if err != nil {
			t.Fatal(err)
		}
		_, err = Previous(ctx, repo, tip, found)
		wantError[*SafetyError](t, err, "prod/greet has no other revision to roll back to")
		integrity, err := CheckIntegrity(ctx, tip, nil)
		wantDiff(t, []Integrity{{"prod", "greet", "prod/ml/greet", 1, []FileProblem{}}}, integrity)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestALedgerThatCannotBeReadIsARevisionToo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	root := t.TempDir()
	path := gittest.Bare(t, root, "r.git")
	tree := publish(t, runOf(greet(t, "")), nil)
	commitTree(t, path, "one", nil, tree)
	commitTree(t, path, "merged wrongly", nil, tree.with(mapTree{greetDir + ".lading": "<<<<<<<"}))
	commitTree(t, path, "gone", nil, mapTree{greetDir + ".lading": "", greetDir + "deployment.yaml": ""})
	commitTree(t, path, "two", nil, publish(t, runOf(greet(t, configMap("flags", "on"))), nil))
	repo, err := gitrepo.Open(ctx, path, gitrepo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	tip, err := repo.Fetch(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	found, err := Find(ctx, tip, greetName())
	if err != nil {
		t.Fatal(err)
	}
	revisions, err := Revisions(ctx, repo, tip, found, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range revisions {
		got = append(got, r.Subject+": "+r.Problem)
	}
	wantDiff(t, []string{"two: ", "gone: ", "merged wrongly: " + greetDir + ".lading: is not a ledger of lading, want JSON with a schema", "one: "}, got)
	previous, err := Previous(ctx, repo, tip, found)
	if err != nil || previous.Commit() != revisions[3].Commit {
		t.Errorf("previous is %v (%v), want the one that can be restored", previous, err)
	}
}
