package render_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

// A fact is one thing that ZenML's deployer does, by its number in the
// project's notes on that deployer, and what lading does. Where lading
// deliberately does otherwise the row says why; docs/zenml-coverage.md has the
// long form.
//
// Facts 13, 15 to 18 and 20 have a table of their own below. 34, 42 and 43 are
// the cases level-3 and level-4 of testdata/render. 39 and 44 to 46 are about
// names and about Jinja2 itself, and are tested where those are.
type fact struct {
	numbers string
	says    string
	spec    string // below spec; the image and the id are given
	files   string // further files, as a txtar archive
	want    fields // what is where in the objects
	warns   string // a part of the warnings
	refused string // a part of the error
}

// fields maps a place, as in "Deployment/spec/replicas", to what is there;
// absent tells that nothing is.
type fields map[string]any

type absence struct{}

var absent = absence{}

const (
	factID   = "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"
	factName = "zenml-" + factID
)

var facts = []fact{
	{
		numbers: "1 3 4 5 50", says: "names and labels of the objects",
		want: fields{
			"Deployment/metadata/name":                        factName,
			"Service/metadata/name":                           factName,
			"Deployment/metadata/labels":                      labelsWith("app", factName),
			"Deployment/spec/template/metadata/labels":        labelsWith("app", factName),
			"Service/metadata/labels":                         labelsWith("app", factName),
			"Namespace/metadata/labels":                       map[string]any{"managed-by": "zenml"},
			"Deployment/spec/template/spec/containers/0/name": "main",
		},
	},
	{
		numbers: "2", says: "an upper-case id is lower-cased, in the label too",
		spec: "id: 3F2A9C1E-0B7D-4C55-9F1E-1A2B3C4D5E6F",
		want: fields{
			"Deployment/metadata/name":                       factName,
			"Deployment/metadata/labels/zenml-deployment-id": factID,
		},
	},
	{
		numbers: "6", says: "the Service by default",
		want: fields{
			"Service/spec/type": "LoadBalancer",
			"Service/spec/ports": []any{map[string]any{
				"name": "http", "port": int64(8000), "targetPort": int64(8000), "protocol": "TCP",
			}},
		},
	},
	{
		numbers: "7", says: "service_port moves everything, the container's port too",
		spec: "settings: {deployer: {service_port: 9000}}",
		want: fields{
			"Service/spec/ports/0/port":                                               int64(9000),
			"Service/spec/ports/0/targetPort":                                         int64(9000),
			"Deployment/spec/template/spec/containers/0/readinessProbe/httpGet/port":  int64(9000),
			"Deployment/spec/template/spec/containers/0/livenessProbe/httpGet/port":   int64(9000),
			"Deployment/spec/template/spec/containers/0/ports/0/containerPort":        int64(9000),
			"Deployment/spec/template/spec/containers/0/ports/0/name":                 "http",
			"Deployment/spec/template/spec/containers/0/livenessProbe/httpGet/scheme": absent,
		},
	},
	{
		numbers: "8", says: "the probes by default",
		want: fields{
			"Deployment/spec/template/spec/containers/0/readinessProbe": probe(10),
			"Deployment/spec/template/spec/containers/0/livenessProbe":  probe(30),
		},
	},
	{
		numbers: "9", says: "a probe path begins with a slash",
		spec: "settings: {deployer: {readiness_probe_path: health}}", refused: "readiness_probe_path",
	},
	{
		numbers: "9", says: "a probe's delay is above 0",
		spec: "settings: {deployer: {liveness_probe_initial_delay: 0}}", refused: "liveness_probe_initial_delay",
	},
	{
		numbers: "10", says: "the namespace by default",
		want: fields{"Deployment/metadata/namespace": "zenml-deployments", "Namespace/metadata/name": "zenml-deployments"},
	},
	{
		numbers: "10", says: "the namespace of the settings",
		spec: "settings: {deployer: {namespace: 0a}}",
		want: fields{"Deployment/metadata/namespace": "0a", "Service/metadata/namespace": "0a", "Namespace/metadata/name": "0a"},
	},
	{
		numbers: "11", says: "a namespace is an RFC 1123 label",
		spec: "settings: {deployer: {namespace: a.b}}", refused: "namespace",
	},
	{
		numbers: "12", says: "three types of Service",
		spec: "settings: {deployer: {service_type: clusterip}}", refused: "service_type",
	},
	{
		numbers: "13 23", says: "the reference's Level 1",
		spec: "settings: {resources: {cpu_count: 1, memory: 2GB, min_replicas: 1, max_replicas: 3}, deployer: {labels: {version: '1.0'}}}",
		want: fields{
			"Deployment/spec/replicas":                                 int64(1),
			"Deployment/spec/template/spec/containers/0/resources":     both("cpu", "1", "memory", "1907Mi"),
			"Deployment/metadata/labels/version":                       "1.0",
			"Deployment/spec/template/metadata/labels/version":         "1.0",
			"Service/metadata/labels/version":                          "1.0",
			"Deployment/spec/selector/matchLabels/zenml-deployment-id": factID,
		},
	},
	{
		numbers: "14", says: "the reference's Level 2",
		spec: "settings: {resources: {cpu_count: 2, memory: 4GB, min_replicas: 2, max_replicas: 10}, deployer: {service_type: ClusterIP}}",
		want: fields{
			"Deployment/spec/replicas":                             int64(2),
			"Deployment/spec/template/spec/containers/0/resources": both("cpu", "2", "memory", "3814Mi"),
			"Service/spec/type":                                    "ClusterIP",
		},
	},
	{
		numbers: "18", says: "GPUs are a string, on both sides",
		spec: "settings: {resources: {gpu_count: 2}}",
		want: fields{"Deployment/spec/template/spec/containers/0/resources": both("nvidia.com/gpu", "2")},
	},
	{
		numbers: "18", says: "no GPU, no key",
		spec: "settings: {resources: {gpu_count: 0, cpu_count: 1}}",
		want: fields{"Deployment/spec/template/spec/containers/0/resources": both("cpu", "1")},
	},
	{
		numbers: "19", says: "no resource settings, no resources",
		want: fields{"Deployment/spec/template/spec/containers/0/resources": absent, "Deployment/spec/replicas": int64(1)},
	},
	{
		numbers: "21", says: "ZenML ignores the metric, lading renders an autoscaler",
		spec: "settings: {resources: {cpu_count: 1, min_replicas: 1, max_replicas: 4, autoscaling_metric: cpu}}",
		want: fields{
			"HorizontalPodAutoscaler/spec/minReplicas":                              int64(1),
			"HorizontalPodAutoscaler/spec/maxReplicas":                              int64(4),
			"HorizontalPodAutoscaler/spec/metrics/0/resource/target":                map[string]any{"type": "Utilization", "averageUtilization": int64(80)},
			"HorizontalPodAutoscaler/spec/scaleTargetRef/name":                      factName,
			"Deployment/spec/replicas":                                              absent,
			"HorizontalPodAutoscaler/metadata/labels/zenml-deployment-name":         "my-deployment",
			"HorizontalPodAutoscaler/spec/metrics/0/resource/target/averageValue":   absent,
			"HorizontalPodAutoscaler/spec/behavior/scaleDown/stabilizationWindow/x": absent,
		},
	},
	{
		numbers: "21", says: "as many at most as at least: nothing to scale",
		spec: "settings: {resources: {cpu_count: 1, min_replicas: 3, max_replicas: 3, autoscaling_metric: cpu}}",
		want: fields{"HorizontalPodAutoscaler": absent, "Deployment/spec/replicas": int64(3)},
	},
	{
		numbers: "22", says: "label values are made valid on every object alike",
		spec: "settings: {deployer: {labels: {team: ml platform}}}",
		want: fields{
			"Deployment/metadata/labels/team":               "ml-platform",
			"Deployment/spec/template/metadata/labels/team": "ml-platform",
			"Service/metadata/labels/team":                  "ml-platform",
			"Namespace/metadata/labels/team":                absent,
		},
		warns: `label value "ml platform" is not one that Kubernetes accepts, written as "ml-platform"`,
	},
	{
		numbers: "24", says: "annotations are the pods' alone",
		spec: "settings: {deployer: {annotations: {a: b}}}",
		want: fields{
			"Deployment/spec/template/metadata/annotations": map[string]any{"a": "b"},
			"Deployment/metadata/annotations":               absent,
			"Service/metadata/annotations":                  absent,
		},
	},
	{
		numbers: "24", says: "no annotations, no key",
		want: fields{"Deployment/spec/template/metadata/annotations": absent},
	},
	{
		numbers: "25", says: "the pod's labels and annotations beat the deployer's, on the pods",
		spec: "settings: {deployer: {labels: {l: d}, annotations: {a: d}, pod_settings: {labels: {l: p}, annotations: {a: p}}}}",
		want: fields{
			"Deployment/metadata/labels/l":                    "d",
			"Deployment/spec/template/metadata/labels/l":      "p",
			"Deployment/spec/template/metadata/annotations/a": "p",
		},
	},
	{
		numbers: "26", says: "ZenML ignores the pod's pull secrets, lading joins them",
		spec: "settings: {deployer: {image_pull_secrets: [a, b], pod_settings: {image_pull_secrets: [c]}}}",
		want: fields{"Deployment/spec/template/spec/imagePullSecrets": []any{
			map[string]any{"name": "a"}, map[string]any{"name": "b"}, map[string]any{"name": "c"},
		}},
	},
	{
		numbers: "26", says: "no pull secrets, no key",
		want: fields{"Deployment/spec/template/spec/imagePullSecrets": absent},
	},
	{
		numbers: "27", says: "a command keeps ZenML's arguments",
		spec: "settings: {deployer: {command: [/bin/run]}}",
		want: fields{
			"Deployment/spec/template/spec/containers/0/command": []any{"/bin/run"},
			"Deployment/spec/template/spec/containers/0/args":    zenmlArgs,
		},
	},
	{
		numbers: "28 29", says: "an empty command is ZenML's",
		spec: "settings: {deployer: {command: [], args: []}}",
		want: fields{
			"Deployment/spec/template/spec/containers/0/command": []any{"python", "-m", "zenml.entrypoints.entrypoint"},
			"Deployment/spec/template/spec/containers/0/args":    zenmlArgs,
		},
	},
	{
		numbers: "30", says: "order of the variables; Secrets are existing ones",
		spec: "env: {Z: '1', A: '2'}\nsecretEnv: {T: {secret: s, key: k}}\nsettings: {deployer: {pod_settings: {env: [{name: P, value: '3'}]}}}",
		want: fields{"Deployment/spec/template/spec/containers/0/env": []any{
			map[string]any{"name": "Z", "value": "1"},
			map[string]any{"name": "A", "value": "2"},
			map[string]any{"name": "P", "value": "3"},
			map[string]any{"name": "T", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "s", "key": "k"}}},
		}},
	},
	{
		numbers: "31", says: "no Secret is ever written",
		spec: "secretEnv: {T: {secret: s, key: k}}",
		want: fields{"Secret": absent},
	},
	{
		numbers: "32", says: "names of variables are not rewritten but refused",
		spec: "secretEnv: {my-key: {secret: s, key: k}}", refused: "my-key",
	},
	{
		numbers: "32", says: "a Secret's variable clashes with a plain one",
		spec: "env: {T: '1'}\nsecretEnv: {T: {secret: s, key: k}}", refused: "secretEnv.T",
	},
	{
		numbers: "33", says: "order of the stream",
		spec:  "settings: {deployer: {additional_resources: [b.yaml, a.yaml]}, resources: {cpu_count: 1, max_replicas: 3, autoscaling_metric: cpu}}",
		files: "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n-- b.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n",
		want:  fields{"": []string{"Namespace", "Deployment", "Service", "HorizontalPodAutoscaler", "Secret", "ConfigMap"}},
	},
	{
		numbers: "35", says: "strict: an unknown variable is an error",
		spec:  "settings: {deployer: {additional_resources: [a.yaml]}}",
		files: "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ nope }}'}\n", refused: "a.yaml:",
	},
	{
		numbers: "35 36", says: "not strict: the whole file is left out, the others are there",
		spec: "settings: {deployer: {additional_resources: [a.yaml, b.yaml], strict_additional_resources: false}}",
		files: "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nname: '{{ nope }}'\n" +
			"-- b.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
		want:  fields{"": []string{"Namespace", "Deployment", "Service", "ConfigMap"}, "ConfigMap/metadata/name": "b"},
		warns: "nope",
	},
	{
		numbers: "37", says: "strict: a document without kind is an error, which ZenML drops",
		spec:  "settings: {deployer: {additional_resources: [a.yaml]}}",
		files: "-- a.yaml --\napiVersion: v1\nmetadata: {name: a}\n", refused: "a.yaml:1: object has no kind",
	},
	{
		numbers: "37", says: "not strict: that document is left out",
		spec:  "settings: {deployer: {additional_resources: [a.yaml], strict_additional_resources: false}}",
		files: "-- a.yaml --\napiVersion: v1\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
		want:  fields{"ConfigMap/metadata/name": "b"},
		warns: "a.yaml:1: left out: object has no kind",
	},
	{
		numbers: "38", says: "an empty file is nothing",
		spec:  "settings: {deployer: {additional_resources: [a.yaml]}}",
		files: "-- a.yaml --\n# Nothing.\n",
		want:  fields{"": []string{"Namespace", "Deployment", "Service"}},
	},
	{
		numbers: "40", says: "a service template alone: the Deployment is the built-in one",
		spec: "settings: {deployer: {custom_templates_dir: t}}",
		files: "-- t/service.jsonnet --\nlocal service = import 'lading/service.libsonnet';\n" +
			"function(context) service.fromContext(context) + { spec+: { sessionAffinity: 'ClientIP' } }\n",
		want: fields{"Service/spec/sessionAffinity": "ClientIP", "Deployment/spec/replicas": int64(1)},
	},
	{
		numbers: "41", says: "custom_templates_dir that is not there",
		spec: "settings: {deployer: {custom_templates_dir: ./no/../nowhere}}", refused: "nowhere",
	},
	{
		numbers: "47", says: "the pod's own fields",
		spec: "settings: {deployer: {pod_settings: {node_selectors: {gpu: 'yes'}, scheduler_name: volcano, host_ipc: true}}}",
		want: fields{
			"Deployment/spec/template/spec/nodeSelector":  map[string]any{"gpu": "yes"},
			"Deployment/spec/template/spec/schedulerName": "volcano",
			"Deployment/spec/template/spec/hostIPC":       true,
		},
	},
	{
		numbers: "47", says: "host_ipc: false is absent",
		spec: "settings: {deployer: {pod_settings: {host_ipc: false}}}",
		want: fields{"Deployment/spec/template/spec/hostIPC": absent},
	},
	{
		numbers: "48", says: "the pod's resources lie over the computed ones",
		spec: "settings: {resources: {cpu_count: 0.1}, deployer: {pod_settings: {resources: {limits: {cpu: 1, memory: 1Gi}}}}}",
		want: fields{"Deployment/spec/template/spec/containers/0/resources": map[string]any{
			"requests": map[string]any{"cpu": "100m"},
			"limits":   map[string]any{"cpu": "1", "memory": "1Gi"},
		}},
	},
	{
		numbers: "49", says: "an app label breaks no selector",
		spec: "settings: {deployer: {labels: {app: other}, pod_settings: {labels: {app: third}}}}",
		want: fields{
			"Service/spec/selector":                        map[string]any{"managed-by": "zenml", "zenml-deployment-id": factID},
			"Deployment/spec/selector/matchLabels":         map[string]any{"managed-by": "zenml", "zenml-deployment-id": factID},
			"Deployment/metadata/labels/app":               "other",
			"Deployment/spec/template/metadata/labels/app": "third",
		},
	},
	{
		numbers: "50", says: "a misspelt setting is refused",
		spec: "settings: {deployer: {service_prot: 1}}", refused: `unknown key "service_prot"`,
	},
}

