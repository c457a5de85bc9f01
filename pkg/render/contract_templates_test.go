package render_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/templates"
)

// What a template of the user's is told when it leaves out or changes a part of
// the built-in one: the line of the contract that it breaks. The reference
// states the contract: "When using custom templates, you're responsible for …".
func TestTemplatesKeepTheContract(t *testing.T) {
	t.Parallel()
	const (
		deployment = "deployment.yaml.j2"
		service    = "service.yaml.j2"
		selectors  = "contract: use the correct label selectors; "
	)
	for name, test := range map[string]struct {
		file, old, new string
		want           []string // the first line of each message; errors as they are, warnings behind "warning: "
	}{
		"nothing is changed": {deployment, "replicas", "replicas", nil},
		"the selector lacks a managed label": {
			deployment, "    matchLabels:\n      managed-by: zenml\n", "    matchLabels:\n",
			[]string{selectors + "spec.selector.matchLabels has no managed-by: zenml"},
		},
		"the selector has another id": {
			deployment, "zenml-deployment-id: {{ deployment_id | tojson }}", "zenml-deployment-id: other",
			[]string{
				selectors + "spec.selector.matchLabels has no zenml-deployment-id: ID",
				"contract: the selector must match the pods; spec.template.metadata.labels has no zenml-deployment-id: other",
			},
		},
		"the selector asks for what the pods do not bear": {
			deployment, "    matchLabels:\n", "    matchLabels:\n      tier: web\n",
			[]string{"contract: the selector must match the pods; spec.template.metadata.labels has no tier: web"},
		},
		"the pods lack the managed labels": {
			deployment, "for key, value in pod_labels.items()", "for key, value in {'team': 'ml'}.items()",
			[]string{"contract: the selector must match the pods; spec.template.metadata.labels has no managed-by: zenml, zenml-deployment-id: ID"},
		},
		"there is no selector": {
			deployment, "  selector:\n    matchLabels:\n      managed-by: zenml\n      zenml-deployment-id: {{ deployment_id | tojson }}\n", "",
			[]string{selectors + "spec.selector.matchLabels has no managed-by: zenml", selectors + "spec.selector.matchLabels has no zenml-deployment-id: ID"},
		},
		"the port is another": {
			deployment, "containerPort: {{ service_port }}", "containerPort: 80",
			[]string{"warning: contract: expose the correct container port; no container has containerPort 8000"},
		},
		"the port is a text": {
			deployment, "containerPort: {{ service_port }}", `containerPort: "{{ service_port }}"`,
			[]string{"warning: contract: expose the correct container port; no container has containerPort 8000"},
		},
		"a probe is missing": {
			deployment, "readinessProbe:", "startupProbe:",
			[]string{"warning: contract: include health probes; no container has a readinessProbe"},
		},
		"the other probe is missing": {
			deployment, "livenessProbe:", "startupProbe:",
			[]string{"warning: contract: include health probes; no container has a livenessProbe"},
		},
		"plain variables are missing": {
			deployment, "in env.items()", "in {}.items()",
			[]string{`warning: contract: pass through environment variables; no container has "LOG_LEVEL"`},
		},
		"variables of Secrets are missing": {
			deployment, "for entry in pod_env", "for entry in []",
			[]string{`warning: contract: pass through environment variables; no container has "TOKEN"`},
		},
		"the containers are no list": {
			deployment, "      containers:\n", "      containers: {}\n      others:\n",
			[]string{
				"warning: contract: expose the correct container port; no container has containerPort 8000",
				"warning: contract: include health probes; no container has a readinessProbe",
				"warning: contract: include health probes; no container has a livenessProbe",
				`warning: contract: pass through environment variables; no container has "LOG_LEVEL" and "TOKEN"`,
			},
		},
		"the name is another": {
			deployment, "name: {{ name }}\n  namespace", "name: greet\n  namespace",
			[]string{`has no Deployment called "zenml-ID"`},
		},
		"the Service selects by the id alone": {
			service, "    managed-by: zenml\n", "",
			[]string{selectors + "spec.selector has no managed-by: zenml"},
		},
		"the Service selects what the pods do not bear": {
			service, "    managed-by: zenml\n", "    managed-by: zenml\n    tier: web\n",
			[]string{selectors + `the Service selects by label "tier", which pods of the Deployment do not bear so`},
		},
		"the Service has another port": {
			service, "port: {{ service_port }}", "port: 80",
			[]string{"warning: contract: expose the correct container port; the Service has no port 8000"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(templates.FS, "j2/"+test.file)
			if err != nil || !strings.Contains(string(text), test.old) {
				t.Fatalf("%s does not have %q: %v", test.file, test.old, err)
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "templates", test.file), strings.Replace(string(text), test.old, test.new, 1))
			write(t, filepath.Join(dir, "deployment.yaml"), contractSettings)
			got := renderStory(t, dir)
			want := strings.ReplaceAll(strings.Join(test.want, "\n"), "ID", contractID)
			if got != want {
				t.Errorf("told:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

const (
	contractID       = "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"
	contractSettings = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec:
  id: ` + contractID + `
  image: registry.example.com/zenml:greet
  env: {LOG_LEVEL: info}
  secretEnv: {TOKEN: {secret: s, key: k}}
  settings: {deployer: {custom_templates_dir: templates}}
`
)

// renderStory renders a folder and returns what the user is told, without
// places and hints. Each place is in the template.
func renderStory(t *testing.T, dir string) string {
	t.Helper()
	loaded, err := load(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	tell := func(severity, story string) {
		for line := range strings.Lines(story) {
			place, message, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch {
			case strings.HasPrefix(place, "templates/"):
				told = append(told, severity+message)
			case place != "hint":
				t.Errorf("%q names no place in the template", line)
			}
		}
	}
	out, err := render.New(render.Options{}).Render(context.Background(), inputs(loaded)[0])
	if err != nil {
		tell("", story(err))
	} else {
		tell("warning: ", story(out.Warnings))
	}
	return strings.Join(told, "\n")
}
