package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/settings"
)

func newSchema(env *Env) *cobra.Command {
	kinds := []string{"PipelineDeployment", "Project"}
	return &cobra.Command{
		Use:   "schema {PipelineDeployment | Project}",
		Short: "Print the JSON Schema of a settings document, for editors",
		Example: `  lading schema Project > project.schema.json
  # first line of lading.yaml:
  # yaml-language-server: $schema=project.schema.json`,
		ValidArgs: kinds,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)(cmd, args); err != nil {
				return misuse(cmd, fmt.Errorf("want one kind: PipelineDeployment or Project"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			schema, err := settings.Schema(args[0])
			if err != nil {
				return err
			}
			_, err = env.Stdout.Write(schema)
			return err
		},
	}
}
