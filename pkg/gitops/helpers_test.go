package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A mapTree is a branch as a map of paths to contents. A content that begins
// with "-> " is a symbolic link.
type mapTree map[string]string

func (m mapTree) fs() fstest.MapFS {
	files := fstest.MapFS{}
	for name, content := range m {
		files[name] = &fstest.MapFile{Data: []byte(content)}
		if strings.HasPrefix(content, "-> ") {
			files[name].Mode = fs.ModeSymlink
		}
	}
	return files
}

func (m mapTree) ReadFile(name string) ([]byte, error) {
	content, ok := m[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return []byte(content), nil
}

func (m mapTree) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(m.fs(), name) }

// with returns the tree with some files added, or removed where they are "".
func (m mapTree) with(files mapTree) mapTree {
	out := mapTree{}
	for _, source := range []mapTree{m, files} {
		for name, content := range source {
			if out[name] = content; content == "" {
				delete(out, name)
			}
		}
	}
	return out
}

// names lists the paths of the tree.
func (m mapTree) names() []string { return sortedKeys(m) }

// apply returns the tree after a plan, and checks that the plan knows what was
// there.
func (m mapTree) apply(t *testing.T, p *Plan) mapTree {
	t.Helper()
	files := mapTree{}
	for _, c := range p.Changes {
		if before, ok := m[c.Path]; ok != (c.Before != nil) || before != string(c.Before) {
			t.Errorf("plan says that %s was %q, the tree has %q", c.Path, c.Before, before)
		}
		files[c.Path] = string(c.After)
	}
	return m.with(files)
}

