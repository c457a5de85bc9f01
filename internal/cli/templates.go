package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/templates"
)

func newTemplates(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "Begin and try templates of your own for the Deployment and the Service",
		Example: `  lading templates export k8s-templates        # begin with the built-in ones
  lading templates check k8s-templates         # after each change`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTemplatesCheck(env), newTemplatesExport(env))
	return cmd
}

// templateForms are the forms of templates: the folder of package templates,
// and how the files of each end.
var templateForms = []struct{ name, suffix string }{
	{"j2", ".yaml.j2"},
	{"jsonnet", ".jsonnet"},
}

func newTemplatesExport(env *Env) *cobra.Command {
	form := templateForms[0].name
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the built-in templates to a directory, to begin your own with",
		Example: `  lading templates export k8s-templates
  lading templates export k8s-templates --format jsonnet`,
		Long: `Export writes the built-in Deployment and Service as templates for
custom_templates_dir. Rendering with them gives the same objects as without; what
you change makes the difference, and a file that you remove is built in again.
Files that exist are never overwritten.`,
		Args: oneDirectory,
		RunE: func(_ *cobra.Command, args []string) error { return exportTemplates(env, args[0], form) },
	}
	var forms []string
	for _, f := range templateForms {
		forms = append(forms, f.name)
	}
	cmd.Flags().Var(&choice{&form, forms}, "format", "format of the templates: "+strings.Join(forms, ", "))
	return cmd
}

// oneDirectory wants a directory as the only argument.
func oneDirectory(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return misuse(cmd, errors.New("want one directory"))
	}
	return nil
}

// exportTemplates writes the templates of one form. Those of another form are
// in the way: both of one template would be an error of the next render.
func exportTemplates(env *Env, dir, form string) error {
	entries, err := fs.ReadDir(templates.FS, form)
	if err != nil {
		return err
	}
	var files newFiles
	for _, entry := range entries {
		data, err := fs.ReadFile(templates.FS, path.Join(form, entry.Name()))
		if err != nil {
			return err
		}
		files.add(filepath.Join(inDir(env.Dir, dir), entry.Name()), data, otherForms(inDir(env.Dir, dir), entry.Name())...)
	}
	if err := files.write(env); err != nil {
		return err
	}
	say(env, "next: set settings.deployer.custom_templates_dir to %s, and after each change run lading templates check %s", dir, shellWord(dir))
	return nil
}

// otherForms are the files that replace the same template as a file does.
func otherForms(dir, file string) []string {
	name, _, _ := strings.Cut(file, ".")
	var others []string
	for _, f := range templateForms {
		if other := name + f.suffix; other != file {
			others = append(others, filepath.Join(dir, other))
		}
	}
	return others
}

// sampleSettings returns the sample deployments by name, in order.
func sampleSettings() (names []string, texts map[string]string, err error) {
	files, err := fs.Glob(templates.FS, "samples/*.yaml")
	texts = make(map[string]string, len(files))
	for _, file := range files {
		text, err := fs.ReadFile(templates.FS, file)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the sample %s: %w", file, err)
		}
		name := strings.TrimSuffix(path.Base(file), ".yaml")
		names = append(names, name)
		texts[name] = string(text)
	}
	return names, texts, err
}
