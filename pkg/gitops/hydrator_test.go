package gitops

import (
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/pkg/settings"
)

const dryCommit = "1111111111111111111111111111111111111111"

func hydrator(mode string) func(*settings.Project) {
	return func(p *settings.Project) {
		p.Spec.GitOps.Branch, p.Spec.GitOps.Hydrator = "env/{{environment}}", mode
	}
}

func hydratedRun(t *testing.T, value string) *Run {
	t.Helper()
	run := runOf(deployed(t, platform(hydrator(HydratorBranch)), "prod", "greet", "ml", configMap("flags", value)))
	run.Commit, run.Author, run.Subject = dryCommit, Person{"Ada", "ada@example.com"}, "a <b> & c"
	run.Hydrate = &Dry{URL: "https://ci:token@git.example.com/ml/settings.git", Body: "\nwhy\n",
		Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))}
	return run
}

func TestHydratorMetadataTellsTheCommitOfTheSettings(t *testing.T) {
	t.Parallel()
	tree := publish(t, hydratedRun(t, "1"), mapTree{})
	wantDiff(t, `{
  "repoURL": "https://git.example.com/ml/settings.git",
  "drySha": "`+dryCommit+`",
  "author": "Ada <ada@example.com>",
  "date": "2026-01-02T03:04:05+01:00",
  "subject": "a <b> & c",
  "body": "why"
}
`, tree[hydratorFile])
}

func TestHydratorMetadataMovesWithManifestsOnly(t *testing.T) {
	t.Parallel()
	first := publish(t, hydratedRun(t, "1"), mapTree{})
	later := func(value string) *Run {
		run := hydratedRun(t, value)
		run.Commit = strings.Repeat("2", 40)
		return run
	}
	wantDiff(t, first, publish(t, later("1"), first))
	if got := publish(t, later("2"), first)[hydratorFile]; !strings.Contains(got, strings.Repeat("2", 40)) {
		t.Errorf("manifests changed and hydrator.metadata is %s", got)
	}
	missing := first.with(mapTree{hydratorFile: ""})
	if got := publish(t, later("1"), missing)[hydratorFile]; got == "" {
		t.Error("hydrator.metadata is not written where it is missing")
	}
	asker := later("2")
	asker.Hydrate = nil
	wantDiff(t, first[hydratorFile], publish(t, asker, first)[hydratorFile])
}

func TestWhatNoCommitTellsIsNotHydrated(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Run){
		"no commit": func(r *Run) { r.Commit = "" },
		"dirty":     func(r *Run) { r.Commit += DirtyMark },
		"a part":    func(r *Run) { r.Environments[0].Complete = false },
	} {
		run := hydratedRun(t, "1")
		change(run)
		_, err := plan(t, run, mapTree{})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantError[*SafetyError](t, err, "gitops.hydrator")
	}
}

func TestHydratorMetadataOfOthersIsAConflict(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"another repository": `{"drySha": "3", "repoURL": "https://git.example.com/other"}`,
		"no metadata":        "hello",
		"a link":             "-> elsewhere",
	} {
		_, err := plan(t, hydratedRun(t, "1"), mapTree{hydratorFile: content})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantError[*ConflictError](t, err, hydratorFile)
	}
	if got := publish(t, hydratedRun(t, "1"), mapTree{hydratorFile: `{"drySHA": "n/a"}`})[hydratorFile]; !strings.Contains(got, dryCommit) {
		t.Errorf("what a promoter began with is not replaced: %s", got)
	}
}

func TestNotesLieWhereGitPutsThem(t *testing.T) {
	t.Parallel()
	commit := "abcdef" + strings.Repeat("0", 34)
	for name, c := range map[string]struct {
		tree mapTree
		want string
	}{
		"none yet":             {mapTree{}, commit},
		"whole names":          {mapTree{"ff" + commit[2:]: "{}"}, commit},
		"split once":           {mapTree{"ff/" + commit[2:]: "{}"}, "ab/" + commit[2:]},
		"split twice":          {mapTree{"ab/ff/" + commit[4:]: "{}"}, "ab/cd/" + commit[4:]},
		"there already, whole": {mapTree{"ff/" + commit[2:]: "{}", commit: "{}"}, commit},
		"there already, split": {mapTree{"ab/" + commit[2:]: "{}", "ab/ff/" + commit[4:]: "{}"}, "ab/" + commit[2:]},
	} {
		got, err := noteFile(c.tree, commit)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestNotesDoNotGoBack(t *testing.T) {
	t.Parallel()
	history := linear("1", "1", "1")
	const commit = "abcdef"
	for name, c := range map[string]struct {
		commit, present string
		older           bool
		moves           bool
	}{
		"the first note":           {"s2", "", false, true},
		"a newer commit":           {"s3", "s2", false, true},
		"the same":                 {"s2", "s2", false, false},
		"an older commit":          {"s1", "s2", false, false},
		"an older one, meant":      {"s1", "s2", true, true},
		"one that is not merged":   {"x", "s1", false, false},
		"over one from elsewhere":  {"s2", "gone", false, true},
		"over one that was undone": {"s3", "x", false, true},
	} {
		run := hydratedRun(t, "1")
		run.Commit, run.History, run.AllowOlder = c.commit, history, c.older
		arrangement, err := Layout(run)
		if err != nil {
			t.Fatal(err)
		}
		notes := mapTree{}
		if c.present != "" {
			notes[commit] = `{"drySha": "` + c.present + `"}`
		}
		got, err := arrangement.Branches[0].Note(t.Context(), run, notes, commit)
		if err != nil {
			t.Fatal(err)
		}
		var want []Change
		if c.moves {
			want = []Change{{Path: commit, Before: []byte(notes[commit]), After: []byte("{\n  \"drySha\": \"" + c.commit + "\"\n}\n")}}
			if c.present == "" {
				want[0].Before = nil
			}
		}
		t.Run(name, func(t *testing.T) { wantDiff(t, want, got.Changes) })
	}
}

func TestWhoCanBeHydrated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*settings.Project)
		want   string
	}{
		"a branch each":            {func(*settings.Project) {}, ""},
		"one branch for all":       {gitBranch("main"), "share branch main"},
		"a branch each deployment": {gitBranch("{{environment}}/{{deployment}}"), "has not one branch"},
		"pull requests":            {func(p *settings.Project) { p.Spec.GitOps.Review = "pull-request" }, "cannot go with review"},
		"another's proposals": {func(p *settings.Project) {
			p.Spec.Environments[0].GitOps.Branch = "env/prod-next"
		}, "share branch env/prod-next"},
		"off": {func(p *settings.Project) { p.Spec.GitOps.Branch, p.Spec.GitOps.Hydrator = "main", HydratorOff }, ""},
	} {
		e := completeEnvironment(platform(hydrator(HydratorNext), c.change), "prod")
		got := CheckHydrator([]Environment{e})
		if (len(got) == 0) != (c.want == "") || len(got) > 0 && !strings.Contains(got[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
	alone := Environment{Name: "default"}
	alone.GitOps.Hydrator = HydratorBranch
	if got := CheckHydrator([]Environment{alone}); len(got) != 1 || !strings.Contains(got[0].Error(), "needs a project") {
		t.Errorf("without a project: %v", got)
	}
}
