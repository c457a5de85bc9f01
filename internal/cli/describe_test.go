package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

func TestAPodIsDescribedWithWhatInitialisesIt(t *testing.T) {
	t.Parallel()
	pod := manifest.Documents([]byte(`
apiVersion: v1
kind: Pod
metadata: {name: greet-1, namespace: ml}
spec:
  initContainers: [{name: migrate}, {name: proxy, restartPolicy: Always}]
  containers: [{name: main, image: greet}]
status:
  phase: Pending
  initContainerStatuses: [{name: migrate, ready: true, restartCount: 2}, {name: proxy, ready: true, restartCount: 1}]
  containerStatuses: [{name: main, ready: false, restartCount: 0}]
`))[0].Value.(map[string]any)
	d := describePod(&unstructured.Unstructured{Object: pod}, status.Result{Reason: "ImageNotFound", Message: "no such image"})
	if d.Ready != "1/2" || d.Restarts != 3 || d.cause() != "Pending (ImageNotFound)" {
		t.Errorf("got %s ready, %d restarts, %s", d.Ready, d.Restarts, d.cause())
	}
}

func TestStepsForOtherObjectsAreTold(t *testing.T) {
	t.Parallel()
	result := func(kind string, phase status.Phase, next string) status.Result {
		return status.Result{ID: manifest.ID{Kind: kind, Name: "greet"}, Phase: phase, Next: next}
	}
	var d description
	d.row.Result = result("Deployment", status.Failed, "push the image")
	d.row.Objects = []status.Result{d.row.Result, result("Secret", status.Ready, "nothing"), result("Job", status.Failed, "read its log"), result("ConfigMap", status.Missing, "see the warning")}
	d.row.Warnings = d.row.Objects[3:]
	if diff := cmp.Diff([][]string{{"job/greet", "read its log"}}, d.otherSteps()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
