package gitops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// A fakeHistory is a history of the settings: for each commit the one before
// it and the version of each file.
type fakeHistory struct {
	tip, off string
	before   map[string]string
	files    map[string]map[string]string
	err      error
	asked    int
}

func (h *fakeHistory) Tip(context.Context, string) (Tip, error) {
	h.asked++
	return Tip{Commit: h.tip, Off: h.off}, h.err
}

func (h *fakeHistory) Relation(_ context.Context, a, b string) (Relation, error) {
	leads := func(from, to string) bool {
		for c := from; c != ""; c = h.before[c] {
			if c == to {
				return true
			}
		}
		return false
	}
	_, knownA := h.before[a]
	_, knownB := h.before[b]
	switch {
	case a == b:
		return Same, nil
	case !knownA || !knownB:
		return Unknown, nil
	case leads(b, a):
		return Ancestor, nil
	case leads(a, b):
		return Descendant, nil
	}
	return Diverged, nil
}

func (h *fakeHistory) Changed(_ context.Context, a, b string, paths []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return h.files[a][p] == h.files[b][p] }), nil
}

// linear is a history s1, s2, … with versions of greet.yaml; x branches off s1.
func linear(versions ...string) *fakeHistory {
	h := &fakeHistory{before: map[string]string{"x": "s1"}, files: map[string]map[string]string{"x": {}}}
	for i, v := range versions {
		commit := fmt.Sprintf("s%d", i+1)
		h.before[commit], h.tip = h.tip, commit
		h.files[commit] = map[string]string{"greet.yaml": v}
	}
	return h
}

// ciRun is a run of a commit of the settings that renders a value.
func ciRun(t *testing.T, h SourceHistory, commit, value string) *Run {
	t.Helper()
	r := greet(t, configMap("flags", value))
	r.Settings.GitOps.Source.Branch = "main"
	r.Inputs = map[string]string{"greet.yaml": value}
	run := runOf(r)
	run.Commit, run.History = commit, h
	return run
}

func TestALateRunCannotUndoARevert(t *testing.T) {
	t.Parallel()
	first := publish(t, ciRun(t, linear("a"), "s1", "a"), nil)
	h := linear("a", "b", "a")
	// The job of the third commit comes first, and has nothing to do.
	if p := mustPlan(t, ciRun(t, h, "s3", "a"), first); len(p.Changes) > 0 {
		t.Fatalf("the third job changes %v", actions(p))
	}
	late := mustPlan(t, ciRun(t, h, "s2", "b"), first)
	wantDiff(t, []string{"prod/greet is superseded and left to commit s3 of main, which changes greet.yaml"}, late.Notices)
	wantDiff(t, []string(nil), actions(late))
}

