package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// The Deployment and the Service of a deployment are found by their name and
// find their pods by their selectors. So these are lading's: a template of the
// user's must write them, and no overlay may change them.

// A contract is what must still hold when the overlays are through.
type contract struct {
	deployment, service promise
}

// A promise is one core object, its name and its selector.
type promise struct {
	kind     string // as kindName writes it
	origin   manifest.Origin
	selector []string // path of the selector
	value    any
}

// contractOf notes the core objects as they are before the overlays.
func contractOf(c *renderContext, objects []*manifest.Object) contract {
	held := contract{
		deployment: promise{kind: "Deployment.apps", selector: []string{"spec", "selector"}},
		service:    promise{kind: "Service", selector: []string{"spec", "selector"}},
	}
	for _, p := range []*promise{&held.deployment, &held.service} {
		if o := find(objects, p.kind, c.name); o != nil {
			selector, _ := o.Field(p.selector...)
			p.origin, p.value = o.Origin, clone(selector)
		}
	}
	return held
}

// check compares the core objects with what was noted, and returns the
// namespace that they are in. What is gone was taken by last.
func (held contract) check(c *renderContext, objects []*manifest.Object, last place, wrong *problems) string {
	deployment := held.deployment.check(c, objects, last, wrong)
	service := held.service.check(c, objects, last, wrong)
	if deployment == nil || service == nil {
		return c.namespace
	}
	namespace, other := cmp.Or(deployment.Namespace(), c.namespace), cmp.Or(service.Namespace(), c.namespace)
	if other != namespace {
		wrong.add(c.changed(service), fmt.Sprintf("Service is in namespace %q and the Deployment in %q, want them in one",
			other, namespace), "")
	}
	c.checkPods(deployment, service, wrong)
	return namespace
}

func (p promise) check(c *renderContext, objects []*manifest.Object, last place, wrong *problems) *manifest.Object {
	kind, _, _ := strings.Cut(p.kind, ".")
	o := find(objects, p.kind, c.name)
	if o == nil {
		for _, other := range objects {
			if kindName(other) == p.kind && other.Origin.Source == p.origin.Source && other.Origin.Line == p.origin.Line {
				wrong.add(c.changed(other), fmt.Sprintf("%s is called %q now, want the name %q, by which everything finds it", kind, other.Name(), c.name),
					"leave names to lading; they are unique already")
				return nil
			}
		}
		wrong.add(last, fmt.Sprintf("%s %s is gone, want it kept", kind, c.name), "")
		return nil
	}
	if selector, _ := o.Field(p.selector...); !reflect.DeepEqual(selector, p.value) {
		wrong.add(c.changed(o), fmt.Sprintf("selector of %s %s is changed to %s, want %s", kind, c.name, oneLine(selector), oneLine(p.value)),
			"leave selectors to lading; the labels of a kustomization stay out of them with includeSelectors: false")
	}
	return o
}

// changed returns the place of the hook, component or overlay that had an
// object last, else that where it was written.
func (c *renderContext) changed(o *manifest.Object) place {
	if layer := lastOverlay(o); layer != "" {
		return place{Position: settings.Position{File: layer}}
	}
	return c.of(o)
}

// lastLayer returns the place of the last layer of the user's, which is the
// one to have taken what is gone: nothing built in takes objects away.
func (c *renderContext) lastLayer() place {
	spec := c.settings.Spec
	if n := len(spec.Overlays); n > 0 {
		return c.in(spec.Overlays[n-1], 0)
	}
	for _, component := range slices.Backward(spec.Components) {
		if component.Path != "" {
			return c.in(component.Path, 0)
		}
	}
	if spec.Jsonnet != "" {
		return c.in(spec.Jsonnet, 0)
	}
	return place{Position: c.settings.Position}
}

// checkPods sees that the pods bear what the Deployment and the Service select.
// A wrong selector of the Service is told only where nothing else is wrong that
// it would follow from.
func (c *renderContext) checkPods(deployment, service *manifest.Object, wrong *problems) {
	if missing := unmatched(deployment); len(missing) > 0 {
		wrong.add(c.changed(deployment), fmt.Sprintf("pods of Deployment %s lack the label %s of its selector", c.name, quotedList(missing)), "")
	}
	if len(*wrong) > 0 {
		return
	}
	pods := mapping(deployment, "spec", "template", "metadata", "labels")
	if missing := lacking(pods, mapping(service, "spec", "selector")); len(missing) > 0 {
		wrong.add(c.changed(service), fmt.Sprintf("contract: use the correct label selectors; the Service selects by label %s, which pods of the Deployment do not bear so",
			quotedList(missing)), "select by managed-by and zenml-deployment-id alone")
	}
}

