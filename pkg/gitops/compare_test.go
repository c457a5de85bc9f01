package gitops

import (
	"context"
	"strings"
	"testing"
)

// answers compares a run with a tree.
func answers(t *testing.T, run *Run, present mapTree) map[string]string {
	t.Helper()
	a, err := Layout(run)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Compare(context.Background(), run, a.Branches[0], present)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, c := range list {
		out[c.Directory] = strings.TrimSuffix(c.Answer+": "+c.Reason, ": ")
	}
	return out
}

// by is the run of another version of lading.
func by(run *Run, version, templates string) *Run {
	again := *run
	again.Tool = Tool{Version: version, Templates: templates}
	return &again
}

// asWritten is a tree in which an older format wrote the same objects in other
// bytes.
func inOldFormat(t *testing.T, tree mapTree, dir string) mapTree {
	t.Helper()
	l := tree.ledger(t, dir+".lading")
	files := mapTree{}
	for i, e := range l.Objects {
		text := "# the old format has comments\n" + tree[dir+e.File]
		files[dir+e.File] = text
		l.Objects[i].Digest = digestOf([]byte(text))
	}
	l.Tool.Format = "v0"
	l.seal()
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	files[dir+".lading"] = string(data)
	return tree.with(files)
}

func TestComparisonsAnswerThreeQuestions(t *testing.T) {
	t.Parallel()
	run := runOf(greet(t, configMap("flags", "on")), churn(t, ""))
	tree := publish(t, run, nil)
	reproducible := "reproducible"
	for situation, c := range map[string]struct {
		run  *Run
		tree mapTree
		want string
	}{
		"the same bytes":                      {run, tree, reproducible},
		"only the version differs":            {by(run, "v9", "sha256:7e57"), tree, reproducible},
		"other templates, the same bytes":     {by(run, "v9", "sha256:abcd"), tree, "outdated: it was rendered by lading v0.1.0, format v1, templates 7e57"},
		"an older format, the same as data":   {run, inOldFormat(t, tree, greetDir), "outdated: it was rendered by lading v0.1.0, format v0, templates 7e57"},
		"other templates, other objects":      {by(runOf(greet(t, configMap("flags", "off")), churn(t, "")), "v9", "sha256:abcd"), tree, "different: it was rendered by lading v0.1.0, format v1, templates 7e57; this version renders other objects"},
		"not published":                       {run, publish(t, runOf(churn(t, "")), nil), "different: it is not published"},
		"the settings do not have it":         {runOf(churn(t, "")), tree, "different: the settings do not have it"},
		"the same source gives another thing": {runOf(greet(t, configMap("flags", "off")), churn(t, "")), tree, "different: the same settings render it differently"},
		"pinned":                              {runOf(greet(t, ""), churn(t, "")), pinned(t, tree, Pin{Reason: "wait"}), "pinned: wait"},
		"deleted":                             {run, edit(t, tree)(PlanRemoval(context.Background(), removal(), tree)), "deleted: it was deleted on purpose"},
		"another id":                          {otherIdentityRun(t), tree, "different: the same settings render it differently"},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			got := answers(t, c.run, c.tree)
			wantDiff(t, c.want, got["prod/ml/greet"])
			if !strings.HasPrefix(got["prod/ml/churn"], "reproducible") && !strings.HasPrefix(got["prod/ml/churn"], "outdated: it was rendered by lading v0.1.0, format v1, templates 7e57") {
				t.Errorf("its neighbour is %s", got["prod/ml/churn"])
			}
		})
	}
}

func otherIdentityRun(t *testing.T) *Run {
	r := resolved(platform(), "prod", "greet", "ml")
	r.ID = "00000000-0000-4000-8000-000000000000"
	return runOf(render(t, r, coreText), churn(t, ""))
}

func TestADifferenceNamesTheCommitsOfTheSettings(t *testing.T) {
	t.Parallel()
	old := greet(t, configMap("flags", "on"))
	old.Inputs = map[string]string{"greet.yaml": "sha256:1"}
	tree := publish(t, runOf(old), nil)
	now := greet(t, configMap("flags", "off"))
	now.Inputs = map[string]string{"greet.yaml": "sha256:2"}
	run := runOf(now)
	run.Commit = "0123456789abcdef"
	wantDiff(t, "different: it was rendered from commit c0ffee, and these settings are commit 0123456789", answers(t, run, tree)["prod/ml/greet"])

	// Another commit with the very same files is the same source.
	now.Inputs = old.Inputs
	run = runOf(now)
	run.Commit = "0123456789abcdef"
	wantDiff(t, "different: the same settings render it differently", answers(t, run, tree)["prod/ml/greet"])
}

func TestAnUpgradeRewritesOnlyWhatAnotherVersionRendered(t *testing.T) {
	t.Parallel()
	run := runOf(greet(t, configMap("flags", "on")), churn(t, ""))
	tree := inOldFormat(t, publish(t, run, nil), greetDir)
	upgrade := *run
	upgrade.Upgrade = true
	p := mustPlan(t, &upgrade, tree)
	wantDiff(t, []string{
		"changed " + greetDir + "configmap-flags.yaml", "changed " + greetDir + "deployment.yaml", "ledger prod/ml/greet",
	}, actions(p))
	wantDiff(t, "Upgrade rendered manifests to format v1\n\nEvery object is the same as data before and after.\n\nprod/greet\n",
		p.Message()[:strings.Index(p.Message(), "  changed")])
	after := tree.apply(t, p)
	wantDiff(t, reproducibleAnswers, answers(t, run, after))
	wantDiff(t, 0, len(mustPlan(t, &upgrade, after).Changes))
}

var reproducibleAnswers = map[string]string{"prod/ml/greet": "reproducible", "prod/ml/churn": "reproducible"}

// Where bytes are the same the ledgers say by which version.
func TestAnUpgradeRenewsLedgersOfOtherTemplates(t *testing.T) {
	t.Parallel()
	run := runOf(greet(t, namespaceText), churn(t, ""))
	tree := publish(t, run, nil)
	newer := by(run, "v9", "sha256:abcd")
	newer.Upgrade = true
	p := mustPlan(t, newer, tree)
	wantDiff(t, []string{"ledger prod/_shared", "ledger prod/ml/churn", "ledger prod/ml/greet"}, actions(p))
	newer.Upgrade = false
	for dir, answer := range answers(t, newer, tree.apply(t, p)) {
		wantDiff(t, "reproducible", answer)
		_ = dir
	}
}

func TestAnUpgradeThatMeansSomethingIsRefused(t *testing.T) {
	t.Parallel()
	tree := inOldFormat(t, publish(t, runOf(greet(t, configMap("flags", "on"))), nil), greetDir)
	for situation, objects := range map[string]string{
		"an object differs":   configMap("flags", "off"),
		"an object is new":    configMap("flags", "on") + configMap("more", "1"),
		"an object is gone":   "",
		"an object is theirs": configMap("limits", "on"),
	} {
		run := runOf(greet(t, objects))
		run.Upgrade = true
		_, err := plan(t, run, tree)
		t.Run(situation, func(t *testing.T) {
			wantError[*SafetyError](t, err, "prod/greet cannot be upgraded without a change of meaning: these objects change: configmap/ml/", "without --upgrade-format")
		})
	}
	// What is new is left to an ordinary publish.
	run := runOf(greet(t, configMap("flags", "on")), churn(t, ""))
	run.Upgrade = true
	for _, c := range mustPlan(t, run, tree).Changes {
		if !strings.HasPrefix(c.Path, greetDir) {
			t.Errorf("an upgrade changes %s", c.Path)
		}
	}
}