func TestWhoMayPublishOverWhat(t *testing.T) {
	t.Parallel()
	allow := func(set func(*Run)) func(*Run) { return set }
	for situation, c := range map[string]struct {
		history           *fakeHistory
		published, commit string // of the settings
		value             string
		change            func(*Run)
		refused           string
		notice            string
	}{
		"the tip":                                    {history: linear("a", "b"), published: "s1", commit: "s2", value: "b"},
		"the tip over what nobody knows":             {history: linear("a", "b"), published: "gone", commit: "s2", value: "b"},
		"the tip over what is dirty":                 {history: linear("a", "b"), published: "s2-dirty", commit: "s2", value: "b"},
		"a dirty tip":                                {history: linear("a", "b"), published: "s1", commit: "s2-dirty", value: "c"},
		"two jobs of one commit":                     {history: linear("a", "b", "b"), published: "s2", commit: "s2", value: "b"},
		"newer, and not the tip, with the same file": {history: linear("a", "b", "b"), published: "s1", commit: "s2", value: "b"},
		"newer, and the tip has another file": {history: linear("a", "b", "c"), published: "s1", commit: "s2", value: "b",
			notice: "prod/greet is superseded and left to commit s3 of main, which changes greet.yaml"},
		"newer, and the tip has it no more": {history: linear("a", "b", ""), published: "s1", commit: "s2", value: "b",
			notice: "prod/greet is superseded and left to commit s3 of main, which changes greet.yaml"},
		"older than what is there": {history: linear("b", "a", "b"), published: "s2", commit: "s1", value: "b",
			refused: "prod/greet was published from commit s2, and commit s1 is older"},
		"older on purpose": {history: linear("b", "a", "b"), published: "s2", commit: "s1", value: "b",
			change: allow(func(r *Run) { r.AllowOlder = true })},
		"unknown and not the tip": {history: linear("a", "b", "b"), published: "gone", commit: "s2", value: "b",
			refused: "on which commit s2 does not build: only the tip of main may go over that"},
		"a rewound branch": {history: func() *fakeHistory { h := linear("a", "b"); h.tip = "s1"; return h }(), published: "s2", commit: "s1", value: "c",
			refused: "commit s1 is older"},
		"not merged": {history: linear("a", "b"), published: "s1", commit: "x", value: "c",
			refused: "commit x is not on branch main of " + source},
		"not merged on purpose": {history: linear("a", "b"), published: "s1", commit: "x", value: "c",
			change: allow(func(r *Run) { r.AllowUnmerged = true })},
		"not merged, over what it does not build on": {history: linear("a", "b"), published: "s2", commit: "x", value: "c",
			change: allow(func(r *Run) { r.AllowUnmerged = true }), refused: "on which commit x does not build"},
		"no such branch": {history: &fakeHistory{}, published: "s1", commit: "s2", value: "b", refused: source + " has no branch main"},
		"nothing to compare with": {history: &fakeHistory{off: "no remote"}, published: "s1", commit: "s2", value: "b",
			notice: "no remote"},
		"a preview of what is not merged": {history: linear("a", "b"), published: "s1", commit: "x", value: "c",
			change: allow(func(r *Run) { r.Preview = true }),
			notice: "publishing this would be refused: commit x is not on branch main of " + source + ": only what is merged there may be published"},
		"a preview without a network": {history: &fakeHistory{err: errors.New("no network")}, published: "s1", commit: "s2", value: "b",
			change: allow(func(r *Run) { r.Preview = true }),
			notice: "whether this render is the newest is not known: comparing the settings with their branch main: no network"},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			before := publish(t, ciRun(t, nil, c.published, "a"), nil)
			run := ciRun(t, c.history, c.commit, c.value)
			if c.change != nil {
				c.change(run)
			}
			p, err := plan(t, run, before)
			if c.refused != "" {
				wantError[*SafetyError](t, err, c.refused, "--allow-")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var notices []string
			if c.notice != "" {
				notices = []string{c.notice}
			}
			wantDiff(t, notices, p.Notices)
			if superseded := len(p.Changes) == 0; superseded != (c.notice != "" && c.history.tip == "s3") {
				t.Errorf("changes %v", actions(p))
			}
		})
	}
}

func TestNothingIsAskedWhereNothingChanges(t *testing.T) {
	t.Parallel()
	before := publish(t, ciRun(t, nil, "s1", "a"), nil)
	h := &fakeHistory{err: errors.New("no network")}
	mustPlan(t, ciRun(t, h, "s2", "a"), before)
	if h.asked > 0 {
		t.Errorf("the settings' repository was asked %d times", h.asked)
	}
	if _, err := plan(t, ciRun(t, h, "s2", "b"), before); err == nil {
		t.Error("a change passes although nobody knows whether it is the newest")
	}
}

func TestALateRunRemovesNothingThatANewerOneHas(t *testing.T) {
	t.Parallel()
	h := linear("a", "", "a") // the second commit drops greet, the third one takes that back
	before := publish(t, ciRun(t, nil, "s1", "a"), nil)
	run := ciRun(t, h, "s2", "a")
	run.Rendered = nil
	run.Environments[0].GitOps.Source.Branch = "main"
	p := mustPlan(t, run, before)
	wantDiff(t, []string(nil), actions(p))
	wantDiff(t, []string{"prod/greet is superseded and left to commit s3 of main, which changes greet.yaml"}, p.Notices)
	h.tip = "s2"
	if p := mustPlan(t, run, before); len(p.Changes) == 0 {
		t.Error("the tip removes nothing")
	}
}

