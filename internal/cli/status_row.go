package cli

import "github.com/lading-dev/lading/pkg/status"

// A statusRow is one deployment as it is printed: what is known of it, and what
// only the caller of the rules can find out.
type statusRow struct {
	status.Report
	// Namespace is where the deployment's core objects live.
	Namespace string
	// Revision says what the deployment was compared with where that is not the
	// tip of its branch, as the user typed it: "#7", "v1.2"; empty otherwise.
	Revision string
	// Setting is where the setting stands that decides, as
	// "deployment.yaml:12: spec.settings.deployer.image_pull_secrets"; empty
	// where no setting does or its place is not known. Report.Setting is then
	// printed alone.
	Setting string
	// Log are the last lines of the container that Report.Log names, without
	// line ends; nil where there are none.
	Log []string
}
