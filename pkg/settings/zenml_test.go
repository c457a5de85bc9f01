package settings

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const zenmlConfig = `# How the churn pipeline is deployed.
enable_cache: false
run_name: churn
environment:
  LOG_LEVEL: info
  WORKERS: 4
  no-name: x
  API_TOKEN: abc        # from the vault
  DB_PASSWORD: "{{db.password}}"
parameters:
  threshold: 0.5
settings:
  docker:
    requirements: [torch]
  deployment:
    uvicorn_port: 9000
  # Behind an Ingress.
  deployer.kubernetes:
    auth_key: hunter2hunter2
    # auth_key: another
    namespace: production   # shared
    service_type: ClusterIP
    # Labels for organization
    labels: {team: ml-platform, version: 1.0, managed-by: me}
    annotations:
      prometheus.io/scrape: true
    strict_additional_resources: True
    additional_resources: [./k8s-resources.yaml]
    readyness_probe_path: /healthz
    atomic_provision: true
    pod_settings:
      node_selectors: {disk: ssd}
      node_selector: {disk: ssd}
      tolerations:
        - {key: gpu, operator: Exists}
      resources:
        requests: {cpu: 500m}
        claims: []
  resources:
    cpu_count: 2
    memory: 4GB
    gpu_count: null
    acelerator: a100
  orchestrator.kubernetes: {synchronous: true}
steps:
  train:
    settings: {resources: {memory: 1GB}}
modell: {name: churn}
`

const zenmlConverted = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata:
  name: Churn Predictor
spec:
  # The image that ZenML built: <container registry>/zenml:<pipeline>.
  image: registry.example.com/zenml:churn-predictor
  env:
    LOG_LEVEL: info
    WORKERS: "4"
    API_TOKEN: abc # from the vault
  settings:
    # Behind an Ingress.
    deployer:
      namespace: production # shared
      service_type: ClusterIP
      # Labels for organization
      labels: {team: ml-platform, version: "1.0"}
      annotations:
        prometheus.io/scrape: "true"
      strict_additional_resources: true
      additional_resources: [./k8s-resources.yaml]
      pod_settings:
        node_selectors: {disk: ssd}
        tolerations:
          - {key: gpu, operator: Exists}
        resources:
          requests: {cpu: 500m}
    resources:
      cpu_count: 2
      memory: 4GB
      gpu_count: null
`

var zenmlNotes = []string{
	`run.yaml: spec.image is registry.example.com/zenml:churn-predictor, which stands for the image that ZenML built for the pipeline: write its name`,
	`run.yaml:2:1: enable_cache, run_name, parameters are left out: part of the pipeline's runs, which ZenML configures in its own code`,
	`run.yaml:7:3: environment.no-name is left out: "no-name" is not accepted, want letters, digits and _, no digit first`,
	`run.yaml:8:3: environment.API_TOKEN looks like a secret, and spec.env is plain text in Git: put the value into a Secret of the cluster and name that in spec.secretEnv`,
	`run.yaml:9:3: environment.DB_PASSWORD is left out: secrets of the ZenML server are not read; name Secrets of the cluster in spec.secretEnv`,
	`run.yaml:13:3: settings.docker is left out: images are built by ZenML or your CI; spec.image or spec.pipeline names the result`,
	`run.yaml:15:3: settings.deployment is left out: part of the server in the image, which ZenML configures in its own code`,
	`run.yaml:16:19: settings.deployment.uvicorn_port is 9000 and settings.deployer.service_port 8000: want one number, since the server listens on the first and Service and probes ask the second`,
	`run.yaml:19:5: settings.deployer.kubernetes.auth_key is left out: a key never belongs in Git; put it into a Secret of the cluster and name that in spec.auth: {secret: NAME, key: KEY}`,
	`run.yaml:24:47: settings.deployer.kubernetes.labels.managed-by is left out: "managed-by" is a label that lading manages, want another key`,
	`run.yaml:28:27: settings.deployer.kubernetes.additional_resources: paths belong to the directory of the deployment's file, no longer to the one in which zenml runs`,
	`run.yaml:29:5: settings.deployer.kubernetes.readyness_probe_path is left out: no key of that name is known, did you mean "readiness_probe_path"?`,
	`run.yaml:30:5: settings.deployer.kubernetes.atomic_provision is left out: nothing is applied, a failed rollout is reverted in Git`,
	`run.yaml:33:7: settings.deployer.kubernetes.pod_settings.node_selector is left out: no key of that name is known, did you mean "node_selectors"?`,
	`run.yaml:38:9: settings.deployer.kubernetes.pod_settings.resources.claims is left out: no key of that name is known`,
	`run.yaml:43:5: settings.resources.acelerator is left out: no key of that name is known`,
	`run.yaml:44:3: settings.orchestrator.kubernetes is left out: for another component of the stack`,
	`run.yaml:45:1: steps is left out: a deployment runs all steps in one container, whose settings are those of the pipeline; ZenML's deployer ignores settings of steps, too`,
	`run.yaml:48:1: modell is left out: no key of that name is known, did you mean "model"?`,
}