func TestWhatIsSupersededStaysAndTheRestIsPublished(t *testing.T) {
	t.Parallel()
	h := linear("a", "b", "c")
	for commit := range h.files {
		h.files[commit]["churn.yaml"] = "1"
	}
	both := func(commit, value, other string) *Run {
		run := ciRun(t, h, commit, value)
		r := churn(t, configMap("other", other)+clusterRole("reader-"+other, "get"))
		r.Settings.GitOps.Source.Branch = "main"
		r.Inputs = map[string]string{"churn.yaml": "1"}
		run.Rendered = append(run.Rendered, r)
		return run
	}
	first := both("s1", "a", "1")
	first.History = nil
	before := publish(t, first, nil)
	p := mustPlan(t, both("s2", "b", "2"), before)
	wantDiff(t, []string{"prod/greet is superseded and left to commit s3 of main, which changes greet.yaml"}, p.Notices)
	for _, c := range p.Changes {
		if c.Path == "prod/ml/greet/configmap-flags.yaml" {
			t.Errorf("the superseded deployment changes: %v", actions(p))
		}
	}
	if len(p.Touched) != 1 || p.Touched[0].Deployment != "churn" {
		t.Errorf("touched are %v", actions(p))
	}
}

func TestARunThatIsRefusedOtherwiseMayBeSuperseded(t *testing.T) {
	t.Parallel()
	before := publish(t, ciRun(t, nil, "s1", "a"), nil)
	late := ciRun(t, linear("a", "b", "a"), "s2", "b")
	late.Rendered[0].Settings.ID = "00000000-0000-4000-8000-000000000000"
	p := mustPlan(t, late, before)
	wantDiff(t, []string{"prod/greet is superseded and left to commit s3 of main, which changes greet.yaml"}, p.Notices)
}

func TestAnotherOwnerIsAConflictBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	before := publish(t, ciRun(t, nil, "s1", "a"), nil)
	h := &fakeHistory{err: errors.New("must not be asked")}
	run := ciRun(t, h, "s2", "b")
	run.Owner.Source = "git.example.com/ml/moved"
	_, err := plan(t, run, before)
	wantError[*ConflictError](t, err, "belongs to", "--take-over")
	if h.asked > 0 {
		t.Error("the settings' repository was asked")
	}
}

func TestTakingOverChangesTheOwnerAlsoWhereObjectsAreTheSame(t *testing.T) {
	t.Parallel()
	for situation, theirs := range map[string]Owner{
		"the settings moved": {Project: "3k9x0q", Source: "git.example.com/ml/before"},
		"another project":    {Project: "rivals", Source: "git.example.com/rivals/settings"},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			run := runOf(greet(t, namespaceText))
			run.Owner = theirs
			before := publish(t, run, nil)
			mine := runOf(greet(t, namespaceText))
			if _, err := plan(t, mine, before); err == nil {
				t.Fatal("another's directory was taken without a word")
			}
			mine.TakeOver, mine.Commit, mine.History = true, "s1", linear("a")
			after := publish(t, mine, before)
			wantDiff(t, mine.Owner, after.ledger(t, "prod/ml/greet/.lading").Owner)
			wantDiff(t, mine.Owner, after.ledger(t, "prod/_shared/.lading-3k9x0q").Owner)
			_, err := plan(t, run, after)
			wantError[*ConflictError](t, err, "belongs to "+mine.Owner.String())
		})
	}
}

func TestTakingOverFollowsAMoveAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	theirs := runOf(greet(t, ""), churn(t, ""))
	theirs.Owner.Source = "git.example.com/ml/before"
	before := publish(t, theirs, nil)
	p := platform(gitPath("{{environment}}/all/{{deployment}}"))
	mine := runOf(deployed(t, p, "prod", "greet", "ml", ""))
	mine.TakeOver = true
	after := publish(t, mine, before)
	wantDiff(t, []string{"prod/all/greet/.lading", "prod/all/greet/deployment.yaml",
		"prod/ml/churn/.lading", "prod/ml/churn/deployment.yaml"}, after.names())
}
