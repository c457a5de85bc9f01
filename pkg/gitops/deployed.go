// What a branch has, for those who compare it with a cluster.

package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// Branches returns the branches that an environment is published to. Where
// gitops.branch depends on deployments it is those of all that are given.
func Branches(e Environment, resolved []*settings.Resolved) ([]string, error) {
	return branchesOf(e, resolved)
}

// SharedDirectory is the directory of the objects that deployments of an
// environment share.
func SharedDirectory(environment string, g settings.GitOps) string {
	return environmentDir(environment, g) + sharedDir
}

// EngineDirectory is the directory of an environment's engine objects.
func EngineDirectory(environment string, g settings.GitOps) string {
	return environmentDir(environment, g) + engineDir
}

// IsDeleted tells that an explicit command removed the deployment's objects and
// kept the directory.
func (d *Deployed) IsDeleted() bool { return d.Ledger.State == stateDeleted }

// Deployments returns the deployments of an environment that a branch has,
// ordered by directory, those that were deleted included. Of the name it takes
// the environment, the project, and the path template, which bounds where it
// looks. The notices tell of ledgers that cannot be read.
func Deployments(ctx context.Context, present Tree, name Name) (found []*Deployed, notices []string, err error) {
	p := newPlanner(ctx, &Run{}, &Branch{}, present)
	name.Deployment = ""
	base, _ := name.likely("*")
	if err := p.tree.prefetchLedgers([]string{base}); err != nil {
		return nil, nil, err
	}
	if what, _, err := p.tree.look(base); base != "." && (what != folder || err != nil) {
		return nil, nil, err
	}
	if err := p.walk(base); err != nil {
		return nil, nil, err
	}
	for _, dir := range sortedKeys(p.records) {
		if r := p.records[dir]; r.ledger != nil && r.ledger.Environment == name.Environment {
			found = append(found, &Deployed{dir, r.ledger, r})
		}
	}
	return found, p.notices, nil
}

