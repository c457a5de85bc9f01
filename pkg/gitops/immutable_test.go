package gitops

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/manifest"
)

func object(t *testing.T, text string) *manifest.Object {
	t.Helper()
	o := decodeObject([]byte(text))
	if o == nil {
		t.Fatalf("not an object: %s", text)
	}
	return o
}

// kinds are the beginnings of the objects of the table below.
var kinds = map[string]string{
	"claim":   "apiVersion: v1, kind: PersistentVolumeClaim",
	"class":   "apiVersion: storage.k8s.io/v1, kind: StorageClass",
	"config":  "apiVersion: v1, kind: ConfigMap",
	"daemon":  "apiVersion: apps/v1, kind: DaemonSet",
	"deploy":  "apiVersion: apps/v1, kind: Deployment",
	"job":     "apiVersion: batch/v1, kind: Job",
	"role":    "apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding",
	"secret":  "apiVersion: v1, kind: Secret",
	"service": "apiVersion: v1, kind: Service",
	"set":     "apiVersion: apps/v1, kind: StatefulSet",
	"crd":     "apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition",
}

func TestImmutableFields(t *testing.T) {
	t.Parallel()
	for situation, c := range map[string]struct {
		kind, before, after string
		want                string // field old new, ...
	}{
		"a selector":                       {"deploy", "spec: {selector: {matchLabels: {app: a}}}", "spec: {selector: {matchLabels: {app: b}}}", `spec.selector.matchLabels.app "a" "b"`},
		"a selector gets a label":          {"daemon", "spec: {selector: {matchLabels: {app: a}}}", "spec: {selector: {matchLabels: {app: a, x: b}}}", `spec.selector.matchLabels.x nothing "b"`},
		"the rest of a deployment":         {"deploy", "spec: {replicas: 1, selector: {matchLabels: {a: b}}}", "spec: {replicas: 2, paused: true, selector: {matchLabels: {a: b}}}", ""},
		"a stateful set's service":         {"set", "spec: {serviceName: a}", "spec: {serviceName: b}", `spec.serviceName "a" "b"`},
		"its claims":                       {"set", "spec: {volumeClaimTemplates: [{spec: {resources: {requests: {storage: 1Gi}}}}]}", "spec: {volumeClaimTemplates: [{spec: {resources: {requests: {storage: 2Gi}}}}]}", `spec.volumeClaimTemplates[0].spec.resources.requests.storage "1Gi" "2Gi"`},
		"its claims, written otherwise":    {"set", "spec: {volumeClaimTemplates: [{spec: {resources: {requests: {storage: 1Gi}}}}]}", "spec: {volumeClaimTemplates: [{spec: {resources: {requests: {storage: 1024Mi}}}}]}", ""},
		"one claim more":                   {"set", "spec: {volumeClaimTemplates: [{a: b}]}", "spec: {volumeClaimTemplates: [{a: b}, {c: d}]}", `spec.volumeClaimTemplates [{"a":"b"}] [{"a":"b"},{"c":"d"}]`},
		"its policy, the default":          {"set", "spec: {}", "spec: {podManagementPolicy: OrderedReady}", ""},
		"its policy":                       {"set", "spec: {}", "spec: {podManagementPolicy: Parallel}", `spec.podManagementPolicy "OrderedReady" "Parallel"`},
		"its template":                     {"set", "spec: {template: {a: b}}", "spec: {template: {a: c}, replicas: 3}", ""},
		"an address":                       {"service", "spec: {clusterIP: 10.0.0.1}", "spec: {clusterIP: 10.0.0.2}", `spec.clusterIP "10.0.0.1" "10.0.0.2"`},
		"an address is given":              {"service", "spec: {}", "spec: {clusterIP: None}", `spec.clusterIP nothing "None"`},
		"headless no more":                 {"service", "spec: {clusterIP: None}", "spec: {}", `spec.clusterIP "None" nothing`},
		"an address is left out":           {"service", "spec: {clusterIP: 10.0.0.1}", "spec: {}", ""},
		"the address as a list":            {"service", "spec: {clusterIP: 10.0.0.1}", "spec: {clusterIPs: [10.0.0.1, 'fd00::1']}", ""},
		"an external name":                 {"service", "spec: {type: ExternalName, externalName: a}", "spec: {clusterIP: None}", ""},
		"the first family":                 {"service", "spec: {ipFamilies: [IPv4]}", "spec: {ipFamilies: [IPv6, IPv4]}", `spec.ipFamilies[0] "IPv4" "IPv6"`},
		"a second family":                  {"service", "spec: {ipFamilies: [IPv4]}", "spec: {ipFamilies: [IPv4, IPv6]}", ""},
		"a balancer's class":               {"service", "spec: {type: LoadBalancer}", "spec: {type: LoadBalancer, loadBalancerClass: x/y}", `spec.loadBalancerClass nothing "x/y"`},
		"a balancer's class with the type": {"service", "spec: {type: ClusterIP}", "spec: {type: LoadBalancer, loadBalancerClass: x/y}", ""},
		"a service's type and ports":       {"service", "spec: {type: ClusterIP, ports: [{port: 1}]}", "spec: {type: NodePort, ports: [{port: 2}]}", ""},
		"a job's image":                    {"job", "spec: {template: {spec: {containers: [{image: a}]}}}", "spec: {template: {spec: {containers: [{image: b}]}}}", `spec.template.spec.containers[0].image "a" "b"`},
		"a job's completions":              {"job", "spec: {completions: 1}", "spec: {completions: 2}", `spec.completions 1 2`},
		"an indexed job's size":            {"job", "spec: {completionMode: Indexed, completions: 1, parallelism: 1}", "spec: {completionMode: Indexed, completions: 2, parallelism: 2}", ""},
		"a job's patience":                 {"job", "spec: {backoffLimit: 1, parallelism: 1}", "spec: {backoffLimit: 2, suspend: true, parallelism: 3}", ""},
		"a claim's class":                  {"claim", "spec: {storageClassName: a}", "spec: {storageClassName: b}", `spec.storageClassName "a" "b"`},
		"a claim grows":                    {"claim", "spec: {resources: {requests: {storage: 1Gi}}}", "spec: {volumeAttributesClassName: x, resources: {requests: {storage: 2Gi}}}", ""},
		"a claim shrinks":                  {"claim", "spec: {resources: {requests: {storage: 2Gi}}}", "spec: {resources: {requests: {storage: 1000Mi}}}", `spec.resources.requests.storage "2Gi" "1000Mi"`},
		"a claim's mode, the default":      {"claim", "spec: {}", "spec: {volumeMode: Filesystem}", ""},
		"a class's parameters":             {"class", "parameters: {type: a}", "parameters: {type: b}", `parameters.type "a" "b"`},
		"a class that grows volumes":       {"class", "provisioner: x", "provisioner: x, allowVolumeExpansion: true, reclaimPolicy: Delete", ""},
		"whom a binding binds":             {"role", "roleRef: {name: a}", "roleRef: {name: a, apiGroup: rbac.authorization.k8s.io}, subjects: [{name: x}]", ""},
		"what it binds to":                 {"role", "roleRef: {name: a}", "roleRef: {name: b}", `roleRef.name "a" "b"`},
		"sealed data":                      {"config", "immutable: true, data: {a: '1'}", "immutable: true, data: {a: '2'}", `data.a "1" "2"`},
		"a seal is broken":                 {"config", "immutable: true, data: {a: '1'}", "data: {a: '1'}", `immutable true nothing`},
		"a seal is put on":                 {"config", "data: {a: '1'}", "immutable: true, data: {a: '2'}", ""},
		"a secret's values stay hidden":    {"secret", "immutable: true, data: {a: MQ==}", "immutable: true, data: {a: Mg==, b: Mg==}", `data.a (hidden) (hidden), data.b nothing (hidden)`},
		"a secret's type":                  {"secret", "type: Opaque", "type: kubernetes.io/tls", `type "Opaque" "kubernetes.io/tls"`},
		"a scope":                          {"crd", "spec: {scope: Cluster}", "spec: {scope: Namespaced}", `spec.scope "Cluster" "Namespaced"`},
		"broken shapes":                    {"service", "spec: {clusterIP: [a], ipFamilies: x}", "spec: {clusterIP: [a], ipFamilies: {}}", ""},
		"no spec":                          {"deploy", "spec: null", "spec: 5", ""},
	} {
		before, after := object(t, "{"+kinds[c.kind]+", "+c.before+"}"), object(t, "{"+kinds[c.kind]+", "+c.after+"}")
		var got []string
		for _, f := range immutableKindOf(before.ID()).changes(before, after) {
			got = append(got, f.Field+" "+f.Old+" "+f.New)
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", situation, text, c.want)
		}
	}
}

