package preflight

import (
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A podTemplate is what a workload makes pods of.
type podTemplate struct {
	owner    manifest.ID
	spec     map[string]any
	replicas int64
}

// podsOf finds the pods of rendered objects.
func podsOf(objects []*manifest.Object) []podTemplate {
	var pods []podTemplate
	least := leastOf(objects)
	for _, o := range objects {
		if spec := o.PodSpec(); spec != nil {
			pods = append(pods, podTemplate{o.ID(), spec, replicasOf(o, least)})
		}
	}
	return pods
}

// A scaled thing is what an autoscaler names.
type scaled struct{ kind, namespace, name string }

// leastOf tells with how many pods autoscalers begin.
func leastOf(objects []*manifest.Object) map[scaled]int64 {
	least := make(map[scaled]int64)
	for _, h := range objects {
		if h.Kind() == "HorizontalPodAutoscaler" {
			target := mapping(h.Body, "spec", "scaleTargetRef")
			n, _ := h.Field("spec", "minReplicas")
			least[scaled{text(target, "kind"), h.Namespace(), text(target, "name")}] = integer(n, 1)
		}
	}
	return least
}

// replicasOf counts the pods of a workload. Where an autoscaler decides it is
// the number that it begins with.
func replicasOf(o *manifest.Object, least map[scaled]int64) int64 {
	if o.Group() == "batch" {
		return podsOfJob(o)
	}
	if n, ok := o.Field("spec", "replicas"); ok {
		return integer(n, 1)
	}
	if n, ok := least[scaled{o.Kind(), o.Namespace(), o.Name()}]; ok {
		return n
	}
	return 1
}

// podsOfJob counts the pods that a Job, or one of a CronJob, has at a time: no
// more than it still wants to complete. See
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#parallel-jobs.
func podsOfJob(o *manifest.Object) int64 {
	spec := mapping(o.Body, "spec")
	isSuspended := spec["suspend"] == true
	if o.Kind() == "CronJob" {
		spec = mapping(spec, "jobTemplate", "spec")
	}
	if isSuspended || spec["suspend"] == true {
		return 0
	}
	parallelism := integer(spec["parallelism"], 1)
	return min(parallelism, integer(spec["completions"], parallelism))
}

// containers are those that run, the ones before them last.
func (p podTemplate) containers() []map[string]any {
	return append(mappings(p.spec["containers"]), mappings(p.spec["initContainers"])...)
}

// A reference is something in its namespace that a pod cannot start without.
type reference struct {
	kind, name, key string
	// setting is where lading's settings name it.
	setting string
}

// references finds what the pods need; what they call optional they do not.
func (p podTemplate) references() []reference {
	var all []reference
	add := func(kind string, name, key, optional any, setting string) {
		if name, _ := name.(string); name != "" && optional != true {
			key, _ := key.(string)
			all = append(all, reference{kind, name, key, setting})
		}
	}
	for _, s := range mappings(p.spec["imagePullSecrets"]) {
		add("Secret", s["name"], nil, nil, "settings.deployer.image_pull_secrets")
	}
	for _, c := range p.containers() {
		for _, e := range mappings(c["env"]) {
			secret, config := mapping(e, "valueFrom", "secretKeyRef"), mapping(e, "valueFrom", "configMapKeyRef")
			add("Secret", secret["name"], secret["key"], secret["optional"], "secretEnv or settings.deployer.pod_settings.env")
			add("ConfigMap", config["name"], config["key"], config["optional"], "settings.deployer.pod_settings.env")
		}
		for _, e := range mappings(c["envFrom"]) {
			secret, config := mapping(e, "secretRef"), mapping(e, "configMapRef")
			add("Secret", secret["name"], nil, secret["optional"], "settings.deployer.pod_settings.env_from")
			add("ConfigMap", config["name"], nil, config["optional"], "settings.deployer.pod_settings.env_from")
		}
	}
	for _, v := range mappings(p.spec["volumes"]) {
		const setting = "settings.deployer.pod_settings.volumes"
		sources := append([]map[string]any{v}, mappings(mapping(v, "projected")["sources"])...)
		for _, source := range sources {
			secret, config := mapping(source, "secret"), mapping(source, "configMap")
			add("Secret", first(secret["secretName"], secret["name"]), nil, secret["optional"], setting)
			add("ConfigMap", config["name"], nil, config["optional"], setting)
		}
		add("PersistentVolumeClaim", mapping(v, "persistentVolumeClaim")["claimName"], nil, nil, setting)
	}
	return all
}

func first(a, b any) any {
	if a != nil {
		return a
	}
	return b
}

// namespacesOf returns the namespaces that objects lie in.
func namespacesOf(objects []*manifest.Object) []string {
	var names []string
	for _, o := range objects {
		if n := o.Namespace(); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}
