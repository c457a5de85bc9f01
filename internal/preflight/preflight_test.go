package preflight

import (
	"slices"
	"strings"
	"testing"

	"github.com/lading-dev/lading/internal/kube"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	hold(t, map[string]situation{
		"all is well": {rendered: workload("", sizedPod), live: ml},
		"an old server": {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) { f.Version = "v1.19.16" },
			want: []string{"failed server version /: Kubernetes is v1.19.16, want v1.21 or newer"}},
		"the oldest server that will do": {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) { f.Version = "v1.21.0" }},
		"a version of a cloud":           {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) { f.Version = "v1.33.4-gke.1172000" }},
		"a version that is none": {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) { f.Version = "main" },
			want: []string{`unknown server version /: the server calls its version "main"`}},
		"a permission is missing": {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) {
			f.Allowed = []Allowed{{kube.Permission{Verb: "list", Resource: "pods", Namespace: "ml"}, true}, {kube.Permission{Verb: "get", Resource: "pods", Subresource: "log", Namespace: "ml"}, false}}
		}, want: []string{"failed permission /: status and logs need the rule {apiGroups: [\"\"], resources: [\"pods/log\"], verbs: [\"get\"]} in namespace ml"}},
		"only watching is not allowed": {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) {
			f.Allowed = []Allowed{{kube.Permission{Verb: "list", Resource: "pods", Namespace: "ml"}, true}, {kube.Permission{Verb: "watch", Resource: "pods", Namespace: "ml"}, false}}
		}, want: []string{"warning permission /: status and logs list again and again, and see changes later, without the rule {apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"watch\"]} in namespace ml"}},
		"what was not found out": {rendered: workload("", plainPod), live: ml, change: func(_ *Input, f *Facts) {
			f.Version, f.VersionProblem, f.AllowedProblem = "", "could not be found out: forbidden", "could not be found out: the server fails"
		}, want: []string{"unknown server version /: could not be found out: forbidden", "unknown permission /: could not be found out: the server fails"}},

		"no namespace":               {rendered: workload("", plainPod), want: []string{"failed namespace namespace/ml: does not exist, and no Namespace object is rendered"}},
		"a namespace is rendered":    {rendered: workload("", plainPod) + "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ml}"},
		"a namespace is going":       {rendered: workload("", plainPod), live: strings.Replace(ml, "Active", "Terminating", 1), want: []string{"failed namespace namespace/ml: is being deleted (Terminating): nothing can be created in it"}},
		"namespaces may not be read": {rendered: workload("", plainPod), unread: "Namespace", want: []string{"unknown namespace namespace/ml: cannot be read: ada may not list namespaces"}},

		"a kind that is not served": {rendered: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: ml}", live: ml,
			change: func(_ *Input, f *Facts) { kinds(f).without = "ScaledObject" },
			want:   []string{"failed kind scaledobject.keda.sh/: the cluster serves no keda.sh/v1alpha1 ScaledObject, which scaledobject.keda.sh/ml/web needs"}},
		"a kind of another version": {rendered: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: ml}", live: ml,
			change: func(_ *Input, f *Facts) { kinds(f).without, kinds(f).other = "ScaledObject", "v1" },
			want:   []string{"failed kind scaledobject.keda.sh/: the cluster serves no keda.sh/v1alpha1 ScaledObject, which scaledobject.keda.sh/ml/web needs, and has it in version v1"}},
		"a kind that could not be asked for": {rendered: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: ml}", live: ml,
			change: func(_ *Input, f *Facts) { kinds(f).without, kinds(f).silent = "ScaledObject", "keda.sh" },
			want:   []string{"unknown kind scaledobject.keda.sh/: whether keda.sh/v1alpha1 ScaledObject is served could not be found out"}},
		"a kind that is defined beside": {rendered: "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: web, namespace: ml}\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec: {group: example.com, names: {kind: Widget, plural: widgets}}", live: ml,
			change: func(_ *Input, f *Facts) { kinds(f).without = "Widget" }},

		"metrics that nothing serves": {rendered: scaler, live: ml, want: []string{"failed metrics API horizontalpodautoscaler.autoscaling/ml/web: metrics.k8s.io is not served, so that the autoscaler cannot count"}},
		"metrics that do not answer":  {rendered: scaler, live: ml + apiService("'False'"), want: []string{"failed metrics API horizontalpodautoscaler.autoscaling/ml/web: metrics.k8s.io is registered and not available: no endpoints"}},
		"metrics":                     {rendered: scaler, live: ml + apiService("'True'")},
		"metrics that are not served, and the list is forbidden": {rendered: scaler, live: ml, unread: "APIService",
			want: []string{"failed metrics API horizontalpodautoscaler.autoscaling/ml/web: metrics.k8s.io is not served, so that the autoscaler cannot count"}},
		"metrics that do not answer, and the list is forbidden": {rendered: scaler, live: ml, unread: "APIService", change: func(_ *Input, f *Facts) { kinds(f).silent = "metrics.k8s.io" },
			want: []string{"unknown metrics API horizontalpodautoscaler.autoscaling/ml/web: cannot be read: ada may not list apiservices"}},
		"metrics that answer though the list is forbidden": {rendered: scaler, live: ml, unread: "APIService",
			change: func(_ *Input, f *Facts) {
				kinds(f).objects = append(kinds(f).objects, parse(t, "apiVersion: metrics.k8s.io/v1beta1\nkind: PodMetrics")...)
			}},

		"a storage class that is missing":       {rendered: claimOf("storageClassName: fast,"), live: ml + class("StorageClass", "storage.k8s.io", "slow", ""), want: []string{"failed storage class persistentvolumeclaim/ml/data: there is no StorageClass fast; there are slow"}},
		"no default storage class":              {rendered: claimOf(""), live: ml + class("StorageClass", "storage.k8s.io", "slow", ""), want: []string{"failed storage class persistentvolumeclaim/ml/data: no StorageClass is named, and none is the default; there are slow"}},
		"a bound claim of a class that is gone": {rendered: claimOf("storageClassName: gone,"), live: ml + boundClaim("data")},
		"a volume made by hand":                 {rendered: claimOf("storageClassName: '',"), live: ml},

		"a priority class that is missing": {rendered: workload("", "{priorityClassName: high, containers: [{name: main}]}"), live: ml + class("PriorityClass", "scheduling.k8s.io", "low", ""),
			want: []string{"failed priority class deployment.apps/ml/web: there is no PriorityClass high; there are low"}},
		"a priority class that is rendered": {rendered: workload("", "{priorityClassName: high, containers: [{name: main}]}") + "\n" + class("PriorityClass", "scheduling.k8s.io", "high", ""), live: ml},
		"a runtime class that is missing": {rendered: workload("", "{runtimeClassName: gvisor, containers: [{name: main}]}"), live: ml,
			want: []string{"failed runtime class deployment.apps/ml/web: there is no RuntimeClass gvisor; there are none"}},
		"a runtime class that is there": {rendered: workload("", "{runtimeClassName: gvisor, containers: [{name: main}]}"), live: ml + class("RuntimeClass", "node.k8s.io", "gvisor", "")},

		"a pull secret that is missing": {rendered: workload("", "{imagePullSecrets: [{name: registry}], containers: [{name: main}]}"), live: ml,
			want: []string{"failed image pull secret secret/ml/registry: does not exist, and no private image of deployment.apps/ml/web is pulled without it"}},
		"secrets may not be read": {rendered: workload("", "{imagePullSecrets: [{name: registry}], containers: [{name: main}]}"), live: ml, unread: "Secret",
			want: []string{"unknown image pull secret secret/ml/registry: cannot be read: ada may not list secrets"}},
		"a secret that an ExternalSecret makes": {rendered: workload("", "{containers: [{name: main, env: [{name: A, valueFrom: {secretKeyRef: {name: api, key: token}}}]}]}") +
			"\n---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x, namespace: ml}\nspec: {target: {name: api}}", live: ml},
		"a secret that a SealedSecret makes": {rendered: workload("", "{imagePullSecrets: [{name: registry}], containers: [{name: main}]}") +
			"\n---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: registry, namespace: ml}", live: ml},
		"a secret that is optional": {rendered: workload("", "{containers: [{name: main, env: [{name: A, valueFrom: {secretKeyRef: {name: api, key: token, optional: true}}}]}]}"), live: ml},
		"a config map without the key": {rendered: workload("", "{containers: [{name: main, env: [{name: A, valueFrom: {configMapKeyRef: {name: app, key: mode}}}]}]}"),
			live: ml + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: ml}\ndata: {other: x}",
			want: []string{`failed config map configmap/ml/app: has no key "mode", and the pods of deployment.apps/ml/web do not start without it`}},
		"volumes and whole environments": {rendered: workload("", "{containers: [{name: main, envFrom: [{configMapRef: {name: a}}, {secretRef: {name: b}}]}], volumes: [{name: v, secret: {secretName: c}}, {name: w, projected: {sources: [{configMap: {name: d}}]}}, {name: p, persistentVolumeClaim: {claimName: e}}]}"), live: ml,
			want: []string{
				"failed config map configmap/ml/a: does not exist, and the pods of deployment.apps/ml/web do not start without it",
				"failed secret secret/ml/b: does not exist, and the pods of deployment.apps/ml/web do not start without it",
				"failed secret secret/ml/c: does not exist, and the pods of deployment.apps/ml/web do not start without it",
				"failed config map configmap/ml/d: does not exist, and the pods of deployment.apps/ml/web do not start without it",
				"failed volume claim persistentvolumeclaim/ml/e: does not exist, and the pods of deployment.apps/ml/web do not start without it",
			}},
		"a claim that lost its volume": {rendered: workload("", "{containers: [{name: main}], volumes: [{name: p, persistentVolumeClaim: {claimName: data}}]}") + "\n---\n" + claimOf("storageClassName: '',"),
			live: ml + "\n---\n" + claimOf("storageClassName: '',") + "\nstatus: {phase: Lost}",
			want: []string{"failed volume claim persistentvolumeclaim/ml/data: is Lost: the volume that it was bound to is gone, and the pods of deployment.apps/ml/web do not start without it"}},
		"a node with a label and devices": {rendered: workload("", gpuPod), live: ml + node("a", "pool: gpu", "8") + node("b", "pool: cpu", "0")},
		"a label here and devices there": {rendered: workload("", gpuPod), live: ml + node("a", "pool: gpu", "1") + node("b", "pool: cpu", "8"),
			want: []string{"warning node deployment.apps/ml/web: no node has the label pool=gpu and 2 nvidia.com/gpu, so that its pods wait until one is added"}},
		"nodes may not be read": {rendered: workload("", gpuPod), live: ml, unread: "Node",
			want: []string{"unknown node deployment.apps/ml/web: cannot be read: ada may not list nodes"}},
		"a service account that is missing": {rendered: workload("", "{serviceAccountName: runner, containers: [{name: main}]}"), live: ml,
			want: []string{"failed service account serviceaccount/ml/runner: does not exist, so that no pod of deployment.apps/ml/web is created"}},

		"a restricted namespace": {rendered: workload("", plainPod), live: strings.Replace(ml, "name: ml", "name: ml, labels: {pod-security.kubernetes.io/enforce: restricted}", 1),
			want: []string{"warning pod security namespace/ml: enforces restricted, and deployment.apps/ml/web does not keep to it: container main: runAsNonRoot is not true, container main: allowPrivilegeEscalation is not false, container main: capabilities do not drop ALL, container main: seccompProfile is not RuntimeDefault"}},
		"a restricted namespace and hardened pods": {rendered: workload("", "{securityContext: {runAsNonRoot: false, seccompProfile: {type: RuntimeDefault}}, containers: [{name: main, securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}"),
			live: strings.Replace(ml, "name: ml", "name: ml, labels: {pod-security.kubernetes.io/enforce: restricted}", 1)},
		"a baseline namespace": {rendered: workload("", "{hostNetwork: true, containers: [{name: main, securityContext: {privileged: true}}], volumes: [{name: h, hostPath: {path: /}}]}"), live: strings.Replace(ml, "name: ml", "name: ml, labels: {pod-security.kubernetes.io/enforce: baseline}", 1),
			want: []string{"warning pod security namespace/ml: enforces baseline, and deployment.apps/ml/web does not keep to it: hostNetwork is true, volume h is a hostPath, container main: privileged is true"}},
	})
}

