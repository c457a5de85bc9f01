package settings

import "testing"

func TestPlaceIsWhereAFieldOfAnEnvironmentIsSet(t *testing.T) {
	t.Parallel()
	const text = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: shop}
spec:
  gitops:
    repository: ../rendered.git
    path: "{{deployment}}"
  environments:
    - name: dev
    - name: prod
      engine: {kind: argocd}
      gitops: {branch: live, path: null}
`
	loaded, err := load(t, map[string]string{"lading.yaml": text}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := loaded.Project
	for situation, c := range map[string]struct{ environment, field, want string }{
		"set by the environment":                 {"prod", "gitops.branch", "lading.yaml:12:24"},
		"taken back by the environment":          {"prod", "gitops.path", "lading.yaml:12:36"},
		"set by the project":                     {"prod", "gitops.repository", "lading.yaml:6:17"},
		"missing where the environment has some": {"prod", "gitops.url", "lading.yaml:12:15"},
		"missing where the project has some":     {"dev", "gitops.url", "lading.yaml:6:5"},
		"a whole mapping":                        {"prod", "engine", "lading.yaml:11:15"},
		"missing with all around it":             {"dev", "engine.kind", "lading.yaml:9:7"},
		"of no environment of the project":       {"test", "engine.kind", "lading.yaml:1:1"},
	} {
		if got := p.Place(c.environment, c.field).String(); got != c.want {
			t.Errorf("%s: %s of %s is at %s, want %s", situation, c.field, c.environment, got, c.want)
		}
	}
	if got := (*Project)(nil).Place("prod", "gitops.url").String(); got != "" {
		t.Errorf("without a project it is at %s, want nowhere", got)
	}
}

func TestPlaceInAProjectWithoutEnvironments(t *testing.T) {
	t.Parallel()
	const text = "apiVersion: lading.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec:\n  gitops: {branch: live}\n"
	loaded, err := load(t, map[string]string{"lading.yaml": text}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := loaded.Project.Place("default", "gitops.branch").String(), "lading.yaml:5:20"; got != want {
		t.Errorf("the branch is at %s, want %s", got, want)
	}
}
