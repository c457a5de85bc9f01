package status

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/manifest"
)

// noEngine is what an engine says of itself that cannot be asked.
var noEngine = Result{
	ID:    manifest.ID{Group: "argoproj.io", Kind: "Application", Namespace: "argocd", Name: "greet"},
	Phase: Unknown, Reason: Forbidden, Message: "may not list applications", Next: "lading rbac --env prod",
}

func TestComparedReportsSayWhyAndCountWhatCounts(t *testing.T) {
	t.Parallel()
	const (
		hook      = `{apiVersion: batch/v1, kind: Job, metadata: {name: migrate, namespace: ml, annotations: {argocd.argoproj.io/hook: PostSync}}}`
		otherData = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, labels: {zenml-deployment-id: other}}}`
		monitor   = `{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: greet, namespace: ml}}`
		namespace = `{apiVersion: v1, kind: Namespace, metadata: {name: ml}}`
	)
	fluxUnit := Result{ID: manifest.ID{Kind: "Kustomization"}, Reason: Unreachable}
	committed := strings.Replace(wantDeployment, "replicas: 3", "replicas: 2", 1)
	unserved := Gap{Group: "monitoring.coreos.com", Kind: "ServiceMonitor", Reason: KindNotServed, Message: "no such kind"}
	unreadConfigs := Gap{Kind: "ConfigMap", Reason: Forbidden, Message: "may not"}
	tests := map[string]struct {
		want, shared, live []string
		gaps               []Gap
		why                Result
		lenient, deleted   bool
		report             inShort
	}{
		"all is live": {
			want: []string{committed}, live: []string{liveDeployment}, why: noEngine,
			report: inShort{Phase: Ready, Ready: 2, Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"it differs": {
			want: []string{wantDeployment}, live: []string{liveDeployment}, why: noEngine,
			report: inShort{Phase: NotSynced, Reason: DiffersFromLive, Message: "deployment.apps/ml/greet: spec.replicas is 2, want 3", Desired: 3, Warnings: []Reason{Forbidden}},
		},
		"a hook of Argo CD that is done": {
			want: []string{committed, hook}, live: []string{liveDeployment}, why: noEngine,
			report: inShort{Phase: Ready, Ready: 2, Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"to Flux it is no hook": {
			want: []string{committed, hook}, live: []string{liveDeployment}, why: fluxUnit,
			report: inShort{Phase: NotSynced, Reason: NotYetApplied, Message: "job.batch/ml/migrate is not in the cluster", Desired: 2, Warnings: []Reason{Unreachable}},
		},
		"additional resources are not there": {
			want: []string{committed, wantConfig}, live: []string{liveDeployment}, why: noEngine,
			report: inShort{Phase: NotSynced, Reason: NotYetApplied, Message: "configmap/ml/model is not in the cluster", Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"additional resources that cannot be applied or read only warn": {
			want: []string{committed, wantConfig, monitor}, live: []string{liveDeployment}, gaps: []Gap{unserved, unreadConfigs}, why: noEngine, lenient: true,
			report: inShort{Phase: Ready, Ready: 2, Desired: 2, Warnings: []Reason{Forbidden, Forbidden, syncNoKind}},
		},
		"additional resources that were published anew count": {
			want: []string{committed, wantConfig, monitor}, live: []string{liveDeployment, otherData}, gaps: []Gap{unserved}, why: noEngine, lenient: true,
			report: inShort{Phase: NotSynced, Reason: DiffersFromLive, Message: `configmap/ml/model: metadata.labels.zenml-deployment-id is "other", want "` + greetID + `"`, Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"the Deployment counts in any case": {
			want: []string{committed, wantConfig}, live: []string{liveConfig}, why: noEngine, lenient: true,
			report: inShort{Phase: NotSynced, Reason: NotYetApplied, Message: "deployment.apps/ml/greet is not in the cluster", Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"so do shared objects": {
			want: []string{committed}, shared: []string{namespace}, live: []string{liveDeployment}, why: noEngine, lenient: true,
			report: inShort{Phase: NotSynced, Reason: NotYetApplied, Message: "namespace/ml is not in the cluster", Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"a shared object of a kind that is not served is not there": {
			want: []string{committed}, shared: []string{monitor}, live: []string{liveDeployment}, gaps: []Gap{unserved}, why: noEngine,
			report: inShort{Phase: NotSynced, Reason: syncNoKind, Message: "servicemonitor.monitoring.coreos.com/ml/greet is not in the cluster: no such kind", Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"a Namespace that may not be read is there where its objects are": {
			want: []string{committed}, shared: []string{namespace}, live: []string{liveDeployment}, why: noEngine,
			gaps:   []Gap{{Kind: "Namespace", Reason: Forbidden, Message: "may not"}},
			report: inShort{Phase: Ready, Ready: 2, Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"what may not be read": {
			want: []string{committed}, why: noEngine, gaps: []Gap{{Group: "apps", Kind: "Deployment", Reason: Forbidden, Message: "may not"}},
			report: inShort{Phase: Unknown, Reason: Forbidden, Message: "may not", Desired: 2, Warnings: []Reason{Forbidden}},
		},
		"a deleted one is gone": {
			want: []string{wantConfig}, why: noEngine, deleted: true,
			report: inShort{Phase: Gone, Warnings: []Reason{Forbidden}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := greet(asCommitted(t, test.want...))
			target.Lenient, target.Deleted = test.lenient, test.deleted
			live := liveOf(t, test.live...)
			live.gaps = test.gaps
			report := (&Judge{Live: live, Now: reportNow}).Report(target, target.Compared(asCommitted(t, test.shared...), live, test.why))
			if diff := cmp.Diff(test.report, inShortOf(report)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTheWarningOfAComparisonIsTheEnginesWord(t *testing.T) {
	t.Parallel()
	target, live := greet(asCommitted(t, wantDeployment)), liveOf(t, liveDeployment)
	got := (&Judge{Live: live, Now: reportNow}).Report(target, target.Compared(nil, live, noEngine)).Warnings
	want := noEngine
	want.ID = manifest.ID{}
	want.Message = "no engine tells what is applied, only the live objects do, which proves less: may not list applications"
	if diff := cmp.Diff([]Result{want}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatIsSpareOfATarget(t *testing.T) {
	t.Parallel()
	all := asCommitted(t, wantDeployment, wantConfig, `{apiVersion: v1, kind: Service, metadata: {name: greet, namespace: ml}}`)
	config := []manifest.ID{all[1].ID()}
	for name, test := range map[string]struct {
		target Target
		want   []manifest.ID
	}{
		"strict":                  {Target{Objects: all}, nil},
		"lenient":                 {Target{Objects: all, Lenient: true}, config},
		"without the Deployment":  {Target{Objects: all[1:], Lenient: true}, nil},
		"all of it ought to go":   {Target{Objects: all, Lenient: true, Deleted: true}, nil},
		"additional to something": {Target{Objects: all[:2], Lenient: true}, config},
	} {
		test.target.ResourceName = "greet"
		if diff := cmp.Diff(test.want, test.target.Spare()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
