package status

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// renderedWeb and liveWeb are a Deployment as rendered, and as an API server
// gives it back.
const renderedWeb = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web, empty: ""}
  annotations: {}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      creationTimestamp: null
      labels: {app: web}
    spec:
      hostNetwork: false
      restartPolicy: ""
      nodeSelector: {}
      tolerations:
      - {key: gpu, operator: Exists}
      containers:
      - name: web
        image: registry.example.com/web:1.4.2
        args: [serve, --port=8000]
        env:
        - {name: PORT, value: "8000"}
        - {name: EMPTY, value: ""}
        ports:
        - {containerPort: 8000, name: http}
        resources:
          limits: {cpu: 1000m, memory: 1024Mi}
          requests: {cpu: 0.5, memory: 0.5Gi}
        livenessProbe:
          httpGet: {path: /health, port: 8000}
          initialDelaySeconds: 0
          timeoutSeconds: 0
        securityContext: {runAsNonRoot: true, privileged: false}
        volumeMounts:
        - {mountPath: /tmp, name: tmp, readOnly: false}
      volumes:
      - {name: tmp, emptyDir: {}}
`

const liveWeb = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  generation: 3
  resourceVersion: "4711"
  labels: {app: web, empty: "", argocd.argoproj.io/instance: web}
  annotations: {deployment.kubernetes.io/revision: "3"}
spec:
  progressDeadlineSeconds: 600
  replicas: 2
  revisionHistoryLimit: 10
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}, type: RollingUpdate}
  template:
    metadata:
      labels: {app: web}
      annotations: {kubectl.kubernetes.io/restartedAt: "2026-03-04T10:00:00Z"}
    spec:
      dnsPolicy: ClusterFirst
      restartPolicy: Always
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
      tolerations:
      - {effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}
      - {key: gpu, operator: Exists}
      containers:
      - name: injected
        image: registry.example.com/proxy:1
      - name: web
        image: registry.example.com/web:1.4.2
        imagePullPolicy: IfNotPresent
        args: [serve, --port=8000]
        env:
        - {name: INJECTED, value: "1"}
        - {name: EMPTY}
        - {name: PORT, value: "8000"}
        ports:
        - {containerPort: 9000, protocol: TCP}
        - {containerPort: 8000, name: http, protocol: TCP}
        resources:
          limits: {cpu: "1", memory: 1Gi}
          requests: {cpu: 500m, memory: 512Mi}
        livenessProbe:
          failureThreshold: 3
          httpGet: {path: /health, port: 8000, scheme: HTTP}
          periodSeconds: 10
          successThreshold: 1
          timeoutSeconds: 1
        securityContext: {runAsNonRoot: true, privileged: false}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
        volumeMounts:
        - {mountPath: /etc/injected, name: injected}
        - {mountPath: /tmp, name: tmp}
      volumes:
      - {name: injected, configMap: {name: injected, defaultMode: 420}}
      - {name: tmp, emptyDir: {}}
status: {observedGeneration: 3, replicas: 2}
`

func bodyOf(t *testing.T, text string) map[string]any {
	t.Helper()
	docs := manifest.Documents([]byte(text))
	if len(docs) != 1 || docs[0].Err != nil {
		t.Fatalf("want one document: %+v", docs)
	}
	return docs[0].Value.(map[string]any)
}

// compareAll compares objects of which all count.
func compareAll(objects []*manifest.Object, live *Live) Sync {
	s := (&Target{Objects: objects}).Compared(nil, live, Result{})
	s.Compared = nil
	return s
}

func compareTexts(t *testing.T, rendered, live string) Sync {
	t.Helper()
	return compareAll([]*manifest.Object{{Body: bodyOf(t, rendered)}}, NewLive([]*unstructured.Unstructured{{Object: bodyOf(t, live)}}, nil))
}

