package cli

import "github.com/spf13/cobra"

// commands is every command, sorted by name. cobra adds completion and help.
var commands = []func(*Env) *cobra.Command{
	newBootstrap,
	newDelete,
	newHistory,
	newInit,
	newPublish,
	newRender,
	newRollback,
	newSchema,
	newSettings,
	newTemplates,
	newVerify,
	newVersion,
	newWorker,
}
