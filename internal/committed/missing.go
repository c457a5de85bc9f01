// What was asked for, or is in the settings, and is on no branch.

package committed

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/gitops"
)

// absent looks in history for the names that no environment has, and reports the
// first one that never was there. A revision that is asked for has them or not.
func (r *Reader) absent(ctx context.Context) error {
	for _, name := range r.Names {
		isIt := func(t *Target) bool { return t.isNamed(name) }
		if slices.ContainsFunc(r.targets, isIt) {
			continue
		}
		for _, e := range r.read {
			if r.Revision != "" {
				break
			}
			if err := e.deleted(ctx, name); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(r.targets, isIt) {
			return r.explain(r.missing[name])
		}
	}
	return nil
}

// A missingTarget is a deployment that the settings may have and the branch has
// not.
type missingTarget struct {
	*gitops.MissingError
	next string
}

// Hint says how it gets there, or what else may have been meant.
func (e *missingTarget) Hint() string  { return e.next }
func (e *missingTarget) Unwrap() error { return e.MissingError }

func (r *Reader) explain(e *gitops.MissingError) error {
	known := slices.Clone(e.Others)
	for _, s := range r.Resolved {
		if s.Name == e.Deployment || s.ID == e.Deployment {
			return &missingTarget{e, fmt.Sprintf("the settings have it and it was not published yet: lading publish --env %s", e.Environment)}
		}
		known = append(known, s.Name)
	}
	if hint := nearest.Hint(e.Deployment, known); hint != "" {
		return &missingTarget{e, hint}
	}
	return e
}

// A MissingBranch is a branch for an environment that its repository does not
// have.
type MissingBranch struct{ Branch, Repository, Environment string }

// MissingBranches returns the branches that were to be read and are not there.
func (r *Reader) MissingBranches() []MissingBranch {
	var missing []MissingBranch
	for _, e := range r.read {
		if e.branch.tip.Commit() == "" {
			missing = append(missing, MissingBranch{e.branch.Name, e.branch.RepositoryName(), e.environment.Name})
		}
	}
	return missing
}

// Unpublished returns the names of an environment's deployments that the
// settings have and the targets that were read have not, ordered.
func (r *Reader) Unpublished(environment string) []string {
	there := make(map[string]bool)
	for _, t := range r.targets {
		if t.Environment == environment {
			there[t.DeploymentID], there[t.Deployment] = true, true
		}
	}
	var names []string
	for _, s := range r.Resolved {
		if s.EnvironmentName() == environment && !there[s.ID] && !there[s.Name] {
			names = append(names, s.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// LeftOut returns the deployments, as environment/name, that branches have and
// the choice leaves out.
func (r *Reader) LeftOut() []string {
	var all []string
	for _, e := range r.read {
		for _, name := range e.leftOut {
			all = append(all, e.environment.Name+"/"+name)
		}
	}
	slices.Sort(all)
	return all
}

// An EmptyEnvironment is one of which a branch has nothing. Others are those of
// which it has something.
type EmptyEnvironment struct {
	Name, Branch string
	Others       []string
}

// EmptyEnvironments returns the environments of which nothing was read.
func (r *Reader) EmptyEnvironments(ctx context.Context) ([]EmptyEnvironment, error) {
	var empty []EmptyEnvironment
	for _, e := range r.read {
		if slices.ContainsFunc(r.targets, func(t *Target) bool { return t.Environment == e.environment.Name }) {
			continue
		}
		others, err := e.others(ctx)
		if err != nil {
			return nil, err
		}
		empty = append(empty, EmptyEnvironment{e.environment.Name, e.branch.Name, others})
	}
	return empty, nil
}

// others are the environments of a branch, as far as their directories bear
// their names.
func (r *environmentReader) others(ctx context.Context) ([]string, error) {
	entries, err := r.branch.wanted.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		name := r.name("")
		name.Environment = e.Name()
		found, _, err := gitops.Deployments(ctx, r.branch.wanted, name)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
