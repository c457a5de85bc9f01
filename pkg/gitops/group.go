// Groups: what one pull request is about.

package gitops

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// defaultReviewBranch and loneReviewBranch are the templates of review
// branches: with a project, whose name tells owners apart, and without one.
const (
	defaultReviewBranch = "lading/{{project}}/{{environment}}"
	loneReviewBranch    = "lading/{{environment}}"
)

// A Group is what one pull request is about: an environment, or a namespace or
// deployment of one.
type Group struct {
	Environment string
	// Kind is deployment, namespace or environment, as gitops.group_by says.
	Kind string
	// Of is the name of the namespace or deployment as paths have it, empty for
	// a whole environment.
	Of string
}

// String names the group in messages, as in prod or prod/greet.
func (g Group) String() string { return path.Join(g.Environment, g.Of) }

// holds reports whether a directory belongs to the group.
func (g Group) holds(environment, namespace, deployment string) bool {
	return g == groupOf(g.Kind, environment, namespace, deployment)
}

func (g Group) holdsLedger(l *Ledger) bool {
	return g.holds(l.Environment, namespaceOf(l), l.Deployment)
}

func groupOf(kind, environment, namespace, deployment string) Group {
	g := Group{Environment: environment, Kind: cmp.Or(kind, byDeployment)}
	switch g.Kind {
	case byDeployment:
		g.Of = escape(manifest.K8sName(deployment, 63))
	case byNamespace:
		g.Of = escape(namespace)
	}
	return g
}

// namespaceOf is the namespace of a ledger's objects.
func namespaceOf(l *Ledger) string { return residentOf(&record{ledger: l}).namespace }

// GroupOf returns the group to which the directory of a deployment belongs.
func GroupOf(d *Deployed, g settings.GitOps) Group {
	return groupOf(g.GroupBy, d.Ledger.Environment, namespaceOf(d.Ledger), d.Ledger.Deployment)
}

// ReviewBranch names the branch from which a pull request for the group is
// opened.
func (g Group) ReviewBranch(p *settings.Project, s settings.GitOps) (string, error) {
	template := defaultReviewBranch
	if p == nil {
		template = loneReviewBranch
	}
	template = cmp.Or(s.ReviewBranch, template)
	vars := environmentVariables(p, g.Environment)
	if g.Of != "" {
		vars[g.Kind] = g.Of
		if !names(template, g.Kind) {
			template += "/{{" + g.Kind + "}}"
		}
	}
	branch, err := branchOf(template, vars)
	if err != nil {
		return "", fmt.Errorf("gitops.review_branch: %w", err)
	}
	return branch, nil
}

// Settings returns the gitops settings of each environment that the branch is
// for.
func (b *Branch) Settings(run *Run) map[string]settings.GitOps {
	all := make(map[string]settings.GitOps)
	for _, e := range run.Environments {
		if slices.ContainsFunc(b.shared, func(s *sharedDirectory) bool { return s.environment == e.Name }) {
			all[e.Name] = e.GitOps
		}
	}
	for _, d := range b.directories {
		all[d.settings.EnvironmentName()] = d.settings.GitOps
	}
	return all
}

// Only returns what the branch is to hold of some environments.
func (b *Branch) Only(environments ...string) *Branch {
	out := &Branch{Destination: b.Destination, only: environments}
	for _, d := range b.directories {
		if slices.Contains(environments, d.settings.EnvironmentName()) {
			out.directories = append(out.directories, d)
		}
	}
	for _, s := range b.shared {
		if slices.Contains(environments, s.environment) || out.needs(s) {
			out.shared = append(out.shared, s)
		}
	}
	return out
}

// needs reports whether directories of the branch have their shared objects in
// a directory that bears another environment's name.
func (b *Branch) needs(s *sharedDirectory) bool {
	return slices.ContainsFunc(b.directories, func(d *directory) bool {
		return environmentDir(d.settings.EnvironmentName(), d.settings.GitOps)+sharedDir == s.path
	})
}

// In returns the branch confined to a group: planning for it leaves everything
// else as it is.
func (b *Branch) In(g Group) *Branch {
	out := b.Only(g.Environment)
	if g.Kind != byEnvironment {
		out.group = &g
	}
	return out
}

// Groups returns the groups of the branch's deployments, in order.
func (b *Branch) Groups() []Group {
	var groups []Group
	for _, d := range b.directories {
		groups = append(groups, b.groupOf(d))
	}
	return sortedGroups(groups)
}

func (b *Branch) groupOf(d *directory) Group {
	return groupOf(d.settings.GitOps.GroupBy, d.settings.EnvironmentName(), d.namespace, d.settings.Name)
}

func sortedGroups(groups []Group) []Group {
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Of, b.Of))
	})
	return slices.Compact(groups)
}

// Affected returns the groups of the deployments that a plan for the branch
// writes or removes, and the environments that are groups themselves and change.
func (b *Branch) Affected(p *Plan, present Tree, environments map[string]settings.GitOps) ([]Group, error) {
	known := make(map[string]Group)
	for _, d := range b.directories {
		known[d.path] = b.groupOf(d)
	}
	var groups []Group
	for _, t := range p.Touched {
		by := environments[t.Environment].GroupBy
		g, wanted := known[t.Directory]
		switch {
		case by == byEnvironment:
			groups = append(groups, Group{Environment: t.Environment, Kind: by})
		case wanted:
			groups = append(groups, g)
		case t.Removed:
			g, err := groupAt(t.Directory, present, by)
			if err != nil {
				return nil, err
			}
			groups = append(groups, g)
		}
	}
	return sortedGroups(groups), nil
}

// groupAt returns the group of a directory by its ledger.
func groupAt(dir string, present Tree, by string) (Group, error) {
	file := path.Join(dir, ledgerName)
	data, err := present.ReadFile(file)
	if err != nil {
		return Group{}, err
	}
	l, err := ParseLedger(file, data)
	if err != nil {
		return Group{}, err
	}
	return groupOf(by, l.Environment, namespaceOf(l), l.Deployment), nil
}

// confine leaves out what does not belong to the branch's environments and
// group.
func (p *planner) confine() {
	if p.branch.only != nil {
		for environment := range p.complete {
			p.complete[environment] = p.complete[environment] && slices.Contains(p.branch.only, environment)
		}
	}
	g := p.branch.group
	if g == nil {
		return
	}
	// Shared objects are everybody's: who sees a part removes none of them.
	p.within = map[string]bool{g.Environment: p.complete[g.Environment]}
	p.complete[g.Environment] = false
	p.superseded = make(map[string]bool)
	for _, d := range p.branch.directories {
		if p.branch.groupOf(d) != *g {
			p.superseded[d.path] = true
		}
	}
}

// mayRemove reports whether the run saw enough to remove the directory of a
// ledger.
func (p *planner) mayRemove(l *Ledger) bool {
	if g := p.branch.group; g != nil && p.within[l.Environment] {
		return g.holdsLedger(l)
	}
	return p.complete[l.Environment]
}

// Decides returns which directories a run for the branch decides about: those
// that it renders, and all of the environments that it saw whole.
func (b *Branch) Decides(run *Run) func(dir string, l *Ledger) bool {
	complete := run.complete()
	rendered := make(map[string]bool)
	for _, d := range b.directories {
		rendered[d.path] = b.group == nil || b.groupOf(d) == *b.group
	}
	return func(dir string, l *Ledger) bool {
		inBranch := b.only == nil || slices.Contains(b.only, l.Environment)
		return rendered[dir] || inBranch && complete[l.Environment] && (b.group == nil || b.group.holdsLedger(l))
	}
}
