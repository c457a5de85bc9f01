package render

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A document is a value that a template gave and that should be an object.
type document struct {
	value  any
	origin manifest.Origin
}

// languages maps the extensions of template files to the engine that reads
// them. YAML and JSON are always templates too, as they are for ZenML.
var languages = map[string]string{
	".j2":        "jinja",
	".json":      "jinja",
	".jsonnet":   "jsonnet",
	".libsonnet": "jsonnet",
	".yaml":      "jinja",
	".yml":       "jinja",
}

// documents runs a template file and returns what it gives, lists taken apart.
func (r *Renderer) documents(ctx context.Context, c *renderContext, file settings.Path) ([]document, error) {
	language, ok := languages[path.Ext(string(file))]
	if !ok {
		return nil, c.in(file, 0).problem("has no extension that tells its language",
			"name it .yaml, .yml, .json, .j2, .jsonnet or .libsonnet")
	}
	result, err := r.run(ctx, c, job{Engine: language, File: file, Vars: c.vars, Context: c.argument})
	if err != nil {
		return nil, c.unreadable(file, err)
	}
	if language == "jsonnet" {
		return c.flatten(document{result.Value, manifest.Origin{Source: string(file)}})
	}
	return c.yamlDocuments(file, result)
}

// unreadable makes a problem of an error that has no place yet.
func (c *renderContext) unreadable(file settings.Path, err error) error {
	var p *settings.Problem
	name := c.files.Display(file) + ": "
	if errors.As(err, &p) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || strings.HasPrefix(err.Error(), name) {
		return err
	}
	return fmt.Errorf("%s%w", name, err)
}

// yamlDocuments reads the text that a template printed.
func (c *renderContext) yamlDocuments(file settings.Path, result *jobResult) ([]document, error) {
	var all []document
	for _, d := range manifest.Documents([]byte(result.Text)) {
		for _, w := range d.Warnings {
			from, message := result.source(file, w.Line), w.Message
			if from.Line != w.Line {
				message = "result: " + message // whose lines are not those of the template
			}
			c.warn(c.in(settings.Path(from.File), from.Line), message, "")
		}
		if d.Err != nil {
			return nil, c.notYAML(file, result, d.Err)
		}
		from := result.source(file, d.Line)
		flat, err := c.flatten(document{d.Value, manifest.Origin{Source: from.File, Line: from.Line}})
		if err != nil {
			return nil, err
		}
		all = append(all, flat...)
	}
	return all, nil
}

// source returns the place in a template that printed a line of the result.
func (r *jobResult) source(file settings.Path, line int) settings.Position {
	if line >= 1 && line <= len(r.Lines) {
		return r.Lines[line-1]
	}
	return settings.Position{File: string(file)}
}

// notYAML reports a result that is not YAML: at the line of the template that
// printed the bad line, with that line and its neighbours as printed.
func (c *renderContext) notYAML(file settings.Path, result *jobResult, err error) error {
	var syntax *manifest.SyntaxError
	if !errors.As(err, &syntax) {
		return c.in(file, 0).problem("result is not YAML: "+err.Error(), "")
	}
	from := result.source(file, syntax.Line)
	return c.in(settings.Path(from.File), from.Line).problem(
		fmt.Sprintf("result is not YAML: %s\n%s", syntax.Message, excerpt(result.Text, syntax.Line)), "")
}

// excerpt returns a line of a text between its neighbours, numbered.
func excerpt(text string, line int) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for n := max(1, line-2); n <= min(len(lines), line+1); n++ {
		mark := " "
		if n == line {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s%5d | %s\n", mark, n, shorten(lines[n-1]))
	}
	return strings.TrimRight(b.String(), "\n")
}

// shorten cuts a line that would fill the screen, and takes out of it what
// could do something to the screen.
func shorten(line string) string {
	const most = 120
	runes := []rune(line)
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = '·'
		}
	}
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

// flatten takes lists and objects of kind List apart, at any depth.
func (c *renderContext) flatten(d document) ([]document, error) {
	switch value := d.value.(type) {
	case nil:
		return nil, nil
	case []any:
		return c.flattenAll(d, value)
	case map[string]any:
		if _, list := value["items"].([]any); !list && value["kind"] != "List" {
			return []document{d}, nil
		}
		items, ok := value["items"].([]any)
		if !ok && value["items"] != nil {
			return nil, c.from(d).problem("items of the List is "+typeName(value["items"])+", want a list", "")
		}
		return c.flattenAll(d, items)
	}
	return []document{d}, nil
}

func (c *renderContext) flattenAll(d document, items []any) ([]document, error) {
	var all []document
	for _, item := range items {
		flat, err := c.flatten(document{item, d.origin})
		if err != nil {
			return nil, err
		}
		all = append(all, flat...)
	}
	return all, nil
}

// from returns the place where a document was written.
func (c *renderContext) from(d document) place {
	return c.in(settings.Path(d.origin.Source), d.origin.Line)
}

// objects makes objects of documents. Those that are none are the error, which
// does not keep the others from being returned.
func (c *renderContext) objects(documents []document) ([]*manifest.Object, error) {
	var objects []*manifest.Object
	var wrong problems
	for _, d := range documents {
		o, p := c.object(d)
		if p != nil {
			wrong = append(wrong, p)
			continue
		}
		objects = append(objects, o)
	}
	return objects, wrong.err()
}

// object makes an object of a document, or says what is missing.
func (c *renderContext) object(d document) (*manifest.Object, *settings.Problem) {
	value, err := manifest.Normalize(d.value)
	if err != nil {
		return nil, c.from(d).problem(err.Error(), "")
	}
	body, ok := value.(map[string]any)
	if !ok {
		return nil, c.from(d).problem("result of template must be an object, a list of objects or a List, got "+typeName(value), "")
	}
	if path := withoutNull(body); path != "" {
		return nil, c.from(d).problem(fmt.Sprintf("%s%s is null, want a list without empty items", typeOf(body), path), "")
	}
	o := &manifest.Object{Body: body, Origin: d.origin}
	if message, hint := misshapen(o); message != "" {
		return nil, c.from(d).problem(message, hint)
	}
	return o, nil
}

// typeOf names an object that may lack what makes it one.
func typeOf(body map[string]any) string {
	if kind, ok := body["kind"].(string); ok {
		return kind
	}
	return "object"
}

// typeName names a value's type as its author would.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case bool:
		return fmt.Sprintf("the boolean %t", v)
	case string:
		return fmt.Sprintf("the string %q", shorten(v))
	case int64, float64:
		return fmt.Sprintf("the number %v", v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", v)
}
