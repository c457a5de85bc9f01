package observe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// targetOf is a target with some objects; its core objects are called zenml-1.
func targetOf(t *testing.T, yaml string) *committed.Target {
	t.Helper()
	one := &committed.Target{Target: status.Target{Environment: "prod", Deployment: "greet", ResourceName: "zenml-1"}}
	for _, d := range manifest.Documents([]byte(yaml)) {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		one.Objects = append(one.Objects, &manifest.Object{Body: d.Value.(map[string]any)})
	}
	return one
}

const coreObjects = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: zenml-1, namespace: ml}
spec: {template: {spec: {containers: [{name: main, image: i}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: zenml-1, namespace: ml}
spec: {selector: {managed-by: zenml, zenml-deployment-id: "1"}}
---
`

// wishes writes wants as kind.group in namespace [selectors].
func wishes(wants []kube.Want) []string {
	var out []string
	for _, w := range wants {
		text := strings.TrimSuffix(w.Kind+"."+w.Group, ".")
		if w.Namespace != "" {
			text += " in " + w.Namespace
		}
		if selectors := w.Labels + w.Fields; selectors != "" {
			text += " [" + selectors + "]"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func TestOnlyWhatRulesLookAtIsRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		objects string
		want    []string
	}{
		"core objects": {coreObjects, []string{
			"Deployment.apps in ml", "EndpointSlice.discovery.k8s.io in ml", "Event in ml [type!=Normal]",
			"Pod in ml [managed-by=zenml]", "ReplicaSet.apps in ml [managed-by=zenml]", "Service in ml",
		}},
		"an ingress": {"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: ml}}", []string{
			"Event in ml [type!=Normal]", "Ingress.networking.k8s.io in ml", "IngressClass.networking.k8s.io", "Service in ml",
		}},
		"pods of others": {coreObjects + "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: ml}, spec: {selector: {app: db}, type: NodePort}}", []string{
			"Deployment.apps in ml", "EndpointSlice.discovery.k8s.io in ml", "Event in ml [type!=Normal]",
			"Node", "Pod in ml", "ReplicaSet.apps in ml", "Service in ml",
		}},
		"a volume": {`{apiVersion: batch/v1, kind: Job, metadata: {name: j, namespace: ml}, spec: {template: {spec: {containers: [{name: main}], volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}}}}`, []string{
			"Event in ml [type!=Normal]", "Job.batch in ml", "PersistentVolumeClaim in ml", "Pod in ml", "StorageClass.storage.k8s.io",
		}},
		"a config map of somebody else": {`{apiVersion: batch/v1, kind: CronJob, metadata: {name: j, namespace: ml}, spec: {jobTemplate: {spec: {template: {spec: {containers: [{envFrom: [{configMapRef: {name: c}}]}]}}}}}}`, []string{
			"ConfigMap in ml", "CronJob.batch in ml", "Event in ml [type!=Normal]", "Job.batch in ml", "Pod in ml",
		}},
		"a claim": {`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: ml}}`, []string{
			"Event in ml [type!=Normal]", "PersistentVolume", "PersistentVolumeClaim in ml", "Pod in ml [managed-by=zenml]", "StorageClass.storage.k8s.io",
		}},
		"a route to a gateway elsewhere": {`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, namespace: ml}, spec: {parentRefs: [{name: g, namespace: edge}]}}`, []string{
			"Event in ml [type!=Normal]", "Gateway.gateway.networking.k8s.io in edge", "Gateway.gateway.networking.k8s.io in ml", "HTTPRoute.gateway.networking.k8s.io in ml",
		}},
		"a kind without namespaces": {"{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}}", []string{"StorageClass.storage.k8s.io"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants := Wants([]*committed.Target{targetOf(t, c.objects)}, func() bool { t.Error("one namespace, and all were asked for"); return true })
			if diff := cmp.Diff(c.want, wishes(wants)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestManyNamespacesAreOneListWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	var targets []*committed.Target
	for i := range maxNamespaces + 1 {
		targets = append(targets, targetOf(t, strings.ReplaceAll(coreObjects, "namespace: ml", fmt.Sprintf("namespace: ml-%d", i))))
	}
	if got := wishes(Wants(targets, func() bool { return true })); len(got) != 6 || slices.ContainsFunc(got, func(w string) bool { return strings.Contains(w, " in ") }) {
		t.Errorf("allowed: %q", got)
	}
	if got := wishes(Wants(targets, func() bool { return false })); len(got) != 36 {
		t.Errorf("not allowed: %q", got)
	}
}
