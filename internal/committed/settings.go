// What the settings say of targets.

package committed

import (
	"strings"
	"time"

	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
)

// An index finds what the settings say of the deployments of environments.
type index struct {
	byID, byName map[[2]string]*settings.Resolved
}

func indexOf(resolved []*settings.Resolved) *index {
	i := &index{make(map[[2]string]*settings.Resolved), make(map[[2]string]*settings.Resolved)}
	for _, r := range resolved {
		i.byID[[2]string{r.EnvironmentName(), r.ID}] = r
		i.byName[[2]string{r.EnvironmentName(), r.Name}] = r
	}
	return i
}

// of returns the resolved deployment of an environment with a ledger's id or
// name, nil where the settings have none.
func (i *index) of(environment string, l *gitops.Ledger) *settings.Resolved {
	if r := i.byID[[2]string{environment, l.ID}]; r != nil {
		return r
	}
	return i.byName[[2]string{environment, l.Deployment}]
}

// spec returns the environment as the project has it, empty where it has none.
func (r *environmentReader) spec() (settings.EnvironmentSpec, settings.DeployerConfig) {
	if r.Project == nil {
		return settings.EnvironmentSpec{}, settings.DeployerConfig{}
	}
	for _, e := range r.Project.Spec.Environments {
		if e.Name == r.environment.Name {
			return e, r.Project.Spec.Deployer
		}
	}
	return settings.EnvironmentSpec{}, r.Project.Spec.Deployer
}

// Interval is how often a cluster is looked at that cannot be watched.
func (t *Target) Interval() time.Duration {
	seconds := 2
	if t.Resolved != nil {
		seconds = t.Resolved.Spec.Settings.Deployer.DeploymentReadyCheckInterval
	}
	return time.Duration(seconds) * time.Second
}

// SettingPath is the field that a result means. A pod does not tell which of
// two ways a variable was given in, the settings do.
func (t *Target) SettingPath(path string) string {
	if t.Resolved != nil && strings.HasPrefix(path, "secretEnv.") && t.setAt(path) == (settings.Position{}) {
		return "settings.deployer.pod_settings.env"
	}
	return path
}

// SettingLine tells where a field of the settings gets its value, empty where
// the settings do not have the deployment.
func (t *Target) SettingLine(path string) string {
	if path == "" || t.Resolved == nil {
		return ""
	}
	path = t.SettingPath(path)
	at := t.setAt(path)
	if at == (settings.Position{}) {
		return "spec." + path + ", which no settings file sets"
	}
	return at.String() + ": spec." + path
}

// setAt is where a field is set, zero where no file sets it.
func (t *Target) setAt(path string) settings.Position {
	origin, _ := t.Resolved.Origin(path)
	return origin.Position
}
