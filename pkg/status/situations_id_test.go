package status

import (
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/manifest"
)

// kindsByText are the kinds that situations speak of, as manifest.ID prints them.
var kindsByText = map[string]string{
	"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet", "replicaset": "ReplicaSet",
	"job": "Job", "cronjob": "CronJob", "pod": "Pod", "service": "Service", "ingress": "Ingress", "httproute": "HTTPRoute",
	"gateway": "Gateway", "horizontalpodautoscaler": "HorizontalPodAutoscaler", "poddisruptionbudget": "PodDisruptionBudget",
	"persistentvolumeclaim": "PersistentVolumeClaim", "namespace": "Namespace", "configmap": "ConfigMap", "secret": "Secret",
}

// parseID reads an ID as manifest.ID prints it: kind.group/namespace/name. A
// kind that is in no list is written as it is: Widget.example.com/prod/one.
func parseID(t testing.TB, text string) manifest.ID {
	t.Helper()
	words := strings.Split(text, "/")
	if len(words) < 2 || len(words) > 3 {
		t.Fatalf("%q is no id: want kind.group/namespace/name", text)
	}
	kind, group, _ := strings.Cut(words[0], ".")
	if known, ok := kindsByText[kind]; ok {
		kind = known
	}
	id := manifest.ID{Group: group, Kind: kind, Name: words[len(words)-1]}
	if len(words) == 3 {
		id.Namespace = words[1]
	}
	return id
}
