package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A ValueError names a value that has no canonical form, and why.
type ValueError struct {
	// Path leads to the value, as in "spec.containers[0].env" or
	// "metadata.labels[app.kubernetes.io/name]"; empty for the whole value.
	Path    string
	Message string
}

func (e *ValueError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

func errTooDeep() error {
	return &ValueError{Message: fmt.Sprintf("lies more than %d mappings and lists deep", MaxDepth)}
}

// inKey and inItem put one step in front of an error's path, on the way up.
func inKey(key string, err error) error { return inStep(keyStep(key), err) }

func inItem(i int, err error) error { return inStep(itemStep(i), err) }

func inStep(step string, err error) error {
	var e *ValueError
	if errors.As(err, &e) {
		e.Path = joinSteps(step, e.Path)
	}
	return err
}

// keyStep writes one key as the step of a path: in brackets where it has
// characters that paths use themselves.
func keyStep(key string) string {
	const most = 80
	if len(key) > most {
		key = strings.ToValidUTF8(key[:most], "") + "…"
	}
	if quoted := strconv.Quote(key); quoted != `"`+key+`"` {
		return "[" + quoted + "]"
	}
	if key == "" || strings.ContainsAny(key, ".[]: ") {
		return "[" + key + "]"
	}
	return key
}

func itemStep(i int) string { return "[" + strconv.Itoa(i) + "]" }

func joinSteps(step, rest string) string {
	if rest == "" || rest[0] == '[' {
		return step + rest
	}
	return step + "." + rest
}