// checkTemplate holds a template of the user's to the contract of the built-in
// one. What would break the deployment is wrong; what only takes something
// from it is worth a warning.
func (c *renderContext) checkTemplate(name string, file settings.Path, objects []*manifest.Object, wrong *problems) {
	kind := map[string]string{"deployment": "Deployment.apps", "service": "Service"}[name]
	o := find(objects, kind, c.name)
	if o == nil {
		wrong.add(c.in(file, 0), fmt.Sprintf("has no %s called %q", strings.TrimSuffix(kind, ".apps"), c.name),
			"write metadata.name as {{ name }}, or context.name in jsonnet")
		return
	}
	if name == "service" {
		c.checkSelector(o, []string{"spec", "selector"}, wrong)
		c.checkPorts(o)
		return
	}
	c.checkSelector(o, []string{"spec", "selector", "matchLabels"}, wrong)
	if missing := unmatched(o); len(missing) > 0 {
		selector := mapping(o, "spec", "selector", "matchLabels")
		for i, key := range missing {
			missing[i] = fmt.Sprintf("%s: %v", key, selector[key])
		}
		wrong.add(c.of(o), "contract: the selector must match the pods; spec.template.metadata.labels has no "+strings.Join(missing, ", "),
			"loop over labels there, as the built-in template does")
	}
	c.checkContainers(o)
}

// checkSelector sees that a selector has the managed labels, without which it
// would find pods of other deployments.
func (c *renderContext) checkSelector(o *manifest.Object, path []string, wrong *problems) {
	selector := mapping(o, path...)
	for _, label := range c.selector {
		if selector[label.Key] != label.Value {
			wrong.add(c.of(o), fmt.Sprintf("contract: use the correct label selectors; %s has no %s: %v", strings.Join(path, "."), label.Key, label.Value), "")
		}
	}
}

// checkPorts warns of a Service that is not where the settings say.
func (c *renderContext) checkPorts(o *manifest.Object) {
	field, _ := o.Field("spec", "ports")
	ports, _ := field.([]any)
	port := int64(c.settings.Spec.Settings.Deployer.ServicePort)
	if !slices.ContainsFunc(ports, func(p any) bool { return item(p, "port") == port }) {
		c.warn(c.of(o), fmt.Sprintf("contract: expose the correct container port; the Service has no port %d", port), "")
	}
}

// checkContainers warns of what the pods miss without the port, the probes or
// the variables of the settings.
func (c *renderContext) checkContainers(o *manifest.Object) {
	field, _ := o.Field("spec", "template", "spec", "containers")
	containers, _ := field.([]any)
	port := int64(c.settings.Spec.Settings.Deployer.ServicePort)
	if !slices.ContainsFunc(containers, func(container any) bool { return exposes(container, port) }) {
		c.warn(c.of(o), fmt.Sprintf("contract: expose the correct container port; no container has containerPort %d", port), "")
	}
	for _, probe := range []string{"readinessProbe", "livenessProbe"} {
		if !slices.ContainsFunc(containers, func(container any) bool { return item(container, probe) != nil }) {
			c.warn(c.of(o), fmt.Sprintf("contract: include health probes; no container has a %s", probe), "")
		}
	}
	var missing []string
	for _, name := range c.variableNames() {
		if !slices.ContainsFunc(containers, func(container any) bool { return hasVariable(container, name) }) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		c.warn(c.of(o), fmt.Sprintf("contract: pass through environment variables; no container has %s", quotedList(missing)),
			"loop over env, and over pod_settings.env for those of Secrets")
	}
}

// variableNames returns the variables that the settings give the container,
// each once.
func (c *renderContext) variableNames() []string {
	var names []string
	for _, entry := range c.settings.Spec.Env {
		names = append(names, entry.Key)
	}
	env, _ := c.podSettings.Get("env")
	list, _ := env.([]any)
	for _, entry := range list {
		if name := variableName(entry); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func exposes(container any, port int64) bool {
	ports, _ := item(container, "ports").([]any)
	return slices.ContainsFunc(ports, func(p any) bool { return item(p, "containerPort") == port })
}

func hasVariable(container any, name string) bool {
	env, _ := item(container, "env").([]any)
	return slices.ContainsFunc(env, func(v any) bool { return item(v, "name") == name })
}

func item(v any, key string) any {
	m, _ := v.(map[string]any)
	return m[key]
}

// unmatched returns the labels of a Deployment's selector that its pods lack.
func unmatched(deployment *manifest.Object) []string {
	return lacking(mapping(deployment, "spec", "template", "metadata", "labels"), mapping(deployment, "spec", "selector", "matchLabels"))
}

// lacking returns the keys of a selector that labels do not have with the same
// value.
func lacking(labels, selector map[string]any) []string {
	var missing []string
	for _, key := range slices.Sorted(maps.Keys(selector)) {
		if labels[key] != selector[key] {
			missing = append(missing, key)
		}
	}
	return missing
}

// mapping returns the mapping at a path of an object, nil where there is none.
func mapping(o *manifest.Object, path ...string) map[string]any {
	field, _ := o.Field(path...)
	m, _ := field.(map[string]any)
	return m
}

func find(objects []*manifest.Object, kind, name string) *manifest.Object {
	for _, o := range objects {
		if kindName(o) == kind && o.Name() == name {
			return o
		}
	}
	return nil
}

// clone copies a value of the JSON data model, so that later stages cannot
// change it.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = clone(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = clone(value)
		}
		return out
	}
	return v
}

// oneLine writes a small value for a message.
func oneLine(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
