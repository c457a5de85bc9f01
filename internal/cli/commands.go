package cli

import "github.com/spf13/cobra"

// commands is every command, sorted by name. cobra adds completion and help.
var commands = []func(*Env) *cobra.Command{
	newBootstrap,
	newDelete,
	newDescribe,
	newHistory,
	newInit,
	newLogs,
	newPreflight,
	newPublish,
	newRBAC,
	newRender,
	newRollback,
	newSchema,
	newSettings,
	newStatus,
	newTemplates,
	newVerify,
	newVersion,
	newWorker,
}
