package gitops

import (
	"encoding/json"
	"fmt"

	"github.com/lading-dev/lading/pkg/settings"
)

// settingsDigest is over everything that the settings say about a deployment.
// No secret's value is among it: settings name Secrets, and the one field that
// could hold a value is left out.
func settingsDigest(r *settings.Resolved) (string, error) {
	spec := r.Spec
	spec.Environment = nil
	spec.Settings.Deployer.AuthKey = nil
	data, err := json.Marshal(struct {
		Name, ID, Namespace string
		Spec                settings.DeploymentSpec
		Namespaces          settings.Namespaces
	}{r.Name, r.ID, r.Namespace, spec, r.Namespaces})
	if err != nil {
		return "", fmt.Errorf("%s: digesting the settings: %w", label(r), err)
	}
	return digestOf(data), nil
}