func TestCompareTakesADefaultedObjectForApplied(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(Sync{Result: Result{Phase: Ready}}, compareTexts(t, renderedWeb, liveWeb)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCompareNamesTheFirstFieldThatDiffers(t *testing.T) {
	t.Parallel()
	for from, test := range map[string]struct{ to, want string }{
		"web:1.4.2":                   {"web:1.4.1", `spec.template.spec.containers[web].image is "registry.example.com/web:1.4.1", want "registry.example.com/web:1.4.2"`},
		"--port=8000":                 {"--port=9000", `spec.template.spec.containers[web].args[1] is "--port=9000", want "--port=8000"`},
		"[serve, --port=8000]":        {"[serve]", `spec.template.spec.containers[web].args is "1 items", want "2 items"`},
		"name: PORT, value: \"8000\"": {"name: PORT, value: \"9000\"", `spec.template.spec.containers[web].env[PORT].value is "9000", want "8000"`},
		"name: EMPTY}":                {"name: EMPTY, value: full}", `spec.template.spec.containers[web].env[EMPTY].value is "full", want ""`},
		"containerPort: 8000":         {"containerPort: 8001", `spec.template.spec.containers[web].ports[8000/TCP] is not there, want there`},
		"cpu: 500m":                   {"cpu: 501m", `spec.template.spec.containers[web].resources.requests.cpu is "501m", want 0.5`},
		"memory: 512Mi":               {"memory: 512M", `spec.template.spec.containers[web].resources.requests.memory is "512M", want "0.5Gi"`},
		"replicas: 2\n  rev":          {"replicas: 1\n  rev", `spec.replicas is 1, want 2`},
		`empty: "", `:                 {"", `metadata.labels.empty is nothing, want ""`},
		"key: gpu":                    {"key: tpu", `spec.template.spec.tolerations[0] is not there, want [key:gpu operator:Exists]`},
		"name: tmp, emptyDir: {}":     {"name: tmp, hostPath: {path: /tmp}", `spec.template.spec.volumes[tmp].emptyDir is nothing, want []`},
		"privileged: false":           {"capabilities: {}", `spec.template.spec.containers[web].securityContext.privileged is nothing, want false`},
		"mountPath: /tmp":             {"mountPath: /var", `spec.template.spec.containers[web].volumeMounts[/tmp] is not there, want there`},
	} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			live := strings.Replace(liveWeb, from, test.to, 1)
			if live == liveWeb {
				t.Fatalf("%q is not there", from)
			}
			got := compareTexts(t, renderedWeb, live)
			want := Sync{Result: Result{
				ID:    manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"},
				Phase: NotSynced, Reason: DiffersFromLive,
				Message: "deployment.apps/shop/web: " + test.want, Next: "see whether the engine syncs it, or wait",
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompareKnowsWhatKindsMean(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ rendered, live, want string }{
		"stringData is stored as data": {
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, stringData: {a: hello}}",
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, type: Opaque, data: {a: aGVsbG8=}}", ""},
		"a Secret's value is never shown": {
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, stringData: {a: hello}}",
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: Ynll}}", "secret/ns/s: data.a is another value, want the committed one"},
		"a Secret's key that was taken away": {
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: aGVsbG8=}}",
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: aGVsbG8=, b: Ynll}}", "secret/ns/s: data.b is another value, want nothing"},
		"base64 may be wrapped": {
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: \"aGVs\\nbG8=\"}}",
			"{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: aGVsbG8=}}", ""},
		"a ConfigMap's key that was taken away": {
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {a: x}}",
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {a: x, b: z}}", `configmap/ns/c: data.b is "z", want nothing`},
		"a ConfigMap that others fill": {
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}}",
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {ca.crt: x}}", ""},
		"an empty value of a ConfigMap is a value": {
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {a: ''}}",
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {b: z}}", `configmap/ns/c: data.a is nothing, want ""`},
		"a ConfigMap's values are no quantities": {
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {requests: 1000m}}",
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {requests: '1'}}", `configmap/ns/c: data.requests is "1", want "1000m"`},
		"nor where a key of theirs looks like one": {
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {limits.cpu: 1000m}}",
			"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {limits.cpu: '1'}}", `configmap/ns/c: data.limits.cpu is "1", want "1000m"`},
		"numbers of a custom resource": {
			"{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: ns}, spec: {a: 1, b: 2.0, limits: {cpu: 1}}}",
			"{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: ns}, spec: {a: 1.0, b: 2, limits: {cpu: '1'}}}", ""},
		"a custom resource keeps what is false": {
			"{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: ns}, spec: {paused: false}}",
			"{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: ns}, spec: {}}", "x.x.io/ns/x: spec.paused is nothing, want false"},
		"a Service gets address and node port": {
			"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: NodePort, clusterIP: '', selector: {a: b}, ports: [{port: 80, targetPort: 8000, nodePort: 0}]}}",
			"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: NodePort, clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], selector: {a: b}, ports: [{port: 80, targetPort: 8000, nodePort: 31000, protocol: TCP}], sessionAffinity: None}}", ""},
		"ports of two protocols": {
			"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53}]}}",
			"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {ports: [{name: t, port: 53, protocol: TCP}, {name: u, port: 53, protocol: UDP}]}}", ""},
		"no class is not the default class": {
			"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, namespace: ns}, spec: {storageClassName: ''}}",
			"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, namespace: ns}, spec: {accessModes: [ReadWriteOnce]}}", `persistentvolumeclaim/ns/p: spec.storageClassName is nothing, want ""`},
		"access modes are a set": {
			"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, namespace: ns}, spec: {accessModes: [ReadWriteOnce, ReadOnlyMany], resources: {requests: {storage: 1024Mi}}}}",
			"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, namespace: ns}, spec: {accessModes: [ReadOnlyMany, ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}", ""},
		"a list in place of a map": {
			"{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: ns}, spec: {a: {b: 1}}}",
			"{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: ns}, spec: {a: [1]}}", "x.x.io/ns/x: spec.a is [1], want [b:1]"},
		"what a PriorityClass drops": {
			"{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: p}, value: 7, globalDefault: false}",
			"{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: p}, value: 7, preemptionPolicy: PreemptLowerPriority}", ""},
		"what a CustomResourceDefinition drops": {
			"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: c}, spec: {preserveUnknownFields: false, versions: [{name: v1, served: true, storage: true, deprecated: false, additionalPrinterColumns: [{name: a, priority: 0}], schema: {openAPIV3Schema: {nullable: false, x-kubernetes-int-or-string: false}}}]}}",
			"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: c}, spec: {versions: [{name: v1, served: true, storage: true, additionalPrinterColumns: [{name: a}], schema: {openAPIV3Schema: {}}}]}}", ""},
		"what an APIService drops": {
			"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: a}, spec: {group: x.io, insecureSkipTLSVerify: false}}",
			"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: a}, spec: {group: x.io}}", ""},
		"what counts as a change of it": {
			"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: a}, spec: {insecureSkipTLSVerify: false}}",
			"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: a}, spec: {insecureSkipTLSVerify: true}}", "apiservice.apiregistration.k8s.io/a: spec.insecureSkipTLSVerify is true, want false"},
		"what only engines read": {
			"{apiVersion: v1, kind: Namespace, metadata: {name: ns, annotations: {argocd.argoproj.io/sync-options: Prune=false, kustomize.toolkit.fluxcd.io/prune: disabled}}}",
			"{apiVersion: v1, kind: Namespace, metadata: {name: ns}, spec: {finalizers: [kubernetes]}}", ""},
		"what others read beside engines": {
			"{apiVersion: v1, kind: Namespace, metadata: {name: ns, annotations: {argocd.argoproj.io/sync-options: Prune=false, a: b}}}",
			"{apiVersion: v1, kind: Namespace, metadata: {name: ns, annotations: {c: d}}, spec: {finalizers: [kubernetes]}}", `namespace/ns: metadata.annotations.a is nothing, want "b"`},
		"labels that were never set": {
			"{apiVersion: v1, kind: Namespace, metadata: {name: ns, labels: {a: b}}}",
			"{apiVersion: v1, kind: Namespace, metadata: {name: ns}, spec: {finalizers: [kubernetes]}}", "namespace/ns: metadata.labels is nothing, want [a:b]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compareTexts(t, test.rendered, test.live)
			if got.Message != test.want || (got.Phase == Ready) != (test.want == "") {
				t.Errorf("got %s %q, want %q", got.Phase, got.Message, test.want)
			}
		})
	}
}

