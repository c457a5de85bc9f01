// Package committed reads what ought to be live: the deployments that a branch
// has, their objects, the engine's objects that sync them, and how any commit
// stands to their content. Of the settings it takes only how to wait for them,
// so that what is wrong there is not in the way of what was committed. It asks
// no cluster; whether targets are live is for others to find out.
package committed

import (
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// A Target is a deployment in an environment, as a commit has it.
type Target struct {
	status.Target
	// Namespace is that of the core objects.
	Namespace string
	// EnvironmentSpec and DeployerConfig are the project's settings for the
	// environment; empty without a project.
	EnvironmentSpec settings.EnvironmentSpec
	DeployerConfig  settings.DeployerConfig
	// Resolved is nil where the settings do not have the deployment.
	Resolved *settings.Resolved
	Deployed *gitops.Deployed
	// Dir is its directory, Branch where that lies.
	Dir    string
	Branch *Branch
	// Revision says what it is compared with where that is not the tip.
	Revision string
	// Shared are the shared objects that it needs.
	Shared []*manifest.Object
	// Unit and SharedUnit are the engine's objects that sync the directory and
	// the shared objects, as they were committed; nil where there are none.
	Unit, SharedUnit *manifest.Object
	// History and SharedHistory tell how a commit stands to Content and
	// SharedContent: the directory, and the shared objects.
	History, SharedHistory status.History
	Content, SharedContent *Content
}

// isNamed tells whether the deployment has this name or id.
func (t *Target) isNamed(name string) bool { return t.Deployment == name || t.DeploymentID == name }

// ProbePath is the path that answers 200 where the deployment serves: that of
// the Deployment as it was committed. The settings may be further than that.
func (t *Target) ProbePath() string {
	for _, o := range t.Objects {
		if at, ok := probeOf(o); ok && o.Name() == t.ResourceName {
			return at
		}
	}
	if t.Resolved != nil {
		return t.Resolved.Spec.Settings.Deployer.ReadinessProbePath
	}
	return "/api/health"
}

// probeOf reads the readiness probe of a Deployment.
func probeOf(o *manifest.Object) (string, bool) {
	if o.Kind() != "Deployment" {
		return "", false
	}
	containers, _ := o.Field("spec", "template", "spec", "containers")
	list, _ := containers.([]any)
	for _, c := range list {
		body, _ := c.(map[string]any)
		at, ok := (&manifest.Object{Body: body}).Field("readinessProbe", "httpGet", "path")
		if text, isText := at.(string); ok && isText {
			return text, true
		}
	}
	return "", false
}
