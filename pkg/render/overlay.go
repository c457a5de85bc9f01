package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// overlay lays the components and then the overlays of the settings over the
// objects, in order. Each runs by itself: that costs no more than one run for
// all of them, and tells exactly which of them changed what.
func (r *Renderer) overlay(ctx context.Context, c *renderContext, objects []*manifest.Object) ([]*manifest.Object, error) {
	layers, err := r.layers(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		result, err := r.run(ctx, c, job{
			Engine:  "kustomize",
			Builtin: l.component != nil,
			File:    l.dir,
			Context: l.values(c, objects),
			Objects: objects,
		})
		if err != nil {
			return nil, l.explain(err)
		}
		objects = c.decorate(result.Objects)
	}
	return objects, nil
}

// A layer is one component or overlay that the settings name.
type layer struct {
	at  place
	dir settings.Path
	// component and parameters are set for a built-in component.
	component  *Component
	parameters map[string]any
}

// layers finds the components and checks their parameters, all of them before
// anything runs.
func (r *Renderer) layers(ctx context.Context, c *renderContext) ([]layer, error) {
	render := func(at place, text string) (string, error) { return r.parameterText(ctx, c, at, text) }
	var layers []layer
	var wrong problems
	for i, named := range c.settings.Spec.Components {
		path := fmt.Sprintf("components[%d]", i)
		l := layer{at: c.at(path), dir: named.Path}
		switch {
		case named.Path == "":
			l.component = c.component(path, named.Name, &wrong)
		case len(named.With) > 0:
			wrong.add(c.at(path+".with"), fmt.Sprintf("%q is a directory, and only built-in components have parameters", named.Name),
				"write the values into its files, or name a built-in component")
		}
		if l.component != nil {
			l.dir = settings.Path(builtinPrefix + componentsDir + "/" + named.Name)
			l.parameters = l.component.parameters(c, path, named.With, render, &wrong)
		}
		layers = append(layers, l)
	}
	for i, dir := range c.settings.Spec.Overlays {
		layers = append(layers, layer{at: c.at(fmt.Sprintf("overlays[%d]", i)), dir: dir})
	}
	return layers, wrong.err()
}

// component returns the built-in component of that name.
func (c *renderContext) component(path, name string, wrong *problems) *Component {
	if !slices.Contains(componentNames(), name) {
		hint := nearest.Hint(name, componentNames())
		if hint == "" {
			hint = fmt.Sprintf("for a directory of your own write ./%s", name)
		}
		wrong.add(c.at(path), fmt.Sprintf("no component is called %q, want one of %s", name, strings.Join(componentNames(), ", ")), hint)
		return nil
	}
	component, err := loadComponent(name)
	wrong.addError(c.at(path), err)
	return component
}

// parameterText renders a text under "with". It may use the template variables
// and, for names that differ by deployment, those of the repository's paths.
func (r *Renderer) parameterText(ctx context.Context, c *renderContext, at place, text string) (string, error) {
	project := ""
	if c.settings.Project != nil {
		project = c.settings.Project.Name
	}
	vars := merge(c.vars, settings.Map{
		{Key: "project", Value: project},
		{Key: "environment", Value: c.settings.EnvironmentName()},
		{Key: "deployment", Value: manifest.K8sName(c.settings.Name, 63)},
		{Key: "id", Value: c.settings.ID},
	})
	result, err := r.run(ctx, c, job{Engine: "jinja", File: settings.Path(at.File), Line: at.Line, Text: text, Vars: vars})
	if err != nil {
		return "", err
	}
	return result.Text, nil
}

// asProblems places an error where the settings name its cause.
func asProblems(at place, err error) problems {
	var one *settings.Problem
	if errors.As(err, &one) {
		return problems{at.problem(one.Message, one.Hint)}
	}
	return problems{at.problem(err.Error(), "")}
}

// values returns what the files of a built-in component are filled with: its
// parameters, and what is known of the deployment.
func (l layer) values(c *renderContext, objects []*manifest.Object) map[string]any {
	values := filling{"name": c.name}
	if l.component == nil {
		return values
	}
	deployment := find(objects, "Deployment.apps", c.name)
	namespace := c.namespace
	if deployment != nil && deployment.Namespace() != "" {
		namespace = deployment.Namespace() // an earlier overlay may have moved it
	}
	for name, value := range map[string]any{
		"namespace":       namespace,
		"port":            int64(c.settings.Spec.Settings.Deployer.ServicePort),
		"selector":        c.selector.Plain(),
		"containers":      containerNames(deployment, "containers"),
		"init_containers": containerNames(deployment, "initContainers"),
	} {
		values[name] = value
	}
	for name, value := range l.parameters {
		values[name] = value
	}
	return values
}

func containerNames(deployment *manifest.Object, field string) any {
	if deployment == nil {
		return nil
	}
	v, _ := deployment.Field("spec", "template", "spec", field)
	containers, _ := v.([]any)
	var names []any
	for _, container := range containers {
		if name, ok := item(container, "name").(string); ok {
			names = append(names, name)
		}
	}
	return names
}

// explain places what is wrong with a whole overlay where the settings name
// it.
func (l layer) explain(err error) error {
	var p *settings.Problem
	if errors.As(err, &p) && p.File == "" {
		return l.at.problem(p.Message, p.Hint)
	}
	return err
}
