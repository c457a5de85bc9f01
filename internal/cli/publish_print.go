// What a publish says of what it did.

package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/gitops"
)

// report prints what was done. What went wrong elsewhere does not hide it.
func (p *publishing) report(fl *fleet) error {
	for _, r := range p.results {
		notice(p.env, r.plan)
	}
	if err := p.print(); err != nil {
		return err
	}
	if p.committed() {
		noteNobody(p.env, p.commit.Author)
	}
	p.errs = append(p.errs, fl.failures...)
	for _, r := range p.results {
		if p.dryRun && r.Changed {
			p.errs = append(p.errs, cmp.Or(r.refusal, errDiffers))
		}
	}
	if len(p.errs) == 0 {
		return nil
	}
	return p.errs
}

// committed tells whether any branch has a new commit.
func (p *publishing) committed() bool {
	return !p.dryRun && slices.ContainsFunc(p.results, func(r branchResult) bool { return r.Changed })
}

func (p *publishing) print() error {
	if p.output == "json" {
		if p.results == nil {
			p.results = []branchResult{}
		}
		return printJSON(p.env, p.results)
	}
	var b bytes.Buffer
	for _, r := range p.results {
		if err := r.print(&b, p.dryRun); err != nil {
			return err
		}
	}
	_, err := p.env.Stdout.Write(b.Bytes())
	return err
}

// print tells in words what became of a branch; for a dry run, what would.
func (r branchResult) print(b *bytes.Buffer, dryRun bool) error {
	if r.Review != nil {
		return r.printReview(b, dryRun)
	}
	where := fmt.Sprintf("%s of %s", r.Branch, r.Repository)
	switch {
	case !r.Changed && r.Commit == "":
		fmt.Fprintf(b, "unchanged: %s has no commit, and there is nothing to publish\n", where)
	case !r.Changed:
		fmt.Fprintf(b, "unchanged %.7s on %s\n", r.Commit, where)
	case dryRun:
		if err := r.plan.Unified(b); err != nil {
			return err
		}
		fmt.Fprintf(b, "would commit to %s\n", where)
		r.printDeployments(b)
		if r.Tree != "" {
			fmt.Fprintf(b, "tree %s\n", r.Tree)
		}
	default:
		fmt.Fprintf(b, "committed %.7s to %s\n", r.Commit, where)
		r.printDeployments(b)
	}
	return nil
}

// printDeployments lists what changed, a deployment a line; where it is none, the
// files.
func (r branchResult) printDeployments(b *bytes.Buffer) {
	if len(r.Deployments) == 0 {
		r.printFiles(b)
	}
	for _, t := range r.Deployments {
		fmt.Fprintf(b, "  %s: %s\n", t.Label(), cmp.Or(countActions(t.Objects), "ledger only"))
	}
}

// printFiles lists what changed beside the deployments, as .gitattributes.
func (r branchResult) printFiles(b *bytes.Buffer) {
	for _, c := range r.plan.Changes {
		action := gitops.Changed
		switch {
		case c.Before == nil:
			action = gitops.Added
		case c.After == nil:
			action = gitops.Removed
		}
		fmt.Fprintf(b, "  %s: %s\n", c.Path, action)
	}
}

// countActions says what happened to how many objects, "" where there are none.
func countActions(objects []gitops.ObjectChange) string {
	counts := make(map[string]int)
	for _, o := range objects {
		counts[o.Action]++
	}
	var words []string
	for _, action := range []string{gitops.Added, gitops.Changed, gitops.Moved, gitops.Restored, gitops.Removed} {
		if n := counts[action]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, action))
		}
	}
	return strings.Join(words, ", ")
}