const gpuPod = "{nodeSelector: {pool: gpu}, containers: [{name: main, resources: {limits: {nvidia.com/gpu: 2}}}]}"

func node(name, labels, devices string) string {
	return "\n---\napiVersion: v1\nkind: Node\nmetadata: {name: " + name + ", labels: {" + labels + "}}\nstatus: {allocatable: {nvidia.com/gpu: " + devices + "}}"
}

func class(kind, group, name, annotations string) string {
	return "\n---\napiVersion: " + group + "/v1\nkind: " + kind + "\nmetadata: {name: " + name + ", annotations: {" + annotations + "}}"
}

const scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: ml}\nspec: {metrics: [{type: Resource}]}"

func apiService(available string) string {
	return "\n---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1beta1.metrics.k8s.io}\nspec: {group: metrics.k8s.io}\nstatus: {conditions: [{type: Available, status: " + available + ", message: no endpoints}]}"
}

func claimOf(class string) string {
	return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: ml}\nspec: {" + class + " accessModes: [ReadWriteOnce]}"
}

func TestNoMoreIsReadThanIsLookedAt(t *testing.T) {
	t.Parallel()
	in := Input{Objects: parse(t, workload("", "{imagePullSecrets: [{name: registry}], containers: [{name: main}]}")+
		"\n---\n"+service("type: ClusterIP")+"\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: closed, namespace: ml}")}
	var names []string
	for _, w := range Wanted(in) {
		if w.OnlyMetadata {
			names = append(names, w.Kind)
		}
	}
	if want := []string{"NetworkPolicy", "Secret"}; !slices.Equal(names, want) {
		t.Errorf("only the names of %q are read, want %q", names, want)
	}
}

func TestFailedChecksSayWhatToDo(t *testing.T) {
	t.Parallel()
	in := Input{Environment: "prod", Objects: parse(t, workload("", "{serviceAccountName: runner, imagePullSecrets: [{name: registry}], containers: [{name: main}]}")+"\n---\n"+ingress("")+"\n---\n"+scaler+"\n---\n"+claimOf(""))}
	for _, c := range Run(in, everything(t, in, "")) {
		if c.State == Failed && c.Next == "" {
			t.Errorf("%s %s: %s: want a next step", c.Name, c.Object, c.Message)
		}
	}
}
