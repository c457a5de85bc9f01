// Reading targets from a branch.

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// environment reads the targets of one environment.
func (r *targetReader) environment(ctx context.Context, e settings.LoadedEnvironment) error {
	branches, err := gitops.Branches(gitops.Environment{Name: e.Name, Project: r.settings.project, GitOps: e.GitOps}, r.settings.resolved)
	if err != nil {
		return &usageError{"gitops.branch: " + err.Error(), "name the branch with --branch"}
	}
	for _, branch := range branches {
		b, err := r.branch(ctx, gitops.Destination{Repository: e.GitOps.Repository, Branch: branch})
		if err != nil {
			return err
		}
		one := &environmentReader{r, b, e, ctx}
		r.read = append(r.read, one)
		if err := one.readAll(); err != nil {
			return err
		}
	}
	return nil
}

// branch opens the repository of a branch and fetches what the targets are to
// be; once for all environments.
func (r *targetReader) branch(ctx context.Context, to gitops.Destination) (*statusBranch, error) {
	if b := r.branches[to]; b != nil {
		return b, nil
	}
	repo := r.repositories[to.Repository]
	if repo == nil {
		var err error
		if repo, err = (&target{to: to}).open(ctx, r.env); err != nil {
			return nil, err
		}
		r.repositories[to.Repository] = repo
	}
	b := newStatusBranch(ctx, repo, to, r.env)
	var err error
	if b.tip, err = repo.Fetch(ctx, to.Branch); err != nil {
		return nil, err
	}
	b.wanted = b.tip
	if r.revision != "" {
		if b.wanted, err = fetchWanted(ctx, repo, to.Branch, r.revision); err != nil {
			return nil, err
		}
	}
	r.branches[to] = b
	return b, nil
}

// pullRefs are where forges keep pull requests: GitHub, Gitea and Forgejo,
// GitLab, Bitbucket, and Azure DevOps.
var pullRefs = []string{"refs/pull/%s/head", "refs/merge-requests/%s/head", "refs/pull-requests/%s/from", "refs/pull/%s/merge"}

// fetchWanted returns the state that --revision names. A number is a pull
// request unless a branch, a tag or a commit has that name; "#7" is one in any
// case.
func fetchWanted(ctx context.Context, repo *gitrepo.Repo, branch, revision string) (*gitrepo.Snapshot, error) {
	number, marked := strings.CutPrefix(revision, "#")
	isNumber := number != "" && strings.Trim(number, "0123456789") == ""
	var missing *gitrepo.RevisionError
	if !marked {
		s, err := repo.FetchRevision(ctx, branch, revision)
		if err == nil || !isNumber || !errors.As(err, &missing) {
			return s, err
		}
	}
	if !isNumber {
		return nil, &usageError{fmt.Sprintf("--revision is %q, want the number of a pull request behind #", revision), "write --revision '#7', or name a branch, a tag or a commit"}
	}
	for _, ref := range pullRefs {
		s, err := repo.FetchRevision(ctx, branch, fmt.Sprintf(ref, number))
		if err == nil || !errors.As(err, &missing) {
			return s, err
		}
	}
	return nil, &noPullError{number, repo.Name()}
}

// A noPullError reports the number of a pull request that a repository does
// not have.
type noPullError struct{ number, repository string }

func (e *noPullError) Error() string {
	return fmt.Sprintf("there is no pull request %s in %s, nor a branch or tag of that name", e.number, e.repository)
}

// Hint says what else to give.
func (e *noPullError) Hint() string {
	return "give the branch of the pull request, or a commit; not every server shows pull requests as refs"
}

// An environmentReader reads the targets of one environment from one branch.
type environmentReader struct {
	*targetReader
	branch      *statusBranch
	environment settings.LoadedEnvironment
	ctx         context.Context
}

func (r *environmentReader) readAll() error {
	found, err := r.deployed()
	if err != nil {
		return err
	}
	targets := make([]*statusTarget, len(found))
	for i, d := range found {
		targets[i] = r.target(d)
	}
	slices.SortStableFunc(targets, func(a, b *statusTarget) int { return cmp.Compare(a.Deployment, b.Deployment) })
	if err := r.fill(targets, r.branch.wanted); err != nil {
		return err
	}
	r.targets = append(r.targets, targets...)
	return nil
}

// deployed finds what was asked for: one by one where names are given.
func (r *environmentReader) deployed() ([]*gitops.Deployed, error) {
	if len(r.names) > 0 {
		return r.byName()
	}
	all, notices, err := gitops.Deployments(r.ctx, r.branch.wanted, r.name(""))
	if err != nil {
		return nil, err
	}
	for _, notice := range notices {
		say(r.env, "warning: %s", notice)
	}
	return slices.DeleteFunc(all, func(d *gitops.Deployed) bool { return d.IsDeleted() || !r.chosen(d.Ledger) }), nil
}

func (r *environmentReader) byName() ([]*gitops.Deployed, error) {
	var found []*gitops.Deployed
	for _, name := range r.names {
		d, err := gitops.Find(r.ctx, r.branch.wanted, r.name(name))
		var missing *gitops.MissingError
		switch {
		case errors.As(err, &missing):
			r.missing[name] = missing
		case err != nil:
			return nil, err
		case d.IsDeleted():
			r.missing[name] = &gitops.MissingError{Name: r.name(name)}
		case !slices.ContainsFunc(found, func(f *gitops.Deployed) bool { return f.Directory == d.Directory }):
			found = append(found, d)
		}
	}
	return found, nil
}

