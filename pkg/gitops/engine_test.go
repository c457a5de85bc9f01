package gitops

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

var updateEngine = flag.Bool("update", false, "rewrite testdata/engine")

const engineData = "../../testdata/engine"

// synced is the project of most tests, its production synced by an engine.
func synced(e settings.Engine, change ...func(*settings.Project)) *settings.Project {
	return platform(append([]func(*settings.Project){func(p *settings.Project) {
		p.Spec.Environments[2].Engine = e
	}}, change...)...)
}

func withEngine(kind string, change ...func(*settings.Project)) *settings.Project {
	return synced(settings.Engine{Kind: kind}, change...)
}

func groupedBy(kind string) func(*settings.Project) {
	return func(p *settings.Project) { p.Spec.GitOps.GroupBy = kind }
}

const hpaText = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: "{{name}}", namespace: "{{ns}}"}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "{{name}}"}, maxReplicas: 3}
---
`

// engineRun is a run of two deployments in one namespace and one in another.
func engineRun(t *testing.T, p *settings.Project) *Run {
	t.Helper()
	greet := deployed(t, p, "prod", "greet", "ml", namespaceText+hpaText)
	greet.Settings.Spec.Settings.Deployer.LCMTimeout = 900
	agent := deployed(t, p, "prod", "Support Agent", "agents", "")
	return runOf(greet, deployed(t, p, "prod", "churn", "ml", namespaceText), agent)
}

// engineCases are settings whose engine objects lie under testdata/engine.
var engineCases = map[string]func() *settings.Project{
	"argocd":                func() *settings.Project { return withEngine("argocd") },
	"argocd-by-namespace":   func() *settings.Project { return withEngine("argocd", groupedBy(byNamespace)) },
	"argocd-by-environment": func() *settings.Project { return withEngine("argocd", groupedBy(byEnvironment)) },
	"argocd-hub": func() *settings.Project {
		return synced(settings.Engine{Kind: "argocd", Namespace: "gitops", Context: "hub", Project: "ml"}, func(p *settings.Project) {
			p.Spec.Environments[2].Cluster.Server = "https://prod.example.com:6443"
			p.Spec.GitOps.Repository = "git@git.example.com:platform/rendered.git"
		})
	},
	"argocd-branches": func() *settings.Project {
		return synced(settings.Engine{Kind: "argocd", Destination: "in-cluster"}, groupedBy(byEnvironment),
			gitBranch("env/{{environment}}"), gitPath("{{namespace}}/{{deployment}}"))
	},
	"flux":              func() *settings.Project { return withEngine("flux") },
	"flux-by-namespace": func() *settings.Project { return withEngine("flux", groupedBy(byNamespace)) },
	"flux-by-environment": func() *settings.Project {
		return synced(settings.Engine{Kind: "flux", RepositorySecret: "git"}, groupedBy(byEnvironment))
	},
	"flux-hub": func() *settings.Project {
		return synced(settings.Engine{Kind: "flux", Context: "hub", KubeconfigSecret: "prod-kubeconfig", RepositorySecret: "git"},
			func(p *settings.Project) { p.Spec.GitOps.Repository = "git@git.example.com:platform/rendered.git" })
	},
	"flux-branches": func() *settings.Project {
		return withEngine("flux", groupedBy(byEnvironment), gitBranch("env/{{environment}}"), gitPath("{{namespace}}/{{deployment}}"))
	},
}

// TestEngineObjects compares what publish writes and bootstrap prints with the
// files of each case, and both with the schemas of the engines.
func TestEngineObjects(t *testing.T) {
	t.Parallel()
	for name, project := range engineCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := engineRun(t, project())
			got := map[string]string{"bootstrap.yaml": rootText(t, run)}
			for file, text := range publish(t, run, nil) {
				if path.Base(path.Dir(file)) == engineDir && !isLedger(file) {
					got[path.Base(file)] = text
				}
			}
			for file, text := range got {
				validate(t, file, text)
			}
			golden(t, filepath.Join(engineData, name), got)
		})
	}
}

func rootText(t *testing.T, run *Run) string {
	t.Helper()
	var resolved []*settings.Resolved
	for _, r := range run.Rendered {
		resolved = append(resolved, r.Settings)
	}
	roots, err := Bootstrap(resolved, run.Environments[:1])
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, root := range roots {
		for _, o := range root.Objects {
			text, err := o.YAML()
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	return strings.Join(texts, "---\n")
}

// validate checks each object of a stream against its engine's own schema, and
// its metadata against what every object must be.
func validate(t *testing.T, file, text string) {
	t.Helper()
	for _, doc := range manifest.Documents([]byte(text)) {
		o := manifest.Object{Body: doc.Value.(map[string]any)}
		schemaFile := strings.ToLower(o.Kind()) + "." + o.Group() + ".json"
		schema, err := jsonschema.NewCompiler().Compile(filepath.Join(engineData, "schema", schemaFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(t, o.Body["spec"])); err != nil {
			t.Errorf("%s: %s: %v", file, o.ID(), err)
		}
		if len(o.Name()) > 63 || manifest.K8sName(o.Name(), 63) != o.Name() || o.Namespace() == "" {
			t.Errorf("%s: %s lies in namespace %q, want a name that is a label value and a namespace", file, o.ID(), o.Namespace())
		}
	}
	for _, reserved := range []string{"app.kubernetes.io/instance", "tracking-id", "kustomize.toolkit.fluxcd.io/name", "postBuild", "targetNamespace", "secret:"} {
		if strings.Contains(text, reserved) {
			t.Errorf("%s has %s in it", file, reserved)
		}
	}
}

func asJSON(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func golden(t *testing.T, dir string, got map[string]string) {
	t.Helper()
	if *updateEngine {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for file, text := range got {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := make(map[string]string)
	files, _ := filepath.Glob(filepath.Join(dir, "*.yaml"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want[filepath.Base(file)] = string(data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (run with -update)\n%s", dir, diff)
	}
}

// The schemas refuse what the engines would: a check that never fails shows
// nothing.
func TestEngineSchemasRefuseUnknownFields(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(engineData, "schema", "*.json"))
	if err != nil || len(files) != 3 {
		t.Fatalf("there are %d schemas (%v), want 3", len(files), err)
	}
	for _, file := range files {
		schema, err := jsonschema.NewCompiler().Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range []string{`{}`, `{"prunes": true}`} {
			v, _ := jsonschema.UnmarshalJSON(strings.NewReader(spec))
			if schema.Validate(v) == nil {
				t.Errorf("%s accepts %s", file, spec)
			}
		}
	}
}

func TestEngineNamesFitAndDiffer(t *testing.T) {
	t.Parallel()
	s := func(environment string) *site {
		return &site{environment: settings.EnvironmentSpec{Name: environment}, url: "https://git.example.com/a/b.git", branch: "main", base: environment + "/"}
	}
	long := strings.Repeat("long ", 40)
	seen := make(map[string]string)
	for _, environment := range []string{"prod", "prod-a", strings.Repeat("e", 63), strings.Repeat("e", 62) + "f"} {
		for i, deployment := range []string{"greet", "a-greet", "客服", long} {
			name := s(environment).nameOf(unitKey{byDeployment, fmt.Sprintf("3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6%d", i)}, deployment)
			what := environment + "/" + deployment
			if other, ok := seen[name]; ok || len(name) > 63 {
				t.Errorf("%s is called %q (%d characters), as %s", what, name, len(name), other)
			}
			seen[name] = what
		}
	}
}

// Two projects in one repository and environment agree on what they share, and
// two repositories with the same environment do not meet.
func TestRootNamesFollowThePlace(t *testing.T) {
	t.Parallel()
	name := func(url, branch string) string {
		return (&site{environment: settings.EnvironmentSpec{Name: "prod"}, url: url, branch: branch, base: "prod/"}).rootName()
	}
	first := name("https://git.example.com/a/rendered.git", "main")
	if other := name("git@git.example.com:a/rendered", "main"); other != first {
		t.Errorf("one repository has the roots %s and %s", first, other)
	}
	for _, other := range []string{name("https://git.example.com/b/rendered.git", "main"), name("https://git.example.com/a/rendered.git", "live")} {
		if other == first {
			t.Errorf("two places have one root, %s", first)
		}
	}
}

func TestEngineURLs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given settings.GitOps
		want  string
	}{
		{settings.GitOps{Repository: "https://bot:secret@git.example.com/a/b.git"}, "https://git.example.com/a/b.git"},
		{settings.GitOps{Repository: "https://token@git.example.com/a/b.git"}, "https://git.example.com/a/b.git"},
		{settings.GitOps{Repository: "ssh://git:pw@git.example.com:2222/a/b.git"}, "ssh://git@git.example.com:2222/a/b.git"},
		{settings.GitOps{Repository: "git@git.example.com:a/b.git"}, "git@git.example.com:a/b.git"},
		{settings.GitOps{Repository: "/srv/rendered.git"}, "https://git.example.com/platform/rendered.git"},
		{settings.GitOps{Repository: "file:///srv/rendered.git"}, "https://git.example.com/platform/rendered.git"},
		{settings.GitOps{Repository: "~/rendered.git", URL: "https://u:p@git.example.com/other.git"}, "https://git.example.com/other.git"},
	} {
		if got := engineURL(c.given, platform(), settings.EnvironmentSpec{}); got != c.want {
			t.Errorf("%v: engine reaches it at %q, want %q", c.given, got, c.want)
		}
	}
	for given, want := range map[string]string{
		"git@git.example.com:a/b.git":       "ssh://git@git.example.com/a/b.git",
		"git@git.example.com:/a/b.git":      "ssh://git@git.example.com/a/b.git",
		"git.example.com:a/b.git":           "ssh://git@git.example.com/a/b.git",
		"https://git.example.com/a/b.git":   "https://git.example.com/a/b.git",
		"ssh://git@git.example.com:22/b.gi": "ssh://git@git.example.com:22/b.gi",
	} {
		if got := asSSH(given); got != want {
			t.Errorf("%s is %s for Flux, want %s", given, got, want)
		}
	}
}
