package gitops

import (
	"context"
	"strings"
	"testing"
)

// scalerText is an autoscaler of the deployment's own workload.
const scalerText = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: '{{name}}', namespace: '{{ns}}'}, " +
	"spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: '{{name}}'}, minReplicas: 2, maxReplicas: 9}}\n---\n"

const kedaText = "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: '{{name}}', namespace: '{{ns}}'}, " +
	"spec: {scaleTargetRef: {name: '{{name}}'}}}\n---\n"

// scaled is greet with some replicas, none with 0, and further objects.
func scaled(t *testing.T, replicas, objects string) Rendered {
	t.Helper()
	r := greet(t, "")
	spec := "spec: {paused: false, replicas: " + replicas + "}"
	if replicas == "" {
		spec = "spec: {paused: false}"
	}
	return render(t, r.Settings, strings.Replace(coreText, "spec: {replicas: 1}", spec, 1)+objects)
}

func runAt(commit string, r Rendered) *Run {
	run := runOf(r)
	run.Commit = commit
	return run
}

func TestTheStepOfAHandoverFollowsFromRenderAndTip(t *testing.T) {
	t.Parallel()
	base := scaling{tip: 5, scaler: "hpa", atTip: true, began: "a", now: "b"}
	with := func(change func(*scaling)) scaling { s := base; change(&s); return s }
	for situation, c := range map[string]struct {
		scaling
		want step
	}{
		"the autoscaler is new":            {with(func(s *scaling) { s.atTip = false }), stepFirst},
		"new, though asked to finish":      {with(func(s *scaling) { s.atTip, s.finish = false, true }), stepFirst},
		"it is at the tip":                 {base, stepSecond},
		"the same source commit again":     {with(func(s *scaling) { s.now = "a" }), stepWait},
		"the same commit, asked to finish": {with(func(s *scaling) { s.now, s.finish = "a", true }), stepSecond},
		"settings in no repository":        {with(func(s *scaling) { s.began, s.now = "", "" }), stepSecond},
		"one replica":                      {with(func(s *scaling) { s.tip = 1 }), stepNone},
		"no replicas at the tip":           {with(func(s *scaling) { s.tip = 0 }), stepNone},
		"no autoscaler":                    {with(func(s *scaling) { s.scaler, s.atTip = "", false }), stepRefuse},
		"off":                              {with(func(s *scaling) { s.mode = "off" }), stepNone},
		"off, no autoscaler":               {with(func(s *scaling) { s.mode, s.scaler = "off", "" }), stepNone},
		"manual":                           {with(func(s *scaling) { s.mode = "manual" }), stepWait},
		"manual, asked to finish":          {with(func(s *scaling) { s.mode, s.finish = "manual", true }), stepSecond},
		"an upgrade of the format":         {with(func(s *scaling) { s.upgrade, s.finish = true, true }), stepWait},
	} {
		if got := c.step(); got != c.want {
			t.Errorf("%s: step is %d, want %d", situation, got, c.want)
		}
	}
}

func TestFluxFinishesAHandoverWhenAsked(t *testing.T) {
	t.Parallel()
	for given, want := range map[[2]string]string{
		{"auto", "flux"}: "manual", {"manual", "flux"}: "manual", {"off", "flux"}: "off",
		{"auto", "argocd"}: "auto", {"auto", ""}: "auto",
	} {
		if got := handoverMode(given[0], given[1]); got != want {
			t.Errorf("%s with %q: %s, want %s", given[0], given[1], got, want)
		}
	}
}

func TestAHandoverTakesTwoCommits(t *testing.T) {
	t.Parallel()
	file := greetDir + "deployment.yaml"
	for name, scaler := range map[string]string{"the HorizontalPodAutoscaler": scalerText, "the ScaledObject": kedaText} {
		tree := publish(t, runAt("a", scaled(t, "5", "")), nil)

		first := mustPlan(t, runAt("b", scaled(t, "", scaler)), tree)
		if len(first.Notices) != 1 || !strings.Contains(first.Notices[0], "step 1 of 2: "+name+" is added, the Deployment keeps its 5 replicas") {
			t.Errorf("notices of step 1 are %q", first.Notices)
		}
		tree = publish(t, runAt("b", scaled(t, "", scaler)), tree)
		if !strings.Contains(tree[file], "replicas: 5") {
			t.Errorf("step 1 leaves\n%s", tree[file])
		}
		key := "apps/Deployment/ml/" + greet(t, "").Settings.ResourceName()
		wantDiff(t, []Handover{{key, 5, "b"}}, tree.ledger(t, greetDir+".lading").Handover)

		// A retry of the same job changes nothing, and says what it waits for.
		again := mustPlan(t, runAt("b", scaled(t, "", scaler)), tree)
		wantDiff(t, 0, len(again.Changes))
		if !strings.Contains(strings.Join(again.Notices, "\n"), "step 1 of 2 is done") {
			t.Errorf("notices of a retry are %q", again.Notices)
		}

		second := mustPlan(t, runAt("c", scaled(t, "", scaler)), tree)
		wantDiff(t, []string{"changed " + file, "ledger prod/ml/greet"}, actions(second))
		tree = publish(t, runAt("c", scaled(t, "", scaler)), tree)
		if strings.Contains(tree[file], "replicas") {
			t.Errorf("step 2 leaves\n%s", tree[file])
		}
		wantDiff(t, 0, len(tree.ledger(t, greetDir+".lading").Handover))
		wantDiff(t, 0, len(mustPlan(t, runAt("d", scaled(t, "", scaler)), tree).Changes))
	}
}

