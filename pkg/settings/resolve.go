// From checked documents to one Resolved per deployment and environment.

package settings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
)

// resolve lays the layers over each other. It works on what is right in
// documents that have problems, so that problems between fields and files
// show up in the same run.
func (l *loader) resolve() error {
	all := l.environments()
	flags := l.flagLayers()
	chosen := l.chooseEnvironments(all)
	l.loaded.Project = l.decodeProject(all)
	l.sortDeployments()
	selected := l.selectDeployments()
	l.checkUnique(all, selected, flags)
	for _, e := range chosen {
		l.loaded.Environments = append(l.loaded.Environments, LoadedEnvironment{
			Name: e.display(), Complete: l.complete(), GitOps: e.gitops,
		})
		for _, d := range l.deployments {
			if selected[d] {
				l.resolveOne(d, e, flags)
			}
		}
	}
	l.warnDerived()
	return nil
}

// complete tells whether no deployment of a project was left out.
func (l *loader) complete() bool {
	return l.project != nil && len(l.Files) == 0 && len(l.Names) == 0 &&
		strings.TrimSpace(l.Selector) == "" && !l.emptyGlob
}

// flagLayers returns the layers of --set and --image.
func (l *loader) flagLayers() []*node {
	var layers []*node
	from := source{abs: l.absolute(stdin)}
	if p, ok := l.loaded.Root.Locate(from.abs); ok {
		from.name = string(p)
	}
	for _, s := range l.Set {
		layer, problems := setLayer(s, l.files, from)
		l.problems = append(l.problems, problems...)
		if layer != nil {
			layers = append(layers, layer)
		}
	}
	if l.Image != "" {
		layer, problems := imageLayer(l.Image)
		l.problems = append(l.problems, problems...)
		if layer != nil {
			layers = append(layers, layer)
		}
	}
	return layers
}

func (l *loader) decodeProject(all []*environment) *Project {
	if l.project == nil {
		return nil
	}
	spec, t := l.project.spec(), projectType()
	p := &Project{Name: l.project.name(), Labels: l.project.labels(), Position: l.project.position(), Root: l.base}
	p.Spec = decode[ProjectSpec](spec, t, false)
	part := func(key string) (*node, *typ, bool) { return spec.get(key), t.byKey[key].typ, true }
	p.Spec.Deployer = decode[DeployerConfig](part("deployer"))
	p.Spec.GitOps = decode[GitOps](part("gitops"))
	p.Spec.Namespaces = decode[Namespaces](part("namespaces"))
	p.Spec.Environments = nil
	p.environments = make(map[string]*node)
	for _, e := range all {
		p.environments[e.display()] = e.tree
		if e.node != nil {
			p.Spec.Environments = append(p.Spec.Environments, e.spec)
		}
	}
	return p
}

// sortDeployments sorts by name, and drops those whose name is missing.
func (l *loader) sortDeployments() {
	l.deployments = slices.DeleteFunc(l.deployments, func(d *document) bool { return d.name() == "" })
	slices.SortStableFunc(l.deployments, func(a, b *document) int {
		return cmp.Or(cmp.Compare(a.name(), b.name()), cmp.Compare(a.in.src.file, b.in.src.file), cmp.Compare(a.tree.line, b.tree.line))
	})
}

// selectDeployments returns those that -l and the names choose.
func (l *loader) selectDeployments() map[*document]bool {
	sel, err := parseSelector(l.Selector)
	if err != nil {
		l.report(&Problem{Path: "--selector", Message: err.Error()})
		return nil
	}
	selected := make(map[*document]bool)
	for _, d := range l.deployments {
		if (len(l.Names) == 0 || slices.Contains(l.Names, d.name())) && sel.matches(d.labels()) {
			selected[d] = true
		}
	}
	l.checkNames()
	if len(selected) == 0 && len(sel) > 0 && len(l.deployments) > 0 {
		l.warn(&Problem{Message: fmt.Sprintf("no deployment matches the selector %s", show(l.Selector))})
	}
	return selected
}

func (l *loader) checkNames() {
	known := make(map[string]bool)
	for _, d := range l.deployments {
		known[d.name()] = true
	}
	names := slices.Sorted(maps.Keys(known))
	for _, name := range l.Names {
		if !known[name] {
			hint := nearest.Hint(name, names)
			if hint == "" && len(names) > 0 && len(names) <= 10 {
				hint = "there is " + strings.Join(names, ", ")
			}
			l.report(&Problem{Message: fmt.Sprintf("there is no deployment named %s", show(name)), Hint: hint})
		}
	}
}

