package cli

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/manifest"
)

func newBootstrap(env *Env) *cobra.Command {
	var f bootstrapFlags
	f.silentIDs = true
	cmd := &cobra.Command{
		Use:   "bootstrap --env ENVIRONMENT",
		Short: "Print the object that makes Argo CD or Flux sync an environment",
		Example: `  lading publish --env prod                              # writes prod/_engine
  lading bootstrap --env prod | kubectl apply -f -       # once
  lading bootstrap --env prod -o json`,
		Long: `Bootstrap prints what a person applies once to the cluster of the GitOps engine:
for Argo CD an Application, for Flux a GitRepository and a Kustomization. It syncs
the environment's engine objects, which publish writes and removes with the
deployments, so that nothing more has to be applied by hand.

The environment's engine, cluster and gitops settings say what it points to; see
docs/engines.md. Nothing is sent anywhere.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(f.environments) != 1 {
				return misuse(cmd, errors.New("want one --env"))
			}
			return f.bootstrap(env)
		},
	}
	f.add(cmd)
	return cmd
}

// bootstrapFlags choose an environment and where it is published to.
type bootstrapFlags struct {
	inputFlags
	locationFlags
	output string
}

func (f *bootstrapFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.project, "project", "", "project file or its directory (default: searched upward)")
	flags.StringArrayVar(&f.environments, "env", nil, "the environment")
	flags.StringArrayVar(&f.allowPaths, "allow-path", nil, "directory outside the project that settings may read (repeatable)")
	f.locationFlags.add(cmd)
	outputFlag(cmd, &f.output, "yaml", "json")
}

func (f *bootstrapFlags) bootstrap(env *Env) error {
	loaded, err := f.load(env)
	if err != nil {
		return err
	}
	if err := f.destinations(env, loaded); err != nil {
		return err
	}
	fl := &fleet{loaded: loaded}
	roots, err := gitops.Bootstrap(loaded.Resolved, fl.environments())
	if err != nil {
		return err
	}
	var objects []*manifest.Object
	for _, root := range roots {
		objects = append(objects, root.Objects...)
	}
	if err := printObjects(env, f.output, objects); err != nil {
		return err
	}
	for _, root := range roots {
		say(env, "%s: apply this once: lading bootstrap --env %s | %s", root.Environment, root.Environment, root.Apply)
		say(env, "%s: it syncs what publish writes into %s on %s", root.Environment, root.Directory, root.Branch)
		for _, note := range root.Notes {
			say(env, "note: %s", note)
		}
	}
	return nil
}

// printObjects prints one stream of YAML, or a List where there are several
// objects.
func printObjects(env *Env, format string, objects []*manifest.Object) error {
	if format == "json" {
		return printList(env, objects)
	}
	var b bytes.Buffer
	for i, o := range objects {
		if i > 0 {
			b.WriteString("---\n")
		}
		text, err := o.YAML()
		if err != nil {
			return fmt.Errorf("%s: %w", o.ID(), err)
		}
		b.Write(text)
	}
	_, err := env.Stdout.Write(b.Bytes())
	return err
}

func printList(env *Env, objects []*manifest.Object) error {
	if len(objects) == 1 {
		return printJSON(env, objects[0].Body)
	}
	items := []any{}
	for _, o := range objects {
		items = append(items, o.Body)
	}
	return printJSON(env, map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
}
