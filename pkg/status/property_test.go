package status

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/lading-dev/lading/pkg/manifest"
)

var someTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A Deployment is never ready while its controller has not seen the newest
// content, pods of it are lacking, or older ones are left, whatever else its
// status, ReplicaSets and pods say.
func FuzzDeploymentIsNeverReadyTooEarly(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := randomDeployment(random)
		objects := append(randomPods(random), toLive(t, d))
		judge := &Judge{Live: NewLive(objects, nil), Now: someTime}
		r := judge.Object(manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "prod", Name: "web"})
		if complete := isComplete(d); (r.Phase == Ready) != complete {
			t.Errorf("complete is %v, phase %s: %+v %+v", complete, r.Phase, d.Spec, d.Status)
		}
		if r.Phase != Ready && (r.Reason == "" || r.Message == "" || r.Next == "") {
			t.Errorf("the result says too little: %+v", r)
		}
		if r.Final && !mayBeFinal(r) {
			t.Errorf("the result is final and %s", r.Phase)
		}
	})
}

// isComplete says it as kubectl rollout status does.
func isComplete(d *appsv1.Deployment) bool {
	wanted, s := *d.Spec.Replicas, d.Status
	return s.ObservedGeneration >= d.Generation && s.UpdatedReplicas >= wanted && s.Replicas <= s.UpdatedReplicas &&
		s.AvailableReplicas >= wanted && (wanted > 0 || s.Replicas == 0)
}

func randomDeployment(random *rand.Rand) *appsv1.Deployment {
	few := func() int32 { return random.Int32N(4) }
	wanted := few()
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "prod", UID: "d", Generation: int64(few())},
		Spec:       appsv1.DeploymentSpec{Replicas: &wanted, Paused: few() == 0, MinReadySeconds: few()},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: int64(few()), Replicas: few(), UpdatedReplicas: few(),
			ReadyReplicas: few(), AvailableReplicas: few(),
		},
	}
	reasons := []string{"NewReplicaSetAvailable", "ReplicaSetUpdated", "ProgressDeadlineExceeded", "ReplicaSetCreateError"}
	for _, kind := range []appsv1.DeploymentConditionType{appsv1.DeploymentProgressing, appsv1.DeploymentAvailable, appsv1.DeploymentReplicaFailure} {
		if few() > 0 {
			d.Status.Conditions = append(d.Status.Conditions, appsv1.DeploymentCondition{
				Type: kind, Status: "True", Reason: reasons[few()], Message: `ReplicaSet "web-new" says so`,
			})
		}
	}
	return d
}

// randomPods returns ReplicaSets of the Deployment with pods in any state.
func randomPods(random *rand.Rand) []*unstructured.Unstructured {
	var objects []*unstructured.Unstructured
	states := []any{
		nil,
		map[string]any{"running": map[string]any{}},
		map[string]any{"waiting": map[string]any{"reason": "ImagePullBackOff"}},
		map[string]any{"waiting": map[string]any{"reason": "CrashLoopBackOff"}},
		map[string]any{"terminated": map[string]any{"exitCode": int64(1)}},
		map[string]any{"waiting": map[string]any{"reason": "CreateContainerConfigError", "message": "couldn't find key a in Secret "}},
	}
	phases := []string{"Pending", "Running", "Failed", "Succeeded", "Unknown", ""}
	for i := range random.IntN(3) {
		rs := owned("ReplicaSet", fmt.Sprintf("web-%d", i), "d")
		objects = append(objects, rs)
		for n := range random.IntN(3) {
			pod := owned("Pod", fmt.Sprintf("web-%d-%d", i, n), rs.GetName())
			pod.Object["spec"] = map[string]any{"nodeName": "n", "containers": []any{map[string]any{"name": "c", "image": "i"}}}
			status := map[string]any{"phase": phases[random.IntN(len(phases))]}
			if state := states[random.IntN(len(states))]; state != nil {
				status["containerStatuses"] = []any{map[string]any{"name": "c", "state": state, "restartCount": random.Int64N(5)}}
			}
			pod.Object["status"] = status
			objects = append(objects, pod)
		}
	}
	return objects
}

func owned(kind, name, owner string) *unstructured.Unstructured {
	version := map[string]string{"Pod": "v1", "ReplicaSet": "apps/v1"}[kind]
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": version, "kind": kind,
		"metadata": map[string]any{
			"name": name, "namespace": "prod", "uid": name,
			"ownerReferences": []any{map[string]any{"uid": owner, "kind": "Deployment", "name": "web"}},
		},
	}}
}

func toLive(t testing.TB, o any) *unstructured.Unstructured {
	t.Helper()
	body, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: body}
}
