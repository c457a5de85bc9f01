package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(kind)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(kind+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaJudgesAsTheLoaderDoes hands every document of the cases to both.
// Documents that are no valid YAML or of no kind are not the schema's, and
// files named behind "schema: cannot judge" break rules that no schema can
// express.
func TestSchemaJudgesAsTheLoaderDoes(t *testing.T) {
	t.Parallel()
	schemas := make(map[string]*jsonschema.Schema)
	for _, kind := range Kinds {
		schemas[kind] = compileSchema(t, kind)
	}
	judged := map[bool]int{}
	for _, file := range caseFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if cannotJudge(archive, f.Name) {
				continue
			}
			for i, tree := range wellFormed(f) {
				kind, problem := documentKind(tree)
				if problem != nil {
					continue
				}
				name := fmt.Sprintf("%s: %s: document %d", filepath.Base(file), f.Name, i+1)
				err := schemas[kind].Validate(jsonValue(t, tree))
				c := &checker{}
				c.value(tree, documentTypes[kind](), &place{kind: rootPlace})
				judged[err == nil]++
				if (err == nil) != (len(c.problems) == 0) {
					t.Errorf("%s: the loader says %q, the schema %v", name, c.problems, err)
				}
			}
		}
	}
	if judged[true] < 20 || judged[false] < 10 {
		t.Errorf("%d documents were accepted and %d refused: too few to mean anything", judged[true], judged[false])
	}
}

func cannotJudge(a *txtar.Archive, name string) bool {
	if ext := filepath.Ext(name); name == "want" || ext != ".yaml" && name != "stdin" {
		return true
	}
	for line := range strings.Lines(string(a.Comment)) {
		if names, ok := strings.CutPrefix(line, "schema: cannot judge "); ok {
			for _, n := range strings.Fields(names) {
				if n == name {
					return true
				}
			}
		}
	}
	return false
}

func wellFormed(f txtar.File) []*node {
	trees, problems := parse(&source{file: f.Name}, f.Data)
	if len(problems) > 0 {
		return nil
	}
	return trees
}

// jsonValue is a tree as a JSON reader would give it, nulls included.
func jsonValue(t *testing.T, n *node) any {
	t.Helper()
	switch n.form {
	case mapForm:
		out := make(map[string]any)
		for _, e := range n.entries {
			out[e.key] = jsonValue(t, e.value)
		}
		return out
	case listForm:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = jsonValue(t, item)
		}
		return out
	case numberForm:
		return json.Number(fmt.Sprint(n.value))
	}
	return n.value
}

func TestSchemaOfUnknownKind(t *testing.T) {
	t.Parallel()
	if _, err := Schema("Deployment"); err == nil {
		t.Error("want an error")
	}
}

// TestSchemaShowsDocsAndDefaults looks at one field as an editor would.
func TestSchemaShowsDocsAndDefaults(t *testing.T) {
	t.Parallel()
	text, err := Schema("PipelineDeployment")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]struct{ Properties map[string]map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	port := doc.Defs["Deployer"].Properties["service_port"]
	want := map[string]any{
		"type": []any{"integer", "null"}, "minimum": 1.0, "maximum": 65535.0, "default": 8000.0,
		"description": "Port of the Service, the container and the probes.",
	}
	if fmt.Sprint(port) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", port, want)
	}
	for _, key := range []string{"pipeline", "key", "entrypoint", "auth", "environments"} {
		if _, ok := doc.Defs["DeploymentEnvironment"].Properties[key]; ok {
			t.Errorf("%s may stand under environments", key)
		}
	}
}

