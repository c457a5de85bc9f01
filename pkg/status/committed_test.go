package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatADryRunRefusesDecidesUnlessItIsApplied(t *testing.T) {
	t.Parallel()
	const message = `pods "greet" is forbidden: exceeded quota: compute`
	refused := Result{
		ID: deploymentID, Phase: Failed, Reason: WouldBeRefused, Message: message, Final: true,
		Next: "raise the quota or lower the resources: kubectl describe quota -n ml",
	}
	waiting := Report{Environment: "prod", Result: Result{Phase: NotSynced}, Sync: syncIn(NotSynced, engineWaiting, "")}
	applied := Report{Environment: "prod", Result: Result{Phase: Ready}, Sync: syncIn(Ready, "", "")}
	for name, test := range map[string]struct {
		report   Report
		verdict  Result
		warnings []Result
	}{
		"not applied yet":    {waiting, refused, nil},
		"two of one":         {waiting.Refused(deploymentID, message, ""), refused, []Result{refused}},
		"applied long since": {applied, applied.Result, []Result{refused}},
	} {
		got := test.report.Refused(deploymentID, message, "")
		if diff := cmp.Diff([]any{test.verdict, test.warnings}, []any{got.Result, got.Warnings}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNextStepsNameWhereTheyAre(t *testing.T) {
	t.Parallel()
	const step = "lading rbac --env {environment}; kubectl describe quota -n {namespace}"
	for _, test := range [][3]string{
		{"shop", "prod", "lading rbac --env prod; kubectl describe quota -n shop"},
		{"", "", "lading rbac --env ENV; kubectl describe quota -n NAMESPACE"},
	} {
		if got := inPlace(step, test[0], test[1]); got != test[2] {
			t.Errorf("got %q, want %q", got, test[2])
		}
	}
}
