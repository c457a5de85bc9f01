package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/lading-dev/lading/pkg/settings"
)

// Why kustomize refused a build. Its errors tell the way through its own
// functions and rarely the line, so the line is found by building again with
// less.

// A buildStep is a field of a kustomization that may be left out to see
// whether the build fails because of it.
type buildStep struct {
	field string
	clear func(*types.Kustomization)
}

// buildSteps are listed from what kustomize does last to what it does first.
var buildSteps = []buildStep{
	{"validators", func(k *types.Kustomization) { k.Validators = nil }},
	{"transformers", func(k *types.Kustomization) { k.Transformers = nil }},
	{"replacements", func(k *types.Kustomization) { k.Replacements = nil }},
	{"images", func(k *types.Kustomization) { k.Images = nil }},
	{"replicas", func(k *types.Kustomization) { k.Replicas = nil }},
	{"commonAnnotations", func(k *types.Kustomization) { k.CommonAnnotations = nil }},
	{"labels", func(k *types.Kustomization) { k.Labels = nil }},
	{"nameSuffix", func(k *types.Kustomization) { k.NameSuffix = "" }},
	{"namePrefix", func(k *types.Kustomization) { k.NamePrefix = "" }},
	{"namespace", func(k *types.Kustomization) { k.Namespace = "" }},
	{"patches", func(k *types.Kustomization) { k.Patches = nil }},
	{"components", func(k *types.Kustomization) { k.Components = nil }},
	{"generators", func(k *types.Kustomization) { k.Generators = nil }},
	{"secretGenerator", func(k *types.Kustomization) { k.SecretGenerator = nil }},
	{"configMapGenerator", func(k *types.Kustomization) { k.ConfigMapGenerator = nil }},
	{"crds", func(k *types.Kustomization) { k.Crds = nil }},
	{"configurations", func(k *types.Kustomization) { k.Configurations = nil }},
	{"resources", func(k *types.Kustomization) { k.Resources = nil }},
}

// failed explains why kustomize refused a build: by the object that is there
// twice, or by the field, and the patch, without which it goes through.
func (b *build) failed(top *kustomization, input []byte, failure error) error {
	message := b.plain(failure)
	if twice := b.duplicate(message); twice != nil {
		return b.problem(twice.file, twice.line, fmt.Sprintf("%s is there already, want another name", twice.candidate),
			"to change an object, list a patch under patches")
	}
	attempt := *top
	for _, step := range buildSteps {
		with := attempt.fields
		step.clear(&attempt.fields)
		_, err := b.run(&attempt, input)
		if err != nil {
			message = b.plain(err)
			continue
		}
		if step.field == "patches" {
			attempt.fields = with
			return b.failedPatch(&attempt, input)
		}
		at := top.spot(step.field)
		text, hint := explain(step.field, message)
		return b.problem(at.file, at.line, text, hint)
	}
	return b.problem(top.file, 0, message, "")
}

// failedPatch finds the first patch with which the build fails.
func (b *build) failedPatch(attempt *kustomization, input []byte) *settings.Problem {
	all := attempt.fields.Patches
	for n := range all {
		attempt.fields.Patches = all[:n+1]
		if _, err := b.run(attempt, input); err != nil {
			at := attempt.patches[n].whence()
			return b.problem(at.file, at.line, "patch cannot be applied: "+b.plain(err), "")
		}
	}
	return b.problem(attempt.file, 0, "patches cannot be applied", "")
}

var missingReplica = regexp.MustCompile(`^resource with name (\S+) does not match`)

// explain puts the usual mistakes in plain words.
func explain(field, message string) (text, hint string) {
	if m := missingReplica.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("replicas names %q, which is not there; names differ by deployment and environment", m[1]),
			"set resources.min_replicas in the settings, or patch spec.replicas by target: {kind: Deployment}"
	}
	if source, ok := strings.CutPrefix(message, "nothing selected by "); ok {
		return "replacement finds no object by its source " + source, ""
	}
	if strings.HasPrefix(message, "namespace transformation produces ID conflict") {
		return "namespace gives two objects of one kind the same name", "leave the second one out, or move only some objects, by patches"
	}
	return field + ": " + message, ""
}

// duplicate finds the added object that kustomize found twice.
func (b *build) duplicate(message string) *added {
	if !strings.Contains(message, "already registered id") {
		return nil
	}
	for i, a := range b.added {
		if strings.Contains(message, "/"+a.name+".") && strings.Contains(message, " "+a.kind+".") {
			return &b.added[i]
		}
	}
	return nil
}

// unquote returns the text that a message puts in quotes at its start.
func unquote(message string) (string, bool) {
	quoted, err := strconv.QuotedPrefix(message)
	if err != nil {
		return "", false
	}
	text, err := strconv.Unquote(quoted)
	return text, err == nil
}

// plain makes a message of an error of kustomize: only its last cause, with
// the files' own names.
func (b *build) plain(err error) string {
	message := err.Error()
	for {
		inner := innermost(message)
		if inner == message {
			break
		}
		message = inner
	}
	return b.madeUp.ReplaceAllStringFunc(message, func(name string) string {
		if file, ok := b.names[name]; ok {
			return displayed(b.files, settings.Path(file))
		}
		return name
	})
}

// wrappings begin the messages with which kustomize says what it was doing.
var wrappings = []string{
	"accumulateDirectory: ",
	"accumulating components: ",
	"accumulating resources: ",
	"recursed accumulation of path ",
	"recursed merging from path ",
	"merging resources from ",
	"accumulation err=",
	"trouble configuring builtin ",
	"loader.New ",
}

// innermost removes one wrapping from a message.
func innermost(message string) string {
	message = strings.TrimSpace(message)
	for _, wrapping := range wrappings {
		rest, ok := strings.CutPrefix(message, wrapping)
		if !ok {
			continue
		}
		if unquoted, ok := unquote(rest); ok {
			return unquoted
		}
		if _, cause, ok := strings.Cut(rest, "must resolve to a file': "); ok {
			return cause
		}
		if cause, _, ok := strings.Cut(rest, "': must build at directory"); ok {
			return strings.TrimPrefix(cause, "'")
		}
		// The path or cause in quotes is followed by a colon and the cause.
		if i := strings.LastIndex(rest, "': "); i >= 0 && strings.HasPrefix(rest, "'") {
			return rest[i+3:]
		}
		if _, cause, ok := strings.Cut(rest, "`: "); ok {
			return cause
		}
		return rest
	}
	return message
}
