// Documents of settings files before they are checked.

package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
)

// A document is one document of a settings file.
type document struct {
	kind string
	in   *input
	tree *node
}

// readDocuments sorts the trees of a file into documents by their kind.
func readDocuments(in *input, trees []*node) ([]*document, Problems) {
	var docs []*document
	var problems Problems
	for _, tree := range trees {
		kind, problem := documentKind(tree)
		if problem != nil {
			problems = append(problems, problem)
			continue
		}
		docs = append(docs, &document{kind: kind, in: in, tree: tree})
	}
	return docs, problems
}

// documentKind returns the kind of a document, or why it is none of ours.
func documentKind(tree *node) (string, *Problem) {
	kind := tree.get("kind")
	switch {
	case tree.isBad():
		return "", &Problem{Position: tree.position(), Message: "is no settings document"}
	case tree.form != mapForm:
		return "", &Problem{Position: tree.position(), Message: tree.what() + ", want a mapping with apiVersion, kind, metadata and spec"}
	case !kind.isSet():
		p := &Problem{Position: tree.position(), Message: "has no kind, want " + orList(Kinds)}
		p.Hint = foreignHint(tree)
		return "", p
	case !slices.Contains(Kinds, kind.text) || kind.form != textForm:
		p := &Problem{Position: kind.position(), Path: "kind", Message: fmt.Sprintf("is %s, want %s", show(kind.text), orList(Kinds))}
		p.Hint = nearest.Hint(kind.text, Kinds)
		if version := tree.get("apiVersion"); p.Hint == "" && version.isSet() && !strings.HasPrefix(version.text, "lading.dev/") {
			p.Hint = "objects of Kubernetes belong into settings.deployer.additional_resources of a deployment"
		}
		return "", p
	}
	return kind.text, nil
}

// foreignHint helps those who hand over a ZenML run configuration.
func foreignHint(tree *node) string {
	if tree.get("settings") != nil {
		return "a ZenML run configuration is converted by: lading init --from-zenml FILE"
	}
	return "begin with: apiVersion: " + APIVersion
}

func (d *document) position() Position { return d.tree.position() }

// spec is what stands under spec.
func (d *document) spec() *node { return d.tree.get("spec") }

// text returns a text of the document, empty where it is missing or wrong.
func (d *document) text(keys ...string) string {
	if n := d.tree.at(keys...); n.isSet() && n.form == textForm {
		return n.text
	}
	return ""
}

func (d *document) name() string { return d.text("metadata", "name") }

func (d *document) labels() map[string]string {
	n := d.tree.at("metadata", "labels")
	out := make(map[string]string)
	if n == nil {
		return out
	}
	for _, e := range n.entries {
		if e.value.form == textForm {
			out[e.key] = e.value.text
		}
	}
	return out
}

// environments are the entries under spec.environments of a deployment.
func (d *document) environments() []entry {
	if n := d.spec().get("environments"); n != nil && n.form == mapForm {
		return n.entries
	}
	return nil
}

// environment is what a deployment says for one environment.
func (d *document) environment(name string) *node {
	return d.spec().at("environments", name)
}

func (d *document) relabelDeployment() {
	for _, e := range d.environments() {
		prefix := joinPath("spec.environments", e.key) + "."
		e.value.relabel(d.in.src.layered(layerForEnv+" "+e.key, prefix))
	}
}

func (d *document) relabelProject() {
	d.spec().relabel(d.in.src.layered(layerProject, "spec."))
	d.spec().get("defaults").relabel(d.in.src.layered(layerDefaults, "spec.defaults."))
	environments := d.spec().get("environments")
	if environments == nil {
		return
	}
	for i, n := range environments.items {
		layer := layerEnvironment
		if name := n.get("name"); name != nil {
			layer += " " + name.text
		}
		n.relabel(d.in.src.layered(layer, fmt.Sprintf("spec.environments[%d].", i)))
	}
}
