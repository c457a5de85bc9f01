// Package cel compiles the expressions with which users judge objects and
// evaluates them within bounds. The language is the Common Expression Language
// (https://github.com/google/cel-spec) with what Flux adds to it in its health
// checks, as far as it can be bounded: optional values and the extensions for
// strings, sets and base64.
package cel

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
)

// Expressions come from files that nobody vouches for.
const (
	maxText = 16 << 10
	// maxCost ends an evaluation within a fraction of a second; see
	// https://github.com/google/cel-go#cost-tracking-and-enforcement for the unit.
	maxCost = 1_000_000
	// maxOptMaps bounds optMap and optFlatMap, whose expansion by the parser
	// doubles with each one that stands in a chain.
	maxOptMaps = 6
)

// unbounded are functions whose work is not in proportion to what they are
// given and what they return, so that a cost counted afterwards comes too late.
var unbounded = []string{"replace", "join", "format", "indexOf", "lastIndexOf"}

// A Program is an expression that was compiled. It may be used by several
// goroutines.
type Program struct {
	text    string
	program cel.Program
}

// String returns the expression as it was written.
func (p *Program) String() string { return p.text }

// Compile compiles an expression that has to be true or false. Its variables
// are whatever names it uses. The error says where in the expression something
// is wrong.
func Compile(text string) (*Program, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("is empty, want an expression such as has(status.phase) && status.phase == 'Running'")
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("is %d bytes long, want at most %d", len(text), maxText)
	}
	if n := strings.Count(text, "optMap") + strings.Count(text, "optFlatMap"); n > maxOptMaps {
		return nil, fmt.Errorf("has optMap or optFlatMap %d times, want at most %d", n, maxOptMaps)
	}
	env, err := cel.NewEnv(cel.OptionalTypes(), ext.Strings(), ext.Sets(), ext.Encoders())
	if err != nil {
		return nil, err
	}
	parsed, issues := env.Parse(text)
	if issues.Err() != nil {
		return nil, wrong(issues)
	}
	declared, err := declare(env, parsed)
	if err != nil {
		return nil, err
	}
	if env, err = env.Extend(declared...); err != nil {
		return nil, err
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, wrong(issues)
	}
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("is of type %s, want true or false", t)
	}
	program, err := env.Program(checked, cel.CostLimit(maxCost), cel.CostTracking(meter{}))
	if err != nil {
		return nil, err
	}
	return &Program{text, program}, nil
}

// declare returns the variables of an expression: the names that it uses and the
// language does not know. Their values may be of any type. type is the field
// of a Secret rather than the type of types, which nobody needs.
func declare(env *cel.Env, parsed *cel.Ast) ([]cel.EnvOption, error) {
	var options []cel.EnvOption
	for _, e := range ast.MatchDescendants(ast.NavigateAST(parsed.NativeRep()), ast.AllMatcher()) {
		switch e.Kind() {
		case ast.IdentKind:
			name := e.AsIdent()
			if _, known := env.CELTypeProvider().FindIdent(name); !known || name == "type" {
				options = append(options, cel.Variable(name, cel.DynType))
			}
		case ast.CallKind:
			if name := e.AsCall().FunctionName(); slices.Contains(unbounded, name) {
				return nil, fmt.Errorf("%s() is not supported, since what it costs has no bound", name)
			}
		}
	}
	return options, nil
}

// A meter lets calls cost what the texts are long that they return; a function
// of an extension would cost 1 otherwise.
type meter struct{}

// CallCost implements cel-go's interpreter.ActualCostEstimator.
func (meter) CallCost(_, _ string, _ []ref.Val, result ref.Val) *uint64 {
	var size int
	switch v := result.(type) {
	case types.String:
		size = len(v)
	case types.Bytes:
		size = len(v)
	default:
		return nil // the usual cost
	}
	cost := uint64(1 + size/10)
	return &cost
}

// wrong tells the first of the things that are wrong.
func wrong(issues *cel.Issues) error {
	first := issues.Errors()[0]
	message, _, _ := strings.Cut(first.Message, " expecting {") // the whole grammar follows
	if first.Location.Line() < 1 {
		return errors.New(message)
	}
	return fmt.Errorf("line %d, column %d: %s", first.Location.Line(), first.Location.Column()+1, message)
}

// Bool evaluates the expression. The variables hold nil, bool, string, int64,
// float64, []any and map[string]any.
func (p *Program) Bool(variables map[string]any) (bool, error) {
	out, _, err := p.program.Eval(variables)
	if err != nil {
		return false, errors.New(strings.TrimPrefix(err.Error(), "internal error: "))
	}
	yes, ok := out.(types.Bool)
	if !ok {
		return false, fmt.Errorf("is of type %s, want true or false", out.Type().TypeName())
	}
	return bool(yes), nil
}
