// What is known of a deployment, put together from Git, engine and cluster.

package cli

import (
	"cmp"
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/observe"
	"github.com/lading-dev/lading/pkg/status"
)

// describeTarget collects what is known after a look.
func describeTarget(l *looking, t *committed.Target, row statusRow) description {
	live := l.Live(t)
	d := description{
		deploymentStatus: deploymentStatusOf(row), row: row, now: l.env.Now(),
		ResourceName: t.ResourceName, Git: describeGit(t), Engine: describeEngine(t), Cluster: l.ClusterName(t),
		Pods: []describedPod{}, Events: []describedEvent{}, Settings: describeSettings(t), Logs: []describedContainer{},
	}
	d.Image, d.Replicas = coreFields(t)
	pods := podsOfTarget(t, live)
	judge := l.Judge(t, d.now)
	for _, p := range pods {
		d.Pods = append(d.Pods, describePod(p, judge.Object(status.IDOf(p))))
	}
	d.Events = describeEvents(t, pods, live)
	return d
}

func describeGit(t *committed.Target) describedGit {
	ledger := t.Deployed.Ledger
	return describedGit{
		Repository: t.Branch.RepositoryName(), Branch: t.Branch.Name, Directory: t.Dir,
		Digest: ledger.Digest, Owner: ledger.Owner, Source: ledger.Source, Tool: ledger.Tool,
		Pin: ledger.Pin, Handover: ledger.Handover, Objects: ledger.Objects, Shared: ledger.Shared,
	}
}

func describeEngine(t *committed.Target) *describedEngine {
	kind, _ := observe.EngineOf(t)
	if kind == "" {
		return nil
	}
	e := &describedEngine{Kind: kind}
	if t.Unit != nil {
		e.Object = t.Unit.ID().String()
	}
	if t.SharedUnit != nil {
		e.Shared = t.SharedUnit.ID().String()
	}
	return e
}

// coreFields are the image and the replicas of the core Deployment as it was
// committed.
func coreFields(t *committed.Target) (image string, replicas any) {
	for _, o := range t.Objects {
		if o.Kind() != "Deployment" || o.Name() != t.ResourceName {
			continue
		}
		containers, _ := o.Field("spec", "template", "spec", "containers")
		if list, _ := containers.([]any); len(list) > 0 {
			first, _ := list[0].(map[string]any)
			image, _ = first["image"].(string)
		}
		replicas, _ = o.Field("spec", "replicas")
	}
	return image, replicas
}

// podsOfTarget finds the pods of all workloads, by the owners of the pods.
func podsOfTarget(t *committed.Target, live *status.Live) []*unstructured.Unstructured {
	var pods []*unstructured.Unstructured
	for _, o := range t.Objects {
		found := live.Get(o.ID())
		if found == nil {
			continue
		}
		if found.GetKind() == "Pod" {
			pods = append(pods, found)
			continue
		}
		pods = append(pods, live.OwnedBy(found.GetUID(), "Pod")...)
		for _, set := range live.OwnedBy(found.GetUID(), "ReplicaSet") {
			pods = append(pods, live.OwnedBy(set.GetUID(), "Pod")...)
		}
	}
	slices.SortFunc(pods, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(b.GetCreationTimestamp().Time.Compare(a.GetCreationTimestamp().Time), cmp.Compare(a.GetName(), b.GetName()))
	})
	return pods
}

// maxEvents is how many events are told.
const maxEvents = 15

// describeEvents are the warnings about objects, replica sets and pods, newest
// first.
func describeEvents(t *committed.Target, pods []*unstructured.Unstructured, live *status.Live) []describedEvent {
	about := slices.Clone(pods)
	for _, o := range t.Objects {
		if found := live.Get(o.ID()); found != nil && found.GetKind() != "Pod" {
			about = append(append(about, found), live.OwnedBy(found.GetUID(), "ReplicaSet")...)
		}
	}
	events := []describedEvent{}
	for _, o := range about {
		for _, e := range live.Events(o.GetUID()) {
			told := status.EvidenceOf(e)
			events = append(events, describedEvent{status.IDOf(o).String(), told.Reason, told.Message, told.Count, timeOf(told.Last)})
		}
	}
	slices.SortFunc(events, func(a, b describedEvent) int {
		return cmp.Or(timeOrZero(b.Last).Compare(timeOrZero(a.Last)), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Message, b.Message))
	})
	return events[:min(maxEvents, len(events))]
}

func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// deciding are the settings that decide about readiness.
var deciding = []string{
	"image",
	"settings.deployer.lcm_timeout",
	"settings.deployer.wait_for_load_balancer_timeout",
	"settings.deployer.deployment_ready_check_interval",
	"settings.deployer.service_type",
	"settings.deployer.service_port",
	"settings.deployer.readiness_probe_path",
	"settings.deployer.readiness_probe_initial_delay",
	"settings.deployer.readiness_probe_period",
	"settings.deployer.readiness_probe_timeout",
	"settings.deployer.readiness_probe_failure_threshold",
	"settings.deployer.liveness_probe_path",
	"settings.deployer.liveness_probe_initial_delay",
	"settings.deployer.liveness_probe_period",
	"settings.deployer.liveness_probe_timeout",
	"settings.deployer.liveness_probe_failure_threshold",
	"settings.deployer.image_pull_policy",
	"settings.deployer.image_pull_secrets",
	"settings.deployer.service_account_name",
	"settings.deployer.strict_additional_resources",
	"settings.resources.cpu_count",
	"settings.resources.memory",
	"settings.resources.gpu_count",
	"settings.resources.min_replicas",
	"settings.resources.max_replicas",
}

func describeSettings(t *committed.Target) []describedSetting {
	out := []describedSetting{}
	if t.Resolved == nil {
		return out
	}
	for _, v := range t.Resolved.Values() {
		if !slices.Contains(deciding, v.Path) {
			continue
		}
		at := cmp.Or(v.Origin.Position.String(), v.Origin.Layer)
		out = append(out, describedSetting{"spec." + v.Path, v.Value, at})
	}
	return out
}

// addLogs adds the ends of the logs that any of the results points to.
func (d *description) addLogs(ctx context.Context, l *looking, t *committed.Target) {
	var seen []status.LogRef
	for _, r := range append([]status.Result{d.row.Result}, d.row.Objects...) {
		if r.Log == nil || slices.Contains(seen, *r.Log) || len(seen) == shownLogs {
			continue
		}
		seen = append(seen, *r.Log)
		lines := d.row.Log
		if d.row.Report.Log == nil || *r.Log != *d.row.Report.Log {
			lines = l.Tail(ctx, t, r.Log)
		}
		if len(lines) > 0 {
			d.Logs = append(d.Logs, describedContainer{r.Log.Pod, r.Log.Container, r.Log.Previous, lines})
		}
	}
}
