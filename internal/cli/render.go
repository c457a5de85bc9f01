package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/manifest"
)

func newRender(env *Env) *cobra.Command {
	var (
		flags     renderFlags
		output    string
		outputDir string
	)
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Render deployments to Kubernetes manifests",
		Example: `  lading render -f greet.yaml                     # one deployment, no project
  lading render --env prod -l team=ml             # some deployments of a project
  lading render --env prod -o name                # what there is
  lading render --output-dir build/rendered       # the tree that publish commits`,
		Long: `Render prints the manifests of the selected deployments as one YAML stream, or
writes them to a directory exactly as publish would commit them.

If any deployment fails nothing is printed or written, unless --keep-going.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fl, err := flags.render(cmd.Context(), env)
			if err != nil {
				return err
			}
			if outputDir != "" {
				err = writeTree(cmd.Context(), env, fl, outputDir)
			} else {
				err = fl.print(env, output)
			}
			if err != nil {
				return err
			}
			return fl.err()
		},
	}
	flags.add(cmd)
	outputFlag(cmd, &output, "yaml", "json", "name")
	cmd.Flags().StringVar(&outputDir, "output-dir", "", "write the tree that publish would commit to this directory")
	cmd.MarkFlagsMutuallyExclusive("output", "output-dir")
	return cmd
}

// print writes all objects to standard output. The text is complete before
// its first byte is written.
func (fl *fleet) print(env *Env, format string) error {
	switch format {
	case "name":
		return fl.printNames(env)
	case "json":
		return fl.printJSON(env)
	}
	return fl.printYAML(env)
}

// printYAML writes one stream; where there are several deployments each one
// begins with a comment line that names it.
func (fl *fleet) printYAML(env *Env) error {
	var b bytes.Buffer
	several := len(fl.rendered) > 1
	for _, r := range fl.rendered {
		if r.output == nil {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("---\n")
		}
		if several {
			fmt.Fprintf(&b, "# %s\n", label(r.settings))
		}
		if err := r.output.Set.WriteYAML(&b); err != nil {
			return fmt.Errorf("%s: %w", label(r.settings), err)
		}
	}
	_, err := env.Stdout.Write(b.Bytes())
	return err
}

// printJSON writes a single object alone and several as a v1 List, as kubectl
// does.
func (fl *fleet) printJSON(env *Env) error {
	items := []any{}
	for o := range fl.objects {
		items = append(items, o.Body)
	}
	if len(items) == 1 {
		return printJSON(env, items[0])
	}
	return printJSON(env, map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
}

// printNames writes one kind.group/name a line, as kubectl does.
func (fl *fleet) printNames(env *Env) error {
	var b bytes.Buffer
	for o := range fl.objects {
		kind := strings.ToLower(o.Kind())
		if group := o.Group(); group != "" {
			kind += "." + group
		}
		fmt.Fprintf(&b, "%s/%s\n", kind, o.Name())
	}
	_, err := env.Stdout.Write(b.Bytes())
	return err
}

// objects yields every rendered object in stream order.
func (fl *fleet) objects(yield func(*manifest.Object) bool) {
	for _, r := range fl.rendered {
		if r.output == nil {
			continue
		}
		for _, o := range r.output.Set.Objects() {
			if !yield(o) {
				return
			}
		}
	}
}
