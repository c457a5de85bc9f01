package status

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
)

var reportNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const greetID = "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"

// asCommitted reads objects as they are committed.
func asCommitted(t *testing.T, texts ...string) []*manifest.Object {
	t.Helper()
	var objects []*manifest.Object
	for _, text := range texts {
		objects = append(objects, &manifest.Object{Body: readMap(t, text)})
	}
	return objects
}

// liveOf reads objects as the cluster has them.
func liveOf(t *testing.T, texts ...string) *Live {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, text := range texts {
		objects = append(objects, &unstructured.Unstructured{Object: readMap(t, text)})
	}
	return NewLive(objects, nil)
}

func readMap(t *testing.T, text string) map[string]any {
	t.Helper()
	var u unstructured.Unstructured
	json, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(json)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.Object
}

const (
	wantDeployment = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: greet, namespace: ml, labels: {zenml-deployment-id: ` + greetID + `}}, spec: {replicas: 3}}`
	wantConfig     = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, labels: {zenml-deployment-id: ` + greetID + `}}}`

	liveDeployment = `{apiVersion: apps/v1, kind: Deployment,
  metadata: {name: greet, namespace: ml, uid: d1, generation: 4, creationTimestamp: "2026-03-01T07:00:00Z", labels: {zenml-deployment-id: ` + greetID + `}},
  spec: {replicas: 2, progressDeadlineSeconds: 90, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: "greet:2"}]}}},
  status: {observedGeneration: 4, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, conditions: [
    {type: Available, status: "True", reason: MinimumReplicasAvailable, lastTransitionTime: "2026-03-01T07:01:00Z", lastUpdateTime: "2026-03-01T07:01:00Z"},
    {type: Progressing, status: "True", reason: NewReplicaSetAvailable, lastTransitionTime: "2026-03-01T07:00:00Z", lastUpdateTime: "2026-03-01T11:30:00Z"}]}}`
	liveConfig = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, uid: c1, labels: {zenml-deployment-id: ` + greetID + `}}}`

	// An old pod serves, and one of the two new ones.
	rollingDeployment = `{apiVersion: apps/v1, kind: Deployment,
  metadata: {name: greet, namespace: ml, uid: d1, generation: 4, creationTimestamp: "2026-03-01T07:00:00Z", annotations: {deployment.kubernetes.io/revision: "2"}, labels: {zenml-deployment-id: ` + greetID + `}},
  spec: {replicas: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: "greet:2"}]}}},
  status: {observedGeneration: 4, replicas: 3, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, conditions: [
    {type: Available, status: "True", lastTransitionTime: "2026-03-01T07:01:00Z"},
    {type: Progressing, status: "True", reason: ReplicaSetUpdated, lastUpdateTime: "2026-03-01T11:59:00Z"}]}}`
	newSet = `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: greet-2, namespace: ml, uid: r2, annotations: {deployment.kubernetes.io/revision: "2"}, ownerReferences: [{kind: Deployment, name: greet, uid: d1}]},
  spec: {template: {metadata: {labels: {a: b, pod-template-hash: "2"}}, spec: {containers: [{name: main, image: "greet:2"}]}}}}`
	oldSet = `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: greet-1, namespace: ml, uid: r1, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: [{kind: Deployment, name: greet, uid: d1}]},
  spec: {template: {metadata: {labels: {a: b, pod-template-hash: "1"}}, spec: {containers: [{name: main, image: "greet:1"}]}}}}`
)

func podText(name, owner, ready string) string {
	return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `, namespace: ml, uid: ` + name + `, creationTimestamp: "2026-03-01T11:59:00Z", ownerReferences: [{kind: ReplicaSet, name: x, uid: ` + owner + `}]},
  spec: {nodeName: n1, containers: [{name: main, image: "greet:2"}]},
  status: {phase: Running, conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "` + ready + `"}], containerStatuses: [{name: main, ready: false, state: {running: {startedAt: "2026-03-01T11:59:30Z"}}}]}}`
}

func greet(objects []*manifest.Object) *Target {
	return &Target{
		Environment: "prod", Deployment: "greet", DeploymentID: greetID, ResourceName: "greet", Commit: "c0ffee",
		Objects: objects, Timeout: 5 * time.Minute, LoadBalancerTimeout: time.Minute,
	}
}

var deploymentID = manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "ml", Name: "greet"}

func syncIn(phase Phase, reason Reason, message string) Sync {
	return Sync{Result: Result{ID: manifest.ID{Kind: "Application", Name: "greet"}, Phase: phase, Reason: reason, Message: message}, Revision: "c0ffee"}
}

// inShort is what a table shows of a report, and the warnings' reasons.
type inShort struct {
	Phase          Phase
	Reason         Reason
	Message        string
	Ready, Desired int
	Warnings       []Reason
}

func inShortOf(r Report) inShort {
	b := inShort{r.Phase, r.Reason, r.Message, r.ReadyPods, r.DesiredPods, nil}
	for _, w := range r.Warnings {
		b.Warnings = append(b.Warnings, w.Reason)
	}
	return b
}

func TestReportIsTheVerdictOverSyncAndObjects(t *testing.T) {
	t.Parallel()
	healthy := []string{liveDeployment, liveConfig}
	tests := map[string]struct {
		want, live []string
		lenient    bool
		sync       Sync
		report     inShort
	}{
		"all is well": {
			want: []string{wantDeployment, wantConfig}, live: healthy, sync: syncIn(Ready, "", ""),
			report: inShort{Phase: Ready, Ready: 2, Desired: 2},
		},
		"not synced yet: what is live is something else": {
			want: []string{wantDeployment}, live: healthy, sync: syncIn(NotSynced, "EngineSuspended", "suspended"),
			report: inShort{Phase: NotSynced, Reason: "EngineSuspended", Message: "suspended", Desired: 3},
		},
		"the sync failed": {
			want: []string{wantDeployment}, live: healthy, sync: syncIn(Failed, "SyncFailed", "field is immutable"),
			report: inShort{Phase: Failed, Reason: "SyncFailed", Message: "field is immutable", Desired: 3},
		},
		"newer content took over": {
			want: []string{wantDeployment}, live: healthy, sync: syncIn(Superseded, "RevisionSuperseded", "newer"),
			report: inShort{Phase: Superseded, Reason: "RevisionSuperseded", Message: "newer", Desired: 3},
		},
		"nobody can tell": {
			want: []string{wantDeployment}, live: healthy, sync: syncIn(Unknown, Forbidden, "may not"),
			report: inShort{Phase: Unknown, Reason: Forbidden, Message: "may not", Desired: 3},
		},
		"an object is missing": {
			want: []string{wantDeployment, wantConfig}, live: []string{liveDeployment}, sync: syncIn(Ready, "", ""),
			report: inShort{Phase: Missing, Reason: objectMissing, Message: "configmap/ml/model is not in the cluster", Ready: 2, Desired: 2},
		},
		"an additional object is missing, and additional ones do not count": {
			want: []string{wantDeployment, wantConfig}, live: []string{liveDeployment}, sync: syncIn(Ready, "", ""), lenient: true,
			report: inShort{Phase: Ready, Ready: 2, Desired: 2, Warnings: []Reason{objectMissing}},
		},
		"the Deployment counts in any case": {
			want: []string{wantDeployment, wantConfig}, live: []string{liveConfig}, sync: syncIn(Ready, "", ""), lenient: true,
			report: inShort{Phase: Missing, Reason: objectMissing, Message: "deployment.apps/ml/greet is not in the cluster", Desired: 3},
		},
		"without the Deployment there is nothing to be additional to": {
			want: []string{wantConfig}, sync: syncIn(Ready, "", ""), lenient: true,
			report: inShort{Phase: Missing, Reason: objectMissing, Message: "configmap/ml/model is not in the cluster"},
		},
		"what the engine remarks is a warning": {
			want: []string{wantDeployment}, live: healthy, sync: syncIn(Ready, "SyncWindowClosed", "no syncs before noon"),
			report: inShort{Phase: Ready, Ready: 2, Desired: 2, Warnings: []Reason{"SyncWindowClosed"}},
		},
		"nothing was rendered": {
			live: healthy, sync: syncIn(Ready, "", ""),
			report: inShort{Phase: Unknown, Reason: NothingRendered, Message: "its directory holds no objects"},
		},
		"Argo CD has removed a hook that has done its work": {
			want: []string{wantDeployment, `{apiVersion: batch/v1, kind: Job, metadata: {name: migrate, namespace: ml, annotations: {argocd.argoproj.io/hook: PreSync}}}`},
			live: healthy, sync: syncIn(Ready, "", ""),
			report: inShort{Phase: Ready, Ready: 2, Desired: 2},
		},
		"to Flux it is no hook": {
			want: []string{wantDeployment, `{apiVersion: batch/v1, kind: Job, metadata: {name: migrate, namespace: ml, annotations: {argocd.argoproj.io/hook: PreSync}}}`},
			live: healthy, sync: Sync{Result: Result{ID: manifest.ID{Kind: "Kustomization", Name: "greet"}, Phase: Ready}},
			report: inShort{Phase: Missing, Reason: objectMissing, Message: "job.batch/ml/migrate is not in the cluster", Ready: 2, Desired: 2},
		},
		"pods that are about to go do not count": {
			want: []string{wantDeployment}, sync: syncIn(Ready, "", ""),
			live: []string{rollingDeployment, newSet, podText("new-1", "r2", "True"),
				strings.Replace(podText("new-2", "r2", "True"), "uid:", `deletionTimestamp: "2026-03-01T11:59:50Z", uid:`, 1)},
			report: inShort{Phase: Progressing, Reason: oldPodsRemain, Ready: 1, Desired: 2},
		},
		"counts of content before the newest do not count": {
			want: []string{wantDeployment}, sync: syncIn(Ready, "", ""),
			live:   []string{strings.Replace(liveDeployment, "generation: 4", "generation: 5", 1)},
			report: inShort{Phase: Progressing, Reason: notObserved, Desired: 2},
		},
		"ready pods of older content do not count": {
			want: []string{wantDeployment}, sync: syncIn(Ready, "", ""),
			live:   []string{rollingDeployment, newSet, oldSet, podText("new-1", "r2", "True"), podText("new-2", "r2", "False"), podText("old-1", "r1", "True")},
			report: inShort{Phase: Progressing, Reason: podStarting, Ready: 1, Desired: 2},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := greet(asCommitted(t, test.want...))
			target.Lenient = test.lenient
			j := &Judge{Live: liveOf(t, test.live...), Now: reportNow}
			got := inShortOf(j.Report(target, test.sync))
			if test.report.Message == "" {
				got.Message = ""
			}
			if diff := cmp.Diff(test.report, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestReportTellsWhatTheDeploymentTells(t *testing.T) {
	t.Parallel()
	j := &Judge{Live: liveOf(t, liveDeployment), Now: reportNow}
	sync := syncIn(Ready, "", "")
	got := j.Report(greet(asCommitted(t, wantDeployment)), sync)
	want := Report{
		Environment: "prod", Deployment: "greet", DeploymentID: greetID, Commit: "c0ffee",
		Result: Result{ID: deploymentID, Phase: Ready}, Sync: sync, Objects: []Result{{ID: deploymentID, Phase: Ready}},
		ReadyPods: 2, DesiredPods: 2,
		Created:   time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC),
		RolledOut: time.Date(2026, 3, 1, 11, 30, 0, 0, time.UTC),
		Bounds:    Bounds{Rollout: 5 * time.Minute, LoadBalancer: time.Minute, Progress: 90 * time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReplicasThatAnAutoscalerSetsAreThoseOfTheContent(t *testing.T) {
	t.Parallel()
	deployment := `{apiVersion: apps/v1, kind: Deployment, metadata: {name: greet, namespace: ml}, spec: {}}`
	hpa := `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: greet, namespace: ml}, spec: {minReplicas: 4}}`
	for want, texts := range map[int][]string{1: {deployment}, 3: {wantDeployment, hpa}, 4: {deployment, hpa}} {
		target := greet(asCommitted(t, texts...))
		if got := target.committedReplicas(target.coreObject("apps", "Deployment")); got != want {
			t.Errorf("got %d replicas, want %d", got, want)
		}
	}
}

func TestTheWorstDecidesAndTheCauseBeforeItsConsequences(t *testing.T) {
	t.Parallel()
	target := greet(asCommitted(t, wantDeployment))
	result := func(kind, name string, phase Phase, reason Reason) Result {
		group := map[string]string{"Deployment": "apps", "Ingress": "networking.k8s.io"}[kind]
		return Result{ID: manifest.ID{Group: group, Kind: kind, Namespace: "ml", Name: name}, Phase: phase, Reason: reason}
	}
	hopeless := result("Ingress", "greet", Failed, "Hopeless")
	hopeless.Final = true
	// Each goes before all that follow.
	order := []Result{
		hopeless,
		result("Deployment", "greet", Failed, "D"), result("Ingress", "greet", Failed, "I"),
		result("Deployment", "greet", Degraded, "D"), result("Ingress", "greet", Missing, "I"), result("Deployment", "greet", Unknown, "D"),
		result("Deployment", "greet", Progressing, "D"), result("Service", "greet", Progressing, "S"),
		result("Deployment", "other", Progressing, "D"), result("Service", "greet", Progressing, NoLoadBalancerAddress),
	}
	for i, want := range order {
		for _, other := range order[i+1:] {
			for _, counted := range [][]Result{{want, other}, {other, want}} {
				if got := target.verdict(counted, nil); got.ID != want.ID || got.Phase != want.Phase || got.Reason != want.Reason {
					t.Errorf("of %s %s %s and %s %s %s the latter decides", want.ID, want.Phase, want.Reason, other.ID, other.Phase, other.Reason)
				}
			}
		}
	}
}

func TestAMissingAddressIsAWarningAfterItsTime(t *testing.T) {
	t.Parallel()
	service := Result{ID: manifest.ID{Kind: "Service", Namespace: "ml", Name: "greet"}, Phase: Progressing, Reason: NoLoadBalancerAddress, Message: "no address yet"}
	waiting := Report{
		Result: service, Objects: []Result{{ID: deploymentID, Phase: Ready}, service},
		Bounds: Bounds{LoadBalancer: time.Minute}, RolledOut: reportNow.Add(-time.Minute),
	}
	waived := waiting
	waived.Result, waived.Warnings = Result{ID: service.ID, Phase: Ready}, []Result{service}
	fresh, starting, broken := waiting, waiting, waiting
	fresh.RolledOut = reportNow.Add(-59 * time.Second)
	starting.RolledOut = time.Time{}
	broken.Result = Result{ID: deploymentID, Phase: Failed, Reason: imageNotFound}
	for name, test := range map[string]struct{ report, want Report }{
		"in time":          {fresh, fresh},
		"overdue":          {waiting, waived},
		"not rolled out":   {starting, starting},
		"more is amiss":    {broken, broken},
		"waived once more": {waived, waived},
	} {
		if diff := cmp.Diff(test.want, test.report.Overdue(reportNow)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestADeletedDeploymentIsGoneWhenNothingOfItIsLive(t *testing.T) {
	t.Parallel()
	const (
		namespace = `{apiVersion: v1, kind: Namespace, metadata: {name: ml, labels: {zenml-deployment-id: ` + greetID + `}}}`
		kept      = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}}}`
		keptArgo  = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, annotations: {argocd.argoproj.io/sync-options: "Validate=false, Prune=false"}}}`
		others    = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, labels: {zenml-deployment-id: other}}}`
		unlabel   = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml}}`
		leaving   = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, deletionTimestamp: "2026-03-01T11:59:00Z", finalizers: [a.b/c]}}`
		stuck     = `{apiVersion: v1, kind: ConfigMap, metadata: {name: model, namespace: ml, deletionTimestamp: "2026-03-01T10:00:00Z", finalizers: [a.b/c]}}`
	)
	done, remains := syncIn(Ready, "", ""), syncIn(NotSynced, "EngineObjectRemains", "it is still there")
	tests := map[string]struct {
		want, live []string
		gaps       []Gap
		sync       Sync
		report     inShort
	}{
		"nothing is live":               {want: []string{wantDeployment, wantConfig}, sync: done, report: inShort{Phase: Gone}},
		"the engine says gone":          {want: []string{wantDeployment}, sync: syncIn(Gone, "", ""), report: inShort{Phase: Gone}},
		"nothing is known any more":     {sync: done, report: inShort{Phase: Gone}},
		"the engine still has to act":   {want: []string{wantConfig}, sync: remains, report: inShort{Phase: NotSynced, Reason: "EngineObjectRemains", Message: "it is still there"}},
		"no engine, and nothing left":   {want: []string{wantConfig}, sync: syncIn(Unknown, Forbidden, "may not"), report: inShort{Phase: Gone}},
		"another has taken over":        {want: []string{wantConfig}, live: []string{others}, sync: done, report: inShort{Phase: Gone}},
		"somebody else's without label": {want: []string{wantConfig}, live: []string{unlabel}, sync: done, report: inShort{Phase: Gone}},
		"namespaces stay":               {want: []string{namespace}, live: []string{namespace}, sync: done, report: inShort{Phase: Gone}},
		"one is left": {
			want: []string{wantDeployment, wantConfig}, live: []string{liveConfig}, sync: done,
			report: inShort{Phase: Progressing, Reason: StillLive, Message: "configmap/ml/model is still live"},
		},
		"two are left": {
			want: []string{wantConfig, wantDeployment}, live: []string{liveConfig, liveDeployment}, sync: done,
			report: inShort{Phase: Progressing, Reason: StillLive, Message: "deployment.apps/ml/greet is still live (and 1 more of its objects)"},
		},
		"never labelled, and left": {
			want: []string{unlabel}, live: []string{unlabel}, sync: done,
			report: inShort{Phase: Progressing, Reason: StillLive, Message: "configmap/ml/model is still live"},
		},
		"kept on purpose":         {want: []string{kept}, live: []string{kept}, sync: done, report: inShort{Phase: Gone, Warnings: []Reason{KeptOnPurpose}}},
		"kept on purpose by Argo": {want: []string{keptArgo}, live: []string{keptArgo}, sync: done, report: inShort{Phase: Gone, Warnings: []Reason{KeptOnPurpose}}},
		"on its way out": {
			want: []string{unlabel}, live: []string{leaving}, sync: done,
			report: inShort{Phase: Progressing, Reason: terminating, Message: "is being deleted since 2026-03-01 11:59:00 UTC"},
		},
		"a finaliser keeps it": {
			want: []string{unlabel}, live: []string{stuck}, sync: done,
			report: inShort{Phase: Failed, Reason: stuckFinaliser, Message: "is being deleted since 2026-03-01 10:00:00 UTC and kept by the finaliser a.b/c"},
		},
		"it cannot be looked at": {
			want: []string{wantConfig}, gaps: []Gap{{Kind: "ConfigMap", Reason: Forbidden, Message: "may not list configmaps"}}, sync: done,
			report: inShort{Phase: Unknown, Reason: Forbidden, Message: "may not list configmaps"},
		},
		"its kind is gone, too": {want: []string{wantConfig}, gaps: []Gap{{Kind: "ConfigMap", Reason: KindNotServed}}, sync: done, report: inShort{Phase: Gone}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := greet(asCommitted(t, test.want...))
			target.Deleted = true
			live := liveOf(t, test.live...)
			live.gaps = test.gaps
			got := inShortOf((&Judge{Live: live, Now: reportNow}).Report(target, test.sync))
			if diff := cmp.Diff(test.report, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
