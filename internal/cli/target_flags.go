// Which deployments a command is about, as branches have them.

package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/settings"
)

// targetFlags choose deployments that were committed, and say how to reach the
// clusters in which they ought to be.
type targetFlags struct {
	locationFlags
	clusterFlags
	files, environments, allowPaths []string
	project, selector, revision     string
	noProject                       bool

	// reader has the branches open as long as the command runs.
	reader *committed.Reader
}

func (f *targetFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "settings file or directory: its deployments (repeatable)")
	flags.StringVar(&f.project, "project", "", "project file or its directory (default: searched upward)")
	flags.BoolVar(&f.noProject, "no-project", false, "ignore any project file")
	flags.StringArrayVar(&f.environments, "env", nil, "environment (repeatable, default: all)")
	flags.StringVarP(&f.selector, "selector", "l", "", "select deployments by their labels, as in team=ml,tier!=test")
	flags.StringArrayVar(&f.allowPaths, "allow-path", nil, "directory outside the project that settings may read (repeatable)")
	flags.StringVar(&f.revision, "revision", "", "what ought to be live: a commit, branch or tag, or the number of a pull request (default: the tip of the branch)")
	f.locationFlags.add(cmd)
	f.clusterFlags.add(cmd)
	f.clusterFlags.addEngine(cmd)
	cmd.MarkFlagsMutuallyExclusive("project", "no-project")
}

// targets reads the deployments with these names, all where there are none,
// from the branches of their environments, in the order of environments and
// then of names. The branches can be asked until close.
func (f *targetFlags) targets(ctx context.Context, env *Env, names []string) ([]*committed.Target, error) {
	r, err := f.newReader(env)
	if err != nil {
		return nil, err
	}
	r.Names, r.Revision, r.Now = names, f.revision, env.Now
	r.Open = func(ctx context.Context, repository string) (*gitrepo.Repo, error) {
		return openRepository(ctx, env, repository)
	}
	r.Warn = func(text string) { say(env, "warning: %s", text) }
	f.reader = r
	targets, err := r.Read(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.unpublished(env, targets); err != nil {
		return nil, err
	}
	return targets, f.chosenNothing(ctx, targets)
}

// close ends what targets opened.
func (f *targetFlags) close() {
	if f.reader != nil {
		f.reader.Close()
	}
}

// newReader loads the project, and then the deployments. What is wrong with
// those must not be in the way of what was committed.
func (f *targetFlags) newReader(env *Env) (*committed.Reader, error) {
	o := settings.Options{
		Files: f.files, Stdin: env.Stdin, Dir: env.Dir, Home: env.Getenv("HOME"),
		Project: f.project, NoProject: f.noProject, AllowPaths: f.allowPaths, Selector: f.selector,
	}
	loaded, full, err := f.loadBoth(env, o)
	if err != nil {
		return nil, err
	}
	r := &committed.Reader{Project: loaded.Project, OnlyResolved: f.selects()}
	if r.Environments, err = f.choose(loaded); err != nil {
		return nil, err
	}
	if full != nil {
		r.Resolved = full.Resolved
	}
	return r, nil
}

// selects tells that only deployments of the settings are meant.
func (f *targetFlags) selects() bool { return len(f.files) > 0 || f.selector != "" }

// loadBoth returns the project alone and everything; the latter is nil where
// there are no deployments at hand or they cannot be read.
func (f *targetFlags) loadBoth(env *Env, o settings.Options) (project, full *settings.Loaded, err error) {
	only := o
	only.ProjectOnly, only.Selector = true, ""
	full, err = settings.Load(o)
	if err == nil {
		project = full
	} else {
		if f.selects() {
			return nil, nil, err
		}
		var further error
		if project, further = settings.Load(only); further != nil {
			return nil, nil, further
		}
		if project.Project != nil {
			f.passOver(env, err)
		}
		full = nil
	}
	return project, full, f.destinations(env, project)
}

// passOver tells that only the environments are known.
func (f *targetFlags) passOver(env *Env, err error) {
	say(env, "warning: the deployments of the project cannot be read, so that default timeouts hold and no settings lines are named: %s", strings.SplitN(err.Error(), "\n", 2)[0])
	say(env, "  hint: see 'lading settings'")
}

// choose returns the environments that --env names.
func (f *targetFlags) choose(loaded *settings.Loaded) ([]settings.LoadedEnvironment, error) {
	if len(f.environments) == 0 {
		return loaded.Environments, nil
	}
	var chosen []settings.LoadedEnvironment
	for _, name := range f.environments {
		e, err := chooseEnvironment(loaded, name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(chosen, func(c settings.LoadedEnvironment) bool { return c.Name == e.Name }) {
			chosen = append(chosen, e)
		}
	}
	return chosen, nil
}