var zenmlArgs = []any{
	"--entrypoint_config_source",
	"zenml.deployers.server.entrypoint_configuration.DeploymentEntrypointConfiguration",
	"--deployment_id",
	factID,
}

func TestFacts(t *testing.T) {
	t.Parallel()
	for _, f := range facts {
		t.Run(f.numbers+" "+f.says, func(t *testing.T) {
			t.Parallel()
			out, err := renderSpec(t, f.spec, f.files)
			if f.refused != "" || err != nil {
				if err == nil || f.refused == "" || !strings.Contains(err.Error(), f.refused) {
					t.Fatalf("error is %v, want one about %q", err, f.refused)
				}
				return
			}
			got := fields{}
			for place := range f.want {
				got[place] = at(out.Set, place)
			}
			if diff := cmp.Diff(f.want, got, cmp.AllowUnexported(absence{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if warnings := story(out.Warnings); !strings.Contains(warnings, f.warns) {
				t.Errorf("warnings are %q, want %q among them", warnings, f.warns)
			}
		})
	}
}

// Quantities and replicas have tables of their own, which are facts 13, 15 to
// 18 and 20.
func TestQuantitiesAndReplicas(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"cpu_count: 0.5":                      "cpu 500m",
		"cpu_count: 1.5":                      "cpu 1500m",
		"cpu_count: 2.0":                      "cpu 2",
		"cpu_count: 1.001":                    "cpu 1001m",
		"cpu_count: 0.0019":                   "cpu 1m",
		"cpu_count: 0.0005":                   "error 0.001 or more",
		"cpu_count: 0":                        "error cpu_count",
		"memory: 2GB":                         "memory 1907Mi",
		"memory: 4GB":                         "memory 3814Mi",
		"memory: 8GB":                         "memory 7629Mi",
		"memory: 16GB":                        "memory 15258Mi",
		"memory: 2GiB":                        "memory 2Gi",
		"memory: 1GiB":                        "memory 1Gi",
		"memory: 2048MiB":                     "memory 2Gi",
		"memory: 1536MiB":                     "memory 1536Mi",
		"memory: 512MB":                       "memory 488Mi",
		"memory: 1000MB":                      "memory 953Mi",
		"memory: 100MB":                       "memory 95Mi",
		"memory: 1TB":                         "memory 953674Mi",
		"memory: 1TiB":                        "memory 1024Gi",
		"memory: 500KB":                       "error 500KB",
		"memory: 0GB":                         "error 0GB",
		"memory: 2Gi":                         "error memory",
		"memory: 2.5GB":                       "error memory",
		"memory: 2 GB":                        "error memory",
		"memory: 2gb":                         "error memory",
		"":                                    "replicas 1",
		"{min_replicas: 1, max_replicas: 3}":  "replicas 1",
		"{min_replicas: 2, max_replicas: 10}": "replicas 2",
		"{min_replicas: 3, max_replicas: 3}":  "replicas 3",
		"max_replicas: 4":                     "replicas 4",
		"max_replicas: 0":                     "replicas 1",
		"min_replicas: 0":                     "replicas 1",
		"{min_replicas: 0, max_replicas: 0}":  "replicas 1",
		"{min_replicas: 0, max_replicas: 5}":  "replicas 1",
		"min_replicas: 2":                     "replicas 2",
		"{min_replicas: 3, max_replicas: 0}":  "replicas 3",
		"{min_replicas: 5, max_replicas: 2}":  "error min_replicas",
		"{cpu_count: 1, max_replicas: 2, autoscaling_metric: cpu, autoscaling_target: 101}": "error from 1 to 100",
		"{cpu_count: 1, max_replicas: 2, autoscaling_metric: cpu, autoscaling_target: 0.5}": "error from 1 to 100",
		"{cpu_count: 1, min_replicas: 2, autoscaling_metric: cpu}":                          "error upper bound",
		"{cpu_count: 1, max_replicas: 2, autoscaling_metric: memory}":                       "error needs a request",
	} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			if settings != "" && settings[0] != '{' {
				settings = "{" + settings + "}"
			}
			out, err := renderSpec(t, "settings: {resources: "+settings+"}", "")
			kind, value, _ := strings.Cut(want, " ")
			if kind == "error" || err != nil {
				if err == nil || kind != "error" || !strings.Contains(err.Error(), value) {
					t.Errorf("error is %v, want %q", err, want)
				}
				return
			}
			path := map[string]string{
				"replicas": "Deployment/spec/replicas",
				"cpu":      "Deployment/spec/template/spec/containers/0/resources/limits/cpu",
				"memory":   "Deployment/spec/template/spec/containers/0/resources/requests/memory",
			}[kind]
			if got := fmt.Sprint(at(out.Set, path)); got != value {
				t.Errorf("%s is %s, want %s", kind, got, value)
			}
		})
	}
}

