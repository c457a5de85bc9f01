package preflight

import (
	"fmt"
	"strings"
	"testing"
)

func quota(hard, used string) string {
	return "\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: ml}\nstatus: {hard: {" + hard + "}, used: {" + used + "}}"
}

func limitRange(limits string) string {
	return "\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: ml}\nspec: {limits: [" + limits + "]}"
}

func service(spec string) string {
	return "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: ml}\nspec: {" + spec + ", ports: [{port: 80}, {port: 443}]}"
}

func autoscaler(least int) string {
	return fmt.Sprintf("\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: ml}\nspec: {minReplicas: %d, scaleTargetRef: {kind: Deployment, name: web}}", least)
}

func job(kind, spec string) string {
	return "apiVersion: batch/v1\nkind: " + kind + "\nmetadata: {name: migrate, namespace: ml}\nspec: {" + spec + "}"
}

// set is a StatefulSet that makes claims of a class that is gone, boundClaim one
// that was made while the class was there.
func set(replicas int) string {
	return fmt.Sprintf("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: ml}\nspec: {replicas: %d, template: {spec: %s}, volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: gone, resources: {requests: {storage: 10Gi}}}}]}", replicas, plainPod)
}

func boundClaim(name string) string {
	return "\n---\n" + strings.Replace(claimOf("storageClassName: gone, resources: {requests: {storage: 10Gi}},"), "name: data", "name: "+name, 1) + "\nstatus: {phase: Bound}"
}

