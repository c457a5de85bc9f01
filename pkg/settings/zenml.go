package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/manifest"
)

// FromZenML converts a ZenML run configuration, the file of zenml pipeline
// deploy --config, into the text of a PipelineDeployment of that name.
//
// Settings of the deployer and resources are taken over as they are, with
// their order and comments. Whatever has no place in the result, or needs a
// second look, is told in a note: each begins with its place in the file. A
// key for authentication is never taken over. Mistakes of the file itself are
// returned as [Problems].
func FromZenML(file string, data []byte, name string) (text []byte, notes []string, err error) {
	if message, _ := ruleNamed("text").check(name); message != "" {
		return nil, nil, fmt.Errorf("the name of the deployment: %s", message)
	}
	root, err := parseZenML(file, data)
	if err != nil {
		return nil, nil, err
	}
	c := &zenmlConverter{file: file}
	document := c.document(root, name)
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b *Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, nil, c.problems
	}
	text, err = encodeZenML(document)
	if err != nil {
		return nil, nil, fmt.Errorf("writing the deployment of %s: %w", file, err)
	}
	return text, c.texts(), nil
}

// A zenmlConverter collects what is said about one file.
type zenmlConverter struct {
	file     string
	notes    []*zenmlNote
	problems Problems
}

// A zenmlNote is one remark about one or several keys.
type zenmlNote struct {
	at   *yaml.Node // of the first key; nil where the note is about no key
	keys []string
	why  string
}

// leftOut notes a key that the result does not have. Keys with the same
// reason share a note.
func (c *zenmlConverter) leftOut(key *yaml.Node, path, why string) {
	for _, n := range c.notes {
		if n.why == why && n.keys != nil && why != whyUnknown {
			n.keys = append(n.keys, path)
			return
		}
	}
	c.notes = append(c.notes, &zenmlNote{at: key, keys: []string{path}, why: why})
}

func (c *zenmlConverter) remark(at *yaml.Node, text string) {
	c.notes = append(c.notes, &zenmlNote{at: at, why: text})
}

func (c *zenmlConverter) problem(at *yaml.Node, path, message string) {
	c.problems = append(c.problems, &Problem{Position: c.position(at), Path: path, Message: message})
}

func (c *zenmlConverter) position(at *yaml.Node) Position {
	if at == nil {
		return Position{File: c.file}
	}
	return Position{File: c.file, Line: at.Line, Column: at.Column}
}

func (c *zenmlConverter) texts() []string {
	slices.SortStableFunc(c.notes, func(a, b *zenmlNote) int {
		return cmp.Compare(c.position(a.at).Line, c.position(b.at).Line)
	})
	texts := make([]string, len(c.notes))
	for i, n := range c.notes {
		texts[i] = n.why
		if n.keys != nil {
			verb := "is"
			if len(n.keys) > 1 {
				verb = "are"
			}
			texts[i] = fmt.Sprintf("%s %s left out: %s", strings.Join(n.keys, ", "), verb, n.why)
		}
		texts[i] = c.position(n.at).String() + ": " + texts[i]
	}
	return texts
}

// document builds the PipelineDeployment.
func (c *zenmlConverter) document(root *yaml.Node, name string) *yaml.Node {
	spec := newMapping()
	settings := newMapping()
	var env *yaml.Node
	var image string
	for key, value := range nodeEntries(root) {
		switch key.Value {
		case "settings":
			image = c.settings(settings, key, value)
		case "environment":
			env = c.environment(key, value)
		default:
			c.runKey(key, value)
		}
	}
	addKey(spec, "image", c.image(image, name))
	if env != nil && len(env.Content) > 0 {
		addKey(spec, "env", env)
	}
	if len(settings.Content) > 0 {
		addKey(spec, "settings", settings)
	}
	document := newMapping()
	addKey(document, "apiVersion", newText(APIVersion))
	addKey(document, "kind", newText("PipelineDeployment"))
	addKey(document, "metadata", newMapping())
	addKey(document.Content[5], "name", newText(name))
	addKey(document, "spec", spec)
	return document
}

// runKey notes a key of the run configuration that is no setting.
func (c *zenmlConverter) runKey(key, value *yaml.Node) {
	if why, ok := zenmlRunKeys[key.Value]; ok {
		if !isNullNode(value) {
			c.leftOut(key, key.Value, why)
		}
		return
	}
	c.unknown(key, key.Value, append(zenmlKeys(zenmlRunKeys), "settings", "environment"))
}