func (r *environmentReader) name(deployment string) gitops.Name {
	return gitops.Name{Environment: r.environment.Name, Deployment: deployment, Path: r.environment.GitOps.Path, Project: r.settings.project}
}

// chosen leaves out what -f and -l do not select, and what another project
// published into the environment.
func (r *environmentReader) chosen(l *gitops.Ledger) bool {
	if len(r.files) > 0 || r.selector != "" {
		return r.settings.of(r.environment.Name, l) != nil
	}
	return r.settings.project == nil || l.Owner.Project == "" || l.Owner.Project == r.settings.project.Spec.Key
}

// deleted adds a deployment that the branch has no more, with what it last had.
func (r *environmentReader) deleted(name string) error {
	d, at, err := gitops.Last(r.ctx, r.branch.repo, r.branch.tip, r.name(name))
	if errors.As(err, new(*gitops.MissingError)) {
		return nil
	}
	if err != nil {
		return err
	}
	t := r.target(d)
	t.Deleted = true
	if err := r.fill([]*statusTarget{t}, at); err != nil {
		return err
	}
	t.shared, t.sharedUnit = nil, nil // they stay
	t.content = &statusContent{dir: t.dir, blobs: map[string]string{}}
	t.history = r.branch.history(t.content)
	r.targets = append(r.targets, t)
	return nil
}

// defaultTimeouts hold for what the settings do not have: those of ZenML.
const (
	defaultTimeout             = 600 * time.Second
	defaultLoadBalancerTimeout = 150 * time.Second
)

func (r *environmentReader) target(d *gitops.Deployed) *statusTarget {
	t := &statusTarget{
		Target: status.Target{
			Environment: r.environment.Name, Deployment: d.Ledger.Deployment,
			DeploymentID: d.Ledger.ID, ResourceName: "zenml-" + d.Ledger.ID,
			Commit: r.branch.wanted.Commit(), Timeout: defaultTimeout, LoadBalancerTimeout: defaultLoadBalancerTimeout,
		},
		resolved: r.settings.of(r.environment.Name, d.Ledger),
		deployed: d, dir: d.Directory, branch: r.branch, revision: r.revision,
	}
	t.environment, t.config = r.settings.spec(r.environment.Name)
	t.namespace = namespaceOf(d.Ledger, t.ResourceName)
	if t.resolved != nil {
		deployer := t.resolved.Spec.Settings.Deployer
		t.Timeout = time.Duration(deployer.LCMTimeout) * time.Second
		t.LoadBalancerTimeout = time.Duration(deployer.WaitForLoadBalancerTimeout) * time.Second
		t.Lenient = !deployer.StrictAdditionalResources
	}
	return t
}

// namespaceOf is the namespace of a ledger's core Deployment, else of its first
// object that has one.
func namespaceOf(l *gitops.Ledger, resource string) string {
	namespace := ""
	for _, e := range l.Objects {
		id, err := gitops.ParseObjectKey(e.Object)
		if err != nil || id.Namespace == "" {
			continue
		}
		if id.Kind == "Deployment" && id.Name == resource {
			return id.Namespace
		}
		namespace = cmp.Or(namespace, id.Namespace)
	}
	return namespace
}

// fill reads the objects of targets from a snapshot, all of them in one go, and
// what the engine needs of them.
func (r *environmentReader) fill(targets []*statusTarget, s *gitrepo.Snapshot) error {
	if len(targets) == 0 {
		return nil
	}
	g := r.environment.GitOps
	shared, err := gitops.SharedFiles(r.ctx, s, r.environment.Name, g)
	if err != nil {
		return err
	}
	var files []string
	sharedFiles := make([][]string, len(targets))
	for i, t := range targets {
		files = append(files, t.deployed.Files()...)
		for _, key := range t.deployed.Ledger.Shared {
			if file := shared[key]; file != "" {
				sharedFiles[i] = append(sharedFiles[i], file)
			}
		}
		files = append(files, sharedFiles[i]...)
	}
	slices.Sort(files)
	objects, err := gitops.ReadObjects(s, slices.Compact(files))
	if err != nil {
		return err
	}
	units, err := r.units(targets)
	if err != nil {
		return err
	}
	for i, t := range targets {
		t.Objects, t.shared = pick(objects, t.deployed.Files()), pick(objects, sharedFiles[i])
		t.unit, t.sharedUnit = units.Of(t.dir), units.Exactly(gitops.SharedDirectory(r.environment.Name, g))
		if t.content, err = contentOf(s, t.dir); err != nil {
			return err
		}
		t.history = r.branch.history(t.content)
		if len(t.shared) == 0 || t.sharedUnit == t.unit {
			t.sharedUnit = nil
		}
		if t.sharedUnit != nil {
			if t.sharedContent, err = contentOfFiles(s, sharedFiles[i]); err != nil {
				return err
			}
			t.sharedHistory = r.branch.history(t.sharedContent)
		}
	}
	return nil
}

// units are read at the tip also where a revision was asked for: they are what
// the engine has.
func (r *environmentReader) units(targets []*statusTarget) (*gitops.EngineUnits, error) {
	deployed := make([]*gitops.Deployed, len(targets))
	for i, t := range targets {
		deployed[i] = t.deployed
	}
	return gitops.ReadEngineUnits(r.ctx, r.branch.tip, r.environment.Name, r.environment.GitOps, deployed)
}

func pick(objects map[string]*manifest.Object, files []string) []*manifest.Object {
	var out []*manifest.Object
	for _, file := range files {
		if o := objects[path.Clean(file)]; o != nil {
			out = append(out, o)
		}
	}
	return out
}
