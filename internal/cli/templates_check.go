package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

func newTemplatesCheck(env *Env) *cobra.Command {
	var (
		flags      sandboxFlags
		allowPaths []string
		output     string
	)
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Try the templates of a directory with sample deployments",
		Example: `  lading templates check k8s-templates
  lading templates check k8s-templates -o json`,
		Long: `Check renders each template of a directory, meant for custom_templates_dir, with
sample deployments: one with an image and nothing else, one with every setting,
others with a GPU, secrets, every pod setting, no entrypoint, and values that come
out as something else where they are not quoted. It reports what is an error with
any of them, and warns of what a template leaves out of the contract of the
built-in one: labels, port, probes and environment variables.

The exit status is 1 where there is an error.`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := newTrial(env, args[0], allowPaths)
			if err != nil {
				return err
			}
			if err := t.run(cmd.Context(), env, flags.options()); err != nil {
				return err
			}
			return t.report.print(env, output)
		},
	}
	cmd.Flags().StringArrayVar(&allowPaths, "allow-path", nil, "directory outside the project that templates may read (repeatable)")
	flags.add(cmd)
	outputFlag(cmd, &output, "text", "json")
	return cmd
}

// A trial is a directory of templates that is tried with samples.
type trial struct {
	root   *settings.Root
	dir    settings.Path
	report templatesReport
}

// newTrial opens the project that the directory belongs to, so that templates
// may read there what they may read in a render.
func newTrial(env *Env, dir string, allowPaths []string) (*trial, error) {
	absolute := inDir(env.Dir, dir)
	root, err := settings.RootOptions{
		Dir: rootOf(env, absolute), Allow: allowPaths, WorkDir: env.Dir, Home: env.Getenv("HOME"),
	}.Open()
	if err != nil {
		return nil, err
	}
	located, ok := root.Locate(absolute)
	info, err := root.Stat(string(located))
	switch {
	case !ok || errors.Is(err, os.ErrNotExist):
		return nil, &usageError{fmt.Sprintf("there is no directory %s", dir), "begin one with: lading templates export " + shellWord(dir)}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &usageError{fmt.Sprintf("%s is a file, want a directory of templates", dir), ""}
	}
	return &trial{root: root, dir: located, report: templatesReport{Directory: dir}}, nil
}

// rootOf returns the directory of the project around a directory; without one
// the working directory, or the directory itself where it lies elsewhere.
func rootOf(env *Env, dir string) string {
	for above := dir; ; above = filepath.Dir(above) {
		if info, err := os.Stat(filepath.Join(above, "lading.yaml")); err == nil && info.Mode().IsRegular() {
			return above
		}
		if above == filepath.Dir(above) {
			break
		}
	}
	if rel, err := filepath.Rel(env.Dir, dir); err == nil && filepath.IsLocal(rel) {
		return env.Dir
	}
	return dir
}

// run tries the templates with every sample.
func (t *trial) run(ctx context.Context, env *Env, o render.Options) error {
	names, texts, err := sampleSettings()
	if err != nil {
		return err
	}
	t.report.Samples = names
	r := render.New(o)
	defer r.Close()
	for _, name := range names {
		in, err := t.sample(env, texts[name])
		if err != nil {
			return fmt.Errorf("sample %s: %w", name, err)
		}
		checks, err := r.Check(ctx, in)
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err == nil && len(checks) == 0 {
			return &usageError{
				fmt.Sprintf("%s has no template", t.report.Directory),
				"name them deployment and service, with .yaml.j2 or .jsonnet, or begin with: lading templates export DIR",
			}
		}
		for _, c := range checks {
			t.report.add(t.root.Display(c.File), name, c.Warnings, c.Err)
		}
		t.report.add("", name, nil, err)
	}
	t.report.sort()
	return nil
}

// sampleFile is where samples are read from, a place that is of no use to
// anybody.
const sampleFile = "-"

// sample loads a sample as if it named the directory.
func (t *trial) sample(env *Env, text string) (render.Input, error) {
	loaded, err := settings.Load(settings.Options{
		Files: []string{sampleFile}, Stdin: strings.NewReader(text), Dir: env.Dir, NoProject: true,
	})
	if err != nil {
		return render.Input{}, err
	}
	r := loaded.Resolved[0]
	r.Spec.Settings.Deployer.CustomTemplatesDir = t.dir
	return render.Input{Settings: r, Files: t.root}, nil
}
