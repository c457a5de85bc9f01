package gitops

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const (
	// maxSubject is what tools show of a commit's first line.
	maxSubject = 72
	// maxListed bounds the objects that a message names, so that the commit
	// of a whole fleet can still be read.
	maxListed = 200
	// renderedBy is the trailer by which a commit is known to be lading's.
	renderedBy = "Rendered-By"
)

// Message is the commit message of a plan: what happened to which deployments,
// their objects, and trailers with what was rendered by which version. It ends
// in a line break.
func (p *Plan) Message() string {
	var b strings.Builder
	if p.worded != "" {
		return p.worded + "\n" + p.trailers()
	}
	b.WriteString(p.subject() + "\n")
	if p.note != "" {
		b.WriteString("\n" + p.note + "\n")
	}
	if len(p.Touched) > 0 {
		b.WriteString("\n" + p.body())
	}
	if trailers := p.trailers(); trailers != "" {
		b.WriteString("\n" + trailers)
	}
	return b.String()
}

// subject names a single deployment and counts several.
func (p *Plan) subject() string {
	if p.title != "" {
		return shortened(p.title)
	}
	verb := "Remove"
	var deployments, environments []string
	for _, t := range p.Touched {
		if t.Deployment != "" && !slices.Contains(deployments, t.Deployment) {
			deployments = append(deployments, t.Deployment)
		}
		if !t.Removed && t.Deployment != "" {
			verb = "Publish"
		}
		environments = append(environments, t.Environment)
	}
	what := fmt.Sprintf("%d deployments", len(deployments))
	switch len(deployments) {
	case 0:
		verb, what = "Publish", p.commonObjects()
	case 1:
		what = oneLine(deployments[0])
	}
	if len(p.Touched) == 0 {
		return "Prepare the repository for lading"
	}
	where := slices.Compact(environments) // Touched is ordered by environment
	return shortened(fmt.Sprintf("%s %s %s %s", verb, what, preposition(verb), strings.Join(where, ", ")))
}

// commonObjects names what belongs to no deployment.
func (p *Plan) commonObjects() string {
	isEngine := func(t Touched) bool { return path.Base(t.Directory) == engineDir }
	if len(p.Touched) > 0 && !slices.ContainsFunc(p.Touched, func(t Touched) bool { return !isEngine(t) }) {
		return "engine objects"
	}
	return "shared objects"
}

func shortened(subject string) string {
	if r := []rune(subject); len(r) > maxSubject {
		return string(r[:maxSubject-1]) + "…"
	}
	return subject
}

func preposition(verb string) string {
	if verb == "Remove" {
		return "from"
	}
	return "to"
}

// body lists objects under their deployments.
func (p *Plan) body() string {
	var b strings.Builder
	listed, left := 0, 0
	for _, t := range p.Touched {
		if listed >= maxListed {
			left += max(len(t.Objects), 1)
			continue
		}
		b.WriteString(heading(&t) + "\n")
		for _, o := range t.Objects {
			fmt.Fprintf(&b, "  %-8s %s\n", o.Action, displayKey(o.Object))
		}
		listed += max(len(t.Objects), 1)
	}
	if left > 0 {
		fmt.Fprintf(&b, "and %d more\n", left)
	}
	return b.String()
}

func heading(t *Touched) string {
	text := oneLine(t.Label())
	switch {
	case t.Removed:
		text += " (removed)"
	case t.From != "":
		text += " (moved from " + t.From + ")"
	case len(t.Objects) == 0:
		text += " (ledger only)"
	}
	return text
}

// displayKey writes a ledger's object the way kubectl users do.
func displayKey(key string) string {
	id, err := ParseObjectKey(key)
	if err != nil {
		return key
	}
	return id.String()
}

// trailers say where the objects come from, as git interpret-trailers reads
// them. They are for people: the ledgers hold the truth.
func (p *Plan) trailers() string {
	var b strings.Builder
	add := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, oneLine(value))
		}
	}
	add("Source-Commit", p.run.Commit)
	add("Source-Repository", p.run.Owner.Source)
	if p.run.Tool.Version != "" {
		add(renderedBy, "lading "+p.run.Tool.Version)
	}
	add("Co-authored-by", p.run.coAuthor())
	return b.String()
}
