// Which branch of which repository a command works on, and how to get there.

package cli

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/settings"
)

// locationFlags lay over what the settings say of the repository.
type locationFlags struct {
	repository, branch, path string
}

func (f *locationFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.repository, "repository", "", "repository with the manifests: URL or path (default: gitops.repository)")
	flags.StringVar(&f.branch, "branch", "", "branch of it, may contain {{environment}} (default: gitops.branch)")
	flags.StringVar(&f.path, "path", "", "directory of a deployment, a template (default: gitops.path)")
}

// destinations lays --repository, --branch and --path over the settings, and
// makes paths of repositories absolute: they belong to the file, or to the
// working directory, that names them.
func (f *locationFlags) destinations(env *Env, loaded *settings.Loaded) error {
	for _, r := range loaded.Resolved {
		if err := f.destination(env, loaded, &r.GitOps); err != nil {
			return err
		}
	}
	for i := range loaded.Environments {
		if err := f.destination(env, loaded, &loaded.Environments[i].GitOps); err != nil {
			return err
		}
	}
	return nil
}

func (f *locationFlags) destination(env *Env, loaded *settings.Loaded, g *settings.GitOps) error {
	base := env.Dir
	if loaded.Project != nil && f.repository == "" {
		base = loaded.Project.Root
	}
	override(&g.Repository, f.repository)
	override(&g.Branch, f.branch)
	override(&g.Path, f.path)
	if g.Repository == "" {
		return &usageError{"no repository is named", "give --repository URL|PATH, or set spec.gitops.repository in lading.yaml"}
	}
	if hostName.MatchString(g.Repository) {
		return &usageError{
			fmt.Sprintf("repository %s is a path as it stands, and names a host", g.Repository),
			"write https://" + g.Repository + ", or ./" + g.Repository + " for the directory",
		}
	}
	if gitrepo.IsPath(g.Repository) {
		g.Repository = nearby(env.Dir, inDir(base, g.Repository))
	}
	return nil
}

// blame names the flags that set what is wrong, where problems name the settings
// that they lie over.
func (f *locationFlags) blame(err error) error {
	given := map[string]string{"gitops.branch": f.branch, "gitops.path": f.path}
	problems, _ := err.(settings.Problems)
	for _, p := range problems {
		if given[p.Path] != "" {
			p.Position, p.Path = settings.Position{}, "--"+strings.TrimPrefix(p.Path, "gitops.")
		}
	}
	return err
}

// hostName is how a URL begins whose scheme was forgotten.
var hostName = regexp.MustCompile(`^(github|gitlab|bitbucket|codeberg|dev\.azure)\.(com|org)/.`)

func override(value *string, flag string) {
	if flag != "" {
		*value = flag
	}
}

// access tells gitrepo how to reach repositories.
func access(env *Env) gitrepo.Options {
	git, _ := exec.LookPath("git") // asked for credentials only
	return gitrepo.Options{
		Getenv: env.Getenv,
		Home:   env.Getenv("HOME"),
		Git:    git,
		Agent:  "lading/" + toolVersion(),
	}
}
