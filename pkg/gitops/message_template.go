// Commit messages of the user's own wording.

package gitops

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/lading-dev/lading/pkg/settings"
)

const (
	maxTemplate = 4 << 10
	// maxMessage bounds what a template makes; the rest is left out.
	maxMessage = 64 << 10
	// maxRanges bounds loops within loops.
	maxRanges = 2
)

// A messageData is what a template of messages knows. All text is on one line
// but Body.
type messageData struct {
	// Subject and Body are what the message would be without a template.
	Subject, Body string
	Branch        string
	Project       string // the key of the project
	Environments  []string
	Deployments   []messageDeployment
	Source        messageSource
	Version       string // of lading
}

// A messageDeployment is one deployment that the commit changes.
type messageDeployment struct {
	Environment, Name, Directory string
	MovedFrom                    string // empty where it did not move
	Removed                      bool
	Objects                      []messageObject
}

// A messageObject is one object that the commit changes.
type messageObject struct {
	Action string // added, changed, moved, removed or restored
	Object string // as kubectl names it: deployment.apps/ml/greet
	File   string
}

// A messageSource is the commit of the settings.
type messageSource struct {
	Commit, Short, Repository string
	Subject, Author           string
}

// messageFuncs are the functions of templates. None of them sees anything but
// its arguments, and none makes a text without bounds: those of text/template
// that could are replaced.
var messageFuncs = template.FuncMap{
	"join":     func(list []string, sep string) (string, error) { return bounded(strings.Join(list, sep)) },
	"lower":    strings.ToLower,
	"upper":    strings.ToUpper,
	"cut":      cutText,
	"print":    func(args ...any) (string, error) { return bounded(fmt.Sprint(args...)) },
	"println":  func(args ...any) (string, error) { return bounded(fmt.Sprintln(args...)) },
	"printf":   boundedPrintf,
	"html":     func(args ...any) (string, error) { return bounded(template.HTMLEscaper(args...)) },
	"js":       func(args ...any) (string, error) { return bounded(template.JSEscaper(args...)) },
	"urlquery": func(args ...any) (string, error) { return bounded(template.URLQueryEscaper(args...)) },
}

func bounded(s string) (string, error) {
	if len(s) > maxMessage {
		return "", fmt.Errorf("a text is longer than %d bytes", maxMessage)
	}
	return s, nil
}

// cutText shortens a text to n characters.
func cutText(n int, s string) string {
	if r := []rune(s); n >= 0 && len(r) > n {
		return string(r[:n])
	}
	return s
}

// wideVerb finds verbs that fill up to more than 999 characters.
var wideVerb = regexp.MustCompile(`%[^a-zA-Z%]*(?:\d{4}|\*)`)

func boundedPrintf(format string, args ...any) (string, error) {
	if wideVerb.MatchString(format) {
		return "", fmt.Errorf("format %q, want no more than three digits of width", format)
	}
	return bounded(fmt.Sprintf(format, args...))
}

// parseMessage reads a template, and refuses what could run on without end.
func parseMessage(text string) (*template.Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the template has %d bytes, want %d at most", len(text), maxTemplate)
	}
	t, err := template.New("message").Funcs(messageFuncs).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, templateError(err)
	}
	if t.Tree == nil || t.Root == nil {
		return t, nil
	}
	if len(t.Templates()) > 1 {
		return nil, errors.New("a message cannot define templates")
	}
	return t, checkNodes(t.Root, 0)
}

// checkNodes goes through a parsed template. Loops may go over lists of the
// data only: those are as long as they are, a number may be any.
func checkNodes(n parse.Node, ranges int) error {
	var list, other *parse.ListNode
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			if err := checkNodes(child, ranges); err != nil {
				return err
			}
		}
		return nil
	case *parse.TemplateNode:
		return errors.New("a message cannot call templates")
	case *parse.IfNode:
		list, other = n.List, n.ElseList
	case *parse.WithNode:
		list, other = n.List, n.ElseList
	case *parse.RangeNode:
		if ranges++; ranges > maxRanges {
			return fmt.Errorf("loops within loops, want %d levels at most", maxRanges)
		}
		if !overField(n.Pipe) {
			return fmt.Errorf("{{range %s}}, want a field such as .Deployments", n.Pipe)
		}
		list, other = n.List, n.ElseList
	}
	for _, l := range []*parse.ListNode{list, other} {
		if l == nil {
			continue
		}
		if err := checkNodes(l, ranges); err != nil {
			return err
		}
	}
	return nil
}

// overField reports whether a loop goes over a field: .Objects, $d.Objects.
func overField(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return false
	}
	switch arg := p.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		return true
	case *parse.VariableNode:
		return len(arg.Ident) > 1
	}
	return false
}

