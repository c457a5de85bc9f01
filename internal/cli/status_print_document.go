package cli

import (
	"time"

	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

// The documents of -o json and -o yaml. Within one apiVersion fields are added,
// never renamed or taken away.
type statusDocument struct {
	APIVersion string `json:"apiVersion"` // lading.dev/v1alpha1
	Kind       string `json:"kind"`       // StatusReport
	// Time is when the status was printed.
	Time time.Time `json:"time"`
	// Ready tells that every deployment is Ready or Gone, and that there is one.
	Ready bool `json:"ready"`
	// ExitStatus is that of the command, as far as these deployments decide it.
	ExitStatus  int                `json:"exitStatus"`
	Deployments []deploymentStatus `json:"deployments"`
}

type deploymentStatus struct {
	Environment string `json:"environment"`
	Deployment  string `json:"deployment"`
	ID          string `json:"id"`
	Namespace   string `json:"namespace,omitempty"`
	// Commit is where the content was read that ought to be live, Revision
	// what was asked for where that is not the tip of the branch.
	Commit   string `json:"commit"`
	Revision string `json:"revision,omitempty"`
	resultStatus
	// SettingAt is where the setting stands: file, line and path.
	SettingAt string `json:"settingAt,omitempty"`
	// GaveUp is why a wait ended without it.
	GaveUp    string         `json:"gaveUp,omitempty"`
	Sync      syncStatus     `json:"sync"`
	Pods      podsStatus     `json:"pods"`
	Created   *time.Time     `json:"created,omitempty"`
	RolledOut *time.Time     `json:"rolledOut,omitempty"`
	URLs      []urlStatus    `json:"urls"`
	Results   []resultStatus `json:"results"`
	Warnings  []resultStatus `json:"warnings"`
	LogLines  []string       `json:"logLines,omitempty"`
}

// A resultStatus is what a rule found out, flat in whatever has it.
type resultStatus struct {
	Object  *objectStatus  `json:"object,omitempty"`
	Phase   status.Phase   `json:"phase"`
	Reason  status.Reason  `json:"reason,omitempty"`
	Message string         `json:"message,omitempty"`
	Next    string         `json:"next,omitempty"`
	Setting string         `json:"setting,omitempty"`
	Final   bool           `json:"final"`
	Related []objectStatus `json:"related,omitempty"`
	Events  []eventStatus  `json:"events,omitempty"`
	Log     *logStatus     `json:"log,omitempty"`
}

type syncStatus struct {
	// Revision is the commit that the engine is at.
	Revision string `json:"revision,omitempty"`
	resultStatus
	// Compared is why no engine could tell, where only the live objects did.
	Compared *resultStatus `json:"compared,omitempty"`
}

type objectStatus struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

type eventStatus struct {
	Object  objectStatus `json:"object"`
	Reason  string       `json:"reason"`
	Message string       `json:"message"`
	Count   int          `json:"count"`
	Last    *time.Time   `json:"last,omitempty"`
}

type logStatus struct {
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Previous  bool   `json:"previous"`
}

type podsStatus struct {
	Ready   int `json:"ready"`
	Desired int `json:"desired"`
}

type urlStatus struct {
	URL  string       `json:"url"`
	Via  objectStatus `json:"via"`
	Hint string       `json:"hint,omitempty"`
}

// printStatusDocument writes the document as JSON or YAML.
func printStatusDocument(env *Env, rows []statusRow, format string) error {
	text, err := harmlessJSON(statusDocumentOf(rows, env.Now()), format == "json")
	if err != nil {
		return err
	}
	if format == "yaml" {
		if text, err = yaml.JSONToYAML(text); err != nil {
			return err
		}
	}
	_, err = env.Stdout.Write(text)
	return err
}

func statusDocumentOf(rows []statusRow, now time.Time) statusDocument {
	doc := statusDocument{
		APIVersion: "lading.dev/v1alpha1", Kind: "StatusReport", Time: now.UTC().Truncate(time.Second),
		ExitStatus:  int(statusOf(reportsStatus(reportsOf(rows)))),
		Deployments: []deploymentStatus{},
	}
	doc.Ready = doc.ExitStatus == int(done) && len(rows) > 0
	for _, r := range rows {
		doc.Deployments = append(doc.Deployments, deploymentStatusOf(r))
	}
	return doc
}

func deploymentStatusOf(r statusRow) deploymentStatus {
	d := deploymentStatus{
		Environment: r.Environment, Deployment: r.Deployment, ID: r.DeploymentID, Namespace: r.Namespace,
		Commit: r.Commit, Revision: r.Revision, resultStatus: resultStatusOf(r.Result), SettingAt: r.Setting, GaveUp: r.GaveUp,
		Sync: syncStatusOf(r.Sync),
		Pods: podsStatus{Ready: r.ReadyPods, Desired: r.DesiredPods}, Created: timeOf(r.Created), RolledOut: timeOf(r.RolledOut),
		URLs: []urlStatus{}, Results: resultStatuses(r.Report.Objects), Warnings: resultStatuses(r.Warnings), LogLines: r.Log,
	}
	for _, u := range r.URLs {
		d.URLs = append(d.URLs, urlStatus{u.URL, objectStatusOf(u.Via), u.Hint})
	}
	return d
}

func syncStatusOf(s status.Sync) syncStatus {
	out := syncStatus{Revision: s.Revision, resultStatus: resultStatusOf(s.Result)}
	if s.Compared != nil {
		why := resultStatusOf(*s.Compared)
		out.Compared = &why
	}
	return out
}

func resultStatuses(results []status.Result) []resultStatus {
	all := make([]resultStatus, len(results))
	for i, r := range results {
		all[i] = resultStatusOf(r)
	}
	return all
}

func resultStatusOf(r status.Result) resultStatus {
	out := resultStatus{Phase: r.Phase, Reason: r.Reason, Message: r.Message, Next: r.Next, Setting: r.Setting, Final: r.Final}
	if r.ID != (manifest.ID{}) {
		id := objectStatusOf(r.ID)
		out.Object = &id
	}
	for _, id := range r.Objects {
		out.Related = append(out.Related, objectStatusOf(id))
	}
	for _, e := range r.Evidence {
		out.Events = append(out.Events, eventStatus{objectStatusOf(e.Object), e.Reason, e.Message, e.Count, timeOf(e.Last)})
	}
	if l := r.Log; l != nil {
		out.Log = &logStatus{l.Namespace, l.Pod, l.Container, l.Previous}
	}
	return out
}

func objectStatusOf(id manifest.ID) objectStatus {
	return objectStatus{id.Group, id.Kind, id.Namespace, id.Name}
}

// timeOf is a time in UTC, nil for none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
