package gitops

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/manifest"
)

func TestFileNames(t *testing.T) {
	t.Parallel()
	const resource = "zenml-1"
	for situation, c := range map[string]struct {
		id   manifest.ID
		want string
	}{
		"bears the resource name":        {manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "ml", Name: resource}, "deployment.yaml"},
		"another name":                   {manifest.ID{Kind: "ConfigMap", Namespace: "ml", Name: "flags"}, "configmap-flags.yaml"},
		"a kind of others":               {manifest.ID{Group: "monitoring.coreos.com", Kind: "ServiceMonitor", Namespace: "ml", Name: resource}, "servicemonitor.monitoring.coreos.com.yaml"},
		"a kind of others, another name": {manifest.ID{Group: "keda.sh", Kind: "ScaledObject", Namespace: "ml", Name: "web"}, "scaledobject.keda.sh-web.yaml"},
		"a known kind of another group":  {manifest.ID{Group: "serving.knative.dev", Kind: "Service", Namespace: "ml", Name: resource}, "service.serving.knative.dev.yaml"},
		"an old group":                   {manifest.ID{Group: "extensions", Kind: "Ingress", Namespace: "ml", Name: resource}, "ingress.extensions..yaml"},
		"another namespace":              {manifest.ID{Kind: "ConfigMap", Namespace: "ops", Name: "flags"}, "ops/configmap-flags.yaml"},
		"cluster-scoped":                 {manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "reader"}, "_cluster/clusterrole-reader.yaml"},
		"upper case and colons":          {manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "system:Reader"}, "_cluster/clusterrole-system%3A%52eader.yaml"},
		"a slash in the name":            {manifest.ID{Kind: "ConfigMap", Namespace: "ml", Name: "../../etc"}, "configmap-..%2F..%2Fetc.yaml"},
	} {
		if got := fileName(c.id, resource, "ml"); got != c.want {
			t.Errorf("%s: got %s, want %s", situation, got, c.want)
		}
	}
}

// Every pair of these has once had the same file name in some layout.
func TestNoTwoObjectsShareAFile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 250)
	ids := []manifest.ID{
		{Kind: "Service", Namespace: "ml", Name: "r"},
		{Kind: "Service", Namespace: "ml", Name: "R"},
		{Kind: "Service", Namespace: "ml", Name: "%52"},
		{Kind: "Service", Namespace: "service", Name: "r"},
		{Kind: "Service", Name: "r"},
		{Group: "g", Kind: "Service", Namespace: "ml", Name: "r"},
		{Group: "g", Kind: "Service", Namespace: "ml", Name: "x"},
		{Group: "g-x", Kind: "Service", Namespace: "ml", Name: "r"},
		{Group: "g.x", Kind: "Service", Namespace: "ml", Name: "r"},
		{Group: "g.x", Kind: "Service", Namespace: "ml", Name: "y"},
		{Group: "g.x-y", Kind: "Service", Namespace: "ml", Name: "r"},
		{Group: "", Kind: "Event", Namespace: "ml", Name: "x"},
		{Group: "x", Kind: "Event", Namespace: "ml", Name: "r"},
		{Kind: "ConfigMap", Namespace: "ml", Name: long},
		{Kind: "ConfigMap", Namespace: "ml", Name: long + "a"},
	}
	seen := make(map[string]manifest.ID)
	for _, id := range ids {
		name := strings.ToLower(fileName(id, "r", "ml"))
		if other, ok := seen[name]; ok {
			t.Errorf("%+v and %+v both become %s", other, id, name)
		}
		seen[name] = id
		if err := checkFile(fileName(id, "r", "ml")); err != nil {
			t.Errorf("%+v: no ledger accepts its file: %v", id, err)
		}
		if len(name) > 255 {
			t.Errorf("%+v: the name has %d bytes", id, len(name))
		}
	}
}

// The list is part of the format: a kind that joins or leaves it renames files
// in every repository.
func TestPlainKindsAreBuiltIn(t *testing.T) {
	t.Parallel()
	for kind, group := range plainKinds {
		if group != "" && group != "apps" && group != "batch" && group != "autoscaling" && group != "policy" &&
			!strings.HasSuffix(group, ".k8s.io") {
			t.Errorf("%s has group %q, want one of Kubernetes' own", kind, group)
		}
	}
	if got, want := len(plainKinds), 42; got != want {
		t.Errorf("%d kinds do without their group, want %d", got, want)
	}
}