// A messageWriter ends a template that says too much.
type messageWriter struct{ bytes.Buffer }

var errFull = errors.New("the message is full")

func (w *messageWriter) Write(data []byte) (int, error) {
	if w.Len()+len(data) > maxMessage {
		return 0, errFull
	}
	return w.Buffer.Write(data)
}

// runMessage makes a message, without trailers.
func runMessage(text string, data *messageData) (string, error) {
	t, err := parseMessage(text)
	if err != nil {
		return "", err
	}
	var w messageWriter
	err = t.Execute(&w, data)
	if err != nil && !errors.Is(err, errFull) {
		return "", templateError(err)
	}
	var lines []string
	for line := range strings.Lines(w.String()) {
		lines = append(lines, strings.TrimRight(plain(line), " \t"))
	}
	message := strings.Trim(strings.Join(lines, "\n"), "\n")
	if errors.Is(err, errFull) {
		message += "\n…"
	}
	if strings.TrimSpace(message) == "" {
		return "", errors.New("the template makes no text")
	}
	return message + "\n", nil
}

// templateError leaves out what only Go programmers know.
func templateError(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: message:")
	text = strings.Replace(text, `executing "message" at `, "", 1)
	return errors.New(inType.ReplaceAllString(text, ""))
}

var inType = regexp.MustCompile(` in type \*?gitops\.\w+`)

// data is what a template knows of the plan.
func (p *Plan) data() *messageData {
	d := &messageData{
		Subject: p.subject(), Body: p.body(), Branch: p.Branch, Project: oneLine(p.run.Owner.Project),
		Version: p.run.Tool.Version,
		Source: messageSource{
			Commit: p.run.Commit, Short: cutText(10, p.run.Commit), Repository: oneLine(p.run.Owner.Source),
			Subject: oneLine(p.run.Subject), Author: oneLine(p.run.Author.Name),
		},
	}
	for _, t := range p.Touched {
		if n := len(d.Environments); n == 0 || d.Environments[n-1] != t.Environment {
			d.Environments = append(d.Environments, t.Environment)
		}
		if t.Deployment == "" {
			continue
		}
		m := messageDeployment{
			Environment: t.Environment, Name: oneLine(t.Deployment), Directory: t.Directory,
			MovedFrom: t.From, Removed: t.Removed,
		}
		for _, o := range t.Objects {
			m.Objects = append(m.Objects, messageObject{o.Action, oneLine(displayKey(o.Object)), o.File})
		}
		d.Deployments = append(d.Deployments, m)
	}
	return d
}

// word writes the message by the template of the first environment that has
// one. What a person asked for by a command of its own keeps its title.
func (p *Plan) word() error {
	if p.title != "" {
		return nil
	}
	for _, t := range p.Touched {
		text := p.run.messageOf(t.Environment)
		if text == "" {
			continue
		}
		var err error
		if p.worded, err = runMessage(text, p.data()); err != nil {
			return fmt.Errorf("gitops.message of %s: %w", t.Environment, err)
		}
		return nil
	}
	return nil
}

func (r *Run) messageOf(environment string) string {
	for _, e := range r.Environments {
		if e.Name == environment {
			return e.GitOps.Message
		}
	}
	return ""
}

// messageSamples are two commits on which templates are tried: one with a
// deployment, and one with shared objects only.
func messageSamples() []*messageData {
	sample := func(deployments ...messageDeployment) *messageData {
		return &messageData{
			Subject: "Publish greet to prod", Body: "prod/greet\n", Branch: "main", Project: "key", Version: "v0",
			Environments: []string{"prod"}, Deployments: deployments,
			Source: messageSource{"c0ffee", "c0ffee", "git.example.com/ml/settings", "greet", "Ada"},
		}
	}
	return []*messageData{
		sample(messageDeployment{Environment: "prod", Name: "greet", Directory: "prod/ml/greet",
			Objects: []messageObject{{Changed, "service/ml/greet", "prod/ml/greet/service.yaml"}}}),
		sample(),
	}
}

// checkMessages tries the templates of messages.
func checkMessages(environments []Environment) settings.Problems {
	var problems settings.Problems
	tried := make(map[string]bool)
	for _, e := range environments {
		text := e.GitOps.Message
		if text == "" || tried[text] {
			continue
		}
		tried[text] = true
		for _, sample := range messageSamples() {
			if _, err := runMessage(text, sample); err != nil {
				problems = append(problems, messageProblem(e, err))
				break
			}
		}
	}
	return problems
}

func messageProblem(e Environment, err error) *settings.Problem {
	const field = "gitops.message"
	return &settings.Problem{
		Position: e.Project.Place(e.Name, field), Path: field, Message: err.Error(),
		Hint: "docs/provenance.md lists the fields and functions that a message may use",
	}
}
