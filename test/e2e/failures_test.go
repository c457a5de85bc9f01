//go:build e2e

package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A failure is a deployment with which something is wrong, and what status is
// to say of it.
type failure struct {
	name  string
	image string // the last part of its name, which says how pods behave
	spec  string // of the settings
	// files lie beside the settings.
	files map[string]string
	// own are manifests for a namespace of the deployment's own.
	own string
	// after is done when everything was applied.
	after func(t *testing.T, namespace string)

	phase, reason string
	setting       string // the field that decides
	says, next    string // part of the message, and of the next step
	// isReadyAtTimes: as pods are that fail only later.
	isReadyAtTimes bool
}

const (
	inPodSpec = "settings: {deployer: {pod_settings: {additional_pod_spec_args: {%s}}}}"
	saying    = "settings: {deployer: {annotations: {sim.lading.dev/behave: %s, sim.lading.dev/message: '%s'}}}"
	extras    = "settings: {deployer: {service_type: ClusterIP, additional_resources: [extras.yaml]}}"
	hooked    = "jsonnet: hook.jsonnet"
)

// failures lists ways to fail. Many are about pods, and have the cluster's
// Behaviours; the others need the real API server and controllers.
var failures = []failure{
	// Images.
	{name: "image-missing", image: "no-such", phase: "Failed", reason: "ImageNotFound", setting: "spec.image", says: "registry.example.com/no-such:1"},
	{name: "image-private", image: "private", phase: "Failed", reason: "ImageUnauthorized"},
	{name: "image-without-secret", image: "private", spec: "settings: {deployer: {image_pull_secrets: [regcred]}}",
		after: missPullSecret, phase: "Progressing", reason: "ImagePullSecretMissing", setting: "settings.deployer.image_pull_secrets", says: "regcred"},
	{name: "image-name", image: "INVALID", phase: "Failed", reason: "ImageNameInvalid", setting: "spec.image"},
	{name: "registry-down", image: "app", spec: fmt.Sprintf(saying, "pull-error", `failed to do request: Head "https://registry.example.com/v2/": dial tcp 203.0.113.5:443: i/o timeout`),
		phase: "Progressing", reason: "RegistryUnreachable"},
	{name: "registry-limit", image: "app", spec: fmt.Sprintf(saying, "pull-error", "429 Too Many Requests: toomanyrequests: You have reached your pull rate limit"),
		phase: "Progressing", reason: "RegistryRateLimited"},
	{name: "image-platform", image: "app", spec: fmt.Sprintf(saying, "pull-error", "no match for platform in manifest: not found"),
		phase: "Failed", reason: "ImagePlatformMismatch"},

	// Containers.
	{name: "crash", image: "crash", phase: "Failed", reason: "CrashLoop", says: "1"},
	{name: "exits", image: "exits", phase: "Failed", reason: "ExitedEarly"},
	{name: "out-of-memory", image: "oom", spec: "settings: {resources: {memory: 256MiB}}", phase: "Failed", reason: "OOMKilled", setting: "settings.resources.memory"},
	{name: "no-command", image: "start-error", spec: "settings: {deployer: {command: [/nothing]}}", phase: "Failed", reason: "CommandNotFound", setting: "settings.deployer.command"},
	{name: "init-crash", image: "init-crash", spec: fmt.Sprintf(inPodSpec, "init_containers: [{name: migrate, image: registry.example.com/migrate:1}]"),
		phase: "Failed", reason: "CrashLoop", says: "migrate"},
	{name: "no-secret", image: "config-error", spec: "secretEnv: {TOKEN: {secret: missing, key: token}}", phase: "Progressing", reason: "SecretMissing", says: "missing"},
	{name: "no-config-map", image: "mount-error", phase: "Progressing", reason: "ConfigMapMissing", says: "missing"},
	{name: "as-root", image: "app", spec: fmt.Sprintf(saying, "config-error", "container has runAsNonRoot and image will run as root"),
		phase: "Failed", reason: "RunsAsRoot"},
	{name: "liveness", image: "liveness-fails", phase: "Failed", reason: "LivenessProbeFailing", says: "500"},
	{name: "readiness", image: "probe-fails", phase: "Progressing", reason: "ReadinessProbeFailing", says: "503"},
	{name: "never-ready", image: "unready", phase: "Progressing", reason: "PodStarting"},
	{name: "slow", image: "slow", spec: "settings: {deployer: {annotations: {sim.lading.dev/delay: 1h}}}", phase: "Progressing", reason: "PodStarting"},
	{name: "evicted", image: "evict", spec: hooked,
		files: map[string]string{"hook.jsonnet": onDeployment(`{spec+: {minReadySeconds: 20}}`)},
		phase: "Progressing", reason: "Evicted"},

	// The scheduler.
	{name: "node-selector", image: "app", spec: "settings: {deployer: {pod_settings: {node_selectors: {disk: ssd}}}}",
		phase: "Progressing", reason: "NodeSelectorMismatch", setting: "settings.deployer.pod_settings.node_selectors"},
	{name: "taint", image: "app", spec: "settings: {deployer: {pod_settings: {node_selectors: {accelerator: gpu}}}}",
		phase: "Progressing", reason: "NodeSelectorMismatch", says: "untolerated taint", next: "tolerations"},
	{name: "too-much-cpu", image: "app", spec: "settings: {resources: {cpu_count: 4000}}",
		phase: "Progressing", reason: "InsufficientCPU", setting: "settings.resources.cpu_count"},
	{name: "too-much-memory", image: "app", spec: "settings: {resources: {memory: 4TiB}}",
		phase: "Progressing", reason: "InsufficientMemory", setting: "settings.resources.memory"},
	{name: "no-gpu", image: "app", spec: "settings: {resources: {gpu_count: 1}}",
		phase: "Progressing", reason: "InsufficientGPU", setting: "settings.resources.gpu_count"},
	{name: "affinity", image: "app", spec: "settings: {deployer: {pod_settings: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: nowhere}}}]}}}}}",
		phase: "Progressing", reason: "PodAffinityUnsatisfied"},
	{name: "scheduler", image: "app", spec: "settings: {deployer: {pod_settings: {scheduler_name: volcano}}}",
		phase: "Progressing", reason: "NotScheduled"},
	{name: "gated", image: "app", spec: fmt.Sprintf(inPodSpec, "schedulingGates: [{name: example.com/queue}]"),
		phase: "Progressing", reason: "SchedulingGated"},

	// Admission: no pods are created.
	{name: "quota", image: "app", own: `{apiVersion: v1, kind: ResourceQuota, metadata: {name: pods}, spec: {hard: {pods: "0"}}}`,
		phase: "Progressing", reason: "QuotaExceeded", says: "pods"},
	{name: "quota-of-requests", image: "app", own: `{apiVersion: v1, kind: ResourceQuota, metadata: {name: cpu}, spec: {hard: {requests.cpu: "4"}}}`,
		phase: "Failed", reason: "QuotaNeedsResources"},
	{name: "limit-range", image: "app", spec: "settings: {resources: {cpu_count: 2}}", own: `{apiVersion: v1, kind: LimitRange, metadata: {name: cpu}, spec: {limits: [{type: Container, max: {cpu: "1"}}]}}`,
		phase: "Failed", reason: "LimitRangeViolated"},
	{name: "pod-security", image: "app", own: `{apiVersion: v1, kind: Namespace, metadata: {name: $namespace, labels: {pod-security.kubernetes.io/enforce: restricted}}}`,
		phase: "Failed", reason: "PodSecurityViolated"},
	{name: "service-account", image: "app", spec: "settings: {deployer: {service_account_name: runner}}",
		phase: "Progressing", reason: "ServiceAccountMissing", setting: "settings.deployer.service_account_name", says: "runner"},
	{name: "priority", image: "app", spec: fmt.Sprintf(inPodSpec, "priority_class_name: urgent"), phase: "Progressing", reason: "PriorityClassMissing"},
	{name: "runtime-class", image: "app", spec: fmt.Sprintf(inPodSpec, "runtime_class_name: gvisor"), phase: "Progressing", reason: "RuntimeClassMissing"},
	{name: "webhook-denies", image: "app", own: "webhook", phase: "Failed", reason: "WebhookDenied", says: "images must be signed"},
	{name: "webhook-down", image: "app", own: "webhook", phase: "Progressing", reason: "WebhookUnreachable"},
	{name: "policy", image: "app", own: policy, phase: "Failed", reason: "PolicyDenied", says: "no pods here"},

	// What makes it reachable.
	{name: "no-address", image: "app", spec: hooked,
		files: map[string]string{"hook.jsonnet": onService(`{metadata+: {annotations+: {'sim.lading.dev/address': 'none'}}}`)},
		phase: "Progressing", reason: "NoLoadBalancerAddress"},
	{name: "selector", image: "app", spec: extras, files: extra(`{apiVersion: v1, kind: Service, metadata: {name: another}, spec: {selector: {app: another}, ports: [{port: 80}]}}`),
		phase: "Progressing", reason: "SelectorMatchesNothing"},
	{name: "target-port", image: "app", spec: hooked,
		files: map[string]string{"hook.jsonnet": onService(`{spec+: {type: 'ClusterIP', ports: [{name: 'http', port: 8000, targetPort: 'metrics'}]}}`)},
		phase: "Failed", reason: "TargetPortNotFound"},
	{name: "ingress-class", image: "app", spec: extras, files: extra(ingress("ingressClassName: absent", "{{service_name}}", "{{service_port}}")),
		phase: "Progressing", reason: "IngressClassMissing", says: "absent"},
	{name: "ingress-without-class", image: "app", spec: extras, files: extra(ingress("", "{{service_name}}", "{{service_port}}")),
		phase: "Progressing", reason: "NoIngressClass"},
	{name: "ingress-backend", image: "app", spec: extras, files: extra(ingress("ingressClassName: e2e", "nowhere", "80")),
		phase: "Progressing", reason: "BackendServiceMissing", says: "nowhere"},
	{name: "ingress-port", image: "app", spec: extras, files: extra(ingress("ingressClassName: e2e", "{{service_name}}", "81")),
		phase: "Failed", reason: "BackendPortMissing", says: "81"},

	// Other objects.
	{name: "no-metrics", image: "app", spec: "settings: {deployer: {service_type: ClusterIP}, resources: {cpu_count: 0.1, min_replicas: 1, max_replicas: 3, autoscaling_metric: cpu}}",
		phase: "Failed", reason: "HPAWithoutMetrics", isReadyAtTimes: true},
	{name: "no-class", image: "app", spec: extras, files: extra(claim("")), phase: "Progressing", reason: "NoStorageClass"},
	{name: "class-missing", image: "app", spec: extras, files: extra(claim("storageClassName: fast")), phase: "Progressing", reason: "StorageClassMissing", says: "fast"},
	{name: "job", image: "app", spec: extras, files: extra(`{apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: job, image: registry.example.com/crash:1}]}}}}`),
		phase: "Failed", reason: "BackoffLimitExceeded", isReadyAtTimes: true},
	{name: "custom", image: "app", spec: extras, files: extra(`{apiVersion: e2e.lading.dev/v1, kind: Database, metadata: {name: database}, spec: {size: 1}}`),
		after: func(t *testing.T, namespace string) {
			kubectl(t, "patch", "database", "database", "-n", namespace, "--subresource=status", "--type=merge", "-p", `{"status":{"conditions":[{"type":"Ready","status":"False","reason":"DiskFull","message":"the disk is full","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`)
		},
		phase: "Progressing", reason: "NotReady", says: "the disk is full", isReadyAtTimes: true},
	{name: "paused", image: "app", spec: hooked,
		files: map[string]string{"hook.jsonnet": onDeployment(`{spec+: {paused: true}}`)},
		phase: "Failed", reason: "Paused"},
	{name: "no-crd", image: "app", spec: extras, files: extra(`{apiVersion: e2e.lading.dev/v1, kind: Unknown, metadata: {name: unknown}}`),
		phase: "NotSynced", reason: "SyncKindMissing"},
	{name: "leaving", image: "app", own: `{apiVersion: v1, kind: ConfigMap, metadata: {name: keeper, finalizers: [e2e.lading.dev/keep]}}`,
		after: func(t *testing.T, namespace string) { kubectl(t, "delete", "namespace", namespace, "--wait=false") },
		phase: "NotSynced", reason: "NamespaceLeaving", isReadyAtTimes: true},
	{name: "finaliser", image: "app", spec: hooked,
		files: map[string]string{"hook.jsonnet": onService(`{metadata+: {finalizers: ['e2e.lading.dev/keep']}, spec+: {type: 'ClusterIP'}}`)},
		after: func(t *testing.T, namespace string) {
			kubectl(t, "delete", "service", "-l", "zenml-deployment-name=finaliser", "-n", namespace, "--wait=false")
		},
		phase: "Progressing", reason: "Terminating", isReadyAtTimes: true},
}

