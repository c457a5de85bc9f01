package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/manifest"
)

// A world is a project, the repository that it publishes to, and the cluster of
// its only environment.
type world struct {
	lading, dir string
	cluster     *kubetest.Server
	// commits are those that were published, the newest last.
	commits []string
}

const project = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: shop}
spec:
  key: abcdef
  deployments: [deployments.yaml]
  gitops: {repository: rendered.git, url: "https://git.example.com/rendered.git"}
  environments: [{name: prod%s}]
`

const deployment = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet-%04d}
spec: {image: "registry.example.com/zenml:%d", entrypoint: image, settings: {resources: {min_replicas: 2}}}
---
`

// newWorld publishes the deployments once. The cluster is empty.
func newWorld(engine, lading string) (*world, error) {
	dir, err := os.MkdirTemp("", "lading-bench-")
	if err != nil {
		return nil, err
	}
	w := &world{lading: lading, dir: dir}
	if engine != "" {
		engine = ", engine: {kind: " + engine + "}"
	}
	if w.cluster, err = kubetest.Start(kubetest.Options{}); err != nil {
		return nil, err
	}
	w.cluster.Serve(kubetest.ArgoCD()...)
	w.cluster.Serve(kubetest.Flux()...)
	if _, err = w.cluster.WriteKubeconfig(dir); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "lading.yaml"), fmt.Appendf(nil, project, engine), 0o600); err != nil {
		return nil, err
	}
	return w, w.publish("--init")
}

func (w *world) close() {
	w.cluster.Close()
	os.RemoveAll(w.dir)
}

// publish commits all deployments with a new image.
func (w *world) publish(flags ...string) error {
	var all strings.Builder
	for i := range *deployments {
		fmt.Fprintf(&all, deployment, i, len(w.commits))
	}
	if err := os.WriteFile(filepath.Join(w.dir, "deployments.yaml"), []byte(all.String()), 0o600); err != nil {
		return err
	}
	if err := wants(command(w.dir, append([]string{w.lading, "publish", "--trust-inputs"}, flags...)...), 0); err != nil {
		return err
	}
	commit, err := command(w.dir, "git", "-C", "rendered.git", "rev-parse", "main").Output()
	w.commits = append(w.commits, string(bytes.TrimSpace(commit)))
	return err
}

// committed reads the files of the branch by their directories.
func (w *world) committed() (map[string][]*unstructured.Unstructured, error) {
	clone := filepath.Join(w.dir, "clone")
	if err := wants(command(w.dir, "git", "clone", "--quiet", "--depth", "1", "file://"+filepath.Join(w.dir, "rendered.git"), clone), 0); err != nil {
		return nil, err
	}
	defer os.RemoveAll(clone)
	objects := make(map[string][]*unstructured.Unstructured)
	return objects, filepath.WalkDir(filepath.Join(clone, "prod"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(clone, filepath.Dir(file))
		for _, document := range manifest.Documents(data) {
			if body, ok := document.Value.(map[string]any); ok && body["apiVersion"] != "lading.dev/v1" {
				dir = filepath.ToSlash(dir)
				objects[dir] = append(objects[dir], &unstructured.Unstructured{Object: body})
			}
		}
		return err
	})
}

// rollOut makes everything live and ready.
func (w *world) rollOut() error { return w.live(func(*unstructured.Unstructured) {}) }

// crash does the same with containers that end again and again.
func (w *world) crash() error {
	return w.live(func(o *unstructured.Unstructured) {
		status := o.Object["status"].(map[string]any)
		if o.GetKind() == "Deployment" {
			status["availableReplicas"], status["readyReplicas"] = int64(0), int64(0)
			status["conditions"] = []any{condition("Available", "False", "MinimumReplicasUnavailable"), condition("Progressing", "True", "NewReplicaSetAvailable")}
			return
		}
		status["conditions"] = []any{condition("PodScheduled", "True", ""), condition("ContainersReady", "False", ""), condition("Ready", "False", "")}
		status["containerStatuses"] = []any{map[string]any{
			"name": "main", "image": "i", "ready": false, "started": false, "restartCount": int64(7),
			"state":     map[string]any{"waiting": map[string]any{"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
			"lastState": map[string]any{"terminated": map[string]any{"exitCode": int64(3), "reason": "Error", "finishedAt": "2026-01-02T03:06:00Z"}},
		}}
	})
}

func condition(kind, status, reason string) map[string]any {
	return map[string]any{"type": kind, "status": status, "reason": reason, "lastTransitionTime": "2026-01-02T03:06:00Z"}
}

// live rolls out what is committed, and changes the Deployments and their pods.
func (w *world) live(change func(o *unstructured.Unstructured)) error {
	committed, err := w.committed()
	if err != nil {
		return err
	}
	for dir, objects := range committed {
		if strings.HasSuffix(dir, "/_engine") {
			continue
		}
		if err := w.cluster.RollOut(objects...); err != nil {
			return err
		}
		for _, o := range objects {
			if o.GetKind() != "Deployment" {
				continue
			}
			live := []*unstructured.Unstructured{w.cluster.Get("apps", "Deployment", o.GetNamespace(), o.GetName())}
			for _, name := range w.cluster.Pods(o.GetNamespace(), o.GetName()) {
				live = append(live, w.cluster.Get("", "Pod", o.GetNamespace(), name))
			}
			for _, o := range live {
				change(o)
				managed(o)
			}
			if err := w.cluster.Apply(live...); err != nil {
				return err
			}
		}
	}
	return nil
}

// managed adds the fields that managers leave behind, of which a cluster's
// answers are full.
func managed(o *unstructured.Unstructured) {
	owned := make(map[string]any)
	for i := range 40 {
		owned[fmt.Sprintf("f:field%d", i)] = map[string]any{".": map[string]any{}, "f:name": map[string]any{}}
	}
	o.Object["metadata"].(map[string]any)["managedFields"] = []any{map[string]any{
		"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": owned, "time": time.Now().UTC().Format(time.RFC3339),
	}}
}
