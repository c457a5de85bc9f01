// The bytes of a branch against its ledgers.

package gitops

import (
	"context"
	"path"
	"slices"
	"strings"
)

// What can be wrong with a file.
const (
	FileMissing    = "missing"    // a ledger lists it
	FileChanged    = "changed"    // it has not the bytes that its ledger lists
	FileExtra      = "extra"      // no ledger lists it, and an engine would apply it
	FileForeign    = "foreign"    // no ledger lists it, and no engine reads it
	FileUnreadable = "unreadable" // a ledger that cannot be read
)

// A FileProblem is a file in a rendered directory that is not as its ledger
// says.
type FileProblem struct {
	File    string `json:"file"`
	Problem string `json:"problem"`
	Message string `json:"message,omitempty"`
}

// Harmless reports that the file changes nothing that an engine sees.
func (f *FileProblem) Harmless() bool { return f.Problem == FileForeign }

// An Integrity is what a check found in one rendered directory.
type Integrity struct {
	Environment string `json:"environment,omitempty"`
	Deployment  string `json:"deployment,omitempty"`
	Directory   string `json:"directory"`
	// Files are the files that ledgers list.
	Files    int           `json:"files"`
	Problems []FileProblem `json:"problems"`
}

// Sound reports whether an engine sees what ledgers list.
func (i *Integrity) Sound() bool {
	return !slices.ContainsFunc(i.Problems, func(f FileProblem) bool { return !f.Harmless() })
}

// CheckIntegrity compares every rendered directory of a branch with its
// ledgers, by path; wanted, which may be nil, chooses by environment. Nothing
// is rendered, so that it does not matter which version wrote them.
func CheckIntegrity(ctx context.Context, present Tree, wanted func(environment string) bool) ([]Integrity, error) {
	c := &integrityCheck{planner: newPlanner(ctx, &Run{}, &Branch{}, present), wanted: wanted}
	if err := c.tree.prefetchLedgers([]string{"."}); err != nil {
		return nil, err
	}
	if err := c.visit("."); err != nil {
		return nil, err
	}
	if err := c.prefetch(); err != nil {
		return nil, err
	}
	out := make([]Integrity, 0, len(c.found))
	for _, d := range c.found {
		i, err := c.check(d)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

type integrityCheck struct {
	*planner
	wanted func(string) bool
	found  []*ledgered
}

// A ledgered is a directory with its ledgers: one, or those of several owners.
type ledgered struct {
	dir     string
	records []*record
}

// visit finds the directories that have ledgers.
func (c *integrityCheck) visit(dir string) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	entries, err := c.tree.list(dir)
	if err != nil {
		return err
	}
	d := &ledgered{dir: dir}
	for _, name := range sortedKeys(entries) {
		if dir == "." || !isLedger(name) || kindOf(entries[name]) != regular {
			continue
		}
		r, err := c.readRecord(dir, name)
		if err != nil {
			return err
		}
		d.records = append(d.records, r)
	}
	if len(d.records) > 0 {
		if c.chosen(d) {
			c.found = append(c.found, d)
		}
		return nil
	}
	for _, name := range sortedKeys(entries) {
		if entries[name].IsDir() {
			if err := c.visit(path.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// chosen reports whether a directory is one of the wanted environments. A ledger
// that cannot be read could be any.
func (c *integrityCheck) chosen(d *ledgered) bool {
	return c.wanted == nil || slices.ContainsFunc(d.records, func(r *record) bool {
		return r.ledger == nil || c.wanted(r.ledger.Environment)
	})
}

func (c *integrityCheck) prefetch() error {
	f, ok := c.tree.tree.(Prefetcher)
	if !ok || len(c.found) == 0 {
		return nil
	}
	dirs := make([]string, len(c.found))
	for i, d := range c.found {
		dirs[i] = d.dir
	}
	return f.Prefetch(dirs, func(file string) bool { return strings.HasSuffix(file, ".yaml") })
}

func (c *integrityCheck) check(d *ledgered) (Integrity, error) {
	out := Integrity{Directory: d.dir, Problems: []FileProblem{}}
	listed, readable := make(map[string]Entry), true
	for _, r := range d.records {
		if r.err != nil {
			readable = false
			out.Problems = append(out.Problems, FileProblem{r.file, FileUnreadable, r.err.Error()})
			continue
		}
		out.Environment, out.Deployment = r.ledger.Environment, r.ledger.Deployment
		for _, e := range r.ledger.Objects {
			if other, ok := listed[e.File]; ok && other.Digest != e.Digest {
				out.Problems = append(out.Problems, FileProblem{path.Join(d.dir, e.File), FileChanged, "its owners list different bytes"})
			}
			listed[e.File] = e
		}
	}
	out.Files = len(listed)
	for _, file := range sortedKeys(listed) {
		problem, err := c.compare(path.Join(d.dir, file), listed[file])
		if err != nil {
			return out, err
		}
		if problem != nil {
			out.Problems = append(out.Problems, *problem)
		}
	}
	var err error
	if readable {
		err = c.extras(d.dir, d.dir, listed, &out)
	}
	slices.SortStableFunc(out.Problems, func(a, b FileProblem) int { return strings.Compare(a.File, b.File) })
	return out, err
}

// compare holds a file against its entry.
func (c *integrityCheck) compare(file string, e Entry) (*FileProblem, error) {
	what, at, err := c.tree.look(file)
	switch {
	case err != nil:
		return nil, err
	case what == absent:
		return &FileProblem{file, FileMissing, ""}, nil
	case what != regular:
		return &FileProblem{file, FileChanged, at + " is no file"}, nil
	}
	data, err := c.tree.read(file)
	if err != nil || digestOf(data) == e.Digest {
		return nil, err
	}
	return &FileProblem{file, FileChanged, ""}, nil
}

// extras finds what no ledger lists.
func (c *integrityCheck) extras(root, dir string, listed map[string]Entry, out *Integrity) error {
	entries, err := c.tree.list(dir)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(entries) {
		file := path.Join(dir, name)
		_, known := listed[strings.TrimPrefix(file, root+"/")]
		switch {
		case known || isLedger(name) && dir == root:
		case entries[name].IsDir():
			if err := c.extras(root, file, listed, out); err != nil {
				return err
			}
		case isRead(name):
			out.Problems = append(out.Problems, FileProblem{file, FileExtra, ""})
		default:
			out.Problems = append(out.Problems, FileProblem{file, FileForeign, ""})
		}
	}
	return nil
}

// isRead reports the files that Argo CD or Flux read, or that change what they
// read.
func isRead(name string) bool {
	switch name {
	case "Chart.yaml", "Kustomization", ".argocd-source.yaml":
		return true
	}
	return slices.Contains([]string{".yaml", ".yml", ".json", ".jsonnet", ".libsonnet"}, path.Ext(name))
}
