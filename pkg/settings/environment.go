package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
)

// An environment is one environment of the project, or the one that there is
// where the project names none.
type environment struct {
	node *node // nil for the implicit one
	// tree is the node over what the project says of the same: gitops and
	// namespaces.
	tree *node
	spec EnvironmentSpec
	// base are the layers below every deployment, merged once.
	base []*node
	// namespaces and gitops are the project's with the environment's over it.
	namespaces Namespaces
	gitops     GitOps
}

func (e *environment) name() string { return e.spec.Name }

// key is the environment's part of derived ids.
func (e *environment) key() string {
	if e.spec.Key != "" {
		return e.spec.Key
	}
	return e.spec.Name
}

// display is the name used in paths and messages.
func (e *environment) display() string {
	if e.spec.Name == "" {
		return "default"
	}
	return e.spec.Name
}

// cluster tells clusters apart. An environment that does not name its cluster
// has one of its own.
func (e *environment) cluster() string {
	switch {
	case e.spec.Cluster.Name != "":
		return "name " + e.spec.Cluster.Name
	case e.spec.Cluster.Server != "":
		return "server " + e.spec.Cluster.Server
	}
	return "environment " + e.spec.Name
}

// environments returns all environments of the project in its order.
func (l *loader) environments() []*environment {
	var out []*environment
	for _, n := range l.environmentNodes() {
		name := n.get("name")
		if n.form != mapForm || !name.isSet() || name.isBad() {
			continue
		}
		if i := slices.IndexFunc(out, func(e *environment) bool { return e.name() == name.text }); i >= 0 {
			l.report(&Problem{Position: name.position(), Path: n.src.prefix + "name",
				Message: fmt.Sprintf("%s is there already (%s), want names that are unique", show(name.text), out[i].node.position())})
			continue
		}
		out = append(out, l.environment(n))
	}
	if len(out) == 0 {
		out = append(out, l.environment(nil))
	}
	return out
}

func (l *loader) environmentNodes() []*node {
	if l.project == nil {
		return nil
	}
	if n := l.project.spec().get("environments"); n != nil && n.form == listForm {
		return n.items
	}
	return nil
}

// deploymentKeys are the keys that an environment shares with deployments.
var deploymentKeys = []string{"env", "secretEnv", "settings", "jsonnet", "components", "overlays", "entrypoint"}

// projectKeys are the keys that an environment shares with the project.
var projectKeys = []string{"gitops", "namespaces"}

func (l *loader) environment(n *node) *environment {
	e := &environment{node: n}
	var project *node
	if l.project != nil {
		project = l.project.spec()
	}
	t := projectType()
	if n != nil {
		e.spec = decode[EnvironmentSpec](n, t.byKey["environments"].typ.elem, false)
	}
	below := merge(project.get("defaults"), n.only(deploymentKeys), deploymentType())
	if below != nil {
		e.base = []*node{below}
	}
	e.tree = merge(project.only(projectKeys), n, t.byKey["environments"].typ.elem)
	e.namespaces = decode[Namespaces](e.tree.get("namespaces"), t.byKey["namespaces"].typ, true)
	e.gitops = decode[GitOps](e.tree.get("gitops"), t.byKey["gitops"].typ, true)
	e.spec.Namespaces, e.spec.GitOps = e.namespaces, e.gitops
	return e
}

// only returns a mapping with some of its keys, nil where it has none.
func (n *node) only(keys []string) *node {
	if n == nil || n.form != mapForm {
		return nil
	}
	out := *n
	out.entries = nil
	for _, e := range n.entries {
		if slices.Contains(keys, e.key) {
			out.entries = append(out.entries, e)
		}
	}
	if len(out.entries) == 0 {
		return nil
	}
	return &out
}

// chooseEnvironments returns those that --env names, all where it names none.
func (l *loader) chooseEnvironments(all []*environment) []*environment {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.display()
	}
	for _, name := range l.Environments {
		if slices.Contains(names, name) {
			continue
		}
		p := &Problem{Path: "--env", Message: fmt.Sprintf("there is no environment %s, want %s", show(name), orList(names)), Hint: nearest.Hint(name, names)}
		if len(all) == 1 && all[0].node == nil {
			p.Message = fmt.Sprintf("there is no environment %s: no project names any", show(name))
			p.Hint = "environments stand in " + projectFile + "; see --project"
		} else if strings.Contains(name, ",") {
			p.Hint = "repeat the flag: --env " + strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ',' }), " --env ")
		}
		l.report(p)
	}
	if len(l.Environments) == 0 {
		return all
	}
	var chosen []*environment
	for _, e := range all {
		if slices.Contains(l.Environments, e.display()) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// checkEnvironmentNames reports changes for environments that are not there.
func (l *loader) checkEnvironmentNames(d *document, all []*environment) {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.name()
	}
	for _, e := range d.environments() {
		at := Position{d.in.src.file, e.line, e.col}
		path := joinPath("spec.environments", e.key)
		switch {
		case slices.Contains(names, e.key):
		case l.project == nil:
			l.warn(&Problem{Position: at, Path: path, Message: "has no effect without a project"})
		case all[0].node == nil:
			l.report(&Problem{Position: at, Path: path, Message: "the project has no environments", Hint: "name it under spec.environments of " + l.project.in.src.file})
		default:
			l.report(&Problem{Position: at, Path: path, Message: fmt.Sprintf("the project has no environment %s, want %s", show(e.key), orList(names)), Hint: nearest.Hint(e.key, names)})
		}
	}
}
