// File names. One object, one file, with a name that a reader can guess and
// that no other object of the directory can have, also where a file system
// ignores case.

package gitops

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
)

const (
	clusterDir = "_cluster"
	sharedDir  = "_shared"
	engineDir  = "_engine"
)

// reservedDirs are the names that no directory of a deployment may have.
var reservedDirs = []string{clusterDir, sharedDir, engineDir}

// plainKinds are the kinds whose files do without their API group, each with
// the group that it belongs to. The list is part of the format: a kind that is
// added to Kubernetes later carries its group for ever, so that no file is
// ever renamed.
var plainKinds = map[string]string{
	"APIService":                       "apiregistration.k8s.io",
	"CSIDriver":                        "storage.k8s.io",
	"ClusterRole":                      "rbac.authorization.k8s.io",
	"ClusterRoleBinding":               "rbac.authorization.k8s.io",
	"ConfigMap":                        "",
	"ControllerRevision":               "apps",
	"CronJob":                          "batch",
	"CustomResourceDefinition":         "apiextensions.k8s.io",
	"DaemonSet":                        "apps",
	"Deployment":                       "apps",
	"EndpointSlice":                    "discovery.k8s.io",
	"Endpoints":                        "",
	"HorizontalPodAutoscaler":          "autoscaling",
	"Ingress":                          "networking.k8s.io",
	"IngressClass":                     "networking.k8s.io",
	"Job":                              "batch",
	"Lease":                            "coordination.k8s.io",
	"LimitRange":                       "",
	"MutatingWebhookConfiguration":     "admissionregistration.k8s.io",
	"Namespace":                        "",
	"NetworkPolicy":                    "networking.k8s.io",
	"Node":                             "",
	"PersistentVolume":                 "",
	"PersistentVolumeClaim":            "",
	"Pod":                              "",
	"PodDisruptionBudget":              "policy",
	"PodTemplate":                      "",
	"PriorityClass":                    "scheduling.k8s.io",
	"ReplicaSet":                       "apps",
	"ReplicationController":            "",
	"ResourceQuota":                    "",
	"Role":                             "rbac.authorization.k8s.io",
	"RoleBinding":                      "rbac.authorization.k8s.io",
	"RuntimeClass":                     "node.k8s.io",
	"Secret":                           "",
	"Service":                          "",
	"ServiceAccount":                   "",
	"StatefulSet":                      "apps",
	"StorageClass":                     "storage.k8s.io",
	"ValidatingAdmissionPolicy":        "admissionregistration.k8s.io",
	"ValidatingAdmissionPolicyBinding": "admissionregistration.k8s.io",
	"ValidatingWebhookConfiguration":   "admissionregistration.k8s.io",
}

// fileName returns the path of an object's file below the directory of its
// deployment. resource is the name that the core objects bear, namespace the
// one that they lie in.
func fileName(id manifest.ID, resource, namespace string) string {
	name := kindName(id.Group, id.Kind)
	if id.Name != resource {
		name += "-" + escape(id.Name)
	}
	return scopeDir(id, namespace) + shorten(name) + ".yaml"
}

// sharedFileName is fileName for the directory of shared objects, in which no
// name is special and all objects are cluster-scoped.
func sharedFileName(id manifest.ID) string {
	return shorten(kindName(id.Group, id.Kind)+"-"+escape(id.Name)) + ".yaml"
}

// scopeDir returns the directory for objects that do not lie in the
// deployment's namespace. Neither of its forms can be taken for a file, and
// neither for the other.
func scopeDir(id manifest.ID, namespace string) string {
	switch id.Namespace {
	case "":
		return clusterDir + "/"
	case namespace:
		return ""
	}
	return escapeAll(id.Namespace, ".") + "/"
}

// kindName returns the kind, and the group unless it goes without saying. A
// dash ends the result, so the kind's own dashes and dots are escaped. The
// group keeps the dashes of its first label (cert-manager.io), escapes others,
// and always has a dot behind the first label: what follows it can be read
// back in one way only.
func kindName(group, kind string) string {
	name := escapeAll(strings.ToLower(kind), ".-")
	if plain, ok := plainKinds[kind]; ok && plain == group {
		return name
	}
	first, rest, _ := strings.Cut(group, ".")
	return name + "." + escape(first) + "." + escapeAll(rest, "-")
}

// escape writes every byte outside [a-z0-9.-] as %XX, upper-case letters
// included: two names that differ in case only must not meet on a file system
// that ignores it.
func escape(s string) string { return escapeAll(s, "") }

// escapeAll escapes the bytes of more besides.
func escapeAll(s, more string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if isPlain(c) && strings.IndexByte(more, c) < 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-'
}

// maxName is the longest file name, extension excluded. Most file systems
// stop at 255 bytes, and Kubernetes names alone may have 253.
const maxName = 200

// shorten keeps names within maxName: the end of a longer one is replaced by
// "%-" and its digest. Escaping never yields that, so no two names meet.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxName-34] + "%-" + hex.EncodeToString(sum[:16])
}
