package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// mainTemplate lists what lading writes for a deployment.
const mainTemplate = "lading/main.jsonnet"

// customTemplates are the entries of the main template that a file in
// custom_templates_dir may replace, and the forms that the file may have.
var (
	customTemplates = []string{"deployment", "service"}
	customForms     = []string{".yaml.j2", ".jsonnet"}
)

// core returns what lading writes for the deployment: what the built-in
// templates make, with the user's own templates in their places.
func (r *Renderer) core(ctx context.Context, c *renderContext) ([]*manifest.Object, error) {
	custom, err := c.findTemplates()
	if err != nil {
		return nil, err
	}
	result, err := r.run(ctx, c, job{Engine: "jsonnet", File: mainTemplate, Builtin: true, Context: c.argument})
	if err != nil {
		return nil, err
	}
	entries, _ := result.Value.([]any)
	var objects []*manifest.Object
	var wrong problems
	for _, entry := range entries {
		e, _ := entry.(map[string]any)
		name, _ := e["template"].(string)
		made, err := c.builtin(name, e["object"])
		if file, ok := custom[name]; ok {
			made, err = r.custom(ctx, c, name, file)
		}
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		wrong.addAll(c.in(custom[name], 0), err)
		objects = append(objects, made...)
	}
	return objects, wrong.err()
}

// builtin returns the object of an entry, none where it is null.
func (c *renderContext) builtin(name string, value any) ([]*manifest.Object, error) {
	if value == nil {
		return nil, nil
	}
	d := document{value: value, origin: manifest.Origin{Source: libraryPrefix + name + ".libsonnet"}}
	o, p := c.object(d)
	if p != nil {
		return nil, p
	}
	return []*manifest.Object{o}, nil
}

// findTemplates returns the user's templates by the entry that each replaces.
func (c *renderContext) findTemplates() (map[string]settings.Path, error) {
	dir := c.settings.Spec.Settings.Deployer.CustomTemplatesDir
	if dir == "" {
		return nil, nil
	}
	at := c.at("settings.deployer.custom_templates_dir")
	if info, err := fs.Stat(c.files, string(dir)); err != nil || !info.IsDir() {
		return nil, at.problem(fmt.Sprintf("directory %s not found", c.files.Display(dir)), "")
	}
	found := map[string]settings.Path{}
	for _, name := range customTemplates {
		for _, form := range customForms {
			file := path.Join(string(dir), name+form)
			switch _, err := fs.Stat(c.files, file); {
			case errors.Is(err, fs.ErrNotExist):
				continue
			case err != nil: // such as a link that leads out
				return nil, at.problem(reason(err), hint.Of(err))
			}
			if other, twice := found[name]; twice {
				return nil, at.problem(fmt.Sprintf("%s and %s replace the same template, want one of them",
					c.files.Display(other), c.files.Display(settings.Path(file))), "remove one")
			}
			found[name] = settings.Path(file)
		}
	}
	if len(found) == 0 {
		c.warn(at, fmt.Sprintf("directory %s has no template, the built-in ones are used", c.files.Display(dir)),
			"name them "+strings.Join(templateNames(), ", "))
	}
	return found, nil
}

func templateNames() []string {
	var names []string
	for _, name := range customTemplates {
		for _, form := range customForms {
			names = append(names, name+form)
		}
	}
	return names
}

// custom renders a template of the user's and checks that it keeps the
// contract of the built-in one that it replaces.
func (r *Renderer) custom(ctx context.Context, c *renderContext, name string, file settings.Path) ([]*manifest.Object, error) {
	documents, err := r.documents(ctx, c, file)
	if err != nil {
		return nil, err
	}
	var wrong problems
	var objects []*manifest.Object
	for _, d := range documents {
		o, p := c.object(d)
		if p != nil {
			wrong = append(wrong, p)
			continue
		}
		objects = append(objects, o)
	}
	if len(documents) == 0 {
		wrong.add(c.in(file, 0), "has no document, want the "+strings.ToUpper(name[:1])+name[1:], "")
	}
	if len(wrong) == 0 {
		c.checkTemplate(name, file, objects, &wrong)
	}
	return objects, wrong.err()
}
