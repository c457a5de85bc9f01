package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

// clusterScoped are the kinds outside any namespace, as Kind.group: those of
// Kubernetes, then those of operators that many clusters have.
var clusterScoped = strings.Fields(`
	Namespace Node PersistentVolume
	APIService.apiregistration.k8s.io
	CertificateSigningRequest.certificates.k8s.io
	ClusterRole.rbac.authorization.k8s.io
	ClusterRoleBinding.rbac.authorization.k8s.io
	ClusterTrustBundle.certificates.k8s.io
	CSIDriver.storage.k8s.io
	CSINode.storage.k8s.io
	CustomResourceDefinition.apiextensions.k8s.io
	DeviceClass.resource.k8s.io
	DeviceTaintRule.resource.k8s.io
	FlowSchema.flowcontrol.apiserver.k8s.io
	IngressClass.networking.k8s.io
	IPAddress.networking.k8s.io
	MutatingAdmissionPolicy.admissionregistration.k8s.io
	MutatingAdmissionPolicyBinding.admissionregistration.k8s.io
	MutatingWebhookConfiguration.admissionregistration.k8s.io
	PriorityClass.scheduling.k8s.io
	PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io
	ResourceSlice.resource.k8s.io
	RuntimeClass.node.k8s.io
	ServiceCIDR.networking.k8s.io
	StorageClass.storage.k8s.io
	StorageVersion.internal.apiserver.k8s.io
	StorageVersionMigration.storagemigration.k8s.io
	ValidatingAdmissionPolicy.admissionregistration.k8s.io
	ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io
	ValidatingWebhookConfiguration.admissionregistration.k8s.io
	VolumeAttachment.storage.k8s.io
	VolumeAttributesClass.storage.k8s.io

	CiliumClusterwideNetworkPolicy.cilium.io
	ClusterExternalSecret.external-secrets.io
	ClusterIssuer.cert-manager.io
	ClusterPolicy.kyverno.io
	ClusterQueue.kueue.x-k8s.io
	ClusterSecretStore.external-secrets.io
	ClusterServingRuntime.serving.kserve.io
	ClusterTriggerAuthentication.keda.sh
	GatewayClass.gateway.networking.k8s.io
	NodePool.karpenter.sh
	ResourceFlavor.kueue.x-k8s.io
	VolumeSnapshotClass.snapshot.storage.k8s.io
`)

// A scope knows which kinds are cluster-scoped, without asking a cluster: from
// the table, from the project, and from the definitions among the objects.
type scope map[string]bool

func (c *renderContext) scopeOf(objects []*manifest.Object) scope {
	s := make(scope, len(clusterScoped))
	for _, kind := range clusterScoped {
		s[kind] = true
	}
	if c.settings.Project != nil {
		for _, kind := range c.settings.Project.Spec.ClusterScoped {
			s[kind] = true
		}
	}
	for _, o := range objects {
		if o.Kind() != "CustomResourceDefinition" || o.Group() != "apiextensions.k8s.io" {
			continue
		}
		group, _ := o.Field("spec", "group")
		kind, _ := o.Field("spec", "names", "kind")
		scope, _ := o.Field("spec", "scope")
		s[fmt.Sprintf("%v.%v", kind, group)] = scope == "Cluster"
	}
	return s
}

func (s scope) isCluster(o *manifest.Object) bool { return s[kindName(o)] }

// looksCluster tells that a kind which nothing is known of is probably
// cluster-scoped, by its name.
func (s scope) looksCluster(o *manifest.Object) bool {
	_, known := s[kindName(o)]
	return !known && strings.Contains(o.Group(), ".") && strings.HasPrefix(o.Kind(), "Cluster") &&
		!slices.Contains(namespacedClusters, kindName(o))
}

// namespacedClusters are kinds called Cluster-something that are namespaced.
var namespacedClusters = []string{"Cluster.cluster.x-k8s.io", "Cluster.postgresql.cnpg.io"}

// kindName writes a kind as the table has it: Kind.group, Kind alone in the
// core group.
func kindName(o *manifest.Object) string {
	if o.Group() == "" {
		return o.Kind()
	}
	return o.Kind() + "." + o.Group()
}
