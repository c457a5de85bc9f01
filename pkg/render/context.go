package render

import (
	"maps"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A renderContext is one deployment as the stages see it: its settings, what
// follows from them, and the files and warnings of this render.
type renderContext struct {
	settings *settings.Resolved
	files    *recorder
	out      *Output

	// name is the resource name; namespace is the target before overlays.
	name, namespace string
	// selector tells the pods apart from all others.
	selector settings.Map
	// labels are the managed labels and the user's over them, with values that
	// Kubernetes accepts.
	labels settings.Map
	// resources are the requests and limits, empty where there are none.
	resources settings.Map
	// podSettings are the pod settings under ZenML's names, every field
	// present and what is inside as Kubernetes writes it; nil where there are
	// none.
	podSettings settings.Map
	// vars are the template variables, in the order of the reference.
	vars settings.Map
	// argument is the context as jsonnet templates get it: the variables and
	// what the library needs besides.
	argument map[string]any
}

// newContext computes everything that follows from the settings alone. They
// have been checked when they were loaded; what is found wrong here is what
// shows only in the computing. All of it is reported, not the first.
func newContext(in Input, out *Output) (*renderContext, error) {
	c := &renderContext{
		settings:  in.Settings,
		files:     newRecorder(in.Files),
		out:       out,
		name:      manifest.K8sName(in.Settings.ResourceName(), 63),
		namespace: in.Settings.Namespace,
	}
	c.selector = settings.Map{
		{Key: "managed-by", Value: "zenml"},
		{Key: "zenml-deployment-id", Value: in.Settings.ID},
	}
	var wrong problems
	c.labels = c.managedLabels()
	c.resources = c.computeResources(&wrong)
	c.podSettings = c.convertPodSettings(&wrong)
	c.vars = c.variables()
	c.argument = c.jsonnetArgument()
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// variables returns the documented template variables: those of the reference
// and auth, which is lading's own. Mappings keep the order in which they were
// written.
func (c *renderContext) variables() settings.Map {
	d := c.settings.Spec.Settings.Deployer
	command, args := c.entrypoint()
	return settings.Map{
		{Key: "name", Value: c.name},
		{Key: "deployment_name", Value: c.name},
		{Key: "service_name", Value: c.name},
		{Key: "namespace", Value: c.namespace},
		{Key: "deployment_id", Value: c.settings.ID},
		{Key: "labels", Value: c.labels},
		{Key: "annotations", Value: d.Annotations},
		{Key: "replicas", Value: int64(c.replicas())},
		{Key: "image", Value: c.image()},
		{Key: "image_pull_policy", Value: d.ImagePullPolicy},
		{Key: "image_pull_secrets", Value: anyList(c.pullSecrets())},
		{Key: "service_account_name", Value: orNil(d.ServiceAccountName)},
		{Key: "command", Value: command},
		{Key: "args", Value: args},
		{Key: "env", Value: c.settings.Spec.Env},
		{Key: "resources", Value: mapOrNil(c.resources)},
		{Key: "readiness_probe_path", Value: d.ReadinessProbePath},
		{Key: "readiness_probe_initial_delay", Value: int64(d.ReadinessProbeInitialDelay)},
		{Key: "readiness_probe_period", Value: int64(d.ReadinessProbePeriod)},
		{Key: "readiness_probe_timeout", Value: int64(d.ReadinessProbeTimeout)},
		{Key: "readiness_probe_failure_threshold", Value: int64(d.ReadinessProbeFailureThreshold)},
		{Key: "liveness_probe_path", Value: d.LivenessProbePath},
		{Key: "liveness_probe_initial_delay", Value: int64(d.LivenessProbeInitialDelay)},
		{Key: "liveness_probe_period", Value: int64(d.LivenessProbePeriod)},
		{Key: "liveness_probe_timeout", Value: int64(d.LivenessProbeTimeout)},
		{Key: "liveness_probe_failure_threshold", Value: int64(d.LivenessProbeFailureThreshold)},
		{Key: "probe_port", Value: int64(d.ServicePort)},
		{Key: "service_type", Value: d.ServiceType},
		{Key: "service_port", Value: int64(d.ServicePort)},
		{Key: "target_port", Value: int64(d.ServicePort)},
		{Key: "security_context", Value: nil},
		{Key: "pod_settings", Value: mapOrNil(c.podSettings)},
		{Key: "auth", Value: c.auth()},
	}
}

// entrypoint returns the command and arguments of the container, nil where the
// image's own apply. Each is ZenML's where the settings have none: a command
// of one's own keeps ZenML's arguments.
func (c *renderContext) entrypoint() (command, args any) {
	d := c.settings.Spec.Settings.Deployer
	if c.settings.Spec.Entrypoint != "image" {
		command = []any{"python", "-m", "zenml.entrypoints.entrypoint"}
		args = []any{
			"--entrypoint_config_source",
			"zenml.deployers.server.entrypoint_configuration.DeploymentEntrypointConfiguration",
			"--deployment_id",
			c.settings.ID,
		}
	}
	if len(d.Command) > 0 {
		command = anyList(d.Command)
	}
	if len(d.Args) > 0 {
		args = anyList(d.Args)
	}
	return command, args
}

// image returns the image, which a deployment may also name by its pipeline.
func (c *renderContext) image() string {
	spec := c.settings.Spec
	if spec.Image != "" || c.settings.Project == nil {
		return spec.Image
	}
	return strings.TrimSuffix(c.settings.Project.Spec.ContainerRegistry, "/") + "/zenml:" + spec.Pipeline
}

// jsonnetArgument returns the context of jsonnet templates: the template
// variables, mappings whose order matters as lists of pairs, and what the
// library works with.
func (c *renderContext) jsonnetArgument() map[string]any {
	argument := c.vars.Plain()
	maps.Copy(argument, map[string]any{
		"selector":         c.selector.Plain(),
		"autoscaling":      c.autoscaling(),
		"manage_namespace": c.settings.Namespaces.Manage == nil || *c.settings.Namespaces.Manage,
		"namespace_labels": c.sharedLabels().Plain(),
		"pod":              c.pod().Plain(),
		"pairs": map[string]any{
			"annotations": pairs(c.settings.Spec.Settings.Deployer.Annotations),
			"env":         pairs(c.settings.Spec.Env),
			"labels":      pairs(c.labels),
		},
	})
	return argument
}

// auth names the key of the Secret that holds the deployment's auth_key; the
// key itself never comes near a manifest.
func (c *renderContext) auth() any {
	if c.settings.Spec.Auth == nil {
		return nil
	}
	return c.settings.Spec.Auth.Secret + "/" + c.settings.Spec.Auth.Key
}