func TestQuotasAndLimits(t *testing.T) {
	t.Parallel()
	old := strings.Replace(workload("replicas: 2, ", sizedPod), "name: web", "name: old, labels: {managed-by: zenml}", 1)
	hold(t, map[string]situation{
		"a quota without room": {rendered: workload("replicas: 4, ", sizedPod), live: ml + quota("requests.cpu: 4, memory: 8Gi, pods: 10", "requests.cpu: 3, memory: 2Gi, pods: 2"),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 2 more are needed, 1 of 4 are free"}},
		"a quota that counts what is there already": {rendered: workload("replicas: 4, ", sizedPod), live: ml + workload("replicas: 4, ", sizedPod) + quota("requests.cpu: 2", "requests.cpu: 2")},
		"a quota that just fits":                    {rendered: workload("replicas: 2, ", sizedPod), live: ml + quota("requests.cpu: 2, pods: 2", "requests.cpu: 1, pods: 0")},
		"a quota and limits without requests": {rendered: workload("", "{containers: [{name: main, resources: {limits: {cpu: 3}}}]}"), live: ml + quota("cpu: 2", ""),
			want: []string{"failed quota resourcequota/ml/q: cpu: 3 more are needed, 2 of 2 are free"}},
		"a quota and an autoscaler": {rendered: workload("", sizedPod) + autoscaler(6), live: ml + quota("pods: 5", ""),
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

		"objects that a quota counts": {rendered: workload("replicas: 2, ", sizedPod) + "\n---\n" + service("type: LoadBalancer") + "\n---\n" + claimOf("storageClassName: fast, resources: {requests: {storage: 100Gi}},"),
			live: ml + class("StorageClass", "storage.k8s.io", "fast", "") + quota("services.loadbalancers: 0, services.nodeports: 1, services: 5, requests.storage: 1Gi, fast.storageclass.storage.k8s.io/persistentvolumeclaims: 0, count/deployments.apps: 0, configmaps: 0", ""),
			want: []string{"failed quota resourcequota/ml/q: count/deployments.apps: 1 more are needed, 0 of 0 are free; fast.storageclass.storage.k8s.io/persistentvolumeclaims: 1 more are needed, 0 of 0 are free; " +
				"requests.storage: 100Gi more are needed, 1Gi of 1Gi are free; services.loadbalancers: 1 more are needed, 0 of 0 are free; services.nodeports: 2 more are needed, 1 of 1 are free"}},
		"objects that are there already": {rendered: service("type: LoadBalancer") + "\n---\n" + claimOf("storageClassName: '', resources: {requests: {storage: 1Gi}},"),
			live: ml + "\n---\n" + service("type: LoadBalancer") + "\n---\n" + claimOf("storageClassName: '', resources: {requests: {storage: 1Gi}},") +
				quota("services.loadbalancers: 1, services.nodeports: 2, services: 1, requests.storage: 1Gi, count/services: 1", "services.loadbalancers: 1, services.nodeports: 2, services: 1, requests.storage: 1Gi, count/services: 1")},
		"a load balancer without node ports": {rendered: service("type: LoadBalancer, allocateLoadBalancerNodePorts: false"), live: ml + quota("services.nodeports: 0, services.loadbalancers: 1", "")},
		"a load balancer instead of node ports": {rendered: service("type: LoadBalancer"), live: ml + "\n---\n" + service("type: NodePort") + quota("services.nodeports: 2, services.loadbalancers: 0", "services.nodeports: 2"),
			want: []string{"failed quota resourcequota/ml/q: services.loadbalancers: 1 more are needed, 0 of 0 are free"}},
		"claims of the default class, one for each replica": {rendered: "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: ml}\nspec: {replicas: 3, template: {spec: {containers: [{name: main}]}}, volumeClaimTemplates: [{spec: {resources: {requests: {storage: 2Gi}}}}]}",
			live: ml + class("StorageClass", "storage.k8s.io", "slow", "storageclass.kubernetes.io/is-default-class: 'true'") + quota("slow.storageclass.storage.k8s.io/requests.storage: 5Gi", ""),
			want: []string{"failed quota resourcequota/ml/q: slow.storageclass.storage.k8s.io/requests.storage: 6Gi more are needed, 5Gi of 5Gi are free"}},
		"what is there may not be read": {rendered: workload("replicas: 2, ", sizedPod), live: ml + quota("pods: 2", "pods: 2"), unread: "Deployment",
			want: []string{"unknown quota resourcequota/ml/q: has no room if all is new, and what is there already cannot be read: pods: 2 more are needed, 0 of 2 are free"}},
		"what controllers make is not counted": {rendered: workload("", sizedPod), live: ml + quota("count/replicasets.apps: 5, a.deviceclass.resource.k8s.io/devices: 1", ""),
			want: []string{"unknown quota resourcequota/ml/q: limits what is not computed: a.deviceclass.resource.k8s.io/devices, count/replicasets.apps"}},
		"an autoscaler that has scaled":         {rendered: workload("", sizedPod) + autoscaler(2), live: ml + workload("replicas: 3, ", sizedPod) + quota("requests.cpu: 1500m", "requests.cpu: 1500m")},
		"an autoscaler that has scaled to many": {rendered: workload("", sizedPod) + autoscaler(2), live: ml + workload("replicas: 8, ", sizedPod) + quota("pods: 8", "pods: 8")},
		"a quota and what a LimitRange gives": {rendered: workload("replicas: 10, ", plainPod), live: ml + quota("requests.cpu: 1", "") + limitRange("{type: Container, defaultRequest: {cpu: 500m}}"),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 5 more are needed, 1 of 1 are free"}},
		"a quota and a sidecar": {rendered: workload("", "{containers: [{name: main, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}]}"), live: ml + quota("requests.cpu: 1", ""),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 2 more are needed, 1 of 1 are free"}},
		"a quota and an init container beside a sidecar": {rendered: workload("", "{containers: [{name: main, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: i, resources: {requests: {cpu: 3}}}]}"), live: ml + quota("requests.cpu: 3", ""),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 4 more are needed, 3 of 3 are free"}},
		"a quota and a pod that says it as a whole": {rendered: workload("", "{resources: {requests: {cpu: 2}}, containers: [{name: main}]}"), live: ml + quota("requests.cpu: 1", ""),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 2 more are needed, 1 of 1 are free"}},

		"a rename that fits when the old one is gone": {rendered: workload("replicas: 2, ", sizedPod), live: ml + old + quota("pods: 2", "pods: 2"),
			want: []string{"warning quota resourcequota/ml/q: has room only when what is not rendered any more is gone (deployment.apps/ml/old): pods: 2 more are needed, 0 of 2 are free"}},
		"a rename that does not fit": {rendered: workload("replicas: 3, ", sizedPod), live: ml + old + quota("pods: 2", "pods: 2"),
			want: []string{"failed quota resourcequota/ml/q: pods: 3 more are needed, 0 of 2 are free"}},
		"another one that stays": {rendered: workload("replicas: 2, ", sizedPod), live: ml + old + quota("pods: 2", "pods: 2"),
			change: func(in *Input, _ *Facts) { in.Others = parse(t, old) },
			want:   []string{"failed quota resourcequota/ml/q: pods: 2 more are needed, 0 of 2 are free"}},
		"one of somebody else": {rendered: workload("replicas: 2, ", sizedPod), live: ml + strings.ReplaceAll(old, "zenml", "ada") + quota("pods: 2", "pods: 2"),
			want: []string{"failed quota resourcequota/ml/q: pods: 2 more are needed, 0 of 2 are free"}},
		"a suspended CronJob":         {rendered: job("CronJob", "suspend: true, jobTemplate: {spec: {template: {spec: "+plainPod+"}}}"), live: ml + quota("pods: 5, cpu: 1", "pods: 5")},
		"a suspended Job":             {rendered: job("Job", "suspend: true, template: {spec: "+plainPod+"}"), live: ml + quota("pods: 5", "pods: 5")},
		"a Job that wants few pods":   {rendered: job("Job", "parallelism: 10, completions: 2, template: {spec: "+plainPod+"}"), live: ml + quota("pods: 5", "")},
		"a Job that wants many":       {rendered: job("Job", "parallelism: 10, template: {spec: "+plainPod+"}"), live: ml + quota("pods: 5", ""), want: []string{"failed quota resourcequota/ml/q: pods: 10 more are needed, 5 of 5 are free"}},
		"a CronJob of many pods":      {rendered: job("CronJob", "jobTemplate: {spec: {parallelism: 9, completions: 8, template: {spec: "+plainPod+"}}}"), live: ml + quota("pods: 5", ""), want: []string{"failed quota resourcequota/ml/q: pods: 8 more are needed, 5 of 5 are free"}},
		"no replicas and no requests": {rendered: workload("replicas: 0, ", plainPod), live: ml + quota("requests.cpu: 4", "") + limitRange("{type: Container, min: {cpu: 1}}")},
		"a quota that is raised":      {rendered: workload("replicas: 4, ", sizedPod) + strings.Replace(quota("pods: 10", ""), "status:", "spec:", 1), live: ml + quota("pods: 2", "pods: 0")},
		"a quota that is lowered": {rendered: workload("replicas: 4, ", sizedPod) + strings.Replace(quota("pods: 2", ""), "status:", "spec:", 1), live: ml + quota("pods: 10", "pods: 0"),
			want: []string{"failed quota resourcequota/ml/q: pods: 4 more are needed, 2 of 2 are free"}},
		"defaults of a rendered limit range": {rendered: workload("", plainPod) + limitRange("{type: Container, defaultRequest: {cpu: 100m}}"), live: ml + quota("requests.cpu: 4", "")},
		"a limit range that is widened":      {rendered: workload("", sizedPod) + limitRange("{type: Pod, max: {cpu: 4}}"), live: ml + limitRange("{type: Pod, max: {cpu: 100m}}")},
		"a new limit range": {rendered: workload("", sizedPod) + limitRange("{type: Pod, max: {cpu: 100m}}"), live: ml,
			want: []string{"failed limit range limitrange/ml/l: a pod of deployment.apps/ml/web: limits.cpu is 1, more than the max of 100m"}},
		"claims that outlived their set": {rendered: set(2), live: ml + boundClaim("data-db-0") + boundClaim("data-db-1") + quota("requests.storage: 20Gi, persistentvolumeclaims: 2", "requests.storage: 20Gi, persistentvolumeclaims: 2")},
		"a claim that outlived its set, and another": {rendered: set(2), live: ml + boundClaim("data-db-0") + boundClaim("data-db-2") + boundClaim("other-db-1") + quota("requests.storage: 30Gi", "requests.storage: 30Gi"),
			want: []string{
				"failed storage class statefulset.apps/ml/db: there is no StorageClass gone; there are none",
				"failed quota resourcequota/ml/q: requests.storage: 10Gi more are needed, 0 of 30Gi are free",
			}},
		"a set whose own claims leave no room": {rendered: strings.ReplaceAll(set(2), "gone", "''"), live: ml + strings.ReplaceAll(boundClaim("data-db-0"), "namespace: ml", "namespace: ml, labels: {managed-by: zenml}") + quota("requests.storage: 10Gi", "requests.storage: 10Gi"),
			want: []string{"failed quota resourcequota/ml/q: requests.storage: 10Gi more are needed, 0 of 10Gi are free"}},
		"a rename without requests": {rendered: workload("", plainPod), live: ml + old + quota("pods: 2, cpu: 9", "pods: 2"),
			want: []string{"failed quota resourcequota/ml/q: wants every container to have requests.cpu, and deployment.apps/ml/web has one without"}},
		"a set that is scaled to what it had": {rendered: set(2), live: ml + "\n---\n" + set(1) + boundClaim("data-db-0") + boundClaim("data-db-1") + quota("requests.storage: 20Gi", "requests.storage: 20Gi")},
		"claims that may not be read": {rendered: strings.ReplaceAll(set(2), "gone", "''"), live: ml + quota("requests.storage: 20Gi", "requests.storage: 20Gi"), unread: "PersistentVolumeClaim",
			want: []string{"unknown quota resourcequota/ml/q: has no room if all is new, and what is there already cannot be read: requests.storage: 20Gi more are needed, 0 of 20Gi are free"}},
		"a limit range of pods": {rendered: workload("", sizedPod), live: ml + limitRange("{type: Pod, max: {cpu: 500m}}"),
			want: []string{"failed limit range limitrange/ml/l: a pod of deployment.apps/ml/web: limits.cpu is 1, more than the max of 500m"}},
		"a limit range of pods without limits": {rendered: workload("", plainPod), live: ml + limitRange("{type: Pod, max: {cpu: 500m}}"),
			want: []string{"failed limit range limitrange/ml/l: a pod of deployment.apps/ml/web: has no limits.cpu, and the max is 500m"}},
		"a limit range of claims": {rendered: claimOf("storageClassName: '', resources: {requests: {storage: 1Gi}},"), live: ml + limitRange("{type: PersistentVolumeClaim, min: {storage: 2Gi}}"),
			want: []string{"failed limit range limitrange/ml/l: the claim of persistentvolumeclaim/ml/data: requests.storage is 1Gi, less than the min of 2Gi"}},
		"a limit range that gives less than is requested": {rendered: workload("", "{containers: [{name: main, resources: {requests: {cpu: 2}}}]}"), live: ml + limitRange("{type: Container, default: {cpu: 1}}"),
			want: []string{"failed limit range limitrange/ml/l: container main of deployment.apps/ml/web: requests.cpu is 2, more than the limit of 1 that it gets from the range"}},
		"a limit range of how much more": {rendered: workload("", sizedPod), live: ml + limitRange("{type: Container, maxLimitRequestRatio: {cpu: 1500m}}"),
			want: []string{"failed limit range limitrange/ml/l: container main of deployment.apps/ml/web: limits.cpu is 1 and requests.cpu 500m, and a limit may be 1500m times the request at most"}},
		"a limit range that all keeps to": {rendered: workload("", sizedPod) + "\n---\n" + claimOf("storageClassName: '', resources: {requests: {storage: 2Gi}},"),
			live: ml + limitRange("{type: Container, max: {cpu: 1}, default: {cpu: 1}, maxLimitRequestRatio: {cpu: 2}}, {type: Pod, max: {memory: 1Gi}}, {type: PersistentVolumeClaim, min: {storage: 1Gi}, max: {storage: 2Gi}}")},
	})
}
