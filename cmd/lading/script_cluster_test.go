package main

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/manifest"
)

// clusterCommand starts a small API server and sets KUBECONFIG to reach it:
//
//	cluster start
//
// It runs no controllers; these play them, or bring about what goes wrong:
//
//	cluster sync rendered.git main     # roll out what the branch has
//	cluster apply objects.yaml         # make objects be so
//	cluster break namespace name 'not found'    # its image cannot be pulled
//	cluster delete apps Deployment namespace name
//	cluster log namespace pod container 'a line' 'another'
//	cluster deny apps deployments
//	cluster serve argocd               # or flux: their kinds
//	cluster stop
func clusterCommand(t *testing.T) func(*testscript.TestScript, bool, []string) {
	var lock sync.Mutex
	servers := make(map[*testscript.TestScript]*kubetest.Server)
	return func(ts *testscript.TestScript, neg bool, args []string) {
		lock.Lock()
		defer lock.Unlock()
		s := servers[ts]
		if neg || len(args) == 0 || s == nil && args[0] != "start" {
			ts.Fatalf("usage: cluster start, then cluster sync|apply|delete|log|deny|serve|stop ...")
		}
		if s == nil {
			s = kubetest.New(t, kubetest.Options{})
			servers[ts] = s
			file, err := s.WriteKubeconfig(ts.MkAbs("."))
			ts.Check(err)
			ts.Setenv("KUBECONFIG", file)
			return
		}
		act := scriptCluster[args[0]]
		if act.do == nil || len(args)-1 < act.arguments {
			ts.Fatalf("cluster %s: no such act, or too few arguments", args[0])
		}
		ts.Check(act.do(ts, s, args[1:]))
	}
}

// scriptCluster are the acts of a cluster, with how many arguments each needs.
var scriptCluster = map[string]struct {
	arguments int
	do        func(ts *testscript.TestScript, s *kubetest.Server, args []string) error
}{
	"sync": {2, func(ts *testscript.TestScript, s *kubetest.Server, args []string) error {
		return syncBranch(s, ts.MkAbs(args[0]), args[1])
	}},
	"apply": {1, func(ts *testscript.TestScript, s *kubetest.Server, args []string) error {
		return s.ApplyYAML(ts.ReadFile(args[0]))
	}},
	"delete": {4, func(_ *testscript.TestScript, s *kubetest.Server, args []string) error {
		s.Delete(strings.Trim(args[0], "-"), args[1], strings.Trim(args[2], "-"), args[3])
		return nil
	}},
	"log": {4, func(_ *testscript.TestScript, s *kubetest.Server, args []string) error {
		for _, previous := range []bool{false, true} {
			s.Log(kubetest.Container{Namespace: args[0], Pod: args[1], Name: args[2], Previous: previous}, noon, args[3:]...)
		}
		return nil
	}},
	"break": {3, func(_ *testscript.TestScript, s *kubetest.Server, args []string) error {
		return breakDeployment(s, args[0], args[1], args[2])
	}},
	"deny": {2, func(_ *testscript.TestScript, s *kubetest.Server, args []string) error {
		s.Deny(kubetest.Denial{Group: args[0], Resource: args[1]})
		return nil
	}},
	"serve": {1, func(_ *testscript.TestScript, s *kubetest.Server, args []string) error {
		s.Serve(map[string][]kubetest.Type{"argocd": kubetest.ArgoCD(), "flux": kubetest.Flux()}[args[0]]...)
		return nil
	}},
	"stop": {0, func(_ *testscript.TestScript, s *kubetest.Server, _ []string) error {
		s.Stop()
		return nil
	}},
}

// breakDeployment makes the first pod of a Deployment fail to pull its image.
func breakDeployment(s *kubetest.Server, namespace, name, why string) error {
	if err := s.Change("apps", "Deployment", namespace, name, func(o map[string]any) {
		status := o["status"].(map[string]any)
		for _, count := range []string{"readyReplicas", "availableReplicas"} {
			delete(status, count)
		}
		status["unavailableReplicas"] = status["replicas"]
		status["conditions"] = []any{
			map[string]any{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "lastTransitionTime": "2026-01-02T03:06:00Z"},
			map[string]any{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": "2026-01-02T03:06:00Z"},
		}
	}); err != nil {
		return err
	}
	for _, pod := range s.Pods(namespace, name) {
		if err := s.Change("", "Pod", namespace, pod, func(o map[string]any) {
			status := o["status"].(map[string]any)
			container := status["containerStatuses"].([]any)[0].(map[string]any)
			container["ready"], container["started"] = false, false
			container["state"] = map[string]any{"waiting": map[string]any{"reason": "ImagePullBackOff", "message": why}}
			status["phase"] = "Pending"
			status["conditions"] = []any{
				map[string]any{"type": "PodScheduled", "status": "True"},
				map[string]any{"type": "Ready", "status": "False", "reason": "ContainersNotReady"},
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// noon is when containers wrote their logs.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// syncBranch rolls out the manifests of a branch. Engine objects are for engines.
func syncBranch(s *kubetest.Server, repo, branch string) error {
	list, err := gittest.Try(repo, "ls-tree", "-r", "--name-only", branch)
	if err != nil {
		return err
	}
	var objects []*unstructured.Unstructured
	for name := range strings.FieldsSeq(list) {
		if filepath.Ext(name) != ".yaml" || strings.Contains(name, "_engine/") {
			continue
		}
		text, err := gittest.Try(repo, "cat-file", "blob", branch+":"+name)
		if err != nil {
			return err
		}
		for _, d := range manifest.Documents([]byte(text)) {
			if body, ok := d.Value.(map[string]any); ok {
				objects = append(objects, &unstructured.Unstructured{Object: body})
			}
		}
	}
	return s.RollOut(objects...)
}
