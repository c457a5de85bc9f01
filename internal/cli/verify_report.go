package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/lading-dev/lading/pkg/gitops"
)

// print writes a table of directories, and below it what is wrong with files.
func (r verification) print(b *bytes.Buffer, integrityOnly bool) {
	if r.Commit == "" {
		fmt.Fprintf(b, "# %s of %s has no commit\n", r.Branch, r.Repository)
		return
	}
	fmt.Fprintf(b, "# %.10s, %s of %s\n", r.Commit, r.Branch, r.Repository)
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	if integrityOnly {
		fmt.Fprintln(table, "DIRECTORY\tINTEGRITY")
	} else {
		fmt.Fprintln(table, "DIRECTORY\tINTEGRITY\tSETTINGS")
	}
	for _, row := range r.rows() {
		if integrityOnly {
			fmt.Fprintf(table, "%s\t%s\n", row.directory, row.integrity)
		} else {
			fmt.Fprintf(table, "%s\t%s\t%s\n", row.directory, row.integrity, row.settings)
		}
	}
	table.Flush()
	for _, i := range r.Integrity {
		for _, p := range i.Problems {
			fmt.Fprintf(b, "%s: %s", p.File, problemText(p))
			if p.Message != "" {
				fmt.Fprintf(b, ": %s", p.Message)
			}
			b.WriteByte('\n')
		}
	}
}

func problemText(p gitops.FileProblem) string {
	switch p.Problem {
	case gitops.FileMissing:
		return "missing"
	case gitops.FileChanged:
		return "changed since lading wrote it"
	case gitops.FileExtra:
		return "extra: no ledger lists it, and an engine would read it"
	case gitops.FileForeign:
		return "not lading's, and no engine reads it"
	}
	return p.Problem
}

// A row is what the table says of one directory.
type row struct{ directory, integrity, settings string }

// rows joins the two answers by directory.
func (r verification) rows() []row {
	byDirectory := make(map[string]*row)
	at := func(dir string) *row {
		if byDirectory[dir] == nil {
			byDirectory[dir] = &row{dir, "-", "-"}
		}
		return byDirectory[dir]
	}
	for _, i := range r.Integrity {
		at(i.Directory).integrity = "ok"
		if !i.Sound() {
			at(i.Directory).integrity = "failed"
		}
	}
	for _, c := range r.Settings {
		text := c.Answer
		if c.Reason != "" {
			text += ": " + c.Reason
		}
		at(c.Directory).settings = text
	}
	var rows []row
	for _, r := range byDirectory {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.directory, b.directory) })
	return rows
}
