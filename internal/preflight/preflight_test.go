package preflight

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
)

// parse reads the objects of a YAML stream.
func parse(t *testing.T, stream string) []*manifest.Object {
	t.Helper()
	var objects []*manifest.Object
	for text := range strings.SplitSeq(stream, "\n---\n") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var body map[string]any
		if err := yaml.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		normal, err := manifest.Normalize(body)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, &manifest.Object{Body: normal.(map[string]any)})
	}
	return objects
}

// everything reads every wanted list: the live objects of its kind.
func everything(t *testing.T, in Input, live string, unread ...string) *Facts {
	t.Helper()
	f := &Facts{Version: "v1.34.1", Kinds: make(map[string]map[string]string)}
	for _, o := range in.Objects {
		if f.Kinds[o.APIVersion()] == nil {
			f.Kinds[o.APIVersion()] = make(map[string]string)
		}
		f.Kinds[o.APIVersion()][o.Kind()] = strings.ToLower(o.Kind()) + "s"
	}
	objects := parse(t, live)
	for _, w := range Wanted(in) {
		var found []*manifest.Object
		for _, o := range objects {
			if o.Kind() == w.Kind && o.Group() == w.Group && o.Namespace() == w.Collection.Namespace {
				found = append(found, o)
			}
		}
		if len(unread) > 0 && unread[0] == w.Kind {
			f.NotRead(w.List, "ada may not list "+w.Resource, "ask for it")
			continue
		}
		f.Read(w.List, found)
	}
	return f
}

// bad are the checks that are not well, as STATE CHECK OBJECT: MESSAGE.
func bad(found []Check) []string {
	var lines []string
	for _, c := range found {
		if c.State != OK {
			lines = append(lines, string(c.State)+" "+c.Name+" "+c.Object.String()+": "+c.Message)
		}
	}
	return lines
}

const ml = "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ml}\nstatus: {phase: Active}\n"

// workload is a Deployment whose pods have what is given.
func workload(replicas, pod string) string {
	return "\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ml}\nspec: {" + replicas + "template: {spec: " + pod + "}}\n"
}

const (
	plainPod = "{containers: [{name: main}]}"
	sizedPod = `{containers: [{name: main, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}}]}`
)