// renderSpec renders a deployment with that spec.
func renderSpec(t *testing.T, spec, files string) (*render.Output, error) {
	t.Helper()
	dir := t.TempDir()
	unpack(t, dir, files)
	text := "apiVersion: lading.dev/v1alpha1\nkind: PipelineDeployment\nmetadata: {name: my_deployment}\nspec:\n" +
		"  image: registry.example.com/zenml:greet\n"
	if !strings.Contains(spec, "id: ") {
		text += "  id: " + factID + "\n"
	}
	text += "  " + strings.ReplaceAll(spec, "\n", "\n  ") + "\n"
	write(t, filepath.Join(dir, "deployment.yaml"), text)
	loaded, err := settings.Load(settings.Options{Dir: dir, NoProject: true, Files: []string{"deployment.yaml"}})
	if err != nil {
		return nil, err
	}
	return render.New(render.Options{}).Render(context.Background(), inputs(loaded)[0])
}

func write(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}

// at returns what is at a place in the first object of a kind, the kinds of
// all objects at the empty place.
func at(set *manifest.Set, place string) any {
	var kinds []string
	kind, path, _ := strings.Cut(place, "/")
	for _, o := range set.Objects() {
		if o.Kind() == kind {
			return follow(o.Body, path)
		}
		kinds = append(kinds, o.Kind())
	}
	if place == "" {
		return kinds
	}
	return absent
}

func follow(v any, path string) any {
	for path != "" {
		var key string
		key, path, _ = strings.Cut(path, "/")
		next := any(absent)
		switch in := v.(type) {
		case map[string]any:
			if item, ok := in[key]; ok {
				next = item
			}
		case []any:
			if i, err := strconv.Atoi(key); err == nil && i < len(in) {
				next = in[i]
			}
		}
		if next == any(absent) {
			return absent
		}
		v = next
	}
	return v
}

func labelsWith(key, value string) map[string]any {
	return map[string]any{
		"zenml-deployment-id": factID, "zenml-deployment-name": "my-deployment", "managed-by": "zenml", key: value,
	}
}

func probe(delay int64) map[string]any {
	return map[string]any{
		"httpGet":             map[string]any{"path": "/api/health", "port": int64(8000)},
		"initialDelaySeconds": delay, "periodSeconds": int64(10), "timeoutSeconds": int64(5), "failureThreshold": int64(3),
	}
}

func both(quantities ...string) map[string]any {
	side := func() map[string]any {
		m := map[string]any{}
		for i := 0; i < len(quantities); i += 2 {
			m[quantities[i]] = quantities[i+1]
		}
		return m
	}
	return map[string]any{"requests": side(), "limits": side()}
}
