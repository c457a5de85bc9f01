package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHealthChecksKnowWhereTheyStand(t *testing.T) {
	t.Parallel()
	l, err := load(t, map[string]string{"deployment.yaml": minimal, "lading.yaml": `
apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: ml}
spec:
  deployments: [deployment.yaml]
  health:
  - apiVersion: example.com/v1
    kind: Widget
    inProgress: status.phase == 'Starting'
    failed: status.phase == 'Broken'
    current: status.phase == 'Running'
  - {apiVersion: v1, kind: Secret, current: "true"}
`}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []HealthCheck{
		{
			APIVersion: "example.com/v1", Kind: "Widget", InProgress: "status.phase == 'Starting'", Failed: "status.phase == 'Broken'",
			Current: "status.phase == 'Running'", Position: Position{"lading.yaml", 8, 5},
		},
		{APIVersion: "v1", Kind: "Secret", Current: "true", Position: Position{"lading.yaml", 13, 5}},
	}
	if diff := cmp.Diff(want, l.Resolved[0].Project.Spec.Health); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
