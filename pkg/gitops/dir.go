package gitops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// WriteDir writes into a directory what publishing would commit, by the same
// rules: ledgers, owners and foreign files included. The directory is made
// where it is absent. Where the project's environments go to different
// branches, each branch has a directory of its own, see docs/repository.md.
//
// Everything is planned before the first byte is written. Each file is
// replaced in one step, so that a reader sees the old or the new one; files
// and ledgers are written in an order in which a run that was killed is made
// good by the next one. Symbolic links below the directory are not followed.
func WriteDir(ctx context.Context, dir string, run *Run) ([]*Plan, error) {
	arrangement, err := Layout(run)
	if err != nil {
		return nil, err
	}
	plans := make([]*Plan, len(arrangement.Branches))
	folders := branchFolders(run, arrangement)
	for i, b := range arrangement.Branches {
		if plans[i], err = planDir(ctx, filepath.Join(dir, filepath.FromSlash(folders[i])), run, b); err != nil {
			return nil, err
		}
	}
	for i, p := range plans {
		if len(p.Changes) == 0 {
			continue
		}
		if err := applyDir(filepath.Join(dir, filepath.FromSlash(folders[i])), p.Changes); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// branchFolders returns the folder of each branch below the output directory:
// none where all environments of the project share one branch, the branch
// where they share a repository, else repository and branch. It follows from
// the project and not from the environments of this run, so that a deployment
// has one place whatever was selected.
func branchFolders(run *Run, a *Arrangement) []string {
	repositories, branches := make(map[string]bool), make(map[string]bool)
	see := func(to Destination) {
		repositories[NormalizeURL(to.Repository)] = true
		branches[to.key()] = true
	}
	for _, b := range a.Branches {
		see(b.Destination)
	}
	for _, e := range run.Environments {
		if e.Project != nil {
			seeEnvironments(e, see)
		}
	}
	folders := make([]string, len(a.Branches))
	for i, b := range a.Branches {
		if len(branches) > 1 {
			folders[i] = b.Branch
		}
		if len(repositories) > 1 {
			folders[i] = path.Join(escape(NormalizeURL(b.Repository)), b.Branch)
		}
	}
	return folders
}

// seeEnvironments names the destinations of all environments of a project. The
// environment of the run tells which values apply where the project has none.
func seeEnvironments(e Environment, see func(Destination)) {
	for _, other := range e.Project.Spec.Environments {
		g := e.Project.Spec.GitOps
		to := Destination{
			Repository: cmp.Or(cmp.Or(other.GitOps.Repository, g.Repository), e.GitOps.Repository),
			Branch:     cmp.Or(cmp.Or(other.GitOps.Branch, g.Branch), e.GitOps.Branch),
		}
		if branch, err := branchOf(to.Branch, environmentVariables(e.Project, other.Name)); err == nil {
			to.Branch = branch
		}
		see(to)
	}
}

// planDir plans one branch on the directory that stands for it.
func planDir(ctx context.Context, dir string, run *Run, b *Branch) (*Plan, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return NewPlan(ctx, run, b, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the output directory: %w", err)
	}
	defer root.Close()
	return NewPlan(ctx, run, b, dirTree{root})
}

// A dirTree is a directory as a [Tree].
type dirTree struct{ root *os.Root }

func (t dirTree) ReadFile(name string) ([]byte, error) { return t.root.ReadFile(name) }

func (t dirTree) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(t.root.FS(), name)
}

// applyDir writes the changes of a plan.
func applyDir(dir string, changes []Change) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("making the output directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the output directory: %w", err)
	}
	defer root.Close()
	for _, step := range steps(changes) {
		for _, c := range step {
			if err := applyChange(root, c); err != nil {
				return fmt.Errorf("writing %s: %w", filepath.Join(dir, filepath.FromSlash(c.Path)), err)
			}
		}
	}
	return nil
}

// steps orders changes so that at any moment every file that lading wrote is
// listed by a ledger, and is never mistaken for a foreign one: removals while
// the old ledger lists them, then the new ledgers, then the files that they
// list, last the ledgers that go.
func steps(changes []Change) [4][]Change {
	var out [4][]Change
	for _, c := range changes {
		step := 2
		switch removed := c.After == nil; {
		case removed && !isLedger(c.Path):
			step = 0
		case !removed && isLedger(c.Path):
			step = 1
		case removed:
			step = 3
		}
		out[step] = append(out[step], c)
	}
	return out
}

func applyChange(root *os.Root, c Change) error {
	if c.After == nil {
		return removeFile(root, c.Path)
	}
	err := replaceFile(root, c.Path, c.After)
	if errors.Is(err, fs.ErrNotExist) {
		if err := root.MkdirAll(path.Dir(c.Path), 0o777); err != nil {
			return err
		}
		err = replaceFile(root, c.Path, c.After)
	}
	return err
}

// replaceFile writes beside the file and renames. The name of the temporary
// file is fixed: one that a killed run left behind is used up by the next.
func replaceFile(root *os.Root, name string, data []byte) error {
	temporary := path.Join(path.Dir(name), ".tmp-"+strings.TrimPrefix(path.Base(name), ".")+"~")
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		if err := root.Remove(temporary); err != nil {
			return err
		}
		f, err = root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temporary))
	}
	return nil
}

// removeFile also removes the directories that become empty, as Git does.
func removeFile(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for dir := range parents(name) {
		if root.Remove(dir) != nil {
			break // it holds something else
		}
	}
	return nil
}
