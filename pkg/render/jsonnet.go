package render

import (
	"context"
	"fmt"
	"io"
	"io/fs"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A jsonnetEngine evaluates jsonnet files. Making a VM is cheap, but what it
// has parsed is not: the library takes longer to parse than to evaluate. So
// there is one VM for the library, which keeps its evaluated imports too, and
// one for the user's files, which keeps only what it has parsed.
//
// Argument and result go through native functions, as values: written as
// source code and read as JSON each would cost as much again as evaluating the
// library.
type jsonnetEngine struct {
	library, user *jsonnetVM
	// stack is how deep jsonnet may call, which is where recursion without an
	// end stops.
	stack int
}

func newJsonnetEngine(l Limits) engine { return &jsonnetEngine{stack: l.Stack} }

// run implements [engine]. The result is any value; what it must be is the
// business of who asked.
func (e *jsonnetEngine) run(ctx context.Context, files fs.FS, j job) (*jobResult, error) {
	if j.Builtin {
		if e.library == nil {
			e.library = newJsonnetVM(e.stack)
		}
		return e.library.evaluate(files, j)
	}
	if e.user == nil {
		e.user = newJsonnetVM(e.stack)
	}
	result, err := e.cancellable(ctx, files, j)
	if e.user != nil && e.user.importer.stale {
		e.user = newJsonnetVM(e.stack)
		return e.cancellable(ctx, files, j)
	}
	return result, err
}

// cancellable evaluates a file of the user. Jsonnet cannot be interrupted, so
// a VM that is still at work when the context ends is left behind.
func (e *jsonnetEngine) cancellable(ctx context.Context, files fs.FS, j job) (*jobResult, error) {
	type answer struct {
		result *jobResult
		err    error
	}
	vm, done := e.user, make(chan answer, 1)
	go func() {
		vm.vm.ExtReset() // forgets evaluated imports, so that each job reads its own
		result, err := vm.evaluate(files, j)
		done <- answer{result, err}
	}()
	select {
	case a := <-done:
		return a.result, a.err
	case <-ctx.Done():
		e.user = nil
		return nil, fmt.Errorf("%s: %w", j.File, context.Cause(ctx))
	}
}

// A jsonnetVM is a VM and the job that it is at.
type jsonnetVM struct {
	vm       *jsonnet.VM
	importer *jsonnetImporter
	programs map[string]ast.Node
	context  map[string]any
	objects  []any
	value    any
}

func newJsonnetVM(stack int) *jsonnetVM {
	v := &jsonnetVM{vm: jsonnet.MakeVM(), importer: newJsonnetImporter(), programs: map[string]ast.Node{}}
	v.vm.MaxStack = stack
	v.vm.SetTraceOut(io.Discard)
	v.vm.Importer(v.importer)
	v.vm.NativeFunction(&jsonnet.NativeFunction{
		Name: "lading.context",
		Func: func([]any) (any, error) { return v.context, nil },
	})
	v.vm.NativeFunction(&jsonnet.NativeFunction{
		Name: "lading.objects",
		Func: func([]any) (any, error) { return v.objects, nil },
	})
	v.vm.NativeFunction(&jsonnet.NativeFunction{
		Name:   "lading.result",
		Params: ast.Identifiers{"value"},
		Func:   func(args []any) (any, error) { v.value = args[0]; return nil, nil },
	})
	return v
}

func (v *jsonnetVM) evaluate(files fs.FS, j job) (*jobResult, error) {
	v.importer.begin(files)
	v.context, v.objects, v.value = j.Context, bodies(j.Objects), nil
	program, err := v.program(j)
	if err != nil {
		return nil, err
	}
	if _, err := v.vm.Evaluate(program); err != nil {
		return nil, jsonnetProblem(files, j, err)
	}
	if path := inexact(v.value); path != "" {
		return nil, &settings.Problem{
			Position: settings.Position{File: displayed(files, j.File)},
			Message:  fmt.Sprintf("result%s is a number of 2^53 or more, which jsonnet cannot hold", path),
			Hint:     "write it as a string",
		}
	}
	return &jobResult{Value: v.value}, nil
}

// callTemplate calls a file with the context; one that is no function needs
// none. callHook calls a hook, for which a job has objects.
const (
	callTemplate = `
		local template = import %q;
		std.native('lading.result')(
			if std.isFunction(template) then template(context=std.native('lading.context')()) else template
		)`
	callHook = `
		local hook = import %q;
		std.native('lading.result')(
			if std.isFunction(hook)
			then hook(context=std.native('lading.context')(), objects=std.native('lading.objects')())
			else error 'the hook is no function, want function(context, objects)'
		)`
)

// program returns the code that calls a file.
func (v *jsonnetVM) program(j job) (ast.Node, error) {
	call := callTemplate
	if len(j.Objects) > 0 {
		call = callHook
	}
	code := fmt.Sprintf(call, importName(j))
	if program, ok := v.programs[code]; ok {
		return program, nil
	}
	program, err := jsonnet.SnippetToAST("", code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.File, err)
	}
	v.programs[code] = program
	return program, nil
}

// bodies returns the objects as a hook gets them. Integers that jsonnet cannot
// hold are hidden in texts, so that they pass through it unharmed.
func bodies(objects []*manifest.Object) []any {
	list := make([]any, len(objects))
	for i, o := range objects {
		list[i], _ = hideIntegers(o.Body)
	}
	return list
}
