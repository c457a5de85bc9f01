package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite docs/cli.md")

// TestDocsEqualHelp keeps docs/cli.md what the commands say of themselves.
func TestDocsEqualHelp(t *testing.T) {
	t.Parallel()
	page := filepath.Join("..", "..", "docs", "cli.md")
	want := cliPage(newRoot(System()))
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/cli.md differs from the help (rewrite it with make update):\n%s", diff)
	}
}

// TestHelpStartsWithAnExample holds every command to the promise that a reader
// sees a working example before anything else.
func TestHelpStartsWithAnExample(t *testing.T) {
	t.Parallel()
	for cmd := range ours(newRoot(System())) {
		if cmd.Short == "" || !strings.Contains(cmd.Example, cmd.Root().Name()+" ") {
			t.Errorf("%s: want a short description and an example", cmd.CommandPath())
		}
	}
}

// cliPage writes the reference of all commands.
func cliPage(root *cobra.Command) []byte {
	var b bytes.Buffer
	b.WriteString("# Commands\n\nWritten by `make update` from the commands' own help; `lading help COMMAND` prints the same.\n" +
		"`lading completion SHELL` prints completions for bash, zsh, fish and powershell.\n\n")
	fmt.Fprintf(&b, "```text\n%s\n```\n", statusTable())
	for cmd := range ours(root) {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n", cmd.CommandPath(), cmd.Short)
		fmt.Fprintf(&b, "```shell\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
		if cmd.Long != "" && cmd != root {
			fmt.Fprintf(&b, "\n%s\n", cmd.Long)
		}
		if flags := cmd.LocalFlags().FlagUsages(); flags != "" {
			fmt.Fprintf(&b, "\n```text\n%s %s\n\n%s```\n", cmd.CommandPath(), flagsUse(cmd), flags)
		}
	}
	return b.Bytes()
}

// flagsUse is the arguments that the command takes besides flags.
func flagsUse(cmd *cobra.Command) string {
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	return strings.TrimSpace(arguments + " [flags]")
}

// ours yields the root and the commands of our own below it, depth first.
func ours(root *cobra.Command) func(func(*cobra.Command) bool) {
	var walk func(*cobra.Command, func(*cobra.Command) bool) bool
	walk = func(cmd *cobra.Command, yield func(*cobra.Command) bool) bool {
		if !yield(cmd) {
			return false
		}
		for _, sub := range cmd.Commands() {
			if !walk(sub, yield) {
				return false
			}
		}
		return true
	}
	return func(yield func(*cobra.Command) bool) { walk(root, yield) }
}
