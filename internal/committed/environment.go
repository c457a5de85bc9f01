// Which deployments of an environment are targets.

package committed

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/settings"
	"github.com/lading-dev/lading/pkg/status"
)

// An environmentReader reads the targets of one environment from one branch.
type environmentReader struct {
	*Reader
	branch      *Branch
	environment settings.LoadedEnvironment
	// leftOut are the names of the deployments that were not chosen.
	leftOut []string
}

func (r *environmentReader) readAll(ctx context.Context) error {
	found, err := r.deployed(ctx)
	if err != nil {
		return err
	}
	targets := make([]*Target, len(found))
	for i, d := range found {
		targets[i] = r.target(d)
	}
	slices.SortStableFunc(targets, func(a, b *Target) int { return cmp.Compare(a.Deployment, b.Deployment) })
	if err := r.fill(ctx, targets, r.branch.wanted); err != nil {
		return err
	}
	r.targets = append(r.targets, targets...)
	return nil
}

// deployed finds what was asked for: one by one where names are given.
func (r *environmentReader) deployed(ctx context.Context) ([]*gitops.Deployed, error) {
	if len(r.Names) > 0 {
		return r.byName(ctx)
	}
	all, notices, err := gitops.Deployments(ctx, r.branch.wanted, r.name(""))
	if err != nil {
		return nil, err
	}
	for _, notice := range notices {
		r.Warn(notice)
	}
	var found []*gitops.Deployed
	for _, d := range all {
		switch {
		case d.IsDeleted():
		case r.chosen(d.Ledger):
			found = append(found, d)
		default:
			r.leftOut = append(r.leftOut, d.Ledger.Deployment)
		}
	}
	return found, nil
}

func (r *environmentReader) byName(ctx context.Context) ([]*gitops.Deployed, error) {
	var found []*gitops.Deployed
	for _, name := range r.Names {
		d, err := gitops.Find(ctx, r.branch.wanted, r.name(name))
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
	return gitops.Name{Environment: r.environment.Name, Deployment: deployment, Path: r.environment.GitOps.Path, Project: r.Project}
}

// chosen leaves out what the settings do not have where only that is wanted,
// and what another project published into the environment.
func (r *environmentReader) chosen(l *gitops.Ledger) bool {
	if r.OnlyResolved {
		return r.settings.of(r.environment.Name, l) != nil
	}
	return r.Project == nil || l.Owner.Project == "" || l.Owner.Project == r.Project.Spec.Key
}

// deleted adds a deployment that the branch has no more, with what it last had.
func (r *environmentReader) deleted(ctx context.Context, name string) error {
	d, at, err := gitops.Last(ctx, r.branch.repo, r.branch.tip, r.name(name))
	if errors.As(err, new(*gitops.MissingError)) {
		return nil
	}
	if err != nil {
		return err
	}
	t := r.target(d)
	t.Deleted = true
	if err := r.fill(ctx, []*Target{t}, at); err != nil {
		return err
	}
	t.Shared, t.SharedUnit = nil, nil // they stay
	t.Content = &Content{Dir: t.Dir, blobs: map[string]string{}}
	t.History = r.branch.history(t.Content)
	r.targets = append(r.targets, t)
	return nil
}

// The timeouts for what the settings do not have: those of ZenML.
const (
	defaultTimeout             = 600 * time.Second
	defaultLoadBalancerTimeout = 150 * time.Second
)

// target is a deployment without its objects.
func (r *environmentReader) target(d *gitops.Deployed) *Target {
	t := &Target{
		Target: status.Target{
			Environment: r.environment.Name, Deployment: d.Ledger.Deployment,
			DeploymentID: d.Ledger.ID, ResourceName: "zenml-" + d.Ledger.ID,
			Commit: r.branch.wanted.Commit(), Timeout: defaultTimeout, LoadBalancerTimeout: defaultLoadBalancerTimeout,
		},
		Resolved: r.settings.of(r.environment.Name, d.Ledger),
		Deployed: d, Dir: d.Directory, Branch: r.branch, Revision: r.Revision,
	}
	t.EnvironmentSpec, t.DeployerConfig = r.spec()
	t.Namespace = namespaceOf(d.Ledger, t.ResourceName)
	if t.Resolved != nil {
		deployer := t.Resolved.Spec.Settings.Deployer
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
