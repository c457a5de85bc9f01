package status

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A Target is one deployment as it was committed: what ought to be live.
type Target struct {
	Environment, Deployment string
	// DeploymentID is the UUID, ResourceName the name of its core objects.
	DeploymentID, ResourceName string
	// Commit is where the content was read.
	Commit string
	// Objects are the objects of its directory, without shared ones.
	Objects []*manifest.Object
	// Deleted tells that it was deleted: Objects are those of its last
	// content, and none of them ought to be live any more.
	Deleted bool
	// Lenient makes a failing additional resource a warning, as
	// strict_additional_resources: false asks for.
	Lenient bool
	// Timeout is how long a rollout may take: the deployment's lcm_timeout.
	Timeout time.Duration
	// LoadBalancerTimeout bounds the wait for an address; 0 skips it.
	LoadBalancerTimeout time.Duration
}

// A Report is what is known of one deployment at one moment.
type Report struct {
	Environment, Deployment string
	DeploymentID            string
	Commit                  string
	// Result is the verdict; its ID is the object that decided.
	Result
	Sync Sync
	// Objects are the results of all its objects, in the order of the target.
	Objects []Result
	// Warnings are results that do not count against it.
	Warnings []Result
	// ReadyPods of DesiredPods are of the content committed, not of an older one.
	ReadyPods, DesiredPods int
	URLs                   []Endpoint
	// Created is when the Deployment was created, zero where it is not there.
	Created time.Time
	// RolledOut is when the rollout of the Deployment ended, zero before.
	RolledOut time.Time
	// Bounds are those of a wait for it.
	Bounds Bounds
	// GaveUp tells why a wait ended before its end, as in "not ready within
	// 10m of being synced"; empty where it did not.
	GaveUp string
}

// Bounds are how long things may take that come after the sync.
type Bounds struct {
	// Rollout is the deployment's lcm_timeout.
	Rollout time.Duration
	// LoadBalancer is how long an address may be awaited when all else is
	// ready.
	LoadBalancer time.Duration
	// Progress is after how long without progress the Deployment itself says
	// that its rollout failed:
	// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds.
	Progress time.Duration
}

// An Endpoint is where a deployment can be reached.
type Endpoint struct {
	URL string
	// Via is the object that gives it; Hint says what else is needed.
	Via  manifest.ID
	Hint string
}

// Report judges one deployment. What keeps the content from being applied
// comes before what became of it: as long as it is not synced, the objects of
// the cluster are those of something else. Then the worst of its objects
// decides. A sync that is Unknown makes the verdict Unknown: who has the live
// objects asks them by [Target.Compared] first.
func (j *Judge) Report(t *Target, s Sync) Report {
	r := Report{
		Environment: t.Environment, Deployment: t.Deployment, DeploymentID: t.DeploymentID, Commit: t.Commit,
		Sync:   s,
		Bounds: Bounds{Rollout: t.Timeout, LoadBalancer: t.LoadBalancerTimeout, Progress: defaultProgressDeadline},
	}
	if t.Deleted {
		j.reportGone(t, &r)
		return r
	}
	for _, o := range t.Objects {
		if !isFinishedHook(j.Live, o, s) {
			r.Objects = append(r.Objects, j.Object(o.ID()))
		}
	}
	j.readDeployment(t, &r)
	r.URLs = j.URLs(t)
	r.decide(t)
	if s.Phase == Ready {
		r.Warnings = append(r.Warnings, j.staleConfigs(r.Objects)...)
	}
	if j.SkipLoadBalancer || t.LoadBalancerTimeout <= 0 {
		return r.WithoutAddress()
	}
	return r
}

// staleConfigs warns of workloads that are ready with a configuration that is
// not the one in the cluster any more.
func (j *Judge) staleConfigs(objects []Result) []Result {
	var stale []Result
	for _, r := range objects {
		if r.Phase != Ready || r.ID.Group != "apps" {
			continue
		}
		if warning := j.staleConfig(j.Live.Get(r.ID)); warning != nil {
			stale = append(stale, *warning)
		}
	}
	return stale
}

