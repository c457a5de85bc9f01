package settings

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
)

// Options say what to load.
type Options struct {
	// Files are settings files or directories, "-" for Stdin. Where there
	// are none, the project names the deployments.
	Files []string
	Stdin io.Reader
	// Dir is the working directory.
	Dir string
	// Project is a project file or its directory; where it is empty and
	// NoProject is not set, the project is searched upward.
	Project   string
	NoProject bool
	// AllowPaths are directories outside of the root that settings may name.
	AllowPaths []string
	// Home is what ~ stands for in paths; empty where not known.
	Home string
	// Environments are names of environments, none for all.
	Environments []string
	// Selector chooses deployments by their labels, as kubectl's -l.
	Selector string
	// Set are assignments PATH=VALUE below spec of the chosen deployments.
	Set   []string
	Image string
	// Names are the names of deployments, none for all.
	Names []string
	// ProjectOnly leaves deployments out, so that what is wrong with them is
	// in nobody's way, and does without a project where there is none.
	ProjectOnly bool
	// SilentIDs leaves out the warning that ids are derived, for commands
	// that neither show nor publish manifests.
	SilentIDs bool
}

// A Loaded is everything that one run works on.
type Loaded struct {
	// Project is nil where there is none.
	Project *Project
	// Root is what paths in the settings are relative to and confined to.
	Root *Root
	// Resolved are the chosen deployments: environments in the project's
	// order, deployments by name within one.
	Resolved []*Resolved
	// Environments are the chosen environments.
	Environments []LoadedEnvironment
	Warnings     Problems
}

// A LoadedEnvironment is one environment of a run.
type LoadedEnvironment struct {
	// Name is the one used in paths: "default" without a project.
	Name string
	// Complete tells that every deployment of the environment was loaded: no
	// -f, selector or name left any out, and every glob matched something.
	Complete bool
	GitOps   GitOps
}

// Load finds, reads, checks and resolves settings. The error is [Problems]
// with everything that is wrong in all files, or that of reading a file.
func Load(o Options) (*Loaded, error) {
	l := &loader{Options: o, inputs: make(map[string]*input)}
	for _, step := range []func() error{
		l.readGiven,
		l.findProject,
		l.openRoot,
		l.readProject,
		l.checkDocuments,
		l.resolve,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	l.loaded.Warnings = l.loaded.Warnings.sorted()
	return &l.loaded, nil
}

// A loader is the state of one [Load], filled step by step.
type loader struct {
	Options
	inputs  map[string]*input // by absolute path
	given   []*input          // of -f
	project *document         // nil where there is none
	base    string            // the directory that becomes the root
	files   *files

	deployments []*document
	emptyGlob   bool

	loaded   Loaded
	problems Problems
}

func (l *loader) report(p *Problem) { l.problems = append(l.problems, p) }
func (l *loader) warn(p *Problem)   { l.loaded.Warnings = append(l.loaded.Warnings, p) }

// stop returns the problems so far as an error where going on makes no sense.
func (l *loader) stop() error {
	if len(l.problems) == 0 {
		return nil
	}
	return l.problems.sorted()
}

// openRoot opens the directory that all paths are confined to.
func (l *loader) openRoot() error {
	o := RootOptions{Dir: l.base, WorkDir: l.Dir, Home: l.Home}
	for _, dir := range l.AllowPaths {
		if rest, ok := strings.CutPrefix(dir, "~/"); ok && l.Home != "" {
			dir = filepath.Join(l.Home, rest)
		}
		o.Allow = append(o.Allow, dir)
	}
	root, err := o.Open()
	if err != nil {
		l.report(&Problem{Message: err.Error()})
		return l.stop()
	}
	l.loaded.Root = root
	l.files = newFiles(root)
	return nil
}

// checkDocuments checks every document against its description.
func (l *loader) checkDocuments() error {
	if l.project != nil {
		l.checkDocument(l.project)
	}
	for _, d := range l.deployments {
		l.checkDocument(d)
	}
	return nil
}

func (l *loader) checkDocument(d *document) {
	if d.kind == "Project" {
		d.relabelProject()
	} else {
		d.relabelDeployment()
	}
	c := &checker{files: l.files}
	c.value(d.tree, documentTypes[d.kind](), &place{kind: rootPlace})
	l.problems = append(l.problems, c.problems...)
}

// reason is what the operating system said, without the path that the
// message names already.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