// The text of canonical manifests is compared before anything is decoded: what
// differs as data must differ as text.
func TestSectionsOfCanonicalManifests(t *testing.T) {
	t.Parallel()
	data, err := object(t, `{apiVersion: v1, kind: X, data: {selector: "a\n\n  selector: b\nspec:\n", z: {}}, roleRef: {name: a},
spec: {a: {selector: 1}, selector: {matchLabels: {b: c}}, list: [{selector: 2}], type: T}}`).YAML()
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"spec.selector": "  selector:\n    matchLabels:\n      b: c\n",
		"spec.list":     "  list:\n  - selector: 2\n",
		"spec.type":     "  type: T\n",
		"roleRef":       "roleRef:\n  name: a\n",
		"roleRef.name":  "  name: a\n",
		"spec.none":     "",
		"none":          "",
		"sel":           "",
	} {
		if got := string(section(data, field)); got != want {
			t.Errorf("%s: section is %q, want %q\n%s", field, got, want, data)
		}
	}
}

const jobText = "{apiVersion: batch/v1, kind: Job, metadata: {name: migrate, namespace: '{{ns}}', annotations: {%s}}, spec: {template: {spec: {containers: [{image: %s}]}}}}\n---\n"

func job(annotations, image string) string {
	return strings.Replace(strings.Replace(jobText, "%s", annotations, 1), "%s", image, 1)
}