// TestSchemaJudgesSingleValues holds documents with one thing in them that is
// right or wrong, so that one verdict cannot hide behind another.
func TestSchemaJudgesSingleValues(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t, "PipelineDeployment")
	for _, spec := range []string{
		`{}`, `{image: a}`, `{image: null}`, `{image: ""}`, `{image: a b}`, `{image: a, pipeline: b}`, `{image: a, pipeline: null}`,
		`{pipeline: a/b}`, `{env: {A: x}}`, `{env: {A: null}}`, `{env: {A: 1}}`, `{env: {1A: x}}`, `{env: [A]}`,
		`{secretEnv: {A: {secret: a}}}`, `{secretEnv: {A: {secret: a, kye: b}}}`, `{secretEnv: {A: text}}`, `{secretEnv: {A-B: {}}}`,
		`{components: [a, {name: b, with: {c: [1, {d: null}]}}]}`, `{components: [{with: {}}]}`, `{components: [null]}`, `{components: [""]}`,
		`{components: [{name: b, with: {c: [null]}}]}`, `{components: [a, a]}`, `{overlays: [x, x]}`, `{overlays: x}`, `{overlays: [1]}`,
		`{id: 3F2A9C1E-0B7D-4C55-9F1E-1A2B3C4D5E6F}`, `{id: 3f2a9c1e}`, `{key: " "}`, `{key: " a"}`, `{entrypoint: image}`, `{entrypoint: Image}`,
		`{auth: {secret: a}}`, `{auth: {secret: A, key: k}}`, `{environments: {prod: {image: a}}}`, `{environments: {prod: {key: a}}}`, `{environments: {Prod: {}}}`,
		`{environments: {prod: null}}`, `{environments: {prod: {environments: {}}}}`, `{unknown: 1}`, `{settings: null}`, `{settings: []}`,
		`{settings: {deployer: {auth_key: null}}}`, `{settings: {deployer: {auth_key: x}}}`, `{settings: {deployer: {namespace: a.b}}}`,
		`{settings: {deployer: {service_port: 65536}}}`, `{settings: {deployer: {service_port: 1}}}`, `{settings: {deployer: {service_port: 0}}}`,
		`{settings: {deployer: {service_port: "1"}}}`, `{settings: {deployer: {service_port: 1.5}}}`, `{settings: {deployer: {lcm_timeout: 3000000000}}}`,
		`{settings: {deployer: {service_type: null}}}`, `{settings: {deployer: {service_type: clusterip}}}`, `{settings: {deployer: {labels: {managed-by: x}}}}`,
		`{settings: {deployer: {labels: {a/b: x}}}}`, `{settings: {deployer: {labels: {a/b/c: x}}}}`, `{settings: {deployer: {annotations: {argocd.argoproj.io/tracking-id: x}}}}`,
		`{settings: {deployer: {readiness_probe_path: x}}}`, `{settings: {deployer: {command: [a, null]}}}`, `{settings: {deployer: {image_pull_secrets: [A]}}}`,
		`{settings: {deployer: {additional_resources: [""]}}}`, `{settings: {deployer: {strict_additional_resources: yes}}}`,
		`{settings: {deployer: {pod_settings: {affinity: {a: [1, null]}}}}}`, `{settings: {deployer: {pod_settings: {affinity: {a: {b: null}}}}}}`,
		`{settings: {deployer: {pod_settings: {tolerations: [{a: 1}, x]}}}}`, `{settings: {deployer: {pod_settings: {resources: {requests: {cpu: 1, memory: 1Gi}}}}}}`,
		`{settings: {deployer: {pod_settings: {resources: {requests: {cpu: true}}}}}}`, `{settings: {deployer: {pod_settings: {resources: {limits: {cpu: 1x}}}}}}`,
		`{settings: {resources: {cpu_count: 0.001}}}`, `{settings: {resources: {cpu_count: 0.0005}}}`, `{settings: {resources: {cpu_count: 1e10}}}`,
		`{settings: {resources: {cpu_count: "1"}}}`, `{settings: {resources: {memory: 2GB}}}`, `{settings: {resources: {memory: 2Gi}}}`, `{settings: {resources: {gpu_count: -1}}}`,
		`{settings: {resources: {autoscaling_target: 0}}}`, `{settings: {resources: {autoscaling_target: 0.1}}}`, `{settings: {resources: {max_concurrency: 0}}}`,
	} {
		text := "{apiVersion: lading.dev/v1alpha1, kind: PipelineDeployment, metadata: {name: a}, spec: " + spec + "}"
		trees, problems := parse(&source{}, []byte(text))
		if len(problems) > 0 {
			t.Errorf("%s: %v", spec, problems)
			continue
		}
		err := schema.Validate(jsonValue(t, trees[0]))
		c := &checker{}
		c.value(trees[0], documentTypes["PipelineDeployment"](), &place{kind: rootPlace})
		if (err == nil) != (len(c.problems) == 0) {
			t.Errorf("%s: the loader says %q, the schema %v", spec, c.problems, err)
		}
	}
}