// likely is where the path template puts a deployment: the directory above, as
// far as it is certain, and the patterns of what lies between. It is the root
// and nothing where the template does not tell.
func (n Name) likely(deployment string) (base string, patterns []string) {
	vars := environmentVariables(n.Project, n.Environment)
	vars["namespace"], vars["id"], vars["deployment"] = "*", "*", deployment
	if n.Path == "" || strings.ContainsAny(n.Path, `*?[\`) {
		return ".", nil
	}
	pattern, err := directoryOf(n.Path, vars)
	if err != nil {
		return ".", nil // the walk finds it
	}
	segments := strings.Split(pattern, "/")
	fixed := slices.IndexFunc(segments, func(s string) bool { return strings.Contains(s, "*") })
	if fixed < 0 {
		fixed = len(segments)
	}
	return path.Join(append([]string{"."}, segments[:fixed]...)...), segments[fixed:]
}

// Last returns the newest revision of a deployment that had objects, for one
// that the tip has no more, and the commit at which it was. An explicit deletion
// leaves a ledger behind, whose history tells; otherwise the commits are looked
// at that changed the directory in which the path template puts it. It is a
// [*MissingError] where none of them had the deployment.
func Last(ctx context.Context, repo *gitrepo.Repo, tip *gitrepo.Snapshot, name Name) (*Deployed, *gitrepo.Snapshot, error) {
	base, patterns := name.likely(escape(manifest.K8sName(name.Deployment, 63)))
	where, isFixed := base, len(patterns) == 0
	if left, err := Find(ctx, tip, name); err == nil {
		where, isFixed = left.Directory, true
	}
	snapshots, err := repo.Revisions(ctx, tip, where, lastRevisions)
	if err != nil {
		return nil, nil, err
	}
	if isFixed {
		base, patterns = where, nil
	}
	if err := repo.PrefetchTrees(ctx, snapshots, base, len(patterns)); err != nil {
		return nil, nil, err
	}
	for _, s := range snapshots {
		if d := lastIn(ctx, s, name, base, patterns); d != nil {
			return d, s, nil
		}
	}
	return nil, nil, &MissingError{Name: name}
}

// lastRevisions bounds how far back a deployment is looked for.
const lastRevisions = 100

// lastIn returns a deployment with objects that a snapshot has, nil where it has
// none that can be read: what it was like once is in nobody's way.
func lastIn(ctx context.Context, s *gitrepo.Snapshot, name Name, base string, patterns []string) *Deployed {
	p := newPlanner(ctx, &Run{}, &Branch{}, s)
	if err := p.readMatching(base, patterns); err != nil {
		return nil
	}
	d, err := p.named(name)
	if err != nil || d == nil || d.IsDeleted() || len(d.Ledger.Objects) == 0 {
		return nil
	}
	return d
}

// Files are the paths of the deployment's own objects.
func (d *Deployed) Files() []string {
	files := make([]string, len(d.Ledger.Objects))
	for i, e := range d.Ledger.Objects {
		files[i] = path.Join(d.Directory, e.File)
	}
	return files
}

// ReadObjects reads files that hold one object each, decoding on all cores. A
// file that is not there is left out; one that cannot be read as an object is
// an [*UnreadableError]. What is read is fetched in one go.
func ReadObjects(present Tree, files []string) (map[string]*manifest.Object, error) {
	if err := prefetchFiles(present, files); err != nil {
		return nil, err
	}
	var all []encoded
	for _, file := range files {
		data, err := present.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, encoded{path: file, data: data})
	}
	decodeAll(all)
	objects := make(map[string]*manifest.Object, len(all))
	for _, f := range all {
		if f.err != nil {
			return nil, &UnreadableError{f.path, f.err}
		}
		objects[f.path] = f.object
	}
	return objects, nil
}

// An UnreadableError reports a file of a branch that holds no object that can be
// read, although a ledger lists it.
type UnreadableError struct {
	Path string
	Err  error
}

func (e *UnreadableError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *UnreadableError) Unwrap() error { return e.Err }

// Hint says how to find and mend what was changed by hand.
func (e *UnreadableError) Hint() string {
	return "somebody changed the file: see 'lading verify --integrity', and publish the deployment again"
}

// prefetchFiles asks for files together.
func prefetchFiles(present Tree, files []string) error {
	f, ok := present.(Prefetcher)
	if !ok || len(files) == 0 {
		return nil
	}
	wanted := make(map[string]bool, len(files))
	dirs := make(map[string]bool)
	for _, file := range files {
		wanted[file] = true
		dirs[path.Dir(file)] = true
	}
	return f.Prefetch(sortedKeys(dirs), func(name string) bool { return wanted[name] })
}

// An encoded is a file on its way to an object.
type encoded struct {
	path   string
	data   []byte
	object *manifest.Object
	err    error
}

func decodeAll(files []encoded) {
	workers := min(runtime.GOMAXPROCS(0), len(files))
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(files); i += workers {
				files[i].decode()
			}
		})
	}
	wait.Wait()
}

func (f *encoded) decode() {
	documents := manifest.Documents(f.data)
	switch {
	case len(documents) == 1 && documents[0].Err != nil:
		f.err = documents[0].Err
		return
	case len(documents) != 1:
		f.err = fmt.Errorf("holds %d documents, want one object", len(documents))
		return
	}
	body, ok := documents[0].Value.(map[string]any)
	if !ok {
		f.err = errors.New("holds no object")
		return
	}
	f.object = &manifest.Object{Body: body, Origin: manifest.Origin{Source: f.path, Line: documents[0].Line}}
}

// SharedFiles returns the files of an environment's shared objects by the keys
// that ledgers give them ([ObjectKey]), whoever wrote them.
func SharedFiles(ctx context.Context, present Tree, environment string, g settings.GitOps) (map[string]string, error) {
	dir := SharedDirectory(environment, g)
	p := newPlanner(ctx, &Run{}, &Branch{}, present)
	if err := p.tree.prefetchLedgers([]string{dir}); err != nil {
		return nil, err
	}
	if what, _, err := p.tree.look(dir); what != folder || err != nil {
		return nil, err
	}
	if err := p.readLedgers(dir); err != nil {
		return nil, err
	}
	files := make(map[string]string)
	for _, r := range p.sharedRecords[dir] {
		for _, e := range r.ledger.Objects {
			files[e.Object] = path.Join(dir, e.File)
		}
	}
	return files, nil
}
