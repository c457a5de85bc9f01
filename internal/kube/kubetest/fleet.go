package kubetest

import (
	"fmt"
	"strings"
)

// Fleet returns the objects of so many healthy deployments in namespace ml, as
// large as those of a real cluster: a Deployment, a ReplicaSet, two pods and
// three events each.
func Fleet(deployments int) []string {
	var documents []string
	for i := range deployments {
		text := fleetOne(fmt.Sprintf("%08x-0b7d-4c55-9f1e-1a2b3c4d5e6f", i))
		documents = append(documents, strings.Split(strings.TrimSuffix(text, "---\n"), "---\n")...)
	}
	return documents
}

// fleetOne writes the objects of one deployment, --- between them.
func fleetOne(id string) string {
	name, hash := "zenml-"+id, "5d8f7c9b64"
	labels := fmt.Sprintf(`{"app": %q, "managed-by": "zenml", "zenml-deployment-id": %q, "zenml-deployment-name": "d"}`, name, id)
	podLabels := fmt.Sprintf(`{"app": %q, "managed-by": "zenml", "zenml-deployment-id": %q, "zenml-deployment-name": "d", "pod-template-hash": %q}`, name, id, hash)
	fields := `[{"manager": "argocd-controller", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-01-02T03:04:05Z", "fieldsType": "FieldsV1", "fieldsV1": ` + manyFields(40) + `}]`
	spec := podSpec(name)
	text := fmt.Sprintf(`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "ml", "name": %q, "uid": "d-%s", "generation": 1, "labels": %s, "managedFields": %s},
"spec": {"replicas": 2, "selector": {"matchLabels": %s}, "template": {"metadata": {"labels": %s}, "spec": %s}},
"status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, "conditions": [
{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastUpdateTime": "2026-01-02T03:04:05Z"},
{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastUpdateTime": "2026-01-02T03:04:05Z"}]}}
---
`, name, id, labels, fields, labels, labels, spec)
	text += fmt.Sprintf(`{"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"namespace": "ml", "name": "%s-%s", "uid": "r-%s", "generation": 1, "labels": %s,
"annotations": {"deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/desired-replicas": "2"}, "managedFields": %s,
"ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": %q, "uid": "d-%s", "controller": true}]},
"spec": {"replicas": 2, "selector": {"matchLabels": %s}, "template": {"metadata": {"labels": %s}, "spec": %s}},
"status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "availableReplicas": 2}}
---
`, name, hash, id, podLabels, fields, name, id, podLabels, podLabels, spec)
	for _, suffix := range []string{"x7k2p", "q9w4z"} {
		text += fmt.Sprintf(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ml", "name": "%s-%s-%s", "uid": "p-%s-%s", "labels": %s, "managedFields": %s,
"ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "%s-%s", "uid": "r-%s", "controller": true}]},
"spec": %s, "status": {"phase": "Running", "podIP": "10.0.0.1", "startTime": "2026-01-02T03:04:05Z", "conditions": [
{"type": "PodScheduled", "status": "True"}, {"type": "Initialized", "status": "True"}, {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "True"}],
"containerStatuses": [{"name": "main", "ready": true, "restartCount": 0, "image": "registry.example.com/zenml:d", "imageID": "sha256:0", "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}}]}}
---
`, name, hash, suffix, id, suffix, podLabels, fields, name, hash, id, spec)
	}
	for i, reason := range []string{"Scheduled", "Pulled", "Started"} {
		text += fmt.Sprintf(`{"apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "ml", "name": "%s.%d", "managedFields": %s},
"involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": "ml", "name": "%s-%s-x7k2p", "uid": "p-%s-x7k2p"},
"reason": %q, "type": "Normal", "message": "all is well with this container", "count": 1, "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": "2026-01-02T03:04:05Z",
"source": {"component": "kubelet", "host": "node-1"}}
---
`, name, i, manyFields(8), name, hash, id, reason)
	}
	return text
}

// podSpec is that of the built-in templates, with what the API server adds.
func podSpec(name string) string {
	probe := `{"httpGet": {"path": "/api/health", "port": 8000, "scheme": "HTTP"}, "initialDelaySeconds": 10, "periodSeconds": 10, "timeoutSeconds": 5, "successThreshold": 1, "failureThreshold": 3}`
	return fmt.Sprintf(`{"containers": [{"name": "main", "image": "registry.example.com/zenml:d", "command": ["python"], "args": ["-m", "zenml.deployers.server.app", "--deployment_id", %q],
"ports": [{"name": "http", "containerPort": 8000, "protocol": "TCP"}], "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "greet-secrets", "key": "token"}}}],
"resources": {"requests": {"cpu": "2", "memory": "3814Mi"}, "limits": {"cpu": "2", "memory": "3814Mi"}}, "readinessProbe": %s, "livenessProbe": %s,
"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}],
"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": "default", "securityContext": {}, "schedulerName": "default-scheduler"}`, name, probe, probe)
}

// manyFields is as long as what a manager of so many fields leaves behind.
func manyFields(n int) string {
	text := "{"
	for i := range n {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf(`"f:field%d": {".": {}, "f:name": {}}`, i)
	}
	return text + "}"
}
