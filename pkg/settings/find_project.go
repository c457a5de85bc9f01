// Finding the project, and the files that it names.

package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// projectFile is the name under which a project is searched.
const projectFile = "lading.yaml"

// findProject decides which project is meant: the one of --project, else one
// among the given files, else one found upward.
func (l *loader) findProject() error {
	file, err := l.projectPath()
	if err != nil {
		return err
	}
	if file != "" {
		if err := l.loadProject(file); err != nil {
			return err
		}
	}
	if !l.NoProject {
		for _, in := range l.given {
			l.takeProject(in)
		}
	}
	switch {
	case l.project != nil:
		l.base = filepath.Dir(l.project.in.abs)
	case len(l.given) > 0:
		l.base = filepath.Dir(l.given[0].abs)
	case l.ProjectOnly && len(l.problems) == 0:
		l.base = l.Dir
	case len(l.Files) == 0 && len(l.problems) == 0:
		l.report(&Problem{
			Message: "there is no settings file, want -f FILE or a project",
			Hint:    "a project is a " + projectFile + " in this directory or above; lading init writes one",
		})
	}
	if l.base == "" {
		return l.stop()
	}
	return nil
}

// projectPath returns the project's file, empty where there is none or it is
// among the given files.
func (l *loader) projectPath() (string, error) {
	if l.NoProject {
		return "", nil
	}
	if l.Project != "" {
		file := l.absolute(l.Project)
		info, err := os.Stat(file)
		if err != nil {
			return "", l.unreadable(l.Project, err)
		}
		if info.IsDir() {
			file = filepath.Join(file, projectFile)
		}
		return file, nil
	}
	for _, in := range l.given {
		if in.hasProject() {
			return "", nil
		}
	}
	return searchUpward(l.start()), nil
}

// start is the directory from which the project is searched.
func (l *loader) start() string {
	if len(l.Files) == 0 || l.Files[0] == stdin {
		return l.Dir
	}
	abs := l.absolute(l.Files[0])
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return abs
	}
	return filepath.Dir(abs)
}

// searchUpward returns the project's file in a directory or above it.
func searchUpward(dir string) string {
	for {
		file := filepath.Join(dir, projectFile)
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// loadProject reads the project's file.
func (l *loader) loadProject(file string) error {
	in := l.inputs[file]
	if in == nil {
		name := l.display(file)
		data, err := readLimited(file)
		if err != nil {
			return l.unreadable(name, err)
		}
		before := len(l.problems)
		in = l.parse(name, file, data)
		if !in.hasProject() && len(l.problems) == before {
			l.report(&Problem{Position: Position{File: name}, Message: "holds no document of kind Project"})
		}
	}
	l.takeProject(in)
	return nil
}

// display returns a file as the user would type it.
func (l *loader) display(file string) string {
	rel, err := filepath.Rel(l.Dir, file)
	if err != nil || len(rel) > len(file) {
		return file
	}
	return rel
}

func (in *input) hasProject() bool {
	return slices.ContainsFunc(in.docs, func(d *document) bool { return d.kind == "Project" })
}

// takeProject makes a Project of the file the project of the run; a second
// one is a problem.
func (l *loader) takeProject(in *input) {
	for _, d := range in.docs {
		switch {
		case d.kind != "Project" || d == l.project:
		case l.project == nil:
			l.project = d
		default:
			l.report(&Problem{
				Position: d.position(),
				Message:  fmt.Sprintf("is a second Project beside the one in %s, want one", l.project.position()),
				Hint:     "choose one with --project, or leave it out of -f",
			})
		}
	}
}

// readProject collects the deployments: those of -f, or all that the project
// names.
func (l *loader) readProject() error {
	for _, in := range l.inputs {
		if p, ok := l.loaded.Root.Locate(in.abs); ok {
			in.src.name = string(p)
		}
	}
	if l.ProjectOnly {
		return nil
	}
	if len(l.Files) > 0 {
		for _, in := range l.given {
			l.takeDeployments(in)
		}
		return nil
	}
	if l.project != nil {
		l.takeDeployments(l.project.in)
		return l.readGlobs()
	}
	return nil
}

func (l *loader) takeDeployments(in *input) {
	for _, d := range in.docs {
		if d.kind == "PipelineDeployment" {
			l.deployments = append(l.deployments, d)
		}
	}
}

// readGlobs reads the files that spec.deployments matches.
func (l *loader) readGlobs() error {
	globs := l.project.spec().get("deployments")
	if globs == nil || globs.form != listForm {
		if len(l.deployments) == 0 {
			l.warn(&Problem{Position: l.project.position(), Path: "spec", Message: "names no deployments", Hint: `add deployments: ["deployments/*/deployment.yaml"]`})
		}
		return nil
	}
	for i, item := range globs.items {
		if item.form != textForm {
			continue
		}
		path := fmt.Sprintf("spec.deployments[%d]", i)
		names, err := glob(l.loaded.Root, item.text)
		if err != nil {
			l.report(&Problem{Position: item.position(), Path: path, Message: err.Error()})
			continue
		}
		if len(names) == 0 {
			l.emptyGlob = true
			l.warn(&Problem{Position: item.position(), Path: path, Message: fmt.Sprintf("%s matches no file", show(item.text))})
		}
		if err := l.readAll(names); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads files of the root, each once.
func (l *loader) readAll(names []string) error {
	root := l.loaded.Root
	for _, name := range names {
		abs := filepath.Join(root.Dir(), filepath.FromSlash(name))
		if l.inputs[abs] != nil {
			continue
		}
		display := root.Display(Path(name))
		if info, err := root.Stat(name); err == nil && info.Size() > MaxSettingsSize {
			l.report(&Problem{Position: Position{File: display}, Message: fmt.Sprintf("is larger than %d MiB, want a settings file", MaxSettingsSize>>20)})
			continue
		}
		data, err := root.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading %s: %s", display, reason(err))
		}
		in := l.parse(display, abs, data)
		in.src.name = name
		l.takeDeployments(in)
		if in.hasProject() {
			l.takeProject(in)
		}
	}
	return nil
}
