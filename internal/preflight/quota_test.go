package preflight

import (
	"fmt"
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

func TestQuotasAndLimits(t *testing.T) {
	t.Parallel()
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
		"an update that needs a pod more": {rendered: workload("replicas: 2, ", sizedPod), live: ml + workload("replicas: 2, ", sizedPod) + quota("pods: 2", "pods: 2"),
			want: []string{"warning quota resourcequota/ml/q: an update of deployment.apps/ml/web starts a new pod before it stops an old one, and there is no room for it: pods: 1 are needed, 0 of 2 will be free"}},
		"an update and a replica more": {rendered: workload("replicas: 3, ", sizedPod), live: ml + workload("replicas: 2, ", sizedPod) + quota("pods: 3", "pods: 2"),
			want: []string{"warning quota resourcequota/ml/q: an update of deployment.apps/ml/web starts a new pod before it stops an old one, and there is no room for it: pods: 1 are needed, 0 of 3 will be free"}},
		"an update that stops a pod first": {rendered: workload("replicas: 2, strategy: {rollingUpdate: {maxUnavailable: 1}}, ", sizedPod), live: ml + workload("replicas: 2, ", sizedPod) + quota("pods: 2", "pods: 2")},
		"an update that stops all first":   {rendered: workload("replicas: 2, strategy: {type: Recreate}, ", sizedPod), live: ml + workload("replicas: 2, ", sizedPod) + quota("pods: 2", "pods: 2")},
		"an update of many replicas":       {rendered: workload("replicas: 4, ", sizedPod), live: ml + workload("replicas: 4, ", sizedPod) + quota("pods: 4", "pods: 4")},
		"an autoscaler that has scaled": {rendered: workload("", sizedPod) + autoscaler(2), live: ml + workload("replicas: 3, ", sizedPod) + quota("requests.cpu: 1500m", "requests.cpu: 1500m"),
			want: []string{"warning quota resourcequota/ml/q: an update of deployment.apps/ml/web starts a new pod before it stops an old one, and there is no room for it: requests.cpu: 500m are needed, 0 of 1500m will be free"}},
		"an autoscaler that has scaled to many": {rendered: workload("", sizedPod) + autoscaler(2), live: ml + workload("replicas: 8, ", sizedPod) + quota("pods: 8", "pods: 8")},
		"a quota and what a LimitRange gives": {rendered: workload("replicas: 10, ", plainPod), live: ml + quota("requests.cpu: 1", "") + limitRange("{type: Container, defaultRequest: {cpu: 500m}}"),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 5 more are needed, 1 of 1 are free"}},
		"a quota and a sidecar": {rendered: workload("", "{containers: [{name: main, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}]}"), live: ml + quota("requests.cpu: 1", ""),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 2 more are needed, 1 of 1 are free"}},
		"a quota and an init container beside a sidecar": {rendered: workload("", "{containers: [{name: main, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: i, resources: {requests: {cpu: 3}}}]}"), live: ml + quota("requests.cpu: 3", ""),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 4 more are needed, 3 of 3 are free"}},
		"a quota and a pod that says it as a whole": {rendered: workload("", "{resources: {requests: {cpu: 2}}, containers: [{name: main}]}"), live: ml + quota("requests.cpu: 1", ""),
			want: []string{"failed quota resourcequota/ml/q: requests.cpu: 2 more are needed, 1 of 1 are free"}},

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