const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: $namespace}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "false", message: no pods here}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: $namespace}
spec: {policyName: $namespace, validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: $namespace}}}}
`

const webhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: $namespace}
webhooks:
- name: signatures.e2e.lading.dev
  clientConfig: {url: "%s", caBundle: %s}
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: $namespace}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  sideEffects: None
  admissionReviewVersions: [v1]
`

const prerequisites = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: e2e}
spec: {controller: example.com/ingress}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: databases.e2e.lading.dev}
spec:
  group: e2e.lading.dev
  scope: Namespaced
  names: {kind: Database, plural: databases, singular: database}
  versions: [{name: v1, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`

func extra(manifest string) map[string]string { return map[string]string{"extras.yaml": manifest} }

func onService(patch string) string    { return on("Service", patch) }
func onDeployment(patch string) string { return on("Deployment", patch) }

// on is a hook that patches the objects of a kind.
func on(kind, patch string) string {
	return `function(context, objects) [if o.kind == '` + kind + `' then o + ` + patch + ` else o for o in objects]`
}

func ingress(class, service, port string) string {
	return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: "{{name}}", annotations: {sim.lading.dev/address: none}}
spec:
  ` + class + `
  rules: [{host: e2e.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: "` + service + `", port: {number: ` + port + `}}}}]}}]
`
}

func claim(class string) string {
	return `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: "{{name}}"}
spec:
  ` + class + `
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`
}

// All failures are deployments of one project, so that one run of status
// judges them all.
func TestEveryFailureHasItsReason(t *testing.T) {

	t.Parallel()
	ns := namespace(t)
	apply(t, ns, prerequisites)
	p := newLive(t, ns)
	for _, f := range failures {
		spec := "image: registry.example.com/" + f.image + ":1\n" + f.spec
		if f.own != "" {
			own := makeNamespace(t, ns+"-"+f.name)
			f.prepare(t, own)
			spec += "\nenvironments: {test: {settings: {deployer: {namespace: " + own + "}}}}"
		}
		p.deployment(t, f.name, spec)
		for name, text := range f.files {
			p.write(t, f.name+"/"+name, text)
		}
	}
	p.publish(t)
	if refused := p.sync(t); !strings.Contains(refused, `no matches for kind "Unknown"`) || strings.Count(refused, "error") > 1 {
		t.Errorf("kubectl refused:\n%s", refused)
	}
	first, _ := p.status(t)
	for _, f := range failures {
		if f.after != nil {
			f.after(t, first[f.name].Namespace)
		}
	}
	seen := p.watch(t)
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) { f.check(t, seen[f.name]) })
	}
}

