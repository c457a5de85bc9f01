// What a pull request says.

package gitops

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// deletesLabel marks pull requests that would not be published unasked.
const deletesLabel = "lading/deletes"

// A marker is what lading must know of a pull request later on. It stands at
// the end of the text as a comment, which forges do not show.
type marker struct {
	// digest is of the content.
	digest string
	// deletes tells that much is deleted.
	deletes bool
}

var markerForm = regexp.MustCompile(`<!-- lading: content ([0-9a-f]{64})( deletes)? -->`)

// markerIn reads the last marker of a text; what people add before it does not
// matter.
func markerIn(body string) marker {
	all := markerForm.FindAllStringSubmatch(body, -1)
	if len(all) == 0 {
		return marker{}
	}
	last := all[len(all)-1]
	return marker{last[1], last[2] != ""}
}

func (m marker) String() string {
	deletes := ""
	if m.deletes {
		deletes = " deletes"
	}
	return fmt.Sprintf("<!-- lading: content %s%s -->", m.digest, deletes)
}

// content is what the pull request of a proposal says, in at most so many bytes.
func (p *proposal) content(r *Review, most int) forge.Content {
	s := r.Settings
	c := forge.Content{Title: p.title(), Labels: slices.Clone(s.Labels), Reviewers: s.Reviewers, Draft: s.Draft}
	if p.excessive && !slices.Contains(c.Labels, deletesLabel) {
		c.Labels = append(c.Labels, deletesLabel)
	}
	c.Body = p.text(most)
	return c
}

// title is the first line of the commit message.
func (p *proposal) title() string {
	title, _, _ := strings.Cut(p.Message(), "\n")
	return title
}

// text is the body: deletions first, then what changes, then as much of the
// diff as there is room for.
func (p *proposal) text(most int) string {
	end := "\n" + marker{p.digest, p.excessive}.String() + "\n"
	var b strings.Builder
	if p.run != nil && p.run.Commit != "" {
		fmt.Fprintf(&b, "Rendered from %s of %s.\n\n", code(p.run.Commit), code(p.run.Owner.Source))
	}
	p.listObjects(&b, "Deleted", func(o ObjectChange) bool { return o.Action == Removed })
	p.listObjects(&b, "Changed", func(o ObjectChange) bool { return o.Action != Removed })
	text := b.String()
	if room := most - len(end); len(text) > room {
		text = clipped(text, room-len(clipNote)) + clipNote
	} else {
		text += p.diff(room - len(text))
	}
	return text + end
}

const clipNote = "\nThe list is longer than the forge takes.\n"

// clipped keeps whole lines.
func clipped(text string, most int) string {
	text = text[:max(0, min(len(text), most))]
	return text[:strings.LastIndexByte(text, '\n')+1]
}

// listObjects lists the objects of one section under their deployments.
func (p *proposal) listObjects(b *strings.Builder, title string, belongs func(ObjectChange) bool) {
	var lines []string
	objects := 0
	for _, t := range p.Touched {
		first := true
		for _, o := range t.Objects {
			if !belongs(o) {
				continue
			}
			if first {
				lines, first = append(lines, "- "+code(t.Label())), false
			}
			objects++
			if objects <= maxListed {
				lines = append(lines, fmt.Sprintf("  - %s %s", o.Action, code(displayKey(o.Object))))
			}
		}
	}
	if objects == 0 {
		return
	}
	if more := objects - maxListed; more > 0 {
		lines = append(lines, fmt.Sprintf("- and %d more", more))
	}
	fmt.Fprintf(b, "### %s (%d)\n\n%s\n\n", title, objects, strings.Join(lines, "\n"))
}

// code writes a text as it is, whatever it holds.
func code(text string) string {
	return "`" + strings.ReplaceAll(oneLine(text), "`", "'") + "`"
}

// diff is the unified diff, whole files only, within a number of bytes.
func (p *proposal) diff(most int) string {
	files := p.shown()
	texts := make([]string, 0, len(files))
	ticks := 3
	for _, c := range files {
		var b bytes.Buffer
		if c.write(&b) == nil {
			texts = append(texts, b.String())
			ticks = max(ticks, longestRun(b.String(), '`')+1)
		}
	}
	if len(texts) == 0 {
		return ""
	}
	fence := strings.Repeat("`", ticks)
	note := func(left int) string {
		return fmt.Sprintf("\nThe diff is longer than the forge takes: %d of %d files are left out.\n", left, len(texts))
	}
	frame := len("### Diff\n\n") + 2*len(fence) + len("diff\n\n") + len(note(len(texts)))
	var b strings.Builder
	shown := 0
	for _, text := range texts {
		if frame+b.Len()+len(text) > most {
			break
		}
		b.WriteString(text)
		shown++
	}
	out := ""
	if shown > 0 {
		out = "### Diff\n\n" + fence + "diff\n" + b.String() + fence + "\n"
	}
	if left := len(texts) - shown; left > 0 && len(out)+len(note(left)) <= most {
		out += note(left)
	}
	return out
}

// longestRun is the length of the longest run of a character.
func longestRun(text string, c byte) int {
	longest, run := 0, 0
	for i := range len(text) {
		if run++; text[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