// ledger reads a ledger of the tree.
func (m mapTree) ledger(t *testing.T, name string) *Ledger {
	t.Helper()
	l, err := ParseLedger(name, []byte(m[name]))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const source = "git.example.com/ml/settings"

// platform is the project of most tests: three environments, each with a
// cluster of its own.
func platform(change ...func(*settings.Project)) *settings.Project {
	p := &settings.Project{Name: "ml-platform", Position: settings.Position{File: "lading.yaml", Line: 1}}
	p.Spec.Key = "3k9x0q"
	for _, name := range []string{"dev", "staging", "prod"} {
		p.Spec.Environments = append(p.Spec.Environments,
			settings.EnvironmentSpec{Name: name, Cluster: settings.Cluster{Name: name}})
	}
	p.Spec.GitOps = settings.GitOps{
		Repository: "https://git.example.com/platform/rendered.git",
		Branch:     "main",
		Path:       "{{environment}}/{{namespace}}/{{deployment}}",
	}
	for _, c := range change {
		c(p)
	}
	return p
}

// sameCluster makes all environments of a project share one cluster.
func oneCluster(p *settings.Project) {
	for i := range p.Spec.Environments {
		p.Spec.Environments[i].Cluster.Name = "shared"
	}
}

func gitPath(path string) func(*settings.Project) {
	return func(p *settings.Project) { p.Spec.GitOps.Path = path }
}

func gitBranch(branch string) func(*settings.Project) {
	return func(p *settings.Project) { p.Spec.GitOps.Branch = branch }
}

// deployed is a deployment of a project in an environment, in the namespace
// that objects name as {{ns}}, with these objects and a Deployment. {{name}}
// is the resource name.
func deployed(t *testing.T, p *settings.Project, environment, name, namespace, objects string) Rendered {
	t.Helper()
	r := resolved(p, environment, name, namespace)
	return render(t, r, coreText+objects)
}

func resolved(p *settings.Project, environment, name, namespace string) *settings.Resolved {
	r := &settings.Resolved{
		Project:   p,
		Name:      name,
		Namespace: namespace,
		Position:  settings.Position{File: manifest.K8sName(name, 63) + ".yaml", Line: 1},
	}
	r.GitOps = settings.GitOps{Branch: "main", Path: "{{environment}}/{{namespace}}/{{deployment}}"}
	if p != nil {
		r.GitOps = p.Spec.GitOps
		for _, e := range p.Spec.Environments {
			if e.Name == environment {
				r.Environment = e
			}
		}
	}
	r.ID = r.DeriveID(name)
	return r
}

// core is the object that every deployment has.
const coreText = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{name}}", namespace: "{{ns}}", labels: {zenml-deployment-id: "{{id}}"}}
spec: {replicas: 1}
---
`

func render(t *testing.T, r *settings.Resolved, objects string) Rendered {
	t.Helper()
	text := strings.NewReplacer("{{name}}", r.ResourceName(), "{{ns}}", r.Namespace, "{{id}}", r.ID).Replace(objects)
	set := &manifest.Set{}
	for _, doc := range manifest.Documents([]byte(text)) {
		if doc.Err != nil {
			t.Fatal(doc.Err)
		}
		origin := manifest.Origin{Source: r.Position.File, Line: doc.Line}
		if err := set.Add(&manifest.Object{Body: doc.Value.(map[string]any), Origin: origin}); err != nil {
			t.Fatal(err)
		}
	}
	return Rendered{Settings: r, Set: set}
}

const namespaceText = "{apiVersion: v1, kind: Namespace, metadata: {name: '{{ns}}', labels: {managed-by: zenml}}}\n---\n"

// configMap is an object with a name of its own in the deployment's namespace.
func configMap(name, value string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: '{{ns}}'}, data: {value: %q}}\n---\n", name, value)
}

// clusterRole is a cluster-scoped object that carries its deployment's labels.
func clusterRole(name, verb string) string {
	return fmt.Sprintf("{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, "+
		"metadata: {name: %s, labels: {zenml-deployment-id: '{{id}}', zenml-deployment-name: x}}, rules: [{verbs: [%s]}]}\n---\n", name, verb)
}

// runOf is a complete run of the environments of its deployments.
func runOf(rendered ...Rendered) *Run {
	run := partOf(rendered...)
	for _, r := range rendered {
		run.Environments = append(run.Environments, completeEnvironment(r.Settings.Project, r.Settings.EnvironmentName()))
	}
	return run
}

func completeEnvironment(p *settings.Project, name string) Environment {
	e := Environment{Name: name, Complete: true, Project: p}
	e.GitOps = settings.GitOps{Branch: "main", Path: "{{environment}}/{{namespace}}/{{deployment}}"}
	if p != nil {
		e.GitOps = p.Spec.GitOps
	}
	return e
}

// partOf is a run that saw only some deployments of its environments.
func partOf(rendered ...Rendered) *Run {
	run := &Run{Rendered: rendered, Commit: "c0ffee", Tool: Tool{Version: "v0.1.0", Templates: "sha256:7e57"}}
	run.Owner = Owner{Project: "3k9x0q", Source: source}
	return run
}

// plan plans a run that goes to one branch.
func plan(t *testing.T, run *Run, present mapTree) (*Plan, error) {
	t.Helper()
	a, err := Layout(run)
	if err != nil {
		return nil, err
	}
	if len(a.Branches) != 1 {
		t.Fatalf("run goes to %d branches, want 1", len(a.Branches))
	}
	return NewPlan(context.Background(), run, a.Branches[0], present)
}

func mustPlan(t *testing.T, run *Run, present mapTree) *Plan {
	t.Helper()
	p, err := plan(t, run, present)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// publish returns the tree after a run, and checks that the same run again
// changes nothing.
func publish(t *testing.T, run *Run, present mapTree) mapTree {
	t.Helper()
	after := present.apply(t, mustPlan(t, run, present))
	if again := mustPlan(t, run, after); len(again.Changes) > 0 {
		t.Errorf("the same run again changes %v", actions(again))
	}
	return after
}

// actions tells a plan in short lines: what happens to which file.
func actions(p *Plan) []string {
	var out []string
	for _, t := range p.Touched {
		for _, o := range t.Objects {
			line := o.Action + " " + o.File
			if o.From != "" {
				line += " from " + o.From
			}
			out = append(out, line)
		}
	}
	for _, c := range p.Changes {
		switch {
		case !isLedger(c.Path):
		case c.After == nil:
			out = append(out, "ledger removed "+path.Dir(c.Path))
		default:
			out = append(out, "ledger "+path.Dir(c.Path))
		}
	}
	return out
}

func wantDiff(t *testing.T, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// wantError checks an error's type, text and hint.
func wantError[E error](t *testing.T, err error, texts ...string) {
	t.Helper()
	var as E
	if !errors.As(err, &as) {
		t.Fatalf("error is %T (%v), want %T", err, err, as)
	}
	text := err.Error()
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		text += "\n" + hinted.Hint()
	}
	for _, want := range texts {
		if !strings.Contains(text, want) {
			t.Errorf("error is\n%s\nwant in it: %s", text, want)
		}
	}
}

var allowUnexported = cmp.AllowUnexported(Touched{})
