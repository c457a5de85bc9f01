package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/settings"
)

func newPublish(env *Env) *cobra.Command {
	var f publishFlags
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Commit rendered manifests to the Git repository that the cluster syncs",
		Example: `  lading publish -f greet.yaml --repository ./rendered.git --init    # a first local repository
  lading publish --dry-run                                           # the diff; exits 3 when there is one
  lading publish --env prod -o json`,
		Long: `Publish renders the selected deployments and commits what changed to the branch
that gitops.repository and gitops.branch name. It needs no work tree, touches
only directories that it owns, and makes no commit when nothing changed.

Deployments that are no longer in the settings are removed by a complete run of
their environment: one without -f, -l and failed deployments.

The author is taken from --author, GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or git's
configuration. docs/credentials.md says where credentials are looked for.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.publish(cmd.Context(), env)
		},
	}
	f.add(cmd)
	return cmd
}

// publishFlags are what publish takes besides what to render.
type publishFlags struct {
	renderFlags
	guardFlags
	locationFlags
	staleFlags
	commitFlags
	output        string
	init, dryRun  bool
	failOnPinned  bool
	upgradeFormat bool
	allowDirty    bool
}

func (f *publishFlags) add(cmd *cobra.Command) {
	f.renderFlags.add(cmd)
	f.guardFlags.add(cmd)
	f.locationFlags.add(cmd)
	f.staleFlags.add(cmd)
	f.commitFlags.add(cmd)
	outputFlag(cmd, &f.output, "text", "json")
	flags := cmd.Flags()
	flags.BoolVar(&f.init, "init", false, "make the bare repository where the path holds none, and write .gitattributes")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the diff and the tree that --expect-tree takes, change nothing; exits 3 when there is a difference")
	flags.BoolVar(&f.allowDirty, "allow-dirty", false, "publish settings that differ from what is committed")
	flags.BoolVar(&f.failOnPinned, "fail-on-pinned", false, "refuse to pass over deployments that 'lading rollback' pinned")
	flags.BoolVar(&f.upgradeFormat, "upgrade-format", false, "only rewrite what another version of lading rendered, provided that no object changes")
}

func (f *publishFlags) publish(ctx context.Context, env *Env) error {
	info, err := f.info(env, f.dryRun)
	if err != nil {
		return err
	}
	if err := f.staleFlags.check(); err != nil {
		return err
	}
	fl, err := f.render(ctx, env)
	if err != nil {
		return err
	}
	if err := f.destinations(env, fl.loaded); err != nil {
		return err
	}
	if problems := fl.misplaced(); len(problems) > 0 {
		return f.blame(problems)
	}
	run, err := f.describe(ctx, env, fl)
	if err != nil {
		return err
	}
	guard, err := f.guard(env, fl.loaded.Root.Dir())
	if err != nil {
		return err
	}
	closeSource, err := f.staleFlags.apply(env, fl, run, info.Author)
	if err != nil {
		return err
	}
	defer closeSource()
	arrangement, err := gitops.Layout(run)
	if err != nil {
		return err
	}
	p := &publishing{publishFlags: f, env: env, run: run, guard: guard, commit: info}
	if err := p.openForges(ctx); err != nil {
		return err
	}
	for _, branch := range arrangement.Branches {
		if err := p.branch(ctx, branch); err != nil {
			p.errs = append(p.errs, err)
		}
	}
	return p.report(fl)
}

// misplaced is what is wrong with where the deployments are to go.
func (fl *fleet) misplaced() settings.Problems {
	environments := fl.environments()
	return slices.Concat(
		gitops.Check(fl.loaded.Resolved, environments),
		gitops.CheckEngines(environments),
		gitops.CheckHydrator(environments),
	)
}

// describe describes what was rendered, and what the flags allow.
func (f *publishFlags) describe(ctx context.Context, env *Env, fl *fleet) (*gitops.Run, error) {
	run, err := fl.run(ctx, env, f.allowDirty || f.dryRun)
	if err != nil {
		return nil, err
	}
	run.Now, run.FailOnPinned, run.Upgrade = env.Now(), f.failOnPinned, f.upgradeFormat
	run.Recreate, run.FinishHandover, run.Attributes = f.recreate, f.finishHandover, f.init
	run.Hydrate, run.Preview = fl.dry(), f.dryRun
	return run, nil
}

// A publishing is a publish on its way: one commit for each branch.
type publishing struct {
	*publishFlags
	env     *Env
	run     *gitops.Run
	commit  gitrepo.CommitInfo
	guard   *guard
	forges  forges
	results []branchResult
	errs    errorList
}

// A branchResult is what became of one branch.
type branchResult struct {
	Repository  string           `json:"repository"`
	Branch      string           `json:"branch"`
	Changed     bool             `json:"changed"`
	Commit      string           `json:"commit,omitempty"`
	Before      string           `json:"before,omitempty"`
	Tree        string           `json:"tree,omitempty"`
	Deployments []gitops.Touched `json:"deployments"`
	Pinned      []gitops.Pinned  `json:"pinned,omitempty"`
	// Review is the pull request, nil where commits go straight to the branch.
	Review *reviewResult `json:"pullRequest,omitempty"`
	plan   *gitops.Plan
	// refusal is why a dry run would not be published.
	refusal error
}

// branch publishes to one branch: straight to it, or by pull request, as the
// environments say that lie there.
func (p *publishing) branch(ctx context.Context, branch *gitops.Branch) error {
	direct, reviewed, all := p.ways(branch)
	if len(reviewed) == 0 {
		return p.direct(ctx, branch)
	}
	var errs errorList
	if len(direct) > 0 {
		if err := p.direct(ctx, branch.Only(direct...)); err != nil {
			errs = append(errs, err)
		}
	}
	if err := p.reviews(ctx, branch.Only(reviewed...), all); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// direct commits to one branch.
func (p *publishing) direct(ctx context.Context, branch *gitops.Branch) error {
	repo, err := gitrepo.Open(ctx, branch.Repository, p.access())
	if err != nil {
		return err
	}
	defer repo.Close()
	for _, w := range repo.Warnings() {
		say(p.env, "warning: %s", w)
	}
	result, err := p.commitTo(ctx, repo, branch)
	if err == nil {
		p.results = append(p.results, *result)
	}
	return err
}

// commitTo plans on a branch and, unless this is a dry run, commits to it.
func (p *publishing) commitTo(ctx context.Context, repo *gitrepo.Repo, branch *gitops.Branch) (*branchResult, error) {
	var plan *gitops.Plan
	var refusal error
	target, from := p.target(branch)
	published, err := gitops.Publish(ctx, repo, gitops.Publication{
		Branch: target,
		From:   from,
		Plan: func(ctx context.Context, present *gitrepo.Snapshot) (*gitops.Proposal, error) {
			var err error
			if from != "" && present.Commit() == "" {
				return nil, notBegun(from)
			}
			if plan, err = gitops.NewPlan(ctx, p.run, branch, present); err != nil {
				return nil, err
			}
			if refusal = p.allowed(plan); refusal != nil && !p.dryRun {
				return nil, refusal
			}
			return &gitops.Proposal{Changes: plan.Changes, Message: plan.Message(), Owned: plan.Owned()}, nil
		},
		Commit: p.commit,
		DryRun: p.dryRun,
		Tries:  p.tries,
		Within: p.within,
		Now:    p.env.Now,
		Sleep:  p.env.Sleep,
		Random: p.env.Random,
	})
	if err != nil {
		return nil, err
	}
	if err := p.attest(ctx, repo, branch, published.Commit); err != nil {
		return nil, err
	}
	return &branchResult{
		Repository: repo.Name(), Branch: target, Changed: published.Changed,
		Commit: published.Commit, Before: published.Before, Tree: plan.Tree(),
		Deployments: plan.Touched, Pinned: plan.Pinned, plan: plan, refusal: refusal,
	}, nil
}

// allowed says why a plan must not be published.
func (p *publishing) allowed(plan *gitops.Plan) error {
	return errors.Join(plan.Expect(p.expectTrees), p.guard.check(plan))
}

// access tells gitrepo how to reach repositories.
func (p *publishing) access() gitrepo.Options {
	o := access(p.env)
	o.Init = p.init && !p.dryRun
	return o
}

// isConflict reports the errors of others having been there first.
func isConflict(err error) bool {
	var (
		conflict  *gitops.ConflictError
		busy      *gitops.BusyError
		moved     *gitrepo.MovedError
		rewritten *gitrepo.RewrittenError
		deleted   *gitrepo.DeletedError
		meanwhile *forge.ConflictError
	)
	return errors.As(err, &conflict) || errors.As(err, &busy) || errors.As(err, &moved) ||
		errors.As(err, &rewritten) || errors.As(err, &deleted) || errors.As(err, &meanwhile)
}
