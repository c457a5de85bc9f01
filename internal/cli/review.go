// Environments that change by pull request only.

package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/settings"
)

// pullRequest is the value of gitops.review that asks for pull requests.
const pullRequest = "pull-request"

// reviewed reports whether an environment changes by pull request. --branch
// names a branch that is pushed to directly.
func (f *locationFlags) reviewed(g settings.GitOps) bool {
	return g.Review == pullRequest && f.branch == ""
}

// forges are the forges of a command, by repository: each is asked for access
// once.
type forges map[string]forge.Forge

// open returns the forge on which pull requests of an environment are opened.
func (f forges) open(env *Env, environment string, g settings.GitOps) (forge.Forge, error) {
	key := g.Repository + "\x00" + g.Forge.Kind + "\x00" + g.Forge.API
	if known := f[key]; known != nil {
		return known, nil
	}
	if gitrepo.IsPath(g.Repository) || strings.HasPrefix(g.Repository, "file:") {
		return nil, &usageError{
			fmt.Sprintf("environment %s has review: pull-request, and %s is a directory: pull requests need a forge", environment, g.Repository),
			"push to a branch of your own with --branch NAME and merge it yourself, or set review: direct",
		}
	}
	transport, err := gitrepo.NewTransport(access(env))
	if err != nil {
		return nil, err
	}
	o := forge.Options{
		Repository: g.Repository, Kind: g.Forge.Kind, API: g.Forge.API, Sleep: env.Sleep, UserAgent: "lading/" + toolVersion(),
		HTTPClient: &http.Client{Transport: transport},
	}
	o.Token = func() (string, error) { return forge.TokenFor(env.Getenv, os.ReadFile, o) }
	opened, err := env.Forge(o)
	if err != nil {
		return nil, &usageError{err.Error(), cmp.Or(hintOf(err), "set gitops.forge; see docs/pull-requests.md")}
	}
	f[key] = &checkedForge{Forge: opened}
	return f[key], nil
}

// A checkedForge is asked for access once.
type checkedForge struct {
	forge.Forge
	good bool
}

// Access asks at the first call.
func (f *checkedForge) Access(ctx context.Context) error {
	if f.good {
		return nil
	}
	err := f.Forge.Access(ctx)
	f.good = err == nil
	return err
}

// A reviewResult is the pull request of a result.
type reviewResult struct {
	Number int    `json:"number,omitempty"`
	URL    string `json:"url,omitempty"`
	// State is open, closed or merged; proposed in a dry run, where no forge
	// is asked.
	State string `json:"state"`
	Head  string `json:"head"`

	group   gitops.Group
	outcome string
}