func TestCompareLeavesReplicasToAutoscalers(t *testing.T) {
	t.Parallel()
	rendered := &manifest.Object{Body: bodyOf(t, renderedWeb)}
	live := &unstructured.Unstructured{Object: bodyOf(t, strings.Replace(liveWeb, "replicas: 2\n  rev", "replicas: 9\n  rev", 1))}
	scaler := func(text string) map[string]any { return bodyOf(t, text) }
	hpa := "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: %s}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}"
	keda := "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {name: web}}}"
	kedaOfKind := strings.Replace(keda, "{name: web}}}", "{kind: Deployment, name: web}}}", 1)
	for name, test := range map[string]struct {
		rendered, live string
		want           Phase
	}{
		"none":                     {"", "", NotSynced},
		"a rendered one":           {fmt.Sprintf(hpa, "shop"), fmt.Sprintf(hpa, "shop"), Ready},
		"one that somebody added":  {"", fmt.Sprintf(hpa, "shop"), Ready},
		"one of another namespace": {"", fmt.Sprintf(hpa, "bank"), NotSynced},
		"one of KEDA":              {keda, keda, Ready},
		"one of KEDA with a kind":  {kedaOfKind, kedaOfKind, Ready},
	} {
		objects, cluster := []*manifest.Object{rendered}, []*unstructured.Unstructured{live}
		if test.rendered != "" {
			objects = append(objects, &manifest.Object{Body: scaler(test.rendered)})
		}
		if test.live != "" {
			cluster = append(cluster, &unstructured.Unstructured{Object: scaler(test.live)})
		}
		if got := compareAll(objects, NewLive(cluster, nil)); got.Phase != test.want {
			t.Errorf("%s: %s %s, want %s", name, got.Phase, got.Message, test.want)
		}
	}
}

