package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
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
configuration. docs/repository.md says where credentials are looked for.`,
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
	repository, branch, path string
	author, output           string
	init, dryRun             bool
	recreate, allowDirty     bool
	tries                    int
	within                   time.Duration
}

func (f *publishFlags) add(cmd *cobra.Command) {
	f.renderFlags.add(cmd)
	outputFlag(cmd, &f.output, "text", "json")
	flags := cmd.Flags()
	flags.StringVar(&f.repository, "repository", "", "repository to publish to: URL or path (default: gitops.repository)")
	flags.StringVar(&f.branch, "branch", "", "branch to publish to, may contain {{environment}} (default: gitops.branch)")
	flags.StringVar(&f.path, "path", "", "directory of a deployment, a template (default: gitops.path)")
	flags.BoolVar(&f.init, "init", false, "make the bare repository where the path holds none, and write .gitattributes")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the diff and the tree hash, change nothing; exits 3 when there is a difference")
	flags.StringVar(&f.author, "author", "", `author of the commit, as in "Ada Lovelace <ada@example.com>"`)
	flags.BoolVar(&f.recreate, "recreate", false, "accept that deployments change their id, so that the cluster replaces their objects")
	flags.BoolVar(&f.allowDirty, "allow-dirty", false, "publish settings that differ from what is committed")
	flags.IntVar(&f.tries, "tries", 100, "how often to try again while others push to the branch")
	flags.DurationVar(&f.within, "within", 5*time.Minute, "how long to try again while others push to the branch")
}

func (f *publishFlags) publish(ctx context.Context, env *Env) error {
	author, committer, err := signatures(env, f.author)
	if err != nil {
		return err
	}
	fl, err := f.render(ctx, env)
	if err != nil {
		return err
	}
	if err := f.destinations(env, fl.loaded); err != nil {
		return err
	}
	if problems := gitops.Check(fl.loaded.Resolved, fl.environments()); len(problems) > 0 {
		return problems
	}
	run, err := fl.run(ctx, env, f.allowDirty || f.dryRun)
	if err != nil {
		return err
	}
	run.Recreate, run.Attributes = f.recreate, f.init
	arrangement, err := gitops.Layout(run)
	if err != nil {
		return err
	}
	p := &publishing{publishFlags: f, env: env, run: run}
	p.commit.Author, p.commit.Committer = author, committer
	for _, branch := range arrangement.Branches {
		if err := p.branch(ctx, branch); err != nil {
			p.errs = append(p.errs, err)
		}
	}
	return p.report(fl)
}

// destinations lays --repository, --branch and --path over the settings, and
// makes paths of repositories absolute: they belong to the file, or to the
// working directory, that names them.
func (f *publishFlags) destinations(env *Env, loaded *settings.Loaded) error {
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

func (f *publishFlags) destination(env *Env, loaded *settings.Loaded, g *settings.GitOps) error {
	base := env.Dir
	if loaded.Project != nil && f.repository == "" {
		base = loaded.Project.Root
	}
	override(&g.Repository, f.repository)
	override(&g.Branch, f.branch)
	override(&g.Path, f.path)
	if g.Repository == "" {
		return &usageError{"there is no repository to publish to", "give --repository URL|PATH, or set spec.gitops.repository in lading.yaml"}
	}
	if gitrepo.IsPath(g.Repository) {
		g.Repository = nearby(env.Dir, inDir(base, g.Repository))
	}
	return nil
}

func override(value *string, flag string) {
	if flag != "" {
		*value = flag
	}
}

// A publishing is a publish on its way: one commit for each branch.
type publishing struct {
	*publishFlags
	env     *Env
	run     *gitops.Run
	commit  gitrepo.CommitInfo
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
	plan        *gitops.Plan
}

// branch publishes to one branch.
func (p *publishing) branch(ctx context.Context, branch *gitops.Branch) error {
	repo, err := gitrepo.Open(ctx, branch.Repository, p.access())
	if err != nil {
		return err
	}
	defer repo.Close()
	for _, w := range repo.Warnings() {
		say(p.env, "warning: %s", w)
	}
	var plan *gitops.Plan
	published, err := gitops.Publish(ctx, repo, gitops.Publication{
		Branch: branch.Branch,
		Plan: func(ctx context.Context, present *gitrepo.Snapshot) (*gitops.Proposal, error) {
			if plan, err = gitops.NewPlan(ctx, p.run, branch, present); err != nil {
				return nil, err
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
		return err
	}
	p.results = append(p.results, branchResult{
		Repository: repo.Name(), Branch: branch.Branch, Changed: published.Changed,
		Commit: published.Commit, Before: published.Before, Tree: published.Tree,
		Deployments: plan.Touched, plan: plan,
	})
	return nil
}

// access tells gitrepo how to reach repositories.
func (p *publishing) access() gitrepo.Options {
	git, _ := exec.LookPath("git") // asked for credentials only
	return gitrepo.Options{
		Init:   p.init && !p.dryRun,
		Getenv: p.env.Getenv,
		Home:   p.env.Getenv("HOME"),
		Git:    git,
		Agent:  "lading/" + toolVersion(),
	}
}

// report prints what was done. What went wrong elsewhere does not hide it.
func (p *publishing) report(fl *fleet) error {
	for _, r := range p.results {
		notice(p.env, r.plan)
	}
	if err := p.print(); err != nil {
		return err
	}
	p.errs = append(p.errs, fl.failures...)
	for _, r := range p.results {
		if p.dryRun && r.Changed {
			p.errs = append(p.errs, errDiffers)
		}
	}
	if len(p.errs) == 0 {
		return nil
	}
	return p.errs
}

func (p *publishing) print() error {
	if p.output == "json" {
		if p.results == nil {
			p.results = []branchResult{}
		}
		return printJSON(p.env, p.results)
	}
	var b bytes.Buffer
	for _, r := range p.results {
		if err := r.print(&b, p.dryRun); err != nil {
			return err
		}
	}
	_, err := p.env.Stdout.Write(b.Bytes())
	return err
}

// print tells in words what became of a branch; for a dry run, what would.
func (r branchResult) print(b *bytes.Buffer, dryRun bool) error {
	where := fmt.Sprintf("%s of %s", r.Branch, r.Repository)
	switch {
	case !r.Changed && r.Commit == "":
		fmt.Fprintf(b, "unchanged: %s has no commit, and there is nothing to publish\n", where)
	case !r.Changed:
		fmt.Fprintf(b, "unchanged %.7s on %s\n", r.Commit, where)
	case dryRun:
		if err := r.plan.Unified(b); err != nil {
			return err
		}
		fmt.Fprintf(b, "would commit tree %s to %s\n", r.Tree, where)
		r.printDeployments(b)
	default:
		fmt.Fprintf(b, "committed %.7s to %s\n", r.Commit, where)
		r.printDeployments(b)
	}
	return nil
}

// printDeployments lists what changed, a deployment a line.
func (r branchResult) printDeployments(b *bytes.Buffer) {
	for _, t := range r.Deployments {
		counts := make(map[string]int)
		for _, o := range t.Objects {
			counts[o.Action]++
		}
		fmt.Fprintf(b, "  %s:", t.Label())
		separator := " "
		for _, action := range []string{gitops.Added, gitops.Changed, gitops.Moved, gitops.Restored, gitops.Removed} {
			if n := counts[action]; n > 0 {
				fmt.Fprintf(b, "%s%d %s", separator, n, action)
				separator = ", "
			}
		}
		b.WriteByte('\n')
	}
}

// isConflict reports the errors of others having been there first.
func isConflict(err error) bool {
	var (
		conflict  *gitops.ConflictError
		busy      *gitops.BusyError
		moved     *gitrepo.MovedError
		rewritten *gitrepo.RewrittenError
		deleted   *gitrepo.DeletedError
	)
	return errors.As(err, &conflict) || errors.As(err, &busy) || errors.As(err, &moved) ||
		errors.As(err, &rewritten) || errors.As(err, &deleted)
}