// openForges checks, before anything is pushed, that pull requests can be opened.
func (p *publishing) openForges(ctx context.Context) error {
	p.forges = make(forges)
	if p.dryRun {
		return nil
	}
	for _, e := range p.run.Environments {
		if !p.reviewed(e.GitOps) {
			continue
		}
		f, err := p.forges.open(p.env, e.Name, e.GitOps)
		if err != nil {
			return err
		}
		if err := f.Access(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ways sorts the environments of a branch by how they change.
func (p *publishing) ways(branch *gitops.Branch) (direct, reviewed []string, all map[string]settings.GitOps) {
	all = branch.Settings(p.run)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if p.reviewed(all[name]) {
			reviewed = append(reviewed, name)
		} else {
			direct = append(direct, name)
		}
	}
	return direct, reviewed, all
}

// reviews makes the pull requests of one branch.
func (p *publishing) reviews(ctx context.Context, branch *gitops.Branch, environments map[string]settings.GitOps) error {
	repo, err := gitrepo.Open(ctx, branch.Repository, access(p.env))
	if err != nil {
		return err
	}
	defer repo.Close()
	groups, others, err := p.groups(ctx, repo, branch, environments)
	if err != nil {
		return err
	}
	heads := make(map[string]gitops.Group)
	for _, g := range slices.Concat(groups, others) {
		s := environments[g.Environment]
		head, err := g.ReviewBranch(p.projectOf(g.Environment), s)
		if err != nil {
			return &usageError{err.Error(), "change gitops.review_branch"}
		}
		other, taken := heads[head]
		switch {
		case head == branch.Branch:
			return &usageError{fmt.Sprintf("gitops.review_branch: %s is the branch that pull requests go to", head), "name another one"}
		case taken:
			return &usageError{fmt.Sprintf("gitops.review_branch: %s is the branch for %s and for %s", head, other, g),
				"let the template have {{environment}}"}
		}
		heads[head] = g
		if err := p.review(ctx, repo, branch.In(g), g, head, s, slices.Contains(others, g)); err != nil {
			p.errs = append(p.errs, err)
		}
	}
	return nil
}

// groups returns what may need a pull request: what changes, with what
// deployments share, and in others what has a review branch already. Where
// nothing changes but what they share, that goes with the first that needs it.
func (p *publishing) groups(ctx context.Context, repo *gitrepo.Repo, branch *gitops.Branch, environments map[string]settings.GitOps) (groups, others []gitops.Group, err error) {
	present, err := repo.Fetch(ctx, branch.Branch)
	if err != nil {
		return nil, nil, err
	}
	plan, err := gitops.NewPlan(ctx, p.run, branch, present)
	if err != nil {
		return nil, nil, err
	}
	if groups, err = branch.Affected(plan, present, environments); err != nil {
		return nil, nil, err
	}
	common := len(groups) == 0 && len(plan.Changes) > 0
	for _, g := range branch.Groups() {
		if slices.Contains(groups, g) {
			continue
		}
		if common {
			own, err := gitops.NewPlan(ctx, p.run, branch.In(g), present)
			if err != nil {
				return nil, nil, err
			}
			if common = len(own.Changes) == 0; !common {
				groups = append(groups, g)
				continue
			}
		}
		begun, err := p.begun(ctx, repo, g, environments[g.Environment])
		if err != nil {
			return nil, nil, err
		}
		if begun {
			others = append(others, g)
		}
	}
	if len(groups)+len(others) == 0 {
		p.results = append(p.results, branchResult{
			Repository: repo.Name(), Branch: branch.Branch, Commit: present.Commit(), Before: present.Commit(), Tree: plan.Tree(),
			Deployments: plan.Touched, Pinned: plan.Pinned, plan: plan,
		})
	}
	return groups, others, nil
}

// begun reports whether a group has a review branch. A dry run does not ask.
func (p *publishing) begun(ctx context.Context, repo *gitrepo.Repo, g gitops.Group, s settings.GitOps) (bool, error) {
	if p.dryRun {
		return false, nil
	}
	head, err := g.ReviewBranch(p.projectOf(g.Environment), s)
	if err != nil {
		return false, &usageError{err.Error(), "change gitops.review_branch"}
	}
	tip, err := repo.Tip(ctx, head)
	return tip != "", err
}

func (p *publishing) projectOf(environment string) *settings.Project {
	for _, e := range p.run.Environments {
		if e.Name == environment {
			return e.Project
		}
	}
	return nil
}

// review makes, changes or closes one pull request.
func (p *publishing) review(ctx context.Context, repo *gitrepo.Repo, branch *gitops.Branch, g gitops.Group, head string, s settings.GitOps, other bool) error {
	plans := func(ctx context.Context, present gitops.Tree) (*gitops.Plan, error) {
		plan, err := gitops.NewPlan(ctx, p.run, branch, present)
		if err != nil {
			return nil, err
		}
		return plan, p.allowed(plan)
	}
	if p.dryRun {
		return p.preview(ctx, repo, branch, g, head)
	}
	made, err := propose(ctx, p.env, p.forges, repo, gitops.Review{
		Base: branch.Branch, Head: head, Owner: p.run.Owner, Plan: plans, Decides: branch.Decides(p.run), Common: other,
		Settings: s.PullRequest, Commit: p.commit, Tries: p.tries, Within: p.within,
	}, g, s)
	if err != nil {
		return err
	}
	p.results = append(p.results, *made)
	return nil
}

// preview plans on the base alone: no forge is asked in a dry run.
func (p *publishing) preview(ctx context.Context, repo *gitrepo.Repo, branch *gitops.Branch, g gitops.Group, head string) error {
	result, err := p.commitTo(ctx, repo, branch)
	if err != nil {
		return err
	}
	result.Review = &reviewResult{State: "proposed", Head: head, group: g}
	p.results = append(p.results, *result)
	return nil
}

// propose makes a review of a plan, on a repository that is open.
func propose(ctx context.Context, env *Env, known forges, repo *gitrepo.Repo, r gitops.Review, g gitops.Group, s settings.GitOps) (*branchResult, error) {
	fg, err := known.open(env, g.Environment, s)
	if err != nil {
		return nil, err
	}
	heads, err := gitrepo.Open(ctx, s.Repository, access(env))
	if err != nil {
		return nil, err
	}
	defer heads.Close()
	r.Forge, r.Now, r.Sleep, r.Random = fg, env.Now, env.Sleep, env.Random
	made, err := gitops.Propose(ctx, repo, heads, r)
	if err != nil {
		return nil, err
	}
	for _, n := range made.Notices {
		say(env, "note: %s", n)
	}
	result := &branchResult{
		Repository: repo.Name(), Branch: r.Base, Before: made.Base, Commit: made.Commit, Tree: made.Plan.Tree(),
		Changed:     made.Outcome == gitops.ReviewOpened || made.Outcome == gitops.ReviewUpdated || made.Outcome == gitops.ReviewClosed,
		Deployments: made.Plan.Touched, Pinned: made.Plan.Pinned, plan: made.Plan,
	}
	result.Review = &reviewResult{State: "none", Head: r.Head, group: g, outcome: made.Outcome}
	if pr := made.PullRequest; pr != nil {
		result.Review.Number, result.Review.URL, result.Review.State = pr.Number, pr.URL, string(pr.State)
	}
	return result, nil
}

// printReview tells in words what became of a pull request.
func (r branchResult) printReview(b *bytes.Buffer, dryRun bool) error {
	way := fmt.Sprintf("%s → %s", r.Review.Head, r.Branch)
	switch {
	case dryRun && !r.Changed:
		fmt.Fprintf(b, "unchanged for %s: %s of %s has it all\n", r.Review.group, r.Branch, r.Repository)
	case dryRun:
		if err := r.plan.Unified(b); err != nil {
			return err
		}
		fmt.Fprintf(b, "would open or update a pull request for %s: %s of %s\n", r.Review.group, way, r.Repository)
		r.printDeployments(b)
		fmt.Fprintf(b, "tree %s\n", r.Tree)
	case r.Review.outcome == gitops.ReviewNone:
		fmt.Fprintf(b, "unchanged for %s: %s of %s has it all\n", r.Review.group, r.Branch, r.Repository)
	case r.Review.outcome == gitops.ReviewDeclined:
		fmt.Fprintf(b, "not opened for %s: %s proposed the same and was closed without a merge; reopen it to propose it again\n", r.Review.group, r.Review.URL)
	default:
		fmt.Fprintf(b, "%s %s for %s: %s\n", r.Review.outcome, r.Review.URL, r.Review.group, way)
		if r.Changed && r.Review.outcome != gitops.ReviewClosed {
			r.printDeployments(b)
		}
	}
	return nil
}

// commitByReview brings the plan of an edit into a pull request.
func (f *editFlags) commitByReview(ctx context.Context, env *Env, d *deployment, repo *gitrepo.Repo, plans planner, info gitrepo.CommitInfo) error {
	present, err := repo.Fetch(ctx, d.to.Branch)
	if err != nil {
		return err
	}
	found, err := gitops.Find(ctx, present, d.name)
	if err != nil {
		return err
	}
	g := gitops.GroupOf(found, d.gitops)
	head, err := g.ReviewBranch(d.name.Project, d.gitops)
	if err != nil {
		return &usageError{err.Error(), "change gitops.review_branch"}
	}
	r, err := propose(ctx, env, make(forges), repo, gitops.Review{
		Base: d.to.Branch, Head: head, Owner: d.owner, Plan: plans,
		Settings: d.gitops.PullRequest, Commit: info, Tries: f.tries, Within: f.within,
	}, g, d.gitops)
	if err != nil {
		return err
	}
	notice(env, r.plan)
	return f.print(env, *r)
}
