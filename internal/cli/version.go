package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// version is set by the Makefile through the linker.
var version = ""

// toolVersion returns the linked version, else the module's, else "devel".
func toolVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func newVersion(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of lading and of the formats it writes",
		Example: "  lading version -o json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := struct {
				Version  string `json:"version"`
				Format   string `json:"format"`
				Settings string `json:"settings"`
				Go       string `json:"go"`
			}{toolVersion(), manifest.Format, settings.APIVersion, runtime.Version()}
			if output == "json" {
				return printJSON(env, v)
			}
			_, err := fmt.Fprint(env.Stdout, versionLine())
			return err
		},
	}
	outputFlag(cmd, &output, "text", "json")
	return cmd
}

// versionLine is the version as text.
func versionLine() string {
	return fmt.Sprintf("lading %s (format %s, settings %s, %s)\n", toolVersion(), manifest.Format, settings.APIVersion, runtime.Version())
}
