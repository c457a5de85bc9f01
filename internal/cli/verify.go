package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
)

// verifyFlags say what to verify.
type verifyFlags struct {
	renderFlags
	locationFlags
	output    string
	strict    bool
	integrity bool
}

func newVerify(env *Env) *cobra.Command {
	var f verifyFlags
	f.silentIDs = true
	cmd := &cobra.Command{
		Use:   "verify [REV]",
		Short: "Check published manifests against their ledgers and settings",
		Example: `  lading verify                                    # every environment of the project
  lading verify --env prod --strict
  lading verify refs/pull/7/merge --integrity      # in a merge queue; needs no settings`,
		Long: `Verify answers three questions about the tip of the branch, or about REV: a branch,
a tag, HEAD, a full ref name or a commit.

  integrity     Is every file what its ledger says? A file that is missing, changed,
                or there without a ledger though an engine would apply it: exits 1.
  reproducible  Do the settings render the same bytes? If not: exits 3.
  outdated      It was rendered by another version of lading, to objects that are the
                same as data: exits 0, with --strict 3.

Pinned and deleted deployments are not rendered.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misuse(cmd, errors.New("want at most one revision"))
			}
			revision := ""
			if len(args) == 1 {
				if revision = args[0]; revision == "" {
					return misuse(cmd, errors.New("the revision is empty, want a ref or a commit"))
				}
			}
			return f.verify(cmd.Context(), env, revision)
		},
	}
	f.renderFlags.add(cmd)
	f.locationFlags.add(cmd)
	outputFlag(cmd, &f.output, "table", "json")
	flags := cmd.Flags()
	flags.BoolVar(&f.integrity, "integrity", false, "check bytes against ledgers only; renders nothing and needs no settings")
	flags.BoolVar(&f.strict, "strict", false, "exit 3 also for what another version rendered to the same objects")
	return cmd
}

// errUnsound is the answer of a verification that found files that are not as
// their ledgers say.
var errUnsound = errors.New("files are not as their ledgers say")

// A verification is what was found on one branch.
type verification struct {
	Repository string              `json:"repository"`
	Branch     string              `json:"branch"`
	Commit     string              `json:"commit"`
	Integrity  []gitops.Integrity  `json:"integrity"`
	Settings   []gitops.Comparison `json:"settings,omitempty"`
}

func (f *verifyFlags) verify(ctx context.Context, env *Env, revision string) error {
	v := &verifying{verifyFlags: f, env: env, revision: revision}
	var err error
	if f.integrity {
		err = v.withoutSettings(ctx)
	} else {
		err = v.withSettings(ctx)
	}
	if err != nil {
		return err
	}
	return v.report()
}

// A verifying is a verification on its way.
type verifying struct {
	*verifyFlags
	env      *Env
	revision string
	results  []verification
	errs     errorList
}

// withoutSettings checks the branches of the environments of the project, or the
// one that flags name.
func (v *verifying) withoutSettings(ctx context.Context) error {
	loaded, err := settings.Load(settings.Options{
		Dir: v.env.Dir, Home: v.env.Getenv("HOME"), Project: v.project, NoProject: v.noProject, ProjectOnly: true,
	})
	if err != nil {
		return err
	}
	if err := v.destinations(v.env, loaded); err != nil {
		return err
	}
	chosen := make(map[gitops.Destination][]string)
	var order []gitops.Destination
	for _, e := range loaded.Environments {
		if loaded.Project != nil && len(v.environments) > 0 && !slices.Contains(v.environments, e.Name) {
			continue
		}
		branch, err := gitops.BranchOf(loaded.Project, e.Name, e.GitOps)
		if err != nil {
			return &usageError{"gitops.branch: " + err.Error(), "name the branch with --branch"}
		}
		to := gitops.Destination{Repository: e.GitOps.Repository, Branch: branch}
		if chosen[to] == nil {
			order = append(order, to)
		}
		chosen[to] = append(chosen[to], e.Name)
	}
	if len(order) == 0 {
		_, err := chooseEnvironment(loaded, v.environments[0])
		return err
	}
	if err := v.oneState(len(order)); err != nil {
		return err
	}
	for _, to := range order {
		if err := v.branch(ctx, to, nil); err != nil {
			v.errs = append(v.errs, err)
		}
	}
	return nil
}

// withSettings also renders. What cannot be rendered does not keep bytes from
// being checked.
func (v *verifying) withSettings(ctx context.Context) error {
	fl, err := v.render(ctx, v.env)
	if err != nil {
		if ctx.Err() == nil && v.withoutSettings(ctx) == nil {
			v.errs = append(v.errs, err)
			return nil
		}
		return err
	}
	if err := v.destinations(v.env, fl.loaded); err != nil {
		return err
	}
	run, err := fl.run(ctx, v.env, true)
	if err != nil {
		return err
	}
	run.Now = v.env.Now()
	arrangement, err := gitops.Layout(run)
	if err != nil {
		return v.blame(err)
	}
	if err := v.oneState(len(arrangement.Branches)); err != nil {
		return err
	}
	for _, b := range arrangement.Branches {
		compare := func(ctx context.Context, s *gitrepo.Snapshot) ([]gitops.Comparison, error) {
			return gitops.Compare(ctx, run, b, s)
		}
		if err := v.branch(ctx, b.Destination, compare); err != nil {
			v.errs = append(v.errs, err)
		}
	}
	v.errs = append(v.errs, fl.failures...)
	return nil
}

// oneState refuses a revision that would have to stand for several branches.
func (v *verifying) oneState(branches int) error {
	if v.revision == "" || branches == 1 {
		return nil
	}
	return &usageError{
		fmt.Sprintf("the environments go to %d branches, and %s is one state", branches, v.revision),
		"choose the environments of one branch with --env",
	}
}

// branch verifies one branch.
func (v *verifying) branch(ctx context.Context, to gitops.Destination, compare func(context.Context, *gitrepo.Snapshot) ([]gitops.Comparison, error)) error {
	repo, err := gitrepo.Open(ctx, to.Repository, access(v.env))
	if err != nil {
		return err
	}
	defer repo.Close()
	var s *gitrepo.Snapshot
	if v.revision == "" {
		s, err = repo.Fetch(ctx, to.Branch)
	} else {
		s, err = repo.FetchRevision(ctx, to.Branch, v.revision)
	}
	if err != nil {
		return err
	}
	r := verification{Repository: repo.Name(), Branch: s.Branch(), Commit: s.Commit(), Settings: []gitops.Comparison{}}
	if r.Integrity, err = gitops.CheckIntegrity(ctx, s, v.wanted()); err != nil {
		return err
	}
	if compare != nil {
		if r.Settings, err = compare(ctx, s); err != nil {
			v.errs = append(v.errs, err)
		}
	}
	v.results = append(v.results, r)
	return nil
}

// wanted chooses directories by environment, nil for all.
func (v *verifying) wanted() func(string) bool {
	if len(v.environments) == 0 {
		return nil
	}
	return func(environment string) bool { return slices.Contains(v.environments, environment) }
}

// report prints what was found and returns it as errors.
func (v *verifying) report() error {
	if err := v.print(); err != nil {
		return err
	}
	for _, r := range v.results {
		if slices.ContainsFunc(r.Integrity, func(i gitops.Integrity) bool { return !i.Sound() }) {
			v.errs = append(v.errs, errUnsound)
		}
		if slices.ContainsFunc(r.Settings, v.counts) {
			v.errs = append(v.errs, errDiffers)
		}
	}
	switch len(v.errs) {
	case 0:
		return nil
	case 1:
		return v.errs[0]
	}
	return v.errs
}

// counts reports whether a comparison is a difference.
func (v *verifying) counts(c gitops.Comparison) bool {
	return c.Answer == gitops.Different || v.strict && c.Answer == gitops.Outdated
}

func (v *verifying) print() error {
	if v.output == "json" {
		if v.results == nil {
			v.results = []verification{}
		}
		return printJSON(v.env, v.results)
	}
	var b bytes.Buffer
	for i, r := range v.results {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.print(&b, v.integrity)
	}
	_, err := v.env.Stdout.Write(b.Bytes())
	return err
}
