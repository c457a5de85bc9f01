// What the targets of an environment consist of.

package committed

import (
	"context"
	"path"
	"slices"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/manifest"
)

// fill reads the objects of targets from a snapshot, all of them in one go, and
// what the engine needs of them.
func (r *environmentReader) fill(ctx context.Context, targets []*Target, s *gitrepo.Snapshot) error {
	if len(targets) == 0 {
		return nil
	}
	g := r.environment.GitOps
	shared, err := gitops.SharedFiles(ctx, s, r.environment.Name, g)
	if err != nil {
		return err
	}
	var files []string
	sharedFiles := make([][]string, len(targets))
	for i, t := range targets {
		files = append(files, t.Deployed.Files()...)
		for _, key := range t.Deployed.Ledger.Shared {
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
	units, err := r.units(ctx, targets)
	if err != nil {
		return err
	}
	for i, t := range targets {
		t.Objects, t.Shared = pick(objects, t.Deployed.Files()), pick(objects, sharedFiles[i])
		t.Unit, t.SharedUnit = units.Of(t.Dir), units.Exactly(gitops.SharedDirectory(r.environment.Name, g))
		if err := r.remember(t, s, sharedFiles[i]); err != nil {
			return err
		}
	}
	return nil
}

// remember notes the content that an engine has to have applied for a target.
func (r *environmentReader) remember(t *Target, s *gitrepo.Snapshot, sharedFiles []string) (err error) {
	if t.Content, err = contentOf(s, t.Dir); err != nil {
		return err
	}
	t.History = r.branch.history(t.Content)
	if len(t.Shared) == 0 || t.SharedUnit == t.Unit {
		t.SharedUnit = nil
	}
	if t.SharedUnit == nil {
		return nil
	}
	if t.SharedContent, err = contentOfFiles(s, sharedFiles); err != nil {
		return err
	}
	t.SharedHistory = r.branch.history(t.SharedContent)
	return nil
}

// units are read at the tip also where a revision was asked for: they are what
// the engine has.
func (r *environmentReader) units(ctx context.Context, targets []*Target) (*gitops.EngineUnits, error) {
	deployed := make([]*gitops.Deployed, len(targets))
	for i, t := range targets {
		deployed[i] = t.Deployed
	}
	return gitops.ReadEngineUnits(ctx, r.branch.tip, r.environment.Name, r.environment.GitOps, deployed)
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
