package cli

import (
	"fmt"
	"slices"
	"strings"
)

// A noBranchError reports a branch that the repository does not have, where
// nothing else is there to tell of.
type noBranchError struct{ branch, repository, environment string }

func (e *noBranchError) Error() string {
	return fmt.Sprintf("%s has no branch %q, so nothing is published for environment %s", e.repository, e.branch, e.environment)
}

// Hint says how it gets there.
func (e *noBranchError) Hint() string {
	return fmt.Sprintf("the first publish makes it: lading publish --env %s; or correct --branch or gitops.branch", shellWord(e.environment))
}

// unpublished tells of what the settings have and the branches have not, which
// would otherwise just not be there. Where no branch is there either, nothing
// can be said to be well.
func (r *targetReader) unpublished() error {
	if len(r.names) > 0 || r.revision != "" {
		return nil
	}
	var without []*noBranchError
	for _, e := range r.read {
		if e.branch.tip.Commit() == "" {
			without = append(without, &noBranchError{e.branch.Branch, e.branch.repo.Name(), e.environment.Name})
		}
	}
	if len(without) > 0 && len(r.targets) == 0 {
		return without[0]
	}
	for _, e := range without {
		say(r.env, "note: %s: %v", e.environment, e)
	}
	for _, e := range r.settings.environments {
		isBranchless := func(w *noBranchError) bool { return w.environment == e.Name }
		names := r.onlyInSettings(e.Name)
		if len(names) == 0 || slices.ContainsFunc(without, isBranchless) {
			continue
		}
		say(r.env, "note: %s: not published yet: %s; publish with 'lading publish --env %s', or merge the pull request that has it", e.Name, fewOf(names, shownNames), shellWord(e.Name))
	}
	return nil
}

// onlyInSettings returns the names of an environment's deployments that its
// branch has not.
func (r *targetReader) onlyInSettings(environment string) []string {
	there := make(map[string]bool)
	for _, t := range r.targets {
		if t.Environment == environment {
			there[t.DeploymentID], there[t.Deployment] = true, true
		}
	}
	var names []string
	for _, s := range r.settings.resolved {
		if s.EnvironmentName() == environment && !there[s.ID] && !there[s.Name] {
			names = append(names, s.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