func TestFromZenMLTakesOverWhatHasAPlace(t *testing.T) {
	t.Parallel()
	got, notes, err := FromZenML("run.yaml", []byte(zenmlConfig), "Churn Predictor")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(zenmlConverted, string(got)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(zenmlNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestConvertedConfigurationsLoad(t *testing.T) {
	t.Parallel()
	for _, config := range []string{zenmlConfig, "", "settings: {deployer: {labels: {a: yes, b: 1.0, c: 2024-01-01, d: ~x}, image_pull_secrets: [a]}}"} {
		text, _, err := FromZenML("run.yaml", []byte(config), "Ärger: no. 1")
		if err != nil {
			t.Fatal(err)
		}
		dir := tree{"deployment.yaml": string(text), "k8s-resources.yaml": ""}.write(t)
		loaded, err := Load(Options{Files: []string{"deployment.yaml"}, Dir: dir, NoProject: true})
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		if name := loaded.Resolved[0].Name; name != "Ärger: no. 1" {
			t.Errorf("the name is %q\n%s", name, text)
		}
	}
}

func TestFromZenMLReadsYAMLAsPythonDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, config, want string }{
		{"an empty file gives the least that renders", "", ""},
		{"null sections", "settings:\nenvironment: null\nsteps:\n", ""},
		{"anchors and merge keys",
			"x: &x {service_port: 9000, service_type: NodePort}\nsettings:\n  deployer:\n    <<: *x\n    service_type: ClusterIP\n",
			"  settings:\n    deployer:\n      service_type: ClusterIP\n      service_port: 9000\n"},
		{"yes and no are booleans",
			"settings: {deployer: {generate_auth_key: yes, strict_additional_resources: Off}}",
			"  settings:\n    deployer: {generate_auth_key: true, strict_additional_resources: false}\n"},
		{"quoted words stay strings",
			"settings: {deployer: {labels: {a: 'yes', b: no}}}",
			"  settings:\n    deployer: {labels: {a: 'yes', b: \"no\"}}\n"},
		{"the deployer by its own name",
			"settings: {'deployer:prod': {service_port: 9000}}",
			"  settings:\n    deployer: {service_port: 9000}\n"},
		{"settings of another deployer are not taken",
			"settings: {deployer.gcp: {service_port: 9000}}", ""},
	} {
		got, _, err := FromZenML("run.yaml", []byte(c.config), "greet")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata:
  name: greet
spec:
  # The image that ZenML built: <container registry>/zenml:<pipeline>.
  image: registry.example.com/zenml:greet
` + c.want
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestFromZenMLTakesTheImageThatIsNotBuilt(t *testing.T) {
	t.Parallel()
	config := "settings: {docker: {parent_image: 'registry.example.com/app:1.2', skip_build: True}}"
	got, _, err := FromZenML("run.yaml", []byte(config), "greet")
	if err != nil || !strings.Contains(string(got), "\n  image: registry.example.com/app:1.2\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestFromZenMLReportsAllMistakesAtTheirPlace(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for _, c := range "bcdefgh" {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 10) + "]\n"
	}
	for _, c := range []struct{ name, config, want string }{
		{"no YAML", "a: b: c", "run.yaml: the file is not YAML: mapping values are not allowed in this context"},
		{"binary garbage", "\x00\x01\xff", "run.yaml: the file is not YAML: control characters are not allowed"},
		{"invalid UTF-8", "a: \xff", "run.yaml: the file is not YAML: invalid leading UTF-8 octet"},
		{"a list", "- a\n", "run.yaml:1:1: the file is a list, want a ZenML run configuration"},
		{"several documents", "settings: {}\n---\nsettings: {}\n", "run.yaml:2: the file is not YAML: a second document begins, want one run configuration"},
		{"some other file", "image: x\nports: []\n", `run.yaml:1:1: the file has no key of a ZenML run configuration, want "settings" or others`},
		{"a deployment", "apiVersion: lading.dev/v1alpha1\nkind: PipelineDeployment\n", "run.yaml:1:1: the file is a PipelineDeployment already, want a ZenML run configuration"},
		{"a key twice", "settings: {}\nsettings: {}\n", `run.yaml:2:1: key "settings" is there twice, first in line 1, want it once`},
		{"a key that is a list", "settings: {[a]: b}", "run.yaml:1:12: a key is a list, want a string"},
		{"an alias bomb", bomb, "run.yaml:1:17: the file has more than 100000 values, want fewer"},
		{"an alias of itself", "settings: &a {deployer: *a}", `run.yaml:1:25: alias "a" contains itself`},
		{"a Python object", "settings: !!python/object:os.system {}", "run.yaml:1:11: has the tag !!python/object:os.system, want plain YAML"},
		{"a merge of a word", "settings: {<<: x}", `run.yaml:1:16: << merges "x", want a mapping`},
		{"the deployer twice", "settings:\n  deployer: {}\n  deployer.kubernetes: {}\n",
			"run.yaml:3:3: settings.deployer.kubernetes: settings of the deployer are also in line 2, want them under one key"},
		{"several at once",
			"environment: [a]\nsettings:\n  resources: big\n  deployer:\n    labels: {a: {b: c}, d: null}\n    pod_settings: x\n    annotations: 1\n",
			"run.yaml:1:14: environment: is a list, want a mapping\n" +
				"run.yaml:3:14: settings.resources: is \"big\", want a mapping\n" +
				"run.yaml:5:17: settings.deployer.labels.a: is a mapping, want a string\n" +
				"run.yaml:5:28: settings.deployer.labels.d: is null, want a string\n" +
				"run.yaml:6:19: settings.deployer.pod_settings: is \"x\", want a mapping\n" +
				"run.yaml:7:18: settings.deployer.annotations: is \"1\", want a mapping"},
	} {
		text, notes, err := FromZenML("run.yaml", []byte(c.config), "greet")
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: error %v, want problems", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" || text != nil || notes != nil {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func FuzzFromZenML(f *testing.F) {
	f.Add([]byte(zenmlConfig), "greet")
	f.Add([]byte("settings: {deployer: {auth_key: hunter2hunter2, labels: &a {x: y}, annotations: *a}}"), "a: b")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		text, _, err := FromZenML("run.yaml", data, name)
		if err != nil {
			return
		}
		if strings.Contains(string(text), "auth_key: hunter2") {
			t.Errorf("the key was taken over:\n%s", text)
		}
		if err := yaml.Unmarshal(text, new(yaml.Node)); err != nil {
			t.Errorf("the result cannot be read: %v\n%s", err, text)
		}
	})
}

func TestFromZenMLWantsAPrintableName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", " ", "a\x00b", "a\nb"} {
		if text, _, err := FromZenML("run.yaml", nil, name); err == nil {
			t.Errorf("%q was taken:\n%s", name, text)
		}
	}
}