// unknown notes a key that ZenML does not know either.
func (c *zenmlConverter) unknown(key *yaml.Node, path string, known []string) {
	why := whyUnknown
	if hint := nearest.Hint(key.Value, known); hint != "" {
		why += ", " + hint
	}
	c.leftOut(key, path, why)
}

// image returns the image to run: the one that the docker settings name, or
// one to be filled in.
func (c *zenmlConverter) image(given, name string) *yaml.Node {
	if given != "" {
		return newText(given)
	}
	guess := newText("registry.example.com/zenml:" + manifest.K8sName(name, 63))
	guess.HeadComment = "# The image that ZenML built: <container registry>/zenml:<pipeline>."
	c.remark(nil, fmt.Sprintf("spec.image is %s, which stands for the image that ZenML built for the pipeline: write its name", guess.Value))
	return guess
}

// environment takes the variables over as plain strings.
func (c *zenmlConverter) environment(key, value *yaml.Node) *yaml.Node {
	if !c.isMapping(key.Value, value) {
		return nil
	}
	env := newMapping()
	for k, v := range nodeEntries(c.copyStrings(key.Value, value, deploymentType().byKey["env"].typ)) {
		switch {
		case zenmlReference.MatchString(v.Value):
			c.leftOut(k, zenmlPath(key.Value, k.Value), zenmlRunKeys["secrets"])
			continue
		case zenmlSecretName.MatchString(k.Value):
			c.remark(k, fmt.Sprintf("environment.%s looks like a secret, and spec.env is plain text in Git: put the value into a Secret of the cluster and name that in spec.secretEnv", k.Value))
		}
		env.Content = append(env.Content, k, v)
	}
	return env
}

// settings takes over what the deployer and the resources are set to, and
// returns the image that the docker settings name, if any.
func (c *zenmlConverter) settings(to, key, value *yaml.Node) (image string) {
	if !c.isMapping("settings", value) {
		return ""
	}
	var deployer, server *yaml.Node
	for k, v := range nodeEntries(value) {
		path := "settings." + k.Value
		switch {
		case k.Value == "resources":
			c.group(to, "resources", k, v)
		case k.Value == "deployer", k.Value == "deployer.kubernetes", strings.HasPrefix(k.Value, "deployer:"):
			if deployer != nil {
				c.problem(k, path, fmt.Sprintf("settings of the deployer are also in line %d, want them under one key", deployer.Line))
				continue
			}
			deployer = k
			c.group(to, "deployer", k, v)
			c.paths(path, v)
			if strings.HasPrefix(k.Value, "deployer:") {
				c.remark(k, path+" is taken to be a Kubernetes deployer")
			}
		default:
			if k.Value == "deployment" {
				server = v
			}
			if k.Value == "docker" {
				image = zenmlImage(v)
			}
			c.otherSettings(k, v)
		}
	}
	c.comparePorts(nodeLookup(to, "deployer"), server)
	return image
}

// group takes over one group of settings.
func (c *zenmlConverter) group(to *yaml.Node, name string, key, value *yaml.Node) {
	path := zenmlPath("settings", key.Value)
	if !c.isMapping(path, value) {
		return
	}
	t := deploymentType().byKey["settings"].typ.byKey[name].typ
	if fields := c.copyFields(path, name, value, t); len(fields.Content) > 0 {
		fields.HeadComment = key.HeadComment
		addKey(to, name, fields)
	}
}

// copyFields takes over the fields that are known. The schema path is the
// path as lading writes it, from the group on.
func (c *zenmlConverter) copyFields(path, schema string, value *yaml.Node, t *typ) *yaml.Node {
	to := newMapping()
	to.Style = value.Style
	for k, v := range nodeEntries(value) {
		path, schema := zenmlPath(path, k.Value), zenmlPath(schema, k.Value)
		field, known := t.byKey[k.Value]
		switch why := zenmlLeftOut[schema]; {
		case why != "" && isNullNode(v):
		case why != "":
			c.leftOut(k, path, why)
		case !known:
			c.unknown(k, path, t.keys())
		default:
			if v = c.copyField(path, schema, v, field.typ); v != nil {
				to.Content = append(to.Content, k, v)
			}
		}
	}
	return to
}

