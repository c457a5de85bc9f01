package gitops

import (
	"bytes"
	"slices"
	"strings"
)

const attributesName = ".gitattributes"

// attributeLines tell Git to keep the bytes that lading writes, and the forges
// to fold ledgers in reviews.
// See https://git-scm.com/docs/gitattributes and
// https://docs.github.com/en/repositories/working-with-files/managing-files/customizing-how-changed-files-appear-on-github.
var attributeLines = []string{
	"*.yaml -text",
	".lading -text linguist-generated gitlab-generated",
	".lading-* -text linguist-generated gitlab-generated",
}

// attributes adds what is missing in the branch's .gitattributes and keeps
// what is there.
func (p *planner) attributes() {
	what, at, err := p.tree.look(attributesName)
	var before []byte
	switch {
	case err != nil:
		p.fail(err)
		return
	case what == regular:
		before, err = p.tree.read(attributesName)
		p.fail(err)
	case what != absent:
		p.fail(inTheWay(attributesName, at, what))
		return
	}
	if after := withAttributes(before); !bytes.Equal(before, after) {
		p.changes = append(p.changes, Change{Path: attributesName, Before: before, After: after})
	}
}

// withAttributes appends the lines that are missing; later lines win in Git.
func withAttributes(present []byte) []byte {
	var have []string
	for line := range strings.Lines(string(present)) {
		have = append(have, strings.Join(strings.Fields(line), " "))
	}
	out := slices.Clone(present)
	for _, line := range attributeLines {
		if slices.Contains(have, line) {
			continue
		}
		if len(out) > 0 && out[len(out)-1] != '\n' {
			out = append(out, '\n')
		}
		out = append(out, line+"\n"...)
	}
	return out
}