// layers are the trees of a deployment in an environment, low to high.
func (l *loader) layers(d *document, e *environment, flags []*node) []*node {
	layers := slices.Clone(e.base)
	if spec := d.spec(); spec.isSet() && !spec.isBad() {
		layers = append(layers, spec.without("environments"))
	}
	if n := d.environment(e.name()); n.isSet() && !n.isBad() {
		layers = append(layers, n)
	}
	return append(layers, flags...)
}

// checkUnique compares all deployments of all environments, chosen or not:
// what is published today lies beside what was published yesterday.
func (l *loader) checkUnique(all []*environment, selected map[*document]bool, flags []*node) {
	u := newUniqueness(l.report)
	for _, d := range l.deployments {
		l.checkEnvironmentNames(d, all)
		u.name(d)
	}
	for _, e := range all {
		for _, d := range l.deployments {
			layers := l.layers(d, e, nil)
			if selected[d] {
				layers = append(layers, flags...)
			}
			u.id(l.identify(d, e, layers))
		}
	}
}

// resolveOne merges, decodes and checks one deployment in one environment.
func (l *loader) resolveOne(d *document, e *environment, flags []*node) {
	layers := l.layers(d, e, flags)
	var tree *node
	for _, layer := range layers {
		tree = merge(tree, layer, deploymentType())
	}
	who := l.identify(d, e, layers)
	tree = tree.with("id", who.node())
	tree = tree.with("settings", tree.get("settings").with("deployer",
		tree.at("settings", "deployer").with("namespace", l.namespaceNode(layers))))
	tree = l.withImage(tree)
	r := &Resolved{
		Project:     l.loaded.Project,
		Environment: e.spec,
		Name:        d.name(),
		Labels:      d.labels(),
		ID:          who.id,
		IDGiven:     who.given,
		Namespace:   who.namespace,
		Spec:        decodeDeployment(tree),
		Namespaces:  e.namespaces,
		GitOps:      e.gitops,
		Position:    d.position(),
		tree:        tree,
	}
	l.problems = append(l.problems, l.checkResolved(r)...)
	l.loaded.Resolved = append(l.loaded.Resolved, r)
}

// node is the id as a value of the tree.
func (x identified) node() *node {
	out := &node{form: textForm, text: x.id, value: x.id, src: &source{layer: layerDerived, prefix: "spec."}}
	if x.from != nil {
		out.line, out.col, out.src = x.from.line, x.from.col, x.from.src
	}
	if x.from != nil && !x.given {
		out.src = x.from.src.layered(layerDerived, x.from.src.prefix)
	}
	return out
}

// withImage fills in the image that ZenML builds for a pipeline:
// <container_registry>/zenml:<pipeline>.
func (l *loader) withImage(tree *node) *node {
	pipeline := tree.get("pipeline")
	if !pipeline.isSet() || pipeline.isBad() || tree.get("image").isSet() || l.project == nil {
		return tree
	}
	registry := l.project.text("spec", "container_registry")
	if registry == "" {
		return tree
	}
	image := *pipeline
	image.text = strings.TrimRight(registry, "/") + "/zenml:" + pipeline.text
	image.value = image.text
	return tree.with("image", &image)
}

// warnDerived says once that derived ids need a server that knows them.
func (l *loader) warnDerived() {
	if l.SilentIDs {
		return
	}
	var first *Resolved
	count, last := 0, ""
	for _, r := range l.loaded.Resolved {
		if r.IDGiven || r.Spec.Entrypoint != "zenml" {
			continue
		}
		if first == nil {
			first = r
		}
		if r.Name != last {
			count, last = count+1, r.Name
		}
	}
	if first == nil {
		return
	}
	p := &Problem{
		Position: first.Position,
		Path:     "spec.id",
		Message:  fmt.Sprintf("the id of %s is derived, and ZenML's entrypoint needs one that the server knows", show(first.Name)),
		Hint:     "set spec.id to the deployment's id on the server, or entrypoint: image",
	}
	if count > 1 {
		p.Message = fmt.Sprintf("the ids of %s and other deployments are derived, and ZenML's entrypoint needs ids that the server knows", show(first.Name))
	}
	l.warn(p)
}
