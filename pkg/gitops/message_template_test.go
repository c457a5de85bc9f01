package gitops

import (
	"strings"
	"testing"
)

// worded is a plan whose environment has a template for messages.
func worded(t *testing.T, text string) *Run {
	t.Helper()
	run := runOf(greet(t, configMap("flags", "on")))
	run.Environments[0].GitOps.Message = text
	run.Author, run.Subject = Person{"Grace", "grace@example.com"}, "greet: flags"
	run.Publisher = Person{"CI", "ci@example.com"}
	return run
}

const trailerText = `
Source-Commit: c0ffee
Source-Repository: git.example.com/ml/settings
Rendered-By: lading v0.1.0
Co-authored-by: Grace <grace@example.com>
`

func TestATemplateWordsTheMessageAndTrailersFollow(t *testing.T) {
	t.Parallel()
	const text = "chore({{join .Environments \",\"}}): {{.Source.Subject}} [{{.Source.Short}}]\n\n" +
		"{{range .Deployments}}{{$d := .}}{{.Name | upper}} in {{.Directory}}:{{range .Objects}} {{.Action}} {{.Object}};{{end}}\n{{end}}" +
		"{{.Branch}} {{.Source.Author}} {{cut 3 .Version}}\n\nSource-Commit: forged\n"
	name := greet(t, "").Settings.ResourceName()
	wantDiff(t, `chore(prod): greet: flags [c0ffee]

GREET in prod/ml/greet: added configmap/ml/flags; added deployment.apps/ml/`+name+`;
main Grace v0.

Source-Commit: forged
`+trailerText, mustPlan(t, worded(t, text), nil).Message())
}

func TestTheDefaultIsAvailableInTemplates(t *testing.T) {
	t.Parallel()
	plain := mustPlan(t, worded(t, ""), nil).Message()
	wantDiff(t, plain, mustPlan(t, worded(t, "{{.Subject}}\n\n{{.Body}}"), nil).Message())
}

func TestNamesCannotForgeLinesOrTrailers(t *testing.T) {
	t.Parallel()
	run := worded(t, "{{.Subject}}\n\n{{range .Deployments}}{{.Name}}{{end}} {{.Source.Subject}} {{.Source.Author}}\n")
	run.Rendered[0].Settings.Name = "a\r\n\r\nSigned-off-by: eve\x1b[31m\u202ecod\u2028x"
	run.Author = Person{"Eve\nSigned-off-by: boss <boss@x>", "eve@example.com\nReviewed-by: boss"}
	run.Subject = "x\r\u0085\x00y\xff"
	const clean = "a Signed-off-by: eve[31mcod x"
	wantDiff(t, "Publish "+clean+" to prod\n\n"+clean+" x y\uFFFD Eve Signed-off-by: boss <boss@x>\n"+
		strings.ReplaceAll(trailerText, "Co-authored-by: Grace <grace@example.com>\n", ""), mustPlan(t, run, nil).Message())
	run.Author.Email = "eve@example.com"
	got := mustPlan(t, run, nil).Message()
	if want := "\nCo-authored-by: Eve Signed-off-by: boss boss@x <eve@example.com>\n"; !strings.HasSuffix(got, want) {
		t.Errorf("message ends in %q, want %q", got[len(got)-90:], want)
	}
}

func TestNobodyIsCoAuthorOfOwnOrDirtyWork(t *testing.T) {
	t.Parallel()
	for situation, change := range map[string]func(*Run){
		"who publishes wrote it": func(r *Run) { r.Publisher = Person{"Grace H", "Grace@example.com"} },
		"the files are changed":  func(r *Run) { r.Commit += DirtyMark },
		"no author is known":     func(r *Run) { r.Author = Person{} },
		"an address of two":      func(r *Run) { r.Author.Email = "a@x b@x" },
	} {
		run := worded(t, "")
		change(run)
		if got := mustPlan(t, run, nil).Message(); strings.Contains(got, "Co-authored-by") {
			t.Errorf("%s: %s", situation, got)
		}
	}
}

func TestBadTemplatesAreProblemsOfTheSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{.Nobody}}":                  "can't evaluate field Nobody",
		"{{.Subject":                   "unclosed action",
		"{{env \"TOKEN\"}}":            `function "env" not defined`,
		"{{index .Deployments 0}}":     "index out of range",
		" \n ":                         "the template makes no text",
		"{{range 1000000000}}x{{end}}": "want a field such as .Deployments",
		"{{with 1000000000}}{{range .}}{{end}}{{end}}":                                              "want a field such as .Deployments",
		"{{range .Deployments}}{{range $.Deployments}}{{range $.Deployments}}{{end}}{{end}}{{end}}": "want 2 levels at most",
		`{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`:                                     "cannot define templates",
		`{{template "x"}}`:       "cannot call templates",
		`{{printf "%99999d" 1}}`: "three digits of width",
		"{{$a := \"aaaaaaaaaaaaaaaa\"}}" + strings.Repeat("{{$a := print $a $a}}", 60): "longer than",
		"{{$a := `\\\\`}}{{$a" + strings.Repeat("|js", 60) + "}}":                      "longer than",
		strings.Repeat("x", 5000): "want 4096 at most",
	} {
		run := worded(t, text)
		problems := Check(nil, run.Environments)
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), want) || !strings.HasPrefix(problems[0].Error(), "lading.yaml:1: ") {
			t.Errorf("template %.60q: %v, want %s", text, problems, want)
		}
	}
}

func TestALongMessageIsCut(t *testing.T) {
	t.Parallel()
	got, err := runMessage("{{range .Deployments}}{{.Name}}\n{{end}}", &messageData{Deployments: make([]messageDeployment, 100)})
	if err == nil {
		t.Errorf("a message of empty lines: %q", got)
	}
	many := make([]messageDeployment, 1000)
	for i := range many {
		many[i].Name = strings.Repeat("x", 99)
	}
	got, err = runMessage("{{range .Deployments}}{{.Name}}\n{{end}}", &messageData{Deployments: many})
	if err != nil || len(got) > maxMessage+10 || !strings.HasSuffix(got, "x\n…\n") {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}
