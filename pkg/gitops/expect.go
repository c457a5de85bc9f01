// What was reviewed is what is pushed.

package gitops

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// note keeps what a holding will be, for the plan's tree.
func (p *planner) note(h *holding) {
	switch gone := h.optional && len(h.next.Objects) == 0; {
	case !gone:
		p.held[h.file] = h.next.Digest
	case h.tip != nil:
		p.held[h.file] = "removed"
	}
}

// treeHash is a digest over the directories of the run as they will be, and
// over those that it removes. What lies beside them does not matter, neither
// do versions and commits, so that the same objects have the same hash before
// and after a merge.
func (p *planner) treeHash() string {
	for _, d := range p.branch.directories { // those that stay as they are
		if r := p.records[d.path]; r != nil && r.ledger != nil {
			p.held[r.file] = cmp.Or(p.held[r.file], r.ledger.Digest)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "branch %s\n", p.branch.Branch)
	for _, file := range sortedKeys(p.held) {
		fmt.Fprintf(&b, "%s %q\n", p.held[file], file)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

var treeForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// IsTree reports whether a text has the form of [Plan.Tree].
func IsTree(text string) bool { return treeForm.MatchString(text) }

// Tree names what the plan's directories will hold, as 64 hexadecimal digits.
// Whatever else happens to the branch, the same objects of the run have the
// same name.
func (p *Plan) Tree() string { return p.tree }

// Expect refuses a plan that changes something and does not lead to one of the
// trees that were reviewed. No trees at all expect nothing.
func (p *Plan) Expect(trees []string) error {
	if len(trees) == 0 || len(p.Changes) == 0 || slices.Contains(trees, p.tree) {
		return nil
	}
	return &SafetyError{
		Message: fmt.Sprintf("branch %s: what would be pushed is tree %s, not the one that was reviewed (%s)",
			p.Branch, p.tree, strings.Join(trees, ", ")),
		Next: "look at --dry-run again: the settings, the version of lading, a pin or the published state differ from what was reviewed",
	}
}
