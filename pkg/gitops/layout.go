package gitops

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// An Arrangement says which file each object of a run becomes, branch by
// branch.
type Arrangement struct {
	// Branches are ordered by repository and name.
	Branches []*Branch
}

// A Branch is what a run wants one branch to hold.
type Branch struct {
	Destination
	directories []*directory
	shared      []*sharedDirectory
	// only are the environments that the branch is confined to, nil for all,
	// and group the group; nil for none. See [Branch.In].
	only  []string
	group *Group
}

// A directory is what a run wants the directory of one deployment to hold.
type directory struct {
	path     string
	settings *settings.Resolved
	rendered *Rendered
	// namespace is the final one.
	namespace string
	files     []*placed
	// lone are the cluster-scoped objects that no other deployment of the run
	// renders. They lie here unless the repository shares them already.
	lone []*placed
	// shared are the keys of the objects that lie in the environment's shared
	// directory.
	shared []string
}

// A placed is an object and the file that it becomes.
type placed struct {
	Entry
	id     manifest.ID
	object *manifest.Object
	data   []byte
	// by is the deployment that renders it, the first one if several do.
	by *directory
}

func (f *placed) claim() Claim { return Claim{label(f.by.settings), f.object.Origin} }

// Layout decides which file each object of a run becomes. It returns
// [settings.Problems] where directories or branches meet, a [*ClashError] for
// each object that two deployments claim, and a [*SafetyError] for each Secret
// in plain text; several are joined.
func Layout(run *Run) (*Arrangement, error) {
	a := &arranger{branches: make(map[string]*Branch), objects: make(map[address][]*placed)}
	for i := range run.Rendered {
		a.deployment(&run.Rendered[i])
	}
	for _, e := range run.Environments {
		if to, ok := a.claims.environment(e.Project, e.Name, e.GitOps); ok {
			a.sharedOf(a.branch(to), e.Name, e.GitOps)
		}
	}
	if problems := a.claims.check(); len(problems) > 0 {
		return nil, problems
	}
	a.settle()
	if err := joined(a.errs); err != nil {
		return nil, err
	}
	return a.arrangement(), nil
}

// An arranger collects what goes where.
type arranger struct {
	claims   claims
	branches map[string]*Branch
	// objects are all objects by the place that they take in a cluster, order
	// the places in the order in which they were first taken.
	objects map[address][]*placed
	order   []address
	homes   []home
	errs    []error
}

// An address is the place of an object in a cluster.
type address struct {
	cluster string
	manifest.ID
}

// A home tells on which branch a directory lies.
type home struct {
	branch    *Branch
	directory *directory
}

func (a *arranger) branch(to Destination) *Branch {
	b, ok := a.branches[to.key()]
	if !ok {
		b = &Branch{Destination: to}
		a.branches[to.key()] = b
	}
	return b
}

// sharedOf returns the directory of an environment's shared objects.
func (a *arranger) sharedOf(b *Branch, environment string, g settings.GitOps) *sharedDirectory {
	path := environmentDir(environment, g) + sharedDir
	for _, s := range b.shared {
		if s.path == path {
			return s
		}
	}
	s := &sharedDirectory{path: path, environment: environment}
	b.shared = append(b.shared, s)
	return s
}

func (a *arranger) deployment(r *Rendered) {
	namespace := finalNamespace(r)
	own, ok := a.claims.deployment(r.Settings, namespace)
	if !ok {
		return
	}
	d := &directory{path: own.dir, settings: r.Settings, rendered: r, namespace: namespace}
	b := a.branch(own.Destination)
	b.directories = append(b.directories, d)
	a.homes = append(a.homes, home{b, d})
	a.sharedOf(b, r.Settings.EnvironmentName(), r.Settings.GitOps)
	for _, o := range r.Set.Objects() {
		a.object(d, o)
	}
}

func (a *arranger) object(d *directory, o *manifest.Object) {
	if err := refusePlaintext(label(d.settings), o); err != nil {
		a.errs = append(a.errs, err)
		return
	}
	id := o.ID()
	f, err := place(d, o, fileName(id, d.settings.ResourceName(), d.namespace))
	if err != nil {
		a.errs = append(a.errs, err)
		return
	}
	at := address{clusterOf(d.settings), id}
	if a.objects[at] == nil {
		a.order = append(a.order, at)
	}
	a.objects[at] = append(a.objects[at], f)
}

// place encodes an object for a file.
func place(d *directory, o *manifest.Object, file string) (*placed, error) {
	id := o.ID()
	if isProtected(id) {
		o = protect(o)
	}
	data, err := o.YAML()
	if err != nil {
		return nil, fmt.Errorf("%s: writing %s of %s: %w", o.Origin, id, label(d.settings), err)
	}
	return &placed{
		Entry:  Entry{File: file, Object: ObjectKey(id), Digest: digestOf(data)},
		id:     id,
		object: o,
		data:   data,
		by:     d,
	}, nil
}

// clusterOf names the cluster that an environment's objects go to, as far as
// the settings tell. Environments that name none are taken to share one: the
// error that follows where they do not is easily mended, two environments that
// overwrite each other's objects are not.
func clusterOf(r *settings.Resolved) string {
	c := r.Environment.Cluster
	for _, name := range []string{c.Name, c.Server, c.Context} {
		if name != "" {
			return name
		}
	}
	return ""
}

// settle gives every object its directory.
func (a *arranger) settle() {
	homes := make(map[*directory]*Branch, len(a.homes))
	for _, h := range a.homes {
		homes[h.directory] = h.branch
	}
	for _, at := range a.order {
		files := a.objects[at]
		switch {
		case at.Namespace == "" && (len(files) > 1 || isNamespace(at.ID)):
			a.share(homes, files)
		case len(files) > 1:
			a.errs = append(a.errs, clash(files[0], files[1], "is rendered"))
		case at.Namespace == "":
			files[0].by.lone = append(files[0].by.lone, files[0])
		default:
			files[0].by.files = append(files[0].by.files, files[0])
		}
	}
}

// clash reports two deployments that claim one object.
func clash(first, second *placed, message string) error {
	next := "give one of the two objects another name"
	if a, b := first.by.settings, second.by.settings; a.EnvironmentName() != b.EnvironmentName() {
		next = fmt.Sprintf("give %s and %s different namespaces, or say that their clusters differ: set cluster.name of the environments",
			a.EnvironmentName(), b.EnvironmentName())
	}
	return &ClashError{ID: first.id, First: first.claim(), Second: second.claim(), Message: message, Next: next}
}

// arrangement orders branches and what lies in them.
func (a *arranger) arrangement() *Arrangement {
	out := &Arrangement{}
	for _, key := range sortedKeys(a.branches) {
		b := a.branches[key]
		slices.SortFunc(b.directories, func(x, y *directory) int { return strings.Compare(x.path, y.path) })
		slices.SortFunc(b.shared, func(x, y *sharedDirectory) int { return strings.Compare(x.path, y.path) })
		for _, d := range b.directories {
			sortPlaced(d.files)
			slices.Sort(d.shared)
		}
		for _, s := range b.shared {
			sortPlaced(s.files)
		}
		out.Branches = append(out.Branches, b)
	}
	return out
}

func sortPlaced(files []*placed) {
	slices.SortFunc(files, func(a, b *placed) int { return strings.Compare(a.File, b.File) })
}

// joined returns a single error as it is and several as one.
func joined(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
