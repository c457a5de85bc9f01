package gitops

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

const greetDir = "prod/ml/greet/"

func greet(t *testing.T, objects string) Rendered {
	t.Helper()
	return deployed(t, platform(), "prod", "greet", "ml", objects)
}

func churn(t *testing.T, objects string) Rendered {
	t.Helper()
	return deployed(t, platform(), "prod", "churn", "ml", objects)
}

func TestFirstPublishAccountsForEveryFile(t *testing.T) {
	t.Parallel()
	r := greet(t, namespaceText+configMap("flags", "on"))
	r.Inputs = map[string]string{"greet.yaml": "sha256:01"}
	run := runOf(r)
	p := mustPlan(t, run, nil)
	wantDiff(t, []string{
		"added prod/_shared/namespace-ml.yaml",
		"added prod/ml/greet/configmap-flags.yaml",
		"added prod/ml/greet/deployment.yaml",
		"ledger prod/_shared",
		"ledger prod/ml/greet",
	}, actions(p))
	wantDiff(t, Destination{"https://git.example.com/platform/rendered.git", "main"}, p.Destination)

	tree := mapTree{}.apply(t, p)
	digest, err := settingsDigest(r.Settings)
	if err != nil {
		t.Fatal(err)
	}
	want := &Ledger{
		Owner:       run.Owner,
		Environment: "prod",
		Deployment:  "greet",
		ID:          r.Settings.ID,
		Cluster:     "prod",
		Source:      Source{Commit: "c0ffee", Settings: digest},
		Tool:        LedgerTool{Version: "v0.1.0", Format: "v1", Templates: "sha256:7e57"},
		Objects: []Entry{
			{"configmap-flags.yaml", "/ConfigMap/ml/flags", digestOf([]byte(tree[greetDir+"configmap-flags.yaml"]))},
			{"deployment.yaml", "apps/Deployment/ml/" + r.Settings.ResourceName(), digestOf([]byte(tree[greetDir+"deployment.yaml"]))},
		},
		Shared: []string{"/Namespace//ml"},
		Inputs: map[string]string{"greet.yaml": "sha256:01"},
	}
	want.seal()
	wantDiff(t, want, tree.ledger(t, greetDir+".lading"))
}

func TestOnlyObjectsDecideWhetherAnythingChanged(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	for situation, change := range map[string]func(*Run){
		"another source commit":  func(r *Run) { r.Commit = "beef" },
		"another version":        func(r *Run) { r.Tool.Version = "v0.2.0" },
		"other settings":         func(r *Run) { r.Rendered[0].Settings.Spec.Settings.Deployer.LCMTimeout = 900 },
		"other inputs":           func(r *Run) { r.Rendered[0].Inputs = map[string]string{"x": "sha256:02"} },
		"the cluster has a name": func(r *Run) { r.Rendered[0].Settings.Environment.Cluster.Name = "prod-eu" },
	} {
		run := runOf(greet(t, configMap("flags", "on")))
		change(run)
		if p := mustPlan(t, run, tree); len(p.Changes)+len(p.Touched) > 0 {
			t.Errorf("%s: plan is %v", situation, actions(p))
		}
	}
}

func TestALedgerIsRewrittenWithItsObjects(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")), churn(t, "")), nil)
	run := runOf(greet(t, configMap("flags", "off")), churn(t, ""))
	run.Commit = "beef"
	p := mustPlan(t, run, tree)
	wantDiff(t, []string{"changed prod/ml/greet/configmap-flags.yaml", "ledger prod/ml/greet"}, actions(p))
	tree = tree.apply(t, p)
	wantDiff(t, "beef", tree.ledger(t, greetDir+".lading").Source.Commit)
	wantDiff(t, "c0ffee", tree.ledger(t, "prod/ml/churn/.lading").Source.Commit)
}

func TestWhatIsRenderedNoMoreIsRemoved(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")+configMap("limits", "1"))), nil)
	wantDiff(t, []string{"removed prod/ml/greet/configmap-limits.yaml", "ledger prod/ml/greet"},
		actions(mustPlan(t, partOf(greet(t, configMap("flags", "on"))), tree)))
}