// watch looks until every failure was found out or time is up, and returns the
// last verdict on each.
func (p liveProject) watch(t *testing.T) map[string]verdict {
	t.Helper()
	seen := make(map[string]verdict)
	for deadline := time.Now().Add(patience); len(missing(seen)) > 0 && time.Now().Before(deadline); time.Sleep(time.Second) {
		all, r := p.status(t)
		if len(all) < len(failures) {
			t.Fatalf("status said nothing of some deployments:\n%s%s", r.stdout, r.stderr)
		}
		for _, f := range failures {
			v := all[f.name]
			if v.Phase == "Ready" && !f.isReadyAtTimes && !t.Failed() {
				t.Errorf("%s: Ready although it has the trouble %s", f.name, f.reason)
			}
			if !f.is(seen[f.name]) {
				seen[f.name] = v
			}
		}
	}
	return seen
}

func missing(seen map[string]verdict) []string {
	var names []string
	for _, f := range failures {
		if !f.is(seen[f.name]) {
			names = append(names, f.name)
		}
	}
	return names
}

func (f failure) is(v verdict) bool { return v.Phase == f.phase && v.Reason == f.reason }

func (f failure) check(t *testing.T, v verdict) {
	if !f.is(v) {
		t.Errorf("%s %s: %s\n  next: %s\nwant %s %s", v.Phase, v.Reason, v.Message, v.Next, f.phase, f.reason)
		for _, r := range append(v.Results, v.Warnings...) {
			t.Logf("  %+v %+v", r.Object, r)
		}
		return
	}
	if v.Next == "" || !strings.Contains(v.Next, f.next) {
		t.Errorf("the next step is %q, want one with %q", v.Next, f.next)
	}
	if !strings.Contains(v.SettingAt, f.setting) {
		t.Errorf("the setting that decides is %q at %q, want %s", v.Setting, v.SettingAt, f.setting)
	}
	if !strings.Contains(v.Message, f.says) {
		t.Errorf("message %q, want %q in it", v.Message, f.says)
	}
}