// What else changes meanwhile does not end the wait, and no edit by hand.
func TestAWaitingHandoverKeepsTheFirstNumberAndCommit(t *testing.T) {
	t.Parallel()
	manual := func(commit string, objects string) *Run {
		run := runAt(commit, scaled(t, "", scalerText+objects))
		run.Rendered[0].Settings.GitOps.AutoscalingHandover = "manual"
		return run
	}
	file := greetDir + "deployment.yaml"
	tree := publish(t, runAt("a", scaled(t, "5", "")), nil)
	tree = publish(t, manual("b", ""), tree)
	tree = tree.with(mapTree{file: strings.Replace(tree[file], "replicas: 5", "replicas: 7", 1)})
	tree = publish(t, manual("c", configMap("flags", "on")), tree)
	if !strings.Contains(tree[file], "replicas: 5") {
		t.Errorf("the file is\n%s", tree[file])
	}
	wantDiff(t, "b", tree.ledger(t, greetDir+".lading").Handover[0].Commit)

	run := manual("c", configMap("flags", "on"))
	run.FinishHandover = true
	if tree = publish(t, run, tree); strings.Contains(tree[file], "replicas") {
		t.Errorf("finished, the file is\n%s", tree[file])
	}
}

func TestNoReplicasWithoutAnAutoscalerIsRefused(t *testing.T) {
	t.Parallel()
	tree := publish(t, runAt("a", scaled(t, "5", "")), nil)
	other := strings.Replace(scalerText, "name: '{{name}}'}, minReplicas", "name: other}, minReplicas", 1)
	for _, objects := range []string{"", other} {
		_, err := plan(t, runAt("b", scaled(t, "", objects)), tree)
		wantError[*SafetyError](t, err, "greet.yaml:1: prod/greet: the Deployment has 5 replicas", "fall back to 1 pod",
			"resources.min_replicas", "autoscaling_handover")
	}
	off := runAt("b", scaled(t, "", ""))
	off.Rendered[0].Settings.GitOps.AutoscalingHandover = "off"
	publish(t, off, tree)
	publish(t, runAt("b", scaled(t, "", "")), publish(t, runAt("a", scaled(t, "1", "")), nil))
}

func TestANewDeploymentNeedsNoHandover(t *testing.T) {
	t.Parallel()
	tree := publish(t, runAt("a", scaled(t, "", scalerText)), nil)
	if strings.Contains(tree[greetDir+"deployment.yaml"], "replicas") {
		t.Error("a first publish writes replicas")
	}
}

// The tip has both already, since somebody wrote them so: that is step 1.
func TestAnAutoscalerThatWasThereBeforeCounts(t *testing.T) {
	t.Parallel()
	tree := publish(t, runAt("a", scaled(t, "5", scalerText)), nil)
	wantDiff(t, 0, len(mustPlan(t, runAt("a", scaled(t, "", scalerText)), tree).Changes))
	tree = publish(t, runAt("b", scaled(t, "", scalerText)), tree)
	if strings.Contains(tree[greetDir+"deployment.yaml"], "replicas") {
		t.Error("step 2 was not taken")
	}
}

func TestAHandoverFollowsAMove(t *testing.T) {
	t.Parallel()
	tree := publish(t, runAt("a", scaled(t, "5", "")), nil)
	moved := scaled(t, "", scalerText)
	moved.Settings.GitOps.Path = "apps/{{environment}}/{{deployment}}"
	tree = publish(t, runAt("b", moved), tree)
	if file := tree["apps/prod/greet/deployment.yaml"]; !strings.Contains(file, "replicas: 5") {
		t.Errorf("after the move the file is\n%s", file)
	}
}

// Verifying a branch in the middle of a handover finds what it noted.
func TestAHandoverIsReproducible(t *testing.T) {
	t.Parallel()
	run := runAt("b", scaled(t, "", scalerText))
	tree := publish(t, run, publish(t, runAt("a", scaled(t, "5", "")), nil))
	wantDiff(t, Reproducible, answers(t, run, tree)["prod/ml/greet"])
}

// A directory on disk harms no cluster.
func TestADirectoryIsWrittenUnasked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, run := range []*Run{runOf(greet(t, claimText+job("", "a:1"))), runOf(greet(t, job("", "a:2")))} {
		if _, err := WriteDir(context.Background(), dir, run); err != nil {
			t.Error(err)
		}
	}
}

func TestALedgerTellsWhatWasPublished(t *testing.T) {
	t.Parallel()
	r := scaled(t, "", scalerText)
	tree := publish(t, runAt("a", scaled(t, "5", "")), nil)
	tree = publish(t, runAt("b", r), tree)
	l := tree.ledger(t, greetDir+".lading")
	for _, o := range r.Set.Objects() {
		data, err := l.AsPublished(o).YAML()
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ToLower(o.Kind()) + ".yaml"
		wantDiff(t, tree[greetDir+name], string(data))
	}
	if r.Set.Objects()[0].Body["spec"].(map[string]any)["replicas"] != nil {
		t.Error("the rendered object was changed")
	}
}
