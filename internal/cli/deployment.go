// Commands about one deployment that a branch has, whatever the settings say of
// it now.

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/source"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
)

// deploymentFlags name a deployment on a branch.
type deploymentFlags struct {
	locationFlags
	project     string
	noProject   bool
	environment string
}

func (f *deploymentFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(&single{&f.environment}, "env", "environment (default: the project's only one)")
	flags.StringVar(&f.project, "project", "", "project file or its directory (default: searched upward)")
	flags.BoolVar(&f.noProject, "no-project", false, "ignore any project file")
	f.locationFlags.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("project", "no-project")
	cmd.Args = oneName
}

// oneName wants the name of one deployment.
func oneName(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" {
		return nil
	}
	return misuse(cmd, errors.New("want the name of one deployment"))
}

// A deployment is one of an environment, and the branch that has it.
type deployment struct {
	name gitops.Name
	to   gitops.Destination
	// owner is whose settings these are.
	owner gitops.Owner
	// gitops are the settings of the environment.
	gitops settings.GitOps
	// engine is the kind of engine that syncs the environment, empty where it is not known.
	engine string
}

// deployment finds out where a deployment lies. Of the settings only the project
// is read: what is wrong with deployments must not be in the way.
func (f *deploymentFlags) deployment(env *Env, name string) (*deployment, error) {
	loaded, err := settings.Load(settings.Options{
		Dir: env.Dir, Home: env.Getenv("HOME"), Project: f.project, NoProject: f.noProject, ProjectOnly: true,
	})
	if err != nil {
		return nil, err
	}
	if err := f.destinations(env, loaded); err != nil {
		return nil, err
	}
	chosen, err := chooseEnvironment(loaded, f.environment)
	if err != nil {
		return nil, err
	}
	g := chosen.GitOps
	branch, err := gitops.BranchOf(loaded.Project, chosen.Name, g)
	if err != nil {
		return nil, &usageError{"gitops.branch: " + err.Error(), "name the branch with --branch"}
	}
	d := &deployment{
		name:   gitops.Name{Environment: chosen.Name, Deployment: name, Path: g.Path, Project: loaded.Project},
		to:     gitops.Destination{Repository: g.Repository, Branch: branch},
		gitops: g,
	}
	if d.owner, err = ownerOf(loaded); err != nil {
		return nil, err
	}
	if loaded.Project != nil {
		for _, e := range loaded.Project.Spec.Environments {
			if e.Name == chosen.Name {
				d.engine = e.Engine.Kind
			}
		}
	}
	return d, nil
}

// chooseEnvironment returns the environment of that name. Without a project
// any will do, since ledgers may be of a project that is not at hand.
func chooseEnvironment(loaded *settings.Loaded, name string) (settings.LoadedEnvironment, error) {
	var names []string
	for _, e := range loaded.Environments {
		if e.Name == name || name == "" && len(loaded.Environments) == 1 {
			return e, nil
		}
		names = append(names, e.Name)
	}
	if loaded.Project == nil && len(loaded.Environments) == 1 {
		e := loaded.Environments[0]
		e.Name = name
		return e, nil
	}
	message := fmt.Sprintf("there is no environment %q", name)
	if name == "" {
		message = "want one --env"
	}
	return settings.LoadedEnvironment{}, &usageError{message, "the project has " + strings.Join(names, ", ")}
}

// ownerOf is who publishes these settings.
func ownerOf(loaded *settings.Loaded) (gitops.Owner, error) {
	var owner gitops.Owner
	if loaded.Project != nil {
		owner.Project = loaded.Project.Spec.Key
	}
	src, err := source.Find(loaded.Root.Dir())
	if src != nil {
		owner.Source = gitops.NormalizeURL(src.URL)
	}
	return owner, err
}

// open opens the repository.
func (d *deployment) open(ctx context.Context, env *Env) (*gitrepo.Repo, error) {
	return openRepository(ctx, env, d.to.Repository)
}

// openRepository opens a repository, and prints what its user should know.
func openRepository(ctx context.Context, env *Env, repository string) (*gitrepo.Repo, error) {
	repo, err := gitrepo.Open(ctx, repository, access(env))
	if err != nil {
		return nil, err
	}
	for _, w := range repo.Warnings() {
		say(env, "warning: %s", w)
	}
	return repo, nil
}
