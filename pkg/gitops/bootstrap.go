// What a person applies once, so that an engine takes over from there.

package gitops

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A Root makes an engine sync the engine objects of an environment on a branch.
type Root struct {
	Destination
	Environment string
	// Directory is where the engine objects lie.
	Directory string
	// Objects are in the order in which they are to be applied.
	Objects []*manifest.Object
	// Apply is the command that applies them, reading standard input.
	Apply string
	// Notes say what the engine needs besides.
	Notes []string
}

// Bootstrap returns the roots of environments, one for each branch that they
// are published to. An environment without an engine is a problem.
func Bootstrap(resolved []*settings.Resolved, environments []Environment) ([]Root, error) {
	var problems settings.Problems
	var roots []Root
	for _, e := range environments {
		branches, err := branchesOf(e, resolved)
		if err != nil {
			return nil, err
		}
		for _, branch := range branches {
			s := newSite(e.Project, e.Name, e.GitOps, branch)
			if s == nil {
				problems = append(problems, noEngine(e))
				break
			}
			if problem := s.problem(); problem != nil {
				problems = append(problems, problem)
				break
			}
			roots = append(roots, s.bootstrap(e.GitOps.Repository))
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return roots, nil
}

// branchesOf returns the branches that an environment is published to. Where
// they depend on deployments it is those of all of them.
func branchesOf(e Environment, resolved []*settings.Resolved) ([]string, error) {
	branch, err := branchOf(e.GitOps.Branch, environmentVariables(e.Project, e.Name))
	if err == nil {
		return []string{branch}, nil
	}
	var branches []string
	for _, r := range resolved {
		if r.EnvironmentName() != e.Name {
			continue
		}
		if branch, err = branchOf(r.GitOps.Branch, variablesOf(r, r.Namespace)); err != nil {
			break
		}
		branches = append(branches, branch)
	}
	if len(branches) == 0 {
		return nil, fmt.Errorf("%s: gitops.branch: %w", e.Name, err)
	}
	slices.Sort(branches)
	return slices.Compact(branches), nil
}

func noEngine(e Environment) *settings.Problem {
	p := &settings.Problem{
		Position: e.Project.Place(e.Name, "engine.kind"),
		Path:     "environment " + e.Name + ": engine.kind",
		Message:  "is missing: nothing syncs the environment, want argocd or flux",
	}
	if e.Project != nil {
		p.Hint = "add 'engine: {kind: argocd}' or 'engine: {kind: flux}' to the environment"
	} else {
		p.Hint = "engines belong to the environments of a project; see lading init"
	}
	return p
}

func (s *site) bootstrap(repository string) Root {
	root := Root{
		Destination: Destination{repository, s.branch},
		Environment: s.name(), Directory: s.dir(), Apply: s.applyCommand(),
		Notes: s.notes(s),
	}
	for _, body := range s.root(s) {
		root.Objects = append(root.Objects, &manifest.Object{Body: body, Origin: manifest.Origin{Source: "bootstrap"}})
	}
	return root
}

func (argocd) notes(s *site) []string {
	to := destination(s, "")
	cluster := cmp.Or(text(to["name"]), text(to["server"]))
	return []string{
		fmt.Sprintf("Argo CD must be able to read %s, know the cluster %s, and allow both in the project %s",
			s.url, cluster, cmp.Or(s.environment.Engine.Project, "default")),
	}
}

func (flux) notes(s *site) []string {
	notes := []string{"no Secret is named, so the repository must be public; otherwise set engine.repository_secret"}
	if secret := s.environment.Engine.RepositorySecret; secret != "" {
		notes[0] = fmt.Sprintf("the Secret %s/%s must hold what opens %s", s.namespace, secret, asSSH(s.url))
	}
	if secret := s.environment.Engine.KubeconfigSecret; secret != "" {
		notes = append(notes, fmt.Sprintf("the Secret %s/%s must hold a kubeconfig of the environment's cluster", s.namespace, secret))
	}
	return notes
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
