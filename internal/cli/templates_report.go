package cli

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

// A templatesReport is what templates check found, as JSON and as text.
type templatesReport struct {
	Directory string            `json:"directory"`
	Samples   []string          `json:"samples"`
	Templates []*templateReport `json:"templates"`
}

// A templateReport is about one template; without a file it is about all of
// them together.
type templateReport struct {
	File     string             `json:"file,omitempty"`
	Problems []*templateProblem `json:"problems"`
}

// A templateProblem is one thing that is wrong, and the samples that show it.
type templateProblem struct {
	Severity string   `json:"severity"` // error or warning
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
	Samples  []string `json:"samples"`
}

// sort puts errors before warnings.
func (r *templatesReport) sort() {
	for _, t := range r.Templates {
		slices.SortStableFunc(t.Problems, func(a, b *templateProblem) int { return strings.Compare(a.Severity, b.Severity) })
	}
}

// add notes how a template fared with a sample.
func (r *templatesReport) add(file, sample string, warnings settings.Problems, err error) {
	i := slices.IndexFunc(r.Templates, func(t *templateReport) bool { return t.File == file })
	if i < 0 {
		if file == "" && err == nil {
			return
		}
		i = len(r.Templates)
		r.Templates = append(r.Templates, &templateReport{File: file, Problems: []*templateProblem{}})
	}
	t := r.Templates[i]
	if err != nil {
		for _, part := range partsOf(err) {
			for _, e := range problemsOf(part) {
				t.add("error", sample, e)
			}
		}
	}
	for _, w := range warnings {
		t.add("warning", sample, w)
	}
}

// add notes a problem once for all the samples that show it. What it says below
// its first line is what a sample made of the template.
func (t *templateReport) add(severity, sample string, err error) {
	p := &templateProblem{Severity: severity, Message: err.Error(), Hint: hintOf(err), Samples: []string{sample}}
	var problem *settings.Problem
	if errors.As(err, &problem) {
		p.Message = problem.Message
		if problem.File != sampleFile {
			p.File, p.Line, p.Column = problem.File, problem.Line, problem.Column
		}
	}
	for _, known := range t.Problems {
		if !known.sameAs(p) {
			continue
		}
		if !slices.Contains(known.Samples, sample) {
			known.Samples = append(known.Samples, sample)
		}
		return
	}
	t.Problems = append(t.Problems, p)
}

func (p *templateProblem) sameAs(other *templateProblem) bool {
	return p.Severity == other.Severity && p.position() == other.position() && p.title() == other.title()
}

func (p *templateProblem) position() settings.Position {
	return settings.Position{File: p.File, Line: p.Line, Column: p.Column}
}

func (p *templateProblem) title() string {
	title, _, _ := strings.Cut(p.Message, "\n")
	return title
}

// count returns how many problems of a severity there are.
func (t *templateReport) count(severity string) int {
	n := 0
	for _, p := range t.Problems {
		if p.Severity == severity {
			n++
		}
	}
	return n
}

// print writes the report to standard output, and returns an error where there
// is one in it.
func (r *templatesReport) print(env *Env, format string) error {
	var err error
	if format == "json" {
		err = printJSON(env, r)
	} else {
		_, err = env.Stdout.Write(r.text())
	}
	failures := 0
	for _, t := range r.Templates {
		failures += t.count("error")
	}
	if err == nil && failures > 0 {
		err = fmt.Errorf("%s: %s", r.Directory, plural(failures, "error", "errors"))
	}
	return err
}

func (r *templatesReport) text() []byte {
	var b bytes.Buffer
	for _, t := range r.Templates {
		if t.File == "" {
			b.WriteString("together: ")
		} else {
			b.WriteString(t.File + ": ")
		}
		b.WriteString(t.verdict(len(r.Samples)) + "\n")
		for _, p := range t.Problems {
			p.write(&b, len(r.Samples))
		}
	}
	return b.Bytes()
}

func (t *templateReport) verdict(samples int) string {
	var parts []string
	for _, part := range []string{
		plural(t.count("error"), "error", "errors"),
		plural(t.count("warning"), "warning", "warnings"),
	} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("ok with %s", plural(samples, "sample", "samples"))
	}
	return strings.Join(parts, ", ")
}

func (p *templateProblem) write(b *bytes.Buffer, samples int) {
	fmt.Fprintf(b, "  %s: ", p.Severity)
	if at := p.position().String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(strings.ReplaceAll(p.Message, "\n", "\n    ") + "\n")
	if p.Hint != "" {
		fmt.Fprintf(b, "    hint: %s\n", p.Hint)
	}
	with := "every sample"
	if len(p.Samples) < samples {
		with = strings.Join(p.Samples, ", ")
	}
	fmt.Fprintf(b, "    with: %s\n", with)
}
