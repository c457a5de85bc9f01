// --set and --image: values that come from flags.

package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
)

// setLayer reads an assignment such as settings.deployer.service_port=9000
// into a tree that holds nothing else. Problems have the flag in their path.
func setLayer(assignment string, files *files, from source) (*node, Problems) {
	src := from.layered(layerSet, "--set ")
	path, text, ok := cutAssignment(assignment)
	if !ok {
		return nil, Problems{{Path: "--set", Message: fmt.Sprintf("%s has no =, want PATH=VALUE", show(assignment))}}
	}
	keys, err := splitPath(path)
	if err != nil {
		return nil, Problems{{Path: "--set", Message: err.Error()}}
	}
	t, at, problem := walkSet(keys)
	if problem != nil {
		return nil, Problems{problem}
	}
	value, problems := setValue(text, t, src)
	if len(problems) > 0 {
		return nil, setProblems(problems, at)
	}
	c := &checker{files: files, lenient: true}
	c.value(value, t, at)
	if len(c.problems) > 0 {
		return nil, setProblems(c.problems, at)
	}
	return nest(keys, value, src), nil
}

// cutAssignment splits at the first = outside of brackets.
func cutAssignment(s string) (path, value string, ok bool) {
	inside := false
	for i, c := range []byte(s) {
		switch {
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case c == '=' && !inside:
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

// walkSet returns the description of what a path names, and its place.
func walkSet(keys []string) (*typ, *place, *Problem) {
	t := deploymentType()
	at := &place{kind: rootPlace, key: "--set "}
	for _, key := range keys {
		if problem := checkStep(t, key, at); problem != nil {
			return nil, nil, problem
		}
		t, at = t.child(key), at.child(key)
	}
	return t, at, nil
}

// checkStep returns why a key cannot stand below a value of a description.
func checkStep(t *typ, key string, at *place) *Problem {
	path := strings.TrimSpace(at.String())
	switch t.kind {
	case structKind:
		if f, ok := t.byKey[key]; ok && f.key == "environments" && t == deploymentType() {
			return &Problem{Path: path, Message: "environments cannot be set, want the field itself", Hint: "choose the environment with --env"}
		} else if ok {
			return nil
		}
		return unknownStep(t, key, path)
	case mapKind, freeKind:
		if message, hint := t.rule.check(key); message != "" {
			return &Problem{Path: path, Message: "key " + message, Hint: hint}
		}
		return nil
	case anyKind:
		return nil
	case listKind:
		return &Problem{Path: path, Message: "is a list and can only be set as a whole", Hint: "write " + strings.TrimPrefix(path, "--set ") + "=[…]"}
	}
	return &Problem{Path: path, Message: fmt.Sprintf("is %s and has no key %s", t.wanted(), show(key))}
}

func unknownStep(t *typ, key, path string) *Problem {
	p := &Problem{Path: path, Message: fmt.Sprintf("unknown key %s", show(key))}
	if best := nearest.Word(key, t.keys()); best != "" {
		p.Hint = didYouMean(best)
	} else if under := findKey(t, key, ""); under != "" {
		p.Hint = didYouMean(strings.TrimLeft(strings.TrimPrefix(path, "--set")+"."+under+"."+key, " ."))
	} else if key == "spec" && t == deploymentType() {
		p.Hint = "leave it out: the path starts below spec"
	} else {
		p.Message += ", want " + orList(slices.DeleteFunc(t.keys(), func(k string) bool { return k == "environments" && t == deploymentType() }))
	}
	return p
}

// setValue reads the value of a flag. Where a text is wanted it is the text;
// null takes the value back everywhere; all else is YAML.
func setValue(text string, t *typ, src *source) (*node, Problems) {
	asText := t.kind == textKind || t.kind == pathKind || t.kind == quantityKind
	switch {
	case text == "null":
		return &node{form: nullForm, src: src, text: text}, nil
	case asText:
		return &node{form: textForm, src: src, text: text, value: text}, nil
	case strings.TrimSpace(text) == "":
		return nil, Problems{{Message: "has no value, want " + t.wanted()}}
	}
	n, problems := parseValue(src, text)
	n.forget()
	return n, problems
}

// forget takes the positions from a tree: flags have none.
func (n *node) forget() {
	if n == nil {
		return
	}
	n.line, n.col = 0, 0
	for i := range n.entries {
		n.entries[i].line, n.entries[i].col = 0, 0
		n.entries[i].value.forget()
	}
	for _, item := range n.items {
		item.forget()
	}
}

// setProblems takes the positions from problems and gives them the path.
func setProblems(problems Problems, at *place) Problems {
	for _, p := range problems {
		p.Position = Position{}
		if p.Path == "" {
			p.Path = at.String()
		}
	}
	return problems
}

// nest wraps a value into the mappings that its path names.
func nest(keys []string, value *node, src *source) *node {
	for i := len(keys) - 1; i >= 0; i-- {
		value = &node{form: mapForm, src: src, entries: []entry{{key: keys[i], value: value}}}
	}
	return value
}

// imageLayer is the tree of --image.
func imageLayer(image string) (*node, Problems) {
	if message, hint := ruleNamed("image").check(image); message != "" {
		return nil, Problems{{Path: "--image", Message: message, Hint: hint}}
	}
	src := &source{layer: layerImage, prefix: "--image "}
	return nest([]string{"image"}, &node{form: textForm, src: src, text: image, value: image}, src), nil
}
