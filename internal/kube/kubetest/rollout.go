package kubetest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// RollOut applies objects and plays the controllers that would follow: each
// Deployment gets a ReplicaSet of its template and pods that are ready, each
// Service an EndpointSlice with those that it selects, each load balancer an
// address. What belonged to an older template goes.
func (s *Server) RollOut(objects ...*unstructured.Unstructured) error {
	var services []*unstructured.Unstructured
	for _, o := range objects {
		switch o.GetKind() {
		case "Deployment":
			if err := s.rollOut(o.DeepCopy()); err != nil {
				return err
			}
		case "Service":
			services = append(services, o.DeepCopy())
		default:
			if err := s.Apply(o); err != nil {
				return err
			}
		}
	}
	for _, o := range services {
		if err := s.expose(o); err != nil {
			return err
		}
	}
	return nil
}

type object = map[string]any

func (s *Server) rollOut(d *unstructured.Unstructured) error {
	replicas, found, _ := unstructured.NestedInt64(d.Object, "spec", "replicas")
	if !found {
		replicas = 1
	}
	d.SetGeneration(1)
	if old := s.Get("apps", "Deployment", d.GetNamespace(), d.GetName()); old != nil {
		d.SetGeneration(old.GetGeneration() + 1)
	}
	counts := object{"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "observedGeneration": d.GetGeneration()}
	status := object(maps.Clone(counts))
	status["updatedReplicas"] = replicas
	status["conditions"] = []any{
		condition("Available", "MinimumReplicasAvailable"), condition("Progressing", "NewReplicaSetAvailable"),
	}
	d.Object["status"] = status
	if err := s.Apply(d); err != nil {
		return err
	}
	template, _, _ := unstructured.NestedMap(d.Object, "spec", "template")
	text, err := json.Marshal(template)
	if err != nil {
		return err
	}
	sum := fnv.New32a()
	_, _ = sum.Write(text)
	hash := fmt.Sprintf("%x", sum.Sum32())
	s.removeOwned(d)
	d = s.Get("apps", "Deployment", d.GetNamespace(), d.GetName())
	labels, _, _ := unstructured.NestedStringMap(template, "metadata", "labels")
	all := object{"pod-template-hash": hash}
	for key, value := range labels {
		all[key] = value
	}
	_ = unstructured.SetNestedMap(template, all, "metadata", "labels")
	counts["fullyLabeledReplicas"], counts["observedGeneration"] = replicas, int64(1)
	set := s.owned(d, "apps/v1", "ReplicaSet", d.GetName()+"-"+hash, all)
	set.SetAnnotations(map[string]string{"deployment.kubernetes.io/revision": fmt.Sprint(d.GetGeneration())})
	set.SetGeneration(1)
	set.Object["spec"] = object{"replicas": replicas, "template": template, "selector": object{"matchLabels": all}}
	set.Object["status"] = counts
	if err := s.Apply(set); err != nil {
		return err
	}
	set = s.Get("apps", "ReplicaSet", d.GetNamespace(), set.GetName())
	for i := range replicas {
		if err := s.startPod(set, fmt.Sprintf("%s-%d", set.GetName(), i), all, template); err != nil {
			return err
		}
	}
	return nil
}

const playedTime = "2026-01-02T03:05:00Z"

func condition(kind, reason string) object {
	return object{"type": kind, "status": "True", "reason": reason, "lastUpdateTime": playedTime, "lastTransitionTime": playedTime}
}

// owned makes an object that belongs to another one.
func (s *Server) owned(owner *unstructured.Unstructured, version, kind, name string, labels object) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{
		"apiVersion": version, "kind": kind,
		"metadata": object{
			"name": name, "namespace": owner.GetNamespace(), "labels": labels,
			"ownerReferences": []any{object{
				"apiVersion": owner.GetAPIVersion(), "kind": owner.GetKind(), "name": owner.GetName(),
				"uid": string(owner.GetUID()), "controller": true,
			}},
		},
	}}
}

func (s *Server) startPod(set *unstructured.Unstructured, name string, labels, template object) error {
	pod := s.owned(set, "v1", "Pod", name, labels)
	spec, _, _ := unstructured.NestedMap(template, "spec")
	spec["nodeName"] = "node-1"
	pod.Object["spec"] = spec
	var containers []any
	list, _ := spec["containers"].([]any)
	for _, c := range list {
		body, _ := c.(object)
		containers = append(containers, object{
			"name": body["name"], "image": body["image"], "ready": true, "started": true, "restartCount": int64(0),
			"state": object{"running": object{"startedAt": playedTime}},
		})
	}
	pod.Object["status"] = object{
		"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": containers, "startTime": playedTime,
		"conditions": []any{condition("PodScheduled", ""), condition("Initialized", ""), condition("ContainersReady", ""), condition("Ready", "")},
	}
	return s.Apply(pod)
}

// removeOwned removes the replica sets of a Deployment with their pods.
func (s *Server) removeOwned(d *unstructured.Unstructured) {
	s.store.mu.Lock()
	var names []key
	for k, o := range s.store.objects {
		if k.namespace == d.GetNamespace() && (k.kind == "ReplicaSet" || k.kind == "Pod") && belongs(o.object, d.GetName()) {
			names = append(names, k)
		}
	}
	s.store.mu.Unlock()
	for _, k := range names {
		s.store.remove(k)
	}
}

// Pods are the names of the pods of a Deployment, in order.
func (s *Server) Pods(namespace, deployment string) []string {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	var names []string
	for k, o := range s.store.objects {
		if k.namespace == namespace && k.kind == "Pod" && belongs(o.object, deployment) {
			names = append(names, k.name)
		}
	}
	slices.Sort(names)
	return names
}

// belongs tells that an object was made for a Deployment, by its owner's name.
func belongs(o object, deployment string) bool {
	for _, owner := range (&unstructured.Unstructured{Object: o}).GetOwnerReferences() {
		if owner.Name == deployment || strings.HasPrefix(owner.Name, deployment+"-") {
			return true
		}
	}
	return false
}

// expose applies a Service with what its controllers add.
func (s *Server) expose(o *unstructured.Unstructured) error {
	kind, _, _ := unstructured.NestedString(o.Object, "spec", "type")
	_ = unstructured.SetNestedField(o.Object, "10.96.0.1", "spec", "clusterIP")
	if kind == "LoadBalancer" {
		o.Object["status"] = object{"loadBalancer": object{"ingress": []any{object{"ip": "192.0.2.10"}}}}
	}
	if err := s.Apply(o); err != nil {
		return err
	}
	o = s.Get("", "Service", o.GetNamespace(), o.GetName())
	slice := s.owned(o, "discovery.k8s.io/v1", "EndpointSlice", o.GetName()+"-1", object{"kubernetes.io/service-name": o.GetName()})
	slice.Object["addressType"] = "IPv4"
	slice.Object["ports"] = []any{object{"name": "http", "port": int64(8000), "protocol": "TCP"}}
	slice.Object["endpoints"] = []any{object{
		"addresses": []any{"10.0.0.1"}, "conditions": object{"ready": true, "serving": true, "terminating": false},
	}}
	return s.Apply(slice)
}
