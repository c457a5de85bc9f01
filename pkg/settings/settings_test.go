package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/lading-dev/lading/internal/nearest"
)

const minimal = "apiVersion: lading.dev/v1alpha1\nkind: PipelineDeployment\nmetadata: {name: greet}\nspec: {image: a, entrypoint: image}\n"

// load writes files and loads them.
func load(t testing.TB, files map[string]string, o Options) (*Loaded, error) {
	t.Helper()
	o.Dir = t.TempDir()
	for name, text := range files {
		file := filepath.Join(o.Dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(o)
}

func loadOne(t testing.TB, text string, sets ...string) *Resolved {
	t.Helper()
	l, err := load(t, map[string]string{"greet.yaml": text}, Options{Files: []string{"greet.yaml"}, Set: sets})
	if err != nil {
		t.Fatal(err)
	}
	return l.Resolved[0]
}

// TestDecodedSpecHoldsWhatWasWritten compares a whole spec with its Go form.
func TestDecodedSpecHoldsWhatWasWritten(t *testing.T) {
	t.Parallel()
	r := loadOne(t, `
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet, labels: {team: ml}}
spec:
  image: a
  id: 3F2A9C1E-0B7D-4C55-9F1E-1A2B3C4D5E6F
  env: {Z: last, A: ""}
  secretEnv: {T: {secret: s, key: k}, GONE: null}
  auth: {secret: s, key: auth}
  components: [hardened, {name: ingress, with: {port: 80, tls: null}}]
  settings:
    deployer:
      command: []
      args: [--x]
      annotations: {prometheus.io/port: "8000"}
      pod_settings:
        tolerations: [{key: gpu, seconds: 1.5}]
        affinity: {b: [1, {c: true}], a: null}
        resources: {limits: {nvidia.com/gpu: 1}}
    resources: {cpu_count: 1.50, min_replicas: 0, max_replicas: 2}
`)
	zero, two := 0, 2
	want := emptyDeployment()
	want.Image = "a"
	want.ID = "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"
	want.Env = Map{{"Z", "last"}, {"A", ""}}
	want.SecretEnv = []SecretVariable{{"T", SecretKey{"s", "k"}}}
	want.Auth = &SecretKey{"s", "auth"}
	want.Components = []Component{{Name: "hardened"}, {Name: "ingress", With: Map{{"port", int64(80)}}}}
	d := &want.Settings.Deployer
	d.Namespace = "zenml-deployments"
	d.Command, d.Args = []string{}, []string{"--x"}
	d.Annotations = Map{{"prometheus.io/port", "8000"}}
	d.PodSettings = &PodSettings{
		Tolerations: []Map{{{"key", "gpu"}, {"seconds", 1.5}}},
		Affinity:    Map{{"b", []any{int64(1), Map{{"c", true}}}}},
		Resources:   PodResources{Limits: Map{{"nvidia.com/gpu", "1"}}},
	}
	want.Settings.Resources = Resources{CPUCount: "1.50", MinReplicas: &zero, MaxReplicas: &two}
	if diff := cmp.Diff(want, r.Spec); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.ID != want.ID || !r.IDGiven || r.Namespace != "zenml-deployments" || r.EnvironmentName() != "default" || r.Labels["team"] != "ml" {
		t.Errorf("got %+v", r)
	}
}

// TestBuiltInDefaults is the reference's list of default values.
func TestBuiltInDefaults(t *testing.T) {
	t.Parallel()
	want := DeploymentSpec{Entrypoint: "zenml", Settings: Settings{Deployer: Deployer{
		LCMTimeout: 600, ServiceType: "LoadBalancer", ServicePort: 8000, ImagePullPolicy: "IfNotPresent",
		ReadinessProbePath: "/api/health", ReadinessProbeInitialDelay: 10, ReadinessProbePeriod: 10, ReadinessProbeTimeout: 5, ReadinessProbeFailureThreshold: 3,
		LivenessProbePath: "/api/health", LivenessProbeInitialDelay: 30, LivenessProbePeriod: 10, LivenessProbeTimeout: 5, LivenessProbeFailureThreshold: 3,
		StrictAdditionalResources: true, WaitForLoadBalancerTimeout: 150, DeploymentReadyCheckInterval: 2,
	}}}
	if diff := cmp.Diff(want, emptyDeployment()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestProjectIsMergedWithItsEnvironments(t *testing.T) {
	t.Parallel()
	l, err := load(t, map[string]string{"lading.yaml": `
apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: ml}
spec:
  key: k
  gitops: {repository: r, branch: "env/{{environment}}", source: {branch: trunk}}
  namespaces: {labels: {team: ml}}
  environments:
    - {name: dev}
    - {name: prod, gitops: {review: pull-request, branch: null}, namespaces: {manage: false, labels: {tier: prod}}}
---
` + minimal}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	base := GitOps{Repository: "r", Branch: "env/{{environment}}", Path: "{{environment}}/{{namespace}}/{{deployment}}", Review: "direct", Source: Source{"trunk"}, GroupBy: "deployment",
		Deletions: Deletions{MaxObjects: 50, MaxPercent: 30}, Hydrator: "off", AutoscalingHandover: "auto"}
	prod := base
	prod.Branch, prod.Review = "main", "pull-request"
	yes, no := true, false
	want := []LoadedEnvironment{{"dev", true, base}, {"prod", true, prod}}
	if diff := cmp.Diff(want, l.Environments); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	namespaces := []Namespaces{{Map{{"team", "ml"}}, &yes}, {Map{{"team", "ml"}, {"tier", "prod"}}, &no}}
	for i, r := range l.Resolved {
		if diff := cmp.Diff(namespaces[i], r.Namespaces); diff != "" {
			t.Errorf("%s: -want +got:\n%s", r.EnvironmentName(), diff)
		}
		if !cmp.Equal(r.GitOps, want[i].GitOps) || r.Project != l.Project || r.Environment.Name != want[i].Name {
			t.Errorf("%s: got %+v", r.EnvironmentName(), r)
		}
	}
	if !cmp.Equal(l.Project.Spec.GitOps, base) || l.Project.Root != l.Root.Dir() || len(l.Project.Spec.Environments) != 2 {
		t.Errorf("project: %+v", l.Project)
	}
}

func TestOriginFollowsPaths(t *testing.T) {
	t.Parallel()
	r := loadOne(t, `
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec:
  image: a
  components: [hardened, {name: ingress, with: {host: x}}]
  settings:
    deployer: {service_port: null, labels: {prometheus.io/scrape: y}, args: [a, b]}
`[1:], "settings.deployer.labels.set=x")
	for path, want := range map[string]string{
		"image":                                          "greet.yaml:5:10 deployment",
		"settings.deployer.service_port":                 "greet.yaml:8:30 deployment",
		"settings.deployer.service_type":                 " built-in default",
		"settings.deployer.labels[prometheus.io/scrape]": "greet.yaml:8:67 deployment",
		"settings.deployer.labels.set":                   " --set",
		"settings.deployer.args[1]":                      "greet.yaml:8:81 deployment",
		"settings.deployer.args[2]":                      "absent",
		"settings.deployer.pod_settings.host_ipc":        "absent",
		"settings.deployer.namespace":                    " built-in default",
		"components[1].with.host":                        "greet.yaml:6:55 deployment",
		"id":                                             " derived",
		"settings.resources.memory":                      "absent",
		"nonsense..x":                                    "absent",
	} {
		got := "absent"
		if o, ok := r.Origin(path); ok {
			got = o.String() + " " + o.Layer
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// TestValuesHaveOrigins asks Origin for each path that Values gives.
func TestValuesHaveOrigins(t *testing.T) {
	t.Parallel()
	r := loadOne(t, minimal, `settings.deployer.pod_settings.affinity={"a.b": {"[x]": 1, "": {}}}`, "components=[hardened, ingress]")
	for _, v := range r.Values() {
		got, ok := r.Origin(v.Path)
		if v.Path == `settings.deployer.pod_settings.affinity[a.b][]` {
			continue // an empty key has no path
		}
		if !ok || got != v.Origin {
			t.Errorf("%s: Origin says %v %v, Values %v", v.Path, got, ok, v.Origin)
		}
	}
}

func TestDerivedIDsAreUUIDv5(t *testing.T) {
	t.Parallel()
	namespace := uuid.MustParse("8add9902-2e04-51ce-a573-a993c4ec9608")
	for _, keys := range [][3]string{{"", "", "greet"}, {"3k9x0q", "prod", "greet"}, {"a", "b", "café"}} {
		want := uuid.NewSHA1(namespace, []byte(strings.Join(keys[:], "\n"))).String()
		if got := deriveID(keys[0], keys[1], keys[2]); got != want {
			t.Errorf("%q: got %s, want %s", keys, got, want)
		}
	}
	if deriveID("a", "b", "café") != deriveID("a", "b", "cafe\u0301") {
		t.Error("the two spellings of é differ")
	}
}

// TestRulesAreThoseOfKubernetes compares our forms with Kubernetes' own.
func TestRulesAreThoseOfKubernetes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	texts := []string{"", "a", "0", "0a", "-a", "a-", "a.b", "a..b", ".a", "a.", "A", "a_b", "a/b", "/a", "a/", "a/b/c", "A/b", "a/B_.c", "é", "a b", "a\n",
		"a.b/c", "-/a", long, long + "a", strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a", strings.Repeat("a.", 126) + "a/" + long, strings.Repeat("a.", 127) + "a/b", "a/" + long + "a"}
	for name, kubernetes := range map[string]func(string) []string{
		"dns-label":       validation.IsDNS1123Label,
		"dns-subdomain":   validation.IsDNS1123Subdomain,
		"label-keys":      validation.IsQualifiedName,
		"annotation-keys": validation.IsQualifiedName,
		"secret-key":      validation.IsConfigMapKey,
		"variable-names":  validation.IsCIdentifier,
	} {
		for _, s := range append(texts, "key.json", "_a", "9a") {
			message, _ := ruleNamed(name).check(s)
			if want := kubernetes(s); (message == "") != (len(want) == 0) {
				t.Errorf("%s %q: got %q, Kubernetes says %q", name, s, message, want)
			}
		}
	}
	for _, s := range []string{"1", "0.5", ".5", "5.", "1k", "1Ki", "1K", "100m", "1e3", "1E3", "1E", "12e-3", "+1", "-1", "1 Gi", "1GB", "", "x", "1Pi", "1n", "1u", "0x1"} {
		q, err := resource.ParseQuantity(s)
		if got, want := quantityMatch().MatchString(s), err == nil && q.Sign() >= 0; got != want {
			t.Errorf("quantity %q: got %v, want %v", s, got, want)
		}
	}
}

// TestHostileInputIsRefusedQuickly holds files that are made to break readers.
func TestHostileInputIsRefusedQuickly(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), ", "))
	}
	for name, c := range map[string]struct{ text, want string }{
		"more than 4 MiB":     {"#" + strings.Repeat("x", MaxSettingsSize), "f.yaml: is larger than 4 MiB, want a settings file"},
		"aliases that grow":   {"kind: PipelineDeployment\n" + bomb, "aliases stand for more than 100000 values"},
		"deep lists":          {"kind: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "lie more than 100 levels deep"},
		"deeper lists":        {"kind: " + strings.Repeat("[", 50000), "is not valid YAML: exceeded max depth of 10000"},
		"no UTF-8":            {"kind: a\nname: \xff\xfe", "f.yaml:2:7: is not valid UTF-8, want YAML text"},
		"binary":              {"\x7fELF\x02\x01\x01\x00", "f.yaml: is not valid YAML: control characters are not allowed"},
		"UTF-16":              {"\xff\xfek\x00i\x00", "f.yaml:1:1: is not valid UTF-8, want YAML text"},
		"nothing":             {"", "f.yaml: is empty, want a document of kind PipelineDeployment or Project"},
		"an empty document":   {"---\n...\n---\nnull\n", "f.yaml: is empty, want a document of kind PipelineDeployment or Project"},
		"an alias to nothing": {"kind: *x", "f.yaml: is not valid YAML: unknown anchor 'x' referenced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := load(t, map[string]string{"f.yaml": c.text}, Options{Files: []string{"f.yaml"}})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 2000 {
				t.Errorf("got %.3000v, want %q", err, c.want)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestMessagesDoNotShowSecrets writes a secret wherever a reference belongs.
func TestMessagesDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	_, err := load(t, map[string]string{"f.yaml": `
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: a}
spec:
  image: a
  auth: hunter2
  secretEnv: {A: hunter2, B: [hunter2], C: {value: hunter2}}
  settings: {deployer: {auth_key: hunter2}}
`}, Options{Files: []string{"f.yaml"}, Set: []string{"settings.deployer.auth_key=hunter2", "auth=hunter2", "secretEnv.X=hunter2"}})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	for _, p := range err.(Problems) {
		if strings.Contains(p.Hint, "hunter2") {
			t.Errorf("hint %q", p.Hint)
		}
	}
}

func TestPathsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"a"}, {"a", "b-c", "_d"}, {"a.b"}, {"a", "x/y", "z"}, {"9"}, {"a]b"}, {`q"`}, {"[x]"}, {"é"}, {"a b"}} {
		path := ""
		for _, key := range keys {
			path = joinPath(path, key)
		}
		got, err := splitPath(path)
		if err != nil || !slices.Equal(got, keys) {
			t.Errorf("%q is written %s and read %q, %v", keys, path, got, err)
		}
	}
}

func TestGlobs(t *testing.T) {
	t.Parallel()
	dir := tree{"a.yaml": "", "b/a.yaml": "", "b/c/a.yaml": "", "b/c/d.yml": "", ".h/a.yaml": "", ".x.yaml": "", "b/loop": "->..", "link.yaml": "->a.yaml", "dir.yaml/": ""}.write(t)
	root, err := OpenRoot(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string][]string{
		"*.yaml":       {"a.yaml", "link.yaml"},
		"**/*.yaml":    {"a.yaml", "b/a.yaml", "b/c/a.yaml", "link.yaml"},
		"**":           {"a.yaml", "b/a.yaml", "b/c/a.yaml", "b/c/d.yml", "link.yaml"},
		"**/c/**":      {"b/c/a.yaml", "b/c/d.yml"},
		"b/*/a.yaml":   {"b/c/a.yaml", "b/loop/a.yaml"},
		"./b/a.yaml":   {"b/a.yaml"},
		".h/*.yaml":    {".h/a.yaml"},
		"b/[a-c].yaml": {"b/a.yaml"},
		"nothing/*":    nil,
		"dir.yaml":     nil,
		"**/**/a.yaml": {"a.yaml", "b/a.yaml", "b/c/a.yaml"},
	} {
		got, err := glob(root, pattern)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", pattern, got, err, want)
		}
	}
}

// TestNullsAndOrderInWideMappings crosses the size from which mappings are
// searched by an index.
func TestNullsAndOrderInWideMappings(t *testing.T) {
	t.Parallel()
	var low, high strings.Builder
	var want Map
	for i := range 50 {
		fmt.Fprintf(&low, "K%d: low, ", i)
		switch {
		case i%3 == 0:
			fmt.Fprintf(&high, "K%d: null, ", i)
		case i%3 == 1:
			fmt.Fprintf(&high, "K%d: high, ", i)
			want = append(want, Entry{fmt.Sprintf("K%d", i), "high"})
		default:
			want = append(want, Entry{fmt.Sprintf("K%d", i), "low"})
		}
	}
	want = append(want, Entry{"NEW", "high"})
	l, err := load(t, map[string]string{"lading.yaml": `
apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: ml}
spec: {defaults: {env: {` + low.String() + `}}}
---
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: a}
spec: {image: a, env: {` + high.String() + `NEW: high}}
`}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, l.Resolved[0].Spec.Env); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	keys := deploymentType().keys()
	for word, want := range map[string]string{
		"imgae": "image", "secret_env": "secretEnv", "ENV": "env", "component": "components", "Settings": "settings",
		"x": "", "": "", "completely different": "", strings.Repeat("y", 10000): "",
	} {
		if got := nearest.Word(word, keys); got != want {
			t.Errorf("%.20q: got %q, want %q", word, got, want)
		}
	}
}