func TestFilesThatNoLedgerListsAreNeverTouched(t *testing.T) {
	t.Parallel()
	foreign := mapTree{
		"README.md":                      "ours",
		"prod/kustomization.yaml":        "theirs",
		"prod/ml/greet/notes.md":         "somebody's",
		"prod/ml/greet/secret-keys.yaml": "somebody's",
		"prod/_shared/namespace-x.yaml":  "somebody's",
		"prod/ml/churn/notes.md":         "somebody's",
	}
	tree := publish(t, runOf(greet(t, ""), churn(t, "")), foreign)
	tree = publish(t, runOf(greet(t, "")), tree)
	for name, content := range foreign {
		wantDiff(t, content, tree[name])
	}
	wantDiff(t, foreign.with(mapTree{greetDir + ".lading": "x", greetDir + "deployment.yaml": "x"}).names(), tree.names())
}

func TestWhatLiesInTheWayIsAConflict(t *testing.T) {
	t.Parallel()
	for situation, c := range map[string]struct {
		tree mapTree
		want string
	}{
		"a file that no ledger lists": {mapTree{greetDir + "deployment.yaml": "kind: Deployment\n"},
			"prod/ml/greet/deployment.yaml: the file is in the way: no ledger of lading lists it"},
		"the same bytes, but no ledger": {publish(t, runOf(greet(t, "")), nil).with(mapTree{greetDir + ".lading": ""}),
			"no ledger of lading lists it"},
		"a file where a directory must be": {mapTree{"prod/ml": "notes"},
			"prod/ml/greet/.lading: cannot lie there: prod/ml is not a directory"},
		"a directory where a file must be": {mapTree{greetDir + "deployment.yaml/x": "notes"},
			"deployment.yaml is a directory"},
		"a symbolic link": {mapTree{greetDir + "deployment.yaml": "-> /etc/passwd"},
			"deployment.yaml is a symbolic link or submodule"},
		"a symbolic link on the way": {mapTree{"prod": "-> ../elsewhere"},
			"cannot lie there: prod is not a directory"},
		"a symbolic link instead of the ledger": {mapTree{greetDir + ".lading": "-> ../other/.lading"},
			".lading is a symbolic link or submodule"},
		"a shared object": {mapTree{"prod/_shared/namespace-ml.yaml": "kind: Namespace\n"},
			"prod/_shared/namespace-ml.yaml: the file is in the way"},
		"a name that differs in case only": {mapTree{"prod/ML/notes.md": "x"},
			"prod/ml/greet/deployment.yaml: differs only in case from prod/ML"},
	} {
		_, err := plan(t, runOf(greet(t, namespaceText)), c.tree)
		t.Run(situation, func(t *testing.T) { wantError[*ConflictError](t, err, c.want) })
	}
}

func TestEveryConflictIsReported(t *testing.T) {
	t.Parallel()
	_, err := plan(t, runOf(greet(t, ""), churn(t, "")), mapTree{
		greetDir + "deployment.yaml": "x", "prod/ml/churn/deployment.yaml": "x",
	})
	wantError[*ConflictError](t, err, "prod/ml/churn/deployment.yaml", "prod/ml/greet/deployment.yaml")
}

// Git holds rendered output: what somebody changed there by hand is put right,
// and told.
func TestEditsByHandAreOverwrittenAndTold(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	file := greetDir + "configmap-flags.yaml"
	for situation, c := range map[string]struct {
		tree    mapTree
		run     *Run
		actions []string
		notice  string
	}{
		"edited": {
			tree.with(mapTree{file: "edited: true\n"}), runOf(greet(t, configMap("flags", "on"))),
			[]string{"restored " + file}, file + " was edited by hand since lading wrote it; the edit is overwritten",
		},
		"edited, and rendered anew": {
			tree.with(mapTree{file: "edited: true\n"}), runOf(greet(t, configMap("flags", "off"))),
			[]string{"changed " + file, "ledger prod/ml/greet"}, file + " was edited by hand since lading wrote it; the edit is overwritten",
		},
		"edited, and rendered no more": {
			tree.with(mapTree{file: "edited: true\n"}), runOf(greet(t, "")),
			[]string{"removed " + file, "ledger prod/ml/greet"}, file + " was edited by hand since lading wrote it; the edit is overwritten",
		},
		"removed": {
			tree.with(mapTree{file: ""}), runOf(greet(t, configMap("flags", "on"))),
			[]string{"restored " + file}, file + " was removed by hand and is written again",
		},
		"removed, and rendered no more": {
			tree.with(mapTree{file: ""}), runOf(greet(t, "")),
			[]string{"ledger prod/ml/greet"}, "",
		},
	} {
		p := mustPlan(t, c.run, c.tree)
		wantDiff(t, c.actions, actions(p))
		if got := strings.Join(p.Notices, "\n"); got != c.notice {
			t.Errorf("%s: notices are %q, want %q", situation, got, c.notice)
		}
		publish(t, c.run, c.tree)
	}
}