func TestChecks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rendered, live, unread string
		change                 func(*Input, *Facts)
		want                   []string
	}{
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

		"no namespace":               {rendered: workload("", plainPod), want: []string{"failed namespace namespace/ml: does not exist, and no Namespace object is rendered"}},
		"a namespace is rendered":    {rendered: workload("", plainPod) + "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ml}"},
		"a namespace is going":       {rendered: workload("", plainPod), live: strings.Replace(ml, "Active", "Terminating", 1), want: []string{"failed namespace namespace/ml: is being deleted (Terminating): nothing can be created in it"}},
		"namespaces may not be read": {rendered: workload("", plainPod), unread: "Namespace", want: []string{"unknown namespace namespace/ml: cannot be read: ada may not list namespaces"}},

		"a kind that is not served": {rendered: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: ml}", live: ml,
			change: func(_ *Input, f *Facts) { f.Kinds["keda.sh/v1alpha1"] = nil },
			want:   []string{"failed kind scaledobject.keda.sh/: the cluster does not serve keda.sh/v1alpha1, which scaledobject.keda.sh/ml/web needs"}},
		"a version without the kind": {rendered: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: ml}", live: ml,
			change: func(_ *Input, f *Facts) { f.Kinds["keda.sh/v1alpha1"] = map[string]string{"ScaledJob": "scaledjobs"} },
			want:   []string{"failed kind scaledobject.keda.sh/: the cluster serves keda.sh/v1alpha1 without the kind ScaledObject, which scaledobject.keda.sh/ml/web needs"}},
		"a kind that could not be asked for": {rendered: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: ml}", live: ml,
			change: func(_ *Input, f *Facts) { delete(f.Kinds, "keda.sh/v1alpha1") },
			want:   []string{"unknown kind scaledobject.keda.sh/: whether keda.sh/v1alpha1 ScaledObject is served could not be found out"}},
		"a kind that is defined beside": {rendered: "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: web, namespace: ml}\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec: {group: example.com, names: {kind: Widget, plural: widgets}}", live: ml,
			change: func(_ *Input, f *Facts) { f.Kinds["example.com/v1"] = nil }},

		"an ingress class that is missing": {rendered: ingress("ingressClassName: nginx"), live: ml + class("IngressClass", "networking.k8s.io", "traefik", ""), want: []string{"failed ingress class ingress.networking.k8s.io/ml/web: there is no IngressClass nginx; there are traefik"}},
		"an ingress class that is there":   {rendered: ingress("ingressClassName: nginx"), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "")},
		"no ingress class and no default":  {rendered: ingress(""), live: ml, want: []string{"failed ingress class ingress.networking.k8s.io/ml/web: no IngressClass is named, and none is the default; there are none"}},
		"a default ingress class":          {rendered: ingress(""), live: ml + class("IngressClass", "networking.k8s.io", "nginx", "ingressclass.kubernetes.io/is-default-class: 'true'")},

		"metrics that nothing serves": {rendered: scaler, live: ml, want: []string{"failed metrics API horizontalpodautoscaler.autoscaling/ml/web: metrics.k8s.io is not served, so that the autoscaler cannot count"}},
		"metrics that do not answer":  {rendered: scaler, live: ml + apiService("'False'"), want: []string{"failed metrics API horizontalpodautoscaler.autoscaling/ml/web: metrics.k8s.io is registered and not available: no endpoints"}},
		"metrics":                     {rendered: scaler, live: ml + apiService("'True'")},
		"metrics that are not served, and the list is forbidden": {rendered: scaler, live: ml, unread: "APIService",
			change: func(_ *Input, f *Facts) { f.Kinds["metrics.k8s.io/v1beta1"] = nil },
			want:   []string{"failed metrics API horizontalpodautoscaler.autoscaling/ml/web: metrics.k8s.io is not served, so that the autoscaler cannot count"}},
		"metrics that do not answer, and the list is forbidden": {rendered: scaler, live: ml, unread: "APIService",
			want: []string{"unknown metrics API horizontalpodautoscaler.autoscaling/ml/web: cannot be read: ada may not list apiservices"}},
		"metrics that answer though the list is forbidden": {rendered: scaler, live: ml, unread: "APIService",
			change: func(_ *Input, f *Facts) { f.Kinds["metrics.k8s.io/v1beta1"] = map[string]string{"PodMetrics": "pods"} }},

		"a storage class that is missing": {rendered: claimOf("storageClassName: fast,"), live: ml + class("StorageClass", "storage.k8s.io", "slow", ""), want: []string{"failed storage class persistentvolumeclaim/ml/data: there is no StorageClass fast; there are slow"}},
		"no default storage class":        {rendered: claimOf(""), live: ml + class("StorageClass", "storage.k8s.io", "slow", ""), want: []string{"failed storage class persistentvolumeclaim/ml/data: no StorageClass is named, and none is the default; there are slow"}},
		"a volume made by hand":           {rendered: claimOf("storageClassName: '',"), live: ml},

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
		"a service account that is missing": {rendered: workload("", "{serviceAccountName: runner, containers: [{name: main}]}"), live: ml,
			want: []string{"failed service account serviceaccount/ml/runner: does not exist, so that no pod of deployment.apps/ml/web is created"}},

		"a quota without room": {rendered: workload("replicas: 4, ", sizedPod), live: ml + quota("requests.cpu: 4, memory: 8Gi, pods: 10", "requests.cpu: 3, memory: 2Gi, pods: 2"),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 2 more are needed, 1 of 4 are free"}},
		"a quota that counts what is there already": {rendered: workload("replicas: 4, ", sizedPod), live: ml + workload("replicas: 4, ", sizedPod) + quota("requests.cpu: 2", "requests.cpu: 2")},
		"a quota that just fits":                    {rendered: workload("replicas: 2, ", sizedPod), live: ml + quota("requests.cpu: 2, pods: 2", "requests.cpu: 1, pods: 0")},
		"a quota and limits without requests": {rendered: workload("", "{containers: [{name: main, resources: {limits: {cpu: 3}}}]}"), live: ml + quota("cpu: 2", ""),
			want: []string{"failed quota resourcequota/ml/q: cpu: 3 more are needed, 2 of 2 are free"}},
		"a quota and an autoscaler": {rendered: workload("", sizedPod) + "\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: ml}\nspec: {minReplicas: 6, scaleTargetRef: {kind: Deployment, name: web}}", live: ml + quota("pods: 5", ""),
			want: []string{"failed quota resourcequota/ml/q: pods: 6 more are needed, 5 of 5 are free"}},
		"a quota and a big init container": {rendered: workload("", "{containers: [{name: main, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 4}}}]}"), live: ml + quota("cpu: 3", ""),
			want: []string{"failed quota resourcequota/ml/q: cpu: 4 more are needed, 3 of 3 are free"}},
		"very many replicas":          {rendered: workload("replicas: 1000000000, ", sizedPod), live: ml + quota("pods: 10", "pods: 2"), want: []string{"failed quota resourcequota/ml/q: pods: 1G more are needed, 8 of 10 are free"}},
		"a quota that wants requests": {rendered: workload("", plainPod), live: ml + quota("requests.cpu: 4", ""), want: []string{"failed quota resourcequota/ml/q: wants every container to have requests.cpu, and deployment.apps/ml/web has one without"}},
		"a quota and defaults":        {rendered: workload("", plainPod), live: ml + quota("requests.cpu: 4", "") + limitRange("{type: Container, defaultRequest: {cpu: 100m}}")},
		"a quota of some pods": {rendered: workload("", plainPod), live: ml + "\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: ml}\nspec: {scopes: [BestEffort], hard: {pods: 0}}",
			want: []string{"unknown quota resourcequota/ml/q: counts only some pods (it has scopes), which is not computed"}},
		"a limit range": {rendered: workload("", sizedPod), live: ml + limitRange("{type: Container, max: {memory: 512Mi}, min: {cpu: 600m}}"),
			want: []string{"failed limit range limitrange/ml/l: container main of deployment.apps/ml/web: limits.memory is 1Gi, more than the max of 512Mi"}},
		"a limit range from below": {rendered: workload("", sizedPod), live: ml + limitRange("{type: Container, max: {memory: 2Gi}, min: {cpu: 600m}}"),
			want: []string{"failed limit range limitrange/ml/l: container main of deployment.apps/ml/web: requests.cpu is 500m, less than the min of 600m"}},

		"a restricted namespace": {rendered: workload("", plainPod), live: strings.Replace(ml, "name: ml", "name: ml, labels: {pod-security.kubernetes.io/enforce: restricted}", 1),
			want: []string{"warning pod security namespace/ml: enforces restricted, and deployment.apps/ml/web does not keep to it: container main: runAsNonRoot is not true, container main: allowPrivilegeEscalation is not false, container main: capabilities do not drop ALL, container main: seccompProfile is not RuntimeDefault"}},
		"a restricted namespace and hardened pods": {rendered: workload("", "{securityContext: {runAsNonRoot: false, seccompProfile: {type: RuntimeDefault}}, containers: [{name: main, securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}"),
			live: strings.Replace(ml, "name: ml", "name: ml, labels: {pod-security.kubernetes.io/enforce: restricted}", 1)},
		"a baseline namespace": {rendered: workload("", "{hostNetwork: true, containers: [{name: main, securityContext: {privileged: true}}], volumes: [{name: h, hostPath: {path: /}}]}"), live: strings.Replace(ml, "name: ml", "name: ml, labels: {pod-security.kubernetes.io/enforce: baseline}", 1),
			want: []string{"warning pod security namespace/ml: enforces baseline, and deployment.apps/ml/web does not keep to it: hostNetwork is true, volume h is a hostPath, container main: privileged is true"}},
	} {
		in := Input{Environment: "prod", Objects: parse(t, test.rendered)}
		facts := everything(t, in, test.live, test.unread)
		if test.change != nil {
			test.change(&in, facts)
		}
		if diff := cmp.Diff(test.want, bad(Run(in, facts))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func ingress(class string) string {
	return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: ml}\nspec: {" + class + "}"
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

func quota(hard, used string) string {
	return "\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: ml}\nstatus: {hard: {" + hard + "}, used: {" + used + "}}"
}

func limitRange(limits string) string {
	return "\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: ml}\nspec: {limits: [" + limits + "]}"
}

const application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: root, namespace: argocd}\nspec: {source: {repoURL: 'https://git.example.com/ml/rendered.git'}}"

func TestEngineChecks(t *testing.T) {
	t.Parallel()
	project := func(spec string) string {
		return "\n---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default, namespace: argocd}\nspec: {" + spec + "}"
	}
	const all = "sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}], clusterResourceWhitelist: [{group: '*', kind: '*'}]"
	for name, test := range map[string]struct {
		live, unread string
		change       func(*Input, *Facts)
		want         []string
	}{
		"all is allowed":      {live: application + project(all)},
		"no root":             {live: project(all), want: []string{"failed engine application.argoproj.io/argocd/root: does not exist, so that nothing is synced"}},
		"no project":          {live: application, want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not exist"}},
		"roots are not read":  {live: application + project(all), unread: "Application", want: []string{"unknown engine application.argoproj.io/argocd/root: cannot be read: ada may not list applications"}},
		"no engine there":     {change: func(_ *Input, f *Facts) { f.EngineMissing = "hub does not serve argoproj.io/v1alpha1" }, want: []string{"failed engine /: hub does not serve argoproj.io/v1alpha1"}},
		"an unknown cluster":  {change: func(_ *Input, f *Facts) { f.EngineProblem = "no context hub" }, want: []string{"unknown engine /: no context hub"}},
		"nothing to sync yet": {live: project(all), change: func(in *Input, _ *Facts) { in.Engine.Roots = nil }, want: []string{"unknown engine /: what it is to sync is not known, since no URL of the repository is"}},
		"another repository": {live: application + project(strings.Replace(all, "['*']", "['https://git.example.com/web/*']", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the repository https://git.example.com/ml/rendered.git"}},
		"the repository by pattern": {live: application + project(strings.Replace(all, "['*']", "['https://git.example.com/ml/*']", 1))},
		"a repository taken back": {live: application + project(strings.Replace(all, "['*']", "['*', '!https://git.example.com/ml/*']", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the repository https://git.example.com/ml/rendered.git"}},
		"another namespace": {live: application + project(strings.Replace(all, "namespace: '*'", "namespace: 'web-*'", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow namespace ml of cluster https://prod.example.com"}},
		"a namespace taken back": {live: application + project(strings.Replace(all, "namespace: '*'}", "namespace: '*'}, {server: '*', namespace: '!ml'}", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow namespace ml of cluster https://prod.example.com"}},
		"another cluster": {live: application + project(strings.Replace(all, "server: '*'", "name: in-cluster", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow namespace ml of cluster https://prod.example.com"}},
		"no cluster-scoped kinds": {live: application + project("sourceRepos: ['*'], destinations: [{server: 'https://prod.example.com', namespace: m*}]"),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the cluster-scoped kind Namespace"}},
	} {
		in := Input{
			Environment: "prod", Objects: parse(t, workload("", plainPod)+ml),
			Engine: Engine{Kind: "argocd", Namespace: "argocd", Server: "https://prod.example.com", Roots: parse(t, application)},
		}
		facts := everything(t, in, test.live, test.unread)
		if test.change != nil {
			test.change(&in, facts)
		}
		if diff := cmp.Diff(test.want, bad(Run(in, facts))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSecretsAreReadWithoutTheirValues(t *testing.T) {
	t.Parallel()
	in := Input{Objects: parse(t, workload("", "{imagePullSecrets: [{name: registry}], containers: [{name: main}]}"))}
	for _, w := range Wanted(in) {
		if w.OnlyMetadata != (w.Kind == "Secret") {
			t.Errorf("%s: only metadata is %t", w.Kind, w.OnlyMetadata)
		}
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