func TestCompareTellsUnreadableFromAbsent(t *testing.T) {
	t.Parallel()
	deployment := &manifest.Object{Body: bodyOf(t, renderedWeb)}
	config := &manifest.Object{Body: bodyOf(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: shop}, data: {a: x}}")}
	widget := &manifest.Object{Body: bodyOf(t, "{apiVersion: x.io/v1, kind: X, metadata: {name: x, namespace: shop}}")}
	leaving := &manifest.Object{Body: bodyOf(t, `{apiVersion: v1, kind: Namespace, metadata: {name: shop, deletionTimestamp: "2026-03-01T10:00:00Z"}}`)}
	forbidden := Gap{Group: "apps", Kind: "Deployment", Namespace: "shop", Reason: Forbidden, Message: "may not list deployments", Next: "lading rbac"}
	unserved := Gap{Group: "x.io", Kind: "X", Reason: KindNotServed, Message: "the cluster does not know X.x.io", Next: "install its CRD"}
	there := func(objects ...*manifest.Object) []*unstructured.Unstructured {
		var live []*unstructured.Unstructured
		for _, o := range objects {
			live = append(live, &unstructured.Unstructured{Object: o.Clone().Body})
		}
		return live
	}
	tests := map[string]struct {
		live []*unstructured.Unstructured
		gaps []Gap
		want Result
	}{
		"unreadable": {there(config, widget), []Gap{forbidden}, Result{ID: deployment.ID(), Phase: Unknown, Reason: Forbidden, Message: forbidden.Message, Next: forbidden.Next, Final: true}},
		"absent": {there(deployment, widget), nil, Result{ID: config.ID(), Phase: NotSynced, Reason: NotYetApplied,
			Message: "configmap/shop/c is not in the cluster", Next: "see whether the engine syncs it, or wait"}},
		"absent is certain where another is unreadable": {there(widget), []Gap{forbidden}, Result{ID: config.ID(), Phase: NotSynced, Reason: NotYetApplied,
			Message: "configmap/shop/c is not in the cluster", Next: "see whether the engine syncs it, or wait"}},
		"of a kind that is not served": {there(deployment, config), []Gap{unserved}, Result{ID: widget.ID(), Phase: NotSynced, Reason: syncNoKind,
			Message: "x.x.io/shop/x is not in the cluster: the cluster does not know X.x.io", Next: unserved.Next}},
		"of a namespace that is being deleted": {there(leaving), nil, Result{ID: deployment.ID(), Phase: NotSynced, Reason: namespaceLeaving,
			Message: "deployment.apps/shop/web is not in the cluster: its namespace is being deleted since 2026-03-01 10:00:00 UTC",
			Next:    "kubectl describe namespace shop tells what keeps it", Objects: []manifest.ID{leaving.ID()}}},
		"all there": {there(deployment, config, widget), nil, Result{Phase: Ready}},
	}
	for name, test := range tests {
		got := compareAll([]*manifest.Object{deployment, config, widget}, NewLive(test.live, test.gaps))
		if diff := cmp.Diff(Sync{Result: test.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := compareAll(nil, NewLive(nil, nil)); got.Phase != Ready {
		t.Errorf("nothing to compare is %s", got.Phase)
	}
}

func TestCompareDoesNotJudgeAcrossVersions(t *testing.T) {
	t.Parallel()
	got := compareTexts(t,
		"{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: h, namespace: ns}, spec: {targetCPUUtilizationPercentage: 80}}",
		"{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h, namespace: ns}, spec: {metrics: []}}")
	if got.Phase != Unknown || !strings.HasSuffix(got.Message, "but it was rendered as autoscaling/v1 and read as autoscaling/v2") {
		t.Errorf("got %s %q", got.Phase, got.Message)
	}
}
