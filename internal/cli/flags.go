package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lading-dev/lading/pkg/settings"
)

// inputFlags choose what is loaded; every command that reads settings has
// them, named as kubectl names its own.
type inputFlags struct {
	files, environments, sets, allowPaths []string
	project, selector, image              string
	noProject                             bool
	// silentIDs leaves out the warning that ids are derived.
	silentIDs bool
}

func (f *inputFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "settings file or directory, - for standard input (repeatable)")
	flags.StringVar(&f.project, "project", "", "project file or its directory (default: searched upward)")
	flags.BoolVar(&f.noProject, "no-project", false, "ignore any project file")
	flags.StringArrayVar(&f.environments, "env", nil, "environment (repeatable, default: all)")
	flags.StringVarP(&f.selector, "selector", "l", "", "select deployments by their labels, as in team=ml,tier!=test")
	flags.StringArrayVar(&f.sets, "set", nil, "set a field below spec, as in settings.resources.min_replicas=3 (repeatable)")
	flags.StringVar(&f.image, "image", "", "container image of the selected deployments")
	flags.StringArrayVar(&f.allowPaths, "allow-path", nil, "directory outside the project that settings may read (repeatable)")
	cmd.MarkFlagsMutuallyExclusive("project", "no-project")
}

// load reads and resolves the settings and prints their warnings.
func (f *inputFlags) load(env *Env, names ...string) (*settings.Loaded, error) {
	loaded, err := settings.Load(settings.Options{
		Files:        f.files,
		Stdin:        env.Stdin,
		Dir:          env.Dir,
		Project:      f.project,
		NoProject:    f.noProject,
		AllowPaths:   f.allowPaths,
		Home:         env.Getenv("HOME"),
		Environments: f.environments,
		Selector:     f.selector,
		Set:          f.sets,
		Image:        f.image,
		Names:        names,
		SilentIDs:    f.silentIDs,
	})
	if err != nil {
		return nil, err
	}
	warn(env, loaded.Warnings)
	if len(loaded.Resolved) == 0 {
		say(env, "note: nothing selected: no deployment matches the flags")
		if len(f.files) > 0 {
			say(env, "  hint: -f selects the deployments of these files alone, of a directory those that lie right in it; --project DIR takes a whole project")
		}
	}
	return loaded, nil
}

// outputFlag adds -o with the formats it accepts, the first the default.
func outputFlag(cmd *cobra.Command, value *string, formats ...string) {
	*value = formats[0]
	cmd.Flags().VarP(&choice{value, formats}, "output", "o", "output format: "+strings.Join(formats, ", "))
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return formats, cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("output", complete); err != nil {
		panic(err) // the flag was added two lines above
	}
}

// A choice is a flag value from a fixed list.
type choice struct {
	value   *string
	allowed []string
}

func (c *choice) String() string { return *c.value }
func (c *choice) Type() string   { return "string" }

func (c *choice) Set(s string) error {
	for _, a := range c.allowed {
		if s == a {
			*c.value = s
			return nil
		}
	}
	return fmt.Errorf("want %s", strings.Join(c.allowed, ", "))
}

// A single is a flag value that may be given once, where the last of two would
// be taken without a word.
type single struct{ value *string }

func (s *single) String() string { return *s.value }
func (s *single) Type() string   { return "string" }

func (s *single) Set(text string) error {
	if *s.value != "" {
		return fmt.Errorf("want one, and it is %q already", *s.value)
	}
	*s.value = text
	return nil
}

// noEmptyFlags refuses flags with an empty value, as in -f "$FILE" where the
// shell knows no FILE: they would count as absent and the command would do
// something else. No token at all approves nothing, which is as it should be.
func noEmptyFlags(cmd *cobra.Command, _ []string) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		empty := f.Value.Type() == "string" && f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = slices.Contains(list.GetSlice(), "")
		}
		if empty && f.Name != "approve-deletions" && err == nil {
			err = &usageError{fmt.Sprintf("--%s is empty, want a value", f.Name), "leave the flag out for its default; is a variable of the shell not set?"}
		}
	})
	return err
}

// printJSON prints a value as JSON in which nothing makes a terminal act.
func printJSON(env *Env, v any) error {
	text, err := harmlessJSON(v, true)
	if err == nil {
		_, err = env.Stdout.Write(text)
	}
	return err
}