// prepare makes what the failure needs in its namespace.
func (f failure) prepare(t *testing.T, namespace string) {
	t.Helper()
	manifests := f.own
	if manifests == "webhook" {
		url, ca := "https://127.0.0.1:1/", []byte(nil)
		if f.name == "webhook-denies" {
			url, ca = denyingWebhook(t)
		}
		manifests = fmt.Sprintf(webhook, url, base64.StdEncoding.EncodeToString(ca))
	}
	apply(t, namespace, strings.ReplaceAll(manifests, "$namespace", namespace))
	if f.own == "webhook" || f.own == policy {
		t.Cleanup(func() { f.remove(namespace) })
		f.waitForDenial(t, namespace)
	}
}

// missPullSecret says what a kubelet says that does not find a pull secret.
func missPullSecret(t *testing.T, namespace string) {
	var pod string
	eventually(t, "the pod is there", func() string {
		pod = kubectl(t, "get", "pods", "-n", namespace, "-l", "zenml-deployment-name=image-without-secret", "-o", "jsonpath={.items[*].metadata.name}")
		return hide(pod == "", "yes")
	})
	apply(t, namespace, fmt.Sprintf(`
apiVersion: v1
kind: Event
metadata: {name: %[1]s.secret}
involvedObject: {apiVersion: v1, kind: Pod, namespace: %[2]s, name: %[1]s, uid: %[3]s}
type: Warning
reason: FailedToRetrieveImagePullSecret
message: Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.
count: 1
firstTimestamp: %[4]s
lastTimestamp: %[4]s
source: {component: kubelet}
`, pod, namespace, kubectl(t, "get", "pod", pod, "-n", namespace, "-o", "jsonpath={.metadata.uid}"), time.Now().UTC().Format(time.RFC3339)))
}

// remove removes what would keep others from making pods.
func (f failure) remove(namespace string) {
	ctx := context.Background()
	_, _ = shared.Kubectl(ctx, "delete", "validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings", namespace, "--ignore-not-found")
}

// waitForDenial waits until the API server knows of the webhook or policy.
func (f failure) waitForDenial(t *testing.T, namespace string) {
	t.Helper()
	eventually(t, "pods are denied", func() string {
		_, err := shared.Kubectl(t.Context(), "run", "try", "-n", namespace, "--image=registry.example.com/app", "--dry-run=server")
		if err == nil {
			return "they are accepted"
		}
		return "yes"
	})
}

// denyingWebhook starts a webhook that denies everything, and returns its URL
// and the authority of its certificate.
func denyingWebhook(t *testing.T) (url string, authority []byte) {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct{ Request struct{ UID string } }
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":%q,"allowed":false,"status":{"message":"images must be signed"}}}`, review.Request.UID)
	}))
	t.Cleanup(s.Close)
	return s.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}
