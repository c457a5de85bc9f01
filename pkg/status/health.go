package status

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/internal/cel"
)

// A HealthRule is a user's own rule for one kind, as in Flux's
// healthCheckExprs:
// https://fluxcd.io/flux/components/kustomize/kustomizations/#health-check-expressions.
type HealthRule struct {
	group, kind string
	// tests are asked in this order; those that were not given are nil.
	inProgress, failed, current *cel.Program
}

// A HealthError says which expression of a rule is wrong.
type HealthError struct {
	// Field is the key in the settings: current, inProgress or failed.
	Field string
	Err   error
}

func (e *HealthError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *HealthError) Unwrap() error { return e.Err }

// Hint shows an expression that is right.
func (e *HealthError) Hint() string {
	return `an expression is CEL over the object's fields, as in has(status.conditions) && status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')`
}

// NewHealthRule makes a rule for objects of a kind in a group, of any version.
// current has to be given, the others may be empty.
func NewHealthRule(group, kind string, current, inProgress, failed string) (HealthRule, error) {
	rule := HealthRule{group: group, kind: kind}
	for _, e := range []struct {
		field, text string
		program     **cel.Program
		required    bool
	}{
		{"inProgress", inProgress, &rule.inProgress, false},
		{"failed", failed, &rule.failed, false},
		{"current", current, &rule.current, true},
	} {
		if e.text == "" && !e.required {
			continue
		}
		program, err := cel.Compile(e.text)
		if err != nil {
			return HealthRule{}, &HealthError{e.field, err}
		}
		*e.program = program
	}
	return rule, nil
}

// byUserRule judges an object by the first of the user's rules for its kind.
func (j *Judge) byUserRule(o *unstructured.Unstructured) (Result, bool) {
	kind := o.GroupVersionKind().GroupKind()
	for _, rule := range j.Health {
		if rule.group == kind.Group && rule.kind == kind.Kind {
			return j.proven(rule.judge(o), o), true
		}
	}
	return Result{}, false
}

// judge asks in the order that Flux has: an object whose newest content was not
// observed is on its way, whatever the expressions say, and so is one for which
// none is true. An expression that fails, as one does that reads a field which
// is not there yet, ends the asking. See
// https://github.com/fluxcd/flux2/tree/main/rfcs/0009-custom-health-checks.
func (rule *HealthRule) judge(o *unstructured.Unstructured) Result {
	if stale(o) {
		return unobserved(o)
	}
	look := kubectl("get", IDOf(o), "-o", "yaml")
	for _, test := range []struct {
		field   string
		program *cel.Program
		result  Result
	}{
		{"inProgress", rule.inProgress, progressing(o, HealthInProgress, "").next("see what it waits for: %s", look)},
		{"failed", rule.failed, failed(o, HealthFailed, "").next("see why: %s", look)},
		{"current", rule.current, ready(o)},
	} {
		if test.program == nil {
			continue
		}
		yes, err := test.program.Bool(o.Object)
		switch {
		case err != nil:
			return progressing(o, HealthUndecided, "the project's health.%s cannot be evaluated: %v", test.field, err).
				next("write has(…) before a field that may be missing: %s", look).set("health")
		case yes && test.result.Phase != Ready:
			test.result.Message = fmt.Sprintf("the project's health.%s is true: %s%s", test.field, oneLine(test.program.String()), toldBy(o))
			return test.result.set("health")
		case yes:
			return test.result
		}
	}
	return progressing(o, HealthInProgress, "the project's health.current is not true yet: %s%s", oneLine(rule.current.String()), toldBy(o)).
		next("see what it waits for: %s", look).set("health")
}

// toldBy adds the object's own words, where it has conditions.
func toldBy(o *unstructured.Unstructured) string {
	for _, c := range fields(o.Object).at("status").list("conditions") {
		if c.text("message") != "" {
			return "; " + c.text("type") + " is " + c.text("status") + ": " + said(c)
		}
	}
	return ""
}
