package render

import (
	"fmt"
	"slices"

	"github.com/lading-dev/lading/pkg/settings"
)

// convertPodSettings returns the pod settings under ZenML's names, with what
// is inside as Kubernetes writes it. Secret variables stand at the end of env,
// where ZenML's deployer keeps them too, so that templates which loop over it
// pass them on.
func (c *renderContext) convertPodSettings(wrong *problems) settings.Map {
	p := c.settings.Spec.Settings.Deployer.PodSettings
	if p == nil && len(c.settings.Spec.SecretEnv) == 0 {
		return nil
	}
	if p == nil {
		p = &settings.PodSettings{}
	}
	const path = "settings.deployer.pod_settings"
	k := &kubernetesNames{c: c, wrong: wrong}
	return settings.Map{
		{Key: "node_selectors", Value: p.NodeSelectors},
		{Key: "affinity", Value: k.mapping(path+".affinity", p.Affinity)},
		{Key: "tolerations", Value: k.list(path+".tolerations", mapList(p.Tolerations))},
		{Key: "resources", Value: sides(p.Resources.Requests, p.Resources.Limits)},
		{Key: "annotations", Value: p.Annotations},
		{Key: "volumes", Value: k.list(path+".volumes", mapList(p.Volumes))},
		{Key: "volume_mounts", Value: k.list(path+".volume_mounts", mapList(p.VolumeMounts))},
		{Key: "host_ipc", Value: p.HostIPC},
		{Key: "scheduler_name", Value: orNil(p.SchedulerName)},
		{Key: "image_pull_secrets", Value: anyList(p.ImagePullSecrets)},
		{Key: "labels", Value: c.userLabels(path+".labels", p.Labels)},
		{Key: "env", Value: append(c.unique(nil, k.list(path+".env", mapList(p.Env))), c.secretEnv()...)},
		{Key: "env_from", Value: k.list(path+".env_from", mapList(p.EnvFrom))},
		{Key: "additional_pod_spec_args", Value: c.additional(k.mapping(path+".additional_pod_spec_args", p.AdditionalPodSpecArgs), wrong)},
		{Key: "container_security_context", Value: k.mapping(path+".container_security_context", p.ContainerSecurityContext)},
	}
}

// secretEnv returns the variables whose values stay in a Secret.
func (c *renderContext) secretEnv() []any {
	var env []any
	for _, v := range c.settings.Spec.SecretEnv {
		env = append(env, settings.Map{
			{Key: "name", Value: v.Name},
			{Key: "valueFrom", Value: settings.Map{{Key: "secretKeyRef", Value: settings.Map{
				{Key: "name", Value: v.Secret},
				{Key: "key", Value: v.Key},
			}}}},
		})
	}
	return env
}

// additional refuses the fields of the pod spec that hold the container which
// the settings describe.
func (c *renderContext) additional(fields settings.Map, wrong *problems) settings.Map {
	if _, ok := fields.Get("containers"); ok {
		wrong.add(c.at("settings.deployer.pod_settings.additional_pod_spec_args"),
			"containers would replace the container that the settings describe",
			"add a container by an overlay or in custom_templates_dir")
	}
	return fields
}

// pullSecrets returns the deployer's image pull secrets and the pod settings',
// each once.
func (c *renderContext) pullSecrets() []string {
	d := c.settings.Spec.Settings.Deployer
	names := slices.Clone(d.ImagePullSecrets)
	if d.PodSettings != nil {
		names = append(names, d.PodSettings.ImagePullSecrets...)
	}
	var unique []string
	for _, name := range names {
		if !slices.Contains(unique, name) {
			unique = append(unique, name)
		}
	}
	return unique
}

// pod returns what the library needs to write the pod: the pod settings under
// Kubernetes' names, joined with those of the deployer, null where empty.
func (c *renderContext) pod() settings.Map {
	get := func(key string) any {
		v, _ := c.podSettings.Get(key)
		return v
	}
	annotations, _ := get("annotations").(settings.Map)
	additional, _ := get("additional_pod_spec_args").(settings.Map)
	hostIPC, _ := get("host_ipc").(bool)
	var pullSecrets []any
	for _, name := range c.pullSecrets() {
		pullSecrets = append(pullSecrets, settings.Map{{Key: "name", Value: name}})
	}
	return settings.Map{
		{Key: "additional", Value: additional},
		{Key: "affinity", Value: unlessEmpty(get("affinity"))},
		{Key: "annotations", Value: mapOrNil(merge(c.settings.Spec.Settings.Deployer.Annotations, annotations))},
		{Key: "env", Value: unlessEmpty(c.environment())},
		{Key: "env_from", Value: unlessEmpty(get("env_from"))},
		{Key: "host_ipc", Value: hostIPC},
		{Key: "image_pull_secrets", Value: unlessEmpty(pullSecrets)},
		{Key: "labels", Value: unlessEmpty(get("labels"))},
		{Key: "node_selector", Value: unlessEmpty(get("node_selectors"))},
		{Key: "scheduler_name", Value: get("scheduler_name")},
		{Key: "security_context", Value: unlessEmpty(get("container_security_context"))},
		{Key: "tolerations", Value: unlessEmpty(get("tolerations"))},
		{Key: "volume_mounts", Value: unlessEmpty(get("volume_mounts"))},
		{Key: "volumes", Value: unlessEmpty(get("volumes"))},
	}
}

// environment returns the container's variables: the plain ones, those of the
// pod settings, then those of Secrets.
func (c *renderContext) environment() []any {
	var env []any
	for _, entry := range c.settings.Spec.Env {
		env = append(env, settings.Map{{Key: "name", Value: entry.Key}, {Key: "value", Value: entry.Value}})
	}
	later, _ := c.podSettings.Get("env")
	list, _ := later.([]any)
	return c.unique(env, list)
}

// unique adds variables to others, each name once. Kubernetes would take the
// last of one name, but server-side apply refuses two.
func (c *renderContext) unique(env, later []any) []any {
	for _, entry := range later {
		name := variableName(entry)
		if twin := slices.IndexFunc(env, func(e any) bool { return variableName(e) == name }); twin >= 0 {
			c.warn(c.at("settings.deployer.pod_settings.env"), fmt.Sprintf("variable %q is set before, this value counts", name), "")
			env = slices.Delete(env, twin, twin+1)
		}
		env = append(env, entry)
	}
	return env
}

func variableName(entry any) string {
	m, _ := entry.(settings.Map)
	name, _ := m.Get("name")
	s, _ := name.(string)
	return s
}

// unlessEmpty returns nil for what is empty, so that templates need to ask
// only for null.
func unlessEmpty(v any) any {
	switch v := v.(type) {
	case settings.Map:
		return mapOrNil(v)
	case []any:
		if len(v) == 0 {
			return nil
		}
	}
	return v
}