// copyField takes over the value of one field, or returns nil.
func (c *zenmlConverter) copyField(path, schema string, value *yaml.Node, t *typ) *yaml.Node {
	switch {
	case isNullNode(value):
		return value
	case t.kind != structKind && (t.kind != mapKind || t.elem.kind != textKind):
		return pythonValue(value)
	case !c.isMapping(path, value):
		return nil
	case t.kind == structKind:
		return c.copyFields(path, schema, value, t)
	}
	return c.copyStrings(path, value, t)
}

// copyStrings takes over a mapping whose values are strings here, whatever
// they look like. Keys that ZenML takes and lading does not, such as a managed
// label, are left out.
func (c *zenmlConverter) copyStrings(path string, value *yaml.Node, t *typ) *yaml.Node {
	to := newMapping()
	to.Style = value.Style
	for k, v := range nodeEntries(value) {
		if message, _ := t.rule.check(k.Value); message != "" {
			c.leftOut(k, zenmlPath(path, k.Value), message)
			continue
		}
		if v.Kind != yaml.ScalarNode || isNullNode(v) {
			c.problem(v, zenmlPath(path, k.Value), fmt.Sprintf("is %s, want a string", nodeKind(v)))
			continue
		}
		if _, ok := pythonBools[v.Value]; v.ShortTag() != "!!str" || ok && v.Style == 0 {
			v.Tag, v.Style = "!!str", yaml.DoubleQuotedStyle
		}
		to.Content = append(to.Content, k, v)
	}
	return to
}

// isMapping tells whether a value is a mapping; anything else but null is a
// problem.
func (c *zenmlConverter) isMapping(path string, value *yaml.Node) bool {
	if value.Kind == yaml.MappingNode {
		return true
	}
	if !isNullNode(value) {
		c.problem(value, path, fmt.Sprintf("is %s, want a mapping", nodeKind(value)))
	}
	return false
}

// paths notes where files are looked up from now on.
func (c *zenmlConverter) paths(path string, deployer *yaml.Node) {
	for _, key := range []string{"additional_resources", "custom_templates_dir"} {
		if v := nodeLookup(deployer, key); v != nil && !isNullNode(v) {
			c.remark(v, fmt.Sprintf("%s.%s: paths belong to the directory of the deployment's file, no longer to the one in which zenml runs", path, key))
		}
	}
}

// comparePorts notes a server that listens where nobody asks.
func (c *zenmlConverter) comparePorts(deployer, server *yaml.Node) {
	port := nodeLookup(server, "uvicorn_port")
	if port == nil || isNullNode(port) {
		return
	}
	asked := "8000"
	if v := nodeLookup(deployer, "service_port"); v != nil && !isNullNode(v) {
		asked = v.Value
	}
	if port.Value != asked {
		c.remark(port, fmt.Sprintf("settings.deployment.uvicorn_port is %s and settings.deployer.service_port %s: want one number, since the server listens on the first and Service and probes ask the second", port.Value, asked))
	}
}

// otherSettings notes settings that are neither the deployer's nor resources.
func (c *zenmlConverter) otherSettings(key, value *yaml.Node) {
	if isNullNode(value) {
		return
	}
	path := "settings." + key.Value
	kind := strings.FieldsFunc(key.Value, func(r rune) bool { return r == '.' || r == ':' })
	switch {
	case zenmlOtherSettings[key.Value] != "":
		c.leftOut(key, path, zenmlOtherSettings[key.Value])
	case strings.HasPrefix(key.Value, "deployer."):
		c.leftOut(key, path, "for another kind of deployer")
	case len(kind) > 0 && slices.Contains(zenmlComponents, kind[0]):
		c.leftOut(key, path, "for another component of the stack")
	default:
		c.unknown(key, path, append(zenmlKeys(zenmlOtherSettings), "deployer", "deployer.kubernetes", "resources"))
	}
}

// zenmlImage returns the image that is run as it is, empty where ZenML
// builds one.
func zenmlImage(docker *yaml.Node) string {
	parent, skip := nodeLookup(docker, "parent_image"), nodeLookup(docker, "skip_build")
	if parent == nil || parent.ShortTag() != "!!str" || skip == nil || pythonBools[skip.Value] != "true" {
		return ""
	}
	return parent.Value
}