func TestImmutableFieldsAreRefusedUnlessRecreated(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, job("", "a:1"))), nil)
	file := greetDir + "job-migrate.yaml"
	refusal := file + ": a running Job cannot change spec.template.spec.containers[0].image from \"a:1\" to \"a:2\""
	for engine, want := range map[string][]string{
		"":       {"argocd.argoproj.io/sync-options: Replace=true,Force=true (Argo CD) or the annotation kustomize"},
		"argocd": {"needs the annotation argocd.argoproj.io/sync-options: Replace=true,Force=true (Argo CD), or delete it"},
		"flux":   {"needs the annotation kustomize.toolkit.fluxcd.io/force: enabled (Flux), or"},
	} {
		r := greet(t, job("", "a:2"))
		r.Settings.Environment.Engine.Kind = engine
		p := mustPlan(t, runOf(r), tree)
		wantError[*SafetyError](t, p.Guard(nil), append(want, refusal, "--recreate")...)

		run := runOf(r)
		run.Recreate = true
		p = mustPlan(t, run, tree)
		if err := p.Guard(nil); err != nil {
			t.Errorf("--recreate: %v", err)
		}
		if len(p.Notices) != 1 || !strings.HasPrefix(p.Notices[0], refusal) || !strings.Contains(p.Notices[0], want[0]) {
			t.Errorf("notices are %q", p.Notices)
		}
	}
}

func TestWhatTheEngineReplacesMayChange(t *testing.T) {
	t.Parallel()
	const argo, hook, flux = "argocd.argoproj.io/sync-options: 'Force=true, Replace=true'", "argocd.argoproj.io/hook: PreSync", "kustomize.toolkit.fluxcd.io/force: enabled"
	for situation, c := range map[string]struct {
		engine, annotation string
		passes             bool
	}{
		"argocd replaces":        {"argocd", argo, true},
		"argocd has a hook":      {"argocd", hook, true},
		"flux replaces":          {"flux", flux, true},
		"unknown engine, flux":   {"", flux, true},
		"unknown engine, argocd": {"", argo, true},
		"argocd, but flux's":     {"argocd", flux, false},
		"flux, but argocd's":     {"flux", argo, false},
		"replace without force":  {"argocd", "argocd.argoproj.io/sync-options: Replace=true", false},
		"flux, switched off":     {"flux", "kustomize.toolkit.fluxcd.io/force: disabled", false},
	} {
		tree := publish(t, runOf(greet(t, job(c.annotation, "a:1"))), nil)
		r := greet(t, job(c.annotation, "a:2"))
		r.Settings.Environment.Engine.Kind = c.engine
		if err := mustPlan(t, runOf(r), tree).Guard(nil); (err == nil) != c.passes {
			t.Errorf("%s: error is %v", situation, err)
		}
	}
}

func TestImmutableFieldsOfMovedAndEditedObjects(t *testing.T) {
	t.Parallel()
	file := greetDir + "job-migrate.yaml"
	tree := publish(t, runOf(greet(t, job("", "a:1"))), nil)

	// Nobody applied the edit: the running Job is what was rendered.
	edited := tree.with(mapTree{file: strings.Replace(tree[file], "a:1", "a:9", 1)})
	if err := mustPlan(t, runOf(greet(t, job("", "a:1"))), edited).Guard(nil); err != nil {
		t.Errorf("putting an edit right is refused: %v", err)
	}
	moved := greet(t, job("", "a:2"))
	moved.Settings.GitOps.Path = "apps/{{environment}}/{{deployment}}"
	wantError[*SafetyError](t, mustPlan(t, runOf(moved), tree).Guard(nil), "apps/prod/greet/job-migrate.yaml: a running Job cannot change")

	// Many fields are counted.
	before := strings.Replace(job("", "a"), "{image: a}", "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}", 1)
	after := strings.ReplaceAll(before, ": 1", ": 2")
	tree = publish(t, runOf(greet(t, before)), nil)
	wantError[*SafetyError](t, mustPlan(t, runOf(greet(t, after)), tree).Guard(nil), "[0].e from 1 to 2, 2 more fields")
}
