package gitops

import "testing"

// treeOf is the tree that a plan expects.
func treeOf(t *testing.T, run *Run, present mapTree) string {
	t.Helper()
	tree := mustPlan(t, run, present).Tree()
	if !IsTree(tree) {
		t.Errorf("tree is %q", tree)
	}
	return tree
}

func TestATreeIsAboutOwnedDirectoriesOnly(t *testing.T) {
	t.Parallel()
	before := publish(t, runOf(greet(t, configMap("flags", "on")), churn(t, "")), nil)
	run := func() *Run { return runOf(greet(t, configMap("flags", "off")), churn(t, "")) }
	reviewed := treeOf(t, run(), before)

	rival := runOf(deployed(t, platform(), "prod", "rival", "other", ""))
	rival.Owner = Owner{Project: "rivals", Source: "git.example.com/rivals/settings"}
	merged := run()
	merged.Commit, merged.Tool.Version = "another", "v9"
	for situation, same := range map[string]string{
		"others published and wrote":         treeOf(t, run(), publish(t, rival, before.with(mapTree{"README.md": "hi\n", "prod/ml/greet/notes.txt": "x"}))),
		"another commit, another version":    treeOf(t, merged, before),
		"it is published already":            treeOf(t, run(), publish(t, run(), before)),
		"the same run published a part":      treeOf(t, run(), publish(t, partOf(greet(t, configMap("flags", "off"))), before)),
		"a file was edited and is put right": treeOf(t, run(), before.with(mapTree{"prod/ml/churn/deployment.yaml": "x: 1\n"})),
	} {
		if same != reviewed {
			t.Errorf("%s: the tree is another one", situation)
		}
	}
	for situation, other := range map[string]string{
		"an object differs":              treeOf(t, runOf(greet(t, configMap("flags", "auto")), churn(t, "")), before),
		"an object more":                 treeOf(t, runOf(greet(t, configMap("flags", "off")+configMap("more", "x")), churn(t, "")), before),
		"a deployment less":              treeOf(t, runOf(greet(t, configMap("flags", "off"))), before),
		"a removal that nobody reviewed": treeOf(t, run(), publish(t, partOf(deployed(t, platform(), "prod", "new", "ml", "")), before)),
		"another branch": treeOf(t, runOf(deployed(t, platform(gitBranch("live")), "prod", "greet", "ml", configMap("flags", "off")),
			deployed(t, platform(gitBranch("live")), "prod", "churn", "ml", "")), before),
	} {
		if other == reviewed {
			t.Errorf("%s: the tree is the same", situation)
		}
	}
}

func TestExpectRefusesWhatNobodyReviewed(t *testing.T) {
	t.Parallel()
	before := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	p := mustPlan(t, runOf(greet(t, configMap("flags", "off"))), before)
	other := treeOf(t, runOf(greet(t, configMap("flags", "auto"))), before)
	wantError[*SafetyError](t, p.Expect([]string{other}), "branch main", p.Tree(), other, "--dry-run")
	for situation, trees := range map[string][]string{"nothing is expected": nil, "one of two": {other, p.Tree()}} {
		if err := p.Expect(trees); err != nil {
			t.Errorf("%s: %v", situation, err)
		}
	}
	unchanged := mustPlan(t, runOf(greet(t, configMap("flags", "on"))), before)
	if err := unchanged.Expect([]string{other}); err != nil {
		t.Errorf("a plan that changes nothing: %v", err)
	}
}