// Somebody wrote by hand what the next render gives: the ledger still has to
// account for it.
func TestAnEditThatForestallsTheRenderOnlyCorrectsTheLedger(t *testing.T) {
	t.Parallel()
	before := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	after := publish(t, runOf(greet(t, configMap("flags", "off"))), nil)
	file := greetDir + "configmap-flags.yaml"
	p := mustPlan(t, runOf(greet(t, configMap("flags", "off"))), before.with(mapTree{file: after[file]}))
	wantDiff(t, []string{"ledger prod/ml/greet"}, actions(p))
	wantDiff(t, []Touched{{Environment: "prod", Deployment: "greet", Directory: "prod/ml/greet", Objects: []ObjectChange{}, written: true}},
		p.Touched, allowUnexported)
}

func TestALedgerThatCannotBeReadStopsItsDirectoryOnly(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, ""), churn(t, "")), nil)
	newer := strings.Replace(tree[greetDir+".lading"], `"schema": 1`, `"schema": 2`, 1)
	broken := tree.with(mapTree{greetDir + ".lading": newer})

	_, err := plan(t, partOf(greet(t, "")), broken)
	wantError[*LedgerError](t, err, "prod/ml/greet/.lading: ledger has schema 2, want 1", "a newer one")

	p := mustPlan(t, runOf(churn(t, "")), broken)
	wantDiff(t, []string{"prod/ml/greet/.lading: ledger has schema 2, want 1; the directory is left as it is"}, p.Notices)
	if len(p.Changes) > 0 {
		t.Errorf("plan is %v", actions(p))
	}
}

func TestAttributesAreAddedToWhatIsThere(t *testing.T) {
	t.Parallel()
	const all = "*.yaml -text\n.lading -text linguist-generated gitlab-generated\n.lading-* -text linguist-generated gitlab-generated\n"
	for situation, c := range map[string]struct{ present, want string }{
		"none yet":            {"", all},
		"others' lines":       {"*.png binary\n", "*.png binary\n" + all},
		"no last line break":  {"*.png binary", "*.png binary\n" + all},
		"some of ours":        {"*.yaml   -text\n*.png binary\n", "*.yaml   -text\n*.png binary\n" + strings.TrimPrefix(all, "*.yaml -text\n")},
		"all of ours already": {all, all},
	} {
		tree := mapTree{}
		if c.present != "" {
			tree[".gitattributes"] = c.present
		}
		run := runOf(greet(t, ""))
		run.Attributes = true
		if got := publish(t, run, tree)[".gitattributes"]; got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", situation, got, c.want)
		}
	}
	run := runOf(greet(t, ""))
	run.Attributes = true
	_, err := plan(t, run, mapTree{".gitattributes": "-> /etc/passwd"})
	wantError[*ConflictError](t, err, ".gitattributes is a symbolic link")
}

func TestSettingsDigestIsOverNoSecret(t *testing.T) {
	t.Parallel()
	a, b := resolved(platform(), "prod", "greet", "ml"), resolved(platform(), "prod", "greet", "ml")
	key := "s3cret"
	b.Spec.Settings.Deployer.AuthKey = &key
	wantDiff(t, mustDigest(t, a), mustDigest(t, b))
	b.Spec.Env = settings.Map{{Key: "LOG_LEVEL", Value: "debug"}}
	if mustDigest(t, a) == mustDigest(t, b) {
		t.Error("the digest does not see the environment variables")
	}
	if b.Spec.Settings.Deployer.AuthKey == nil {
		t.Error("digesting changed the settings")
	}
}

func mustDigest(t *testing.T, r *settings.Resolved) string {
	t.Helper()
	digest, err := settingsDigest(r)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
