package cli

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A usageError is a wrong flag or argument.
type usageError struct {
	message, hint string
}

func (e *usageError) Error() string { return e.message }
func (e *usageError) Hint() string  { return e.hint }

// misuse makes a usageError that points to the flag that was meant, else to
// the command's help.
func misuse(cmd *cobra.Command, err error) error {
	var usage *usageError
	if errors.As(err, &usage) {
		return err
	}
	message, hint := err.Error(), fmt.Sprintf("see '%s --help'", cmd.CommandPath())
	if name, ok := strings.CutPrefix(message, "unknown flag: --"); ok {
		hint = cmp.Or(nearestFlag(cmd, name), hint)
	}
	if flags := excludeEachOther.FindStringSubmatch(message); flags != nil {
		message = "--" + strings.Join(strings.Fields(flags[1]), " and --") + " exclude each other"
	}
	return &usageError{message, hint}
}

// excludeEachOther finds the flags in cobra's own words.
var excludeEachOther = regexp.MustCompile(`\[([^\[\]]+)\] were all set$`)

// nearestFlag asks whether the nearest flag was meant.
func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if best := nearest.Word(name, names); best != "" {
		return fmt.Sprintf("did you mean --%s?", best)
	}
	return ""
}

// noArguments refuses positional arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return unknownCommand(cmd, args[0])
	}
	err := fmt.Errorf("%s takes no argument, got %q", cmd.CommandPath(), args[0])
	if isYAML(args[0]) && cmd.Flags().Lookup("filename") != nil {
		return &usageError{err.Error(), fmt.Sprintf("settings files stand behind -f: %s -f %s", cmd.CommandPath(), shellWord(args[0]))}
	}
	return misuse(cmd, err)
}

// shellWord writes a word so that a command with it can be pasted into a shell.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[\p{L}\p{N}_./@%+,:=-]+$`)

// isYAML tells whether a name is that of a YAML file.
func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// unknownCommand names the commands that come near what was typed.
func unknownCommand(parent *cobra.Command, name string) error {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	full := strings.TrimPrefix(parent.CommandPath()+" "+name, parent.Root().Name()+" ")
	return &usageError{
		fmt.Sprintf("unknown command %q", full),
		cmp.Or(nearest.Hint(name, names), fmt.Sprintf("see '%s --help'", parent.CommandPath())),
	}
}

// report prints an error the way people read it, each line behind the tool's
// name and hints after what they belong to, and returns the exit status.
func report(env *Env, err error) exitStatus {
	s := statusOf(err)
	if err == nil {
		return s
	}
	for _, part := range partsOf(err) {
		for _, e := range problemsOf(part) {
			if errors.Is(e, errDiffers) || errors.Is(e, errUnsound) {
				continue
			}
			say(env, "%s", e.Error())
			if next := hintOf(e); next != "" {
				say(env, "  hint: %s", next)
			}
		}
	}
	return s
}

// problemsOf takes the problems of settings apart.
func problemsOf(err error) []error {
	problems, ok := err.(settings.Problems)
	if !ok {
		return []error{err}
	}
	out := make([]error, len(problems))
	for i, p := range problems {
		out[i] = p
	}
	return out
}

// hintOf returns the next step that an error or one of its causes knows.
func hintOf(err error) string {
	var problem *settings.Problem
	if errors.As(err, &problem) {
		return problem.Hint
	}
	return hint.Of(err)
}

// say prints to standard error, the tool's name before every line.
func say(env *Env, format string, args ...any) {
	text := strings.TrimRight(fmt.Sprintf(format, args...), "\n")
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(env.Stderr, "lading: %s\n", visible(line))
	}
}

// warn prints warnings, each once.
func warn(env *Env, warnings settings.Problems) {
	seen := make(map[string]bool)
	for _, w := range warnings {
		text := w.Error()
		if seen[text] {
			continue
		}
		seen[text] = true
		say(env, "warning: %s", text)
		if w.Hint != "" {
			say(env, "  hint: %s", w.Hint)
		}
	}
}
