package status

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/lading-dev/lading/pkg/manifest"
)

// staleConfig tells of a workload whose pods were created before a ConfigMap
// or Secret that they read at their start was changed, nil where none was.
// Environment variables and subPath mounts keep what they had at the start;
// other volumes follow by themselves. The result is a warning: its phase is
// Ready. When an object was changed is known where the live objects have
// managedFields, else only when it was created.
// https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
func (j *Judge) staleConfig(o *unstructured.Unstructured) *Result {
	configs := j.configsOf(o)
	if len(configs) == 0 {
		return nil
	}
	pod := j.oldestPod(o)
	if pod == nil {
		return nil
	}
	created := pod.GetCreationTimestamp().Time
	for _, config := range configs {
		if !changed(config).After(created) {
			continue
		}
		r := ready(o).about(IDOf(config), IDOf(pod)).next("restart the pods: kubectl rollout restart -n %s %s/%s",
			o.GetNamespace(), strings.ToLower(o.GetKind()), o.GetName())
		r.Reason = configChanged
		r.Message = fmt.Sprintf("%s %s changed at %s, after pod %s was created at %s",
			config.GetKind(), config.GetName(), moment(changed(config)), pod.GetName(), moment(created))
		return &r
	}
	return nil
}

// oldestPod returns the oldest running pod of a workload, nil where none runs.
func (j *Judge) oldestPod(o *unstructured.Unstructured) *unstructured.Unstructured {
	pods := slices.Clone(j.Live.OwnedBy(o.GetUID(), "Pod"))
	for _, rs := range j.Live.OwnedBy(o.GetUID(), "ReplicaSet") {
		pods = append(pods, j.Live.OwnedBy(rs.GetUID(), "Pod")...)
	}
	var oldest *unstructured.Unstructured
	for _, p := range pods {
		runs := p.GetDeletionTimestamp() == nil && fields(p.Object).at("status").text("phase") == string(corev1.PodRunning)
		if runs && (oldest == nil || p.GetCreationTimestamp().Time.Before(oldest.GetCreationTimestamp().Time)) {
			oldest = p
		}
	}
	return oldest
}

// configsOf returns the live ConfigMaps and Secrets that the pods of a
// workload read once.
func (j *Judge) configsOf(o *unstructured.Unstructured) []*unstructured.Unstructured {
	template := fields(o.Object).at("spec").at("template").at("spec")
	spec := new(corev1.PodSpec)
	if runtime.DefaultUnstructuredConverter.FromUnstructured(template, spec) != nil {
		return nil
	}
	var configs []*unstructured.Unstructured
	for _, id := range readAtStart(spec, o.GetNamespace()) {
		if config := j.Live.Get(id); config != nil {
			configs = append(configs, config)
		}
	}
	return configs
}

// readAtStart returns the ConfigMaps and Secrets that a pod reads once.
func readAtStart(spec *corev1.PodSpec, namespace string) []manifest.ID {
	var ids []manifest.ID
	add := func(kind, name string) {
		id := manifest.ID{Kind: kind, Namespace: namespace, Name: name}
		if name != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		addVariables(c, add)
		for _, m := range c.VolumeMounts {
			if m.SubPath != "" || m.SubPathExpr != "" {
				addVolume(spec.Volumes, m.Name, add)
			}
		}
	}
	return ids
}

func addVariables(c corev1.Container, add func(kind, name string)) {
	for _, s := range c.EnvFrom {
		if s.ConfigMapRef != nil {
			add("ConfigMap", s.ConfigMapRef.Name)
		}
		if s.SecretRef != nil {
			add("Secret", s.SecretRef.Name)
		}
	}
	for _, v := range c.Env {
		if v.ValueFrom != nil && v.ValueFrom.ConfigMapKeyRef != nil {
			add("ConfigMap", v.ValueFrom.ConfigMapKeyRef.Name)
		}
		if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
			add("Secret", v.ValueFrom.SecretKeyRef.Name)
		}
	}
}

func addVolume(volumes []corev1.Volume, name string, add func(kind, name string)) {
	for _, v := range volumes {
		if v.Name != name {
			continue
		}
		if v.ConfigMap != nil {
			add("ConfigMap", v.ConfigMap.Name)
		}
		if v.Secret != nil {
			add("Secret", v.Secret.SecretName)
		}
	}
}

// changed returns when an object was last written, as far as is known. What a
// controller writes into its status does not change it, and scaling does.
func changed(o metav1.Object) time.Time {
	last := o.GetCreationTimestamp().Time
	for _, f := range o.GetManagedFields() {
		if f.Time != nil && f.Subresource != "status" && f.Time.After(last) {
			last = f.Time.Time
		}
	}
	return last
}