// isFinishedHook finds the objects that Argo CD takes away again when they
// have done their work: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/#hook-lifecycle-and-cleanup.
// To Flux they are objects like others.
func isFinishedHook(live *Live, o *manifest.Object, s Sync) bool {
	return isHook(o) && s.engine().Kind == "Application" && live.Get(o.ID()) == nil
}

func isHook(o *manifest.Object) bool {
	hook, _ := o.Field("metadata", "annotations", "argocd.argoproj.io/hook")
	return hook != nil
}

// HooksOf returns the objects that are hooks to Argo CD.
func HooksOf(objects []*manifest.Object) []manifest.ID {
	var hooks []manifest.ID
	for _, o := range objects {
		if isHook(o) {
			hooks = append(hooks, o.ID())
		}
	}
	return hooks
}

// defaultProgressDeadline is what the API server takes where a Deployment
// names none.
const defaultProgressDeadline = 600 * time.Second

// readDeployment fills in what the Deployment itself tells. Pods are counted
// only where the content is live: before, they are of something else.
func (j *Judge) readDeployment(t *Target, r *Report) {
	want := t.coreObject("apps", "Deployment")
	if want == nil {
		return
	}
	r.DesiredPods = t.committedReplicas(want)
	live := j.Live.Get(want.ID())
	if live == nil {
		return
	}
	r.Created = live.GetCreationTimestamp().Time
	spec := fields(live.Object).at("spec")
	if seconds := spec.number("progressDeadlineSeconds"); seconds > 0 {
		r.Bounds.Progress = time.Duration(seconds) * time.Second
	}
	if r.Sync.Phase == Ready {
		r.DesiredPods = int(spec.number("replicas"))
		r.ReadyPods = j.readyPods(live)
		r.RolledOut = rolledOut(live)
	}
}

// readyPods counts the ready pods of a Deployment's newest content. The
// Deployment counts them itself as long as it has no older ones.
func (j *Judge) readyPods(deployment *unstructured.Unstructured) int {
	s := fields(deployment.Object).at("status")
	if s.number("observedGeneration") >= deployment.GetGeneration() && s.number("replicas") == s.number("updatedReplicas") {
		return int(s.number("readyReplicas"))
	}
	d, err := as[appsv1.Deployment](deployment)
	if err != nil {
		return 0
	}
	rs, _ := j.newReplicaSet(d)
	count := 0
	for _, p := range j.newPods(d, rs) {
		if podReady(p) && p.DeletionTimestamp == nil {
			count++
		}
	}
	return count
}

// rolledOut is when a Deployment became fully available, zero where it is not.
func rolledOut(deployment *unstructured.Unstructured) time.Time {
	var times []string
	conditions, _, _ := unstructured.NestedSlice(deployment.Object, "status", "conditions")
	for _, c := range conditions {
		condition := fields{"": c}.at("")
		switch condition.text("type") {
		case "Available":
			if condition.text("status") != "True" {
				return time.Time{}
			}
			times = append(times, condition.text("lastTransitionTime"))
		case "Progressing":
			if condition.text("reason") != "NewReplicaSetAvailable" {
				return time.Time{}
			}
			times = append(times, condition.text("lastUpdateTime"))
		}
	}
	return latest(times...)
}

// coreObject returns the committed object of a kind that bears the resource
// name, nil where there is none.
func (t *Target) coreObject(group, kind string) *manifest.Object {
	for _, o := range t.Objects {
		if o.Name() == t.ResourceName && o.Kind() == kind && o.Group() == group {
			return o
		}
	}
	return nil
}

// committedReplicas is how many pods the content asks for. Where an autoscaler
// decides, the Deployment may name no number.
func (t *Target) committedReplicas(deployment *manifest.Object) int {
	if n, ok := deployment.Field("spec", "replicas"); ok {
		return int(fields{"": n}.number(""))
	}
	if hpa := t.coreObject("autoscaling", "HorizontalPodAutoscaler"); hpa != nil {
		if n, ok := hpa.Field("spec", "minReplicas"); ok {
			return int(fields{"": n}.number(""))
		}
	}
	return 1
}
