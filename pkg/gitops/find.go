// Finding a deployment on a branch by the name that people know.

package gitops

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A Deployed is the directory of a deployment that a branch has.
type Deployed struct {
	Directory string
	Ledger    *Ledger
	record    *record
}

// LedgerFile is the path of the ledger.
func (d *Deployed) LedgerFile() string { return d.record.file }

// A Name names a deployment in an environment.
type Name struct {
	Environment string
	// Deployment is the human-readable name, or the id.
	Deployment string
	// Path is the template of directories, with which the directory is
	// found without looking at all others; may be empty.
	Path string
	// Project is the project of the settings; may be nil.
	Project *settings.Project
}

func (n Name) String() string { return n.Environment + "/" + n.Deployment }

// A MissingError reports a deployment that a branch does not have.
type MissingError struct {
	Name
	// Others are the deployments that the branch has in that environment.
	Others []string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("there is no deployment %q in environment %s", e.Deployment, e.Environment)
}

// Hint names what there is.
func (e *MissingError) Hint() string {
	const most = 10
	switch n := len(e.Others); {
	case n == 0:
		return "the branch has no deployment of this environment; check --env, --repository and --branch"
	case n > most:
		return fmt.Sprintf("there are %s and %d more", strings.Join(e.Others[:most], ", "), n-most)
	}
	return "there is " + strings.Join(e.Others, ", ")
}

// Find returns the directory of a deployment, or a [*MissingError]. It looks
// where the path template puts it first, and then everywhere.
func Find(ctx context.Context, present Tree, name Name) (*Deployed, error) {
	p := newPlanner(ctx, &Run{}, &Branch{}, present)
	if err := p.readLikely(name); err != nil {
		return nil, err
	}
	if found, err := p.named(name); found != nil || err != nil {
		return found, err
	}
	if err := p.tree.prefetchLedgers([]string{"."}); err != nil {
		return nil, err
	}
	if err := p.walk("."); err != nil {
		return nil, err
	}
	found, err := p.named(name)
	if found == nil && err == nil {
		err = &MissingError{name, p.others(name.Environment)}
	}
	return found, err
}

// named returns the one record with a name.
func (p *planner) named(name Name) (*Deployed, error) {
	var found *record
	for _, dir := range sortedKeys(p.records) {
		r := p.records[dir]
		if r.ledger == nil || r.ledger.Environment != name.Environment ||
			r.ledger.Deployment != name.Deployment && r.ledger.ID != name.Deployment {
			continue
		}
		if found != nil {
			return nil, &ConflictError{Path: r.dir,
				Message: fmt.Sprintf("%s also lies in %s", name, found.dir), Next: "give the id instead of the name"}
		}
		found = r
	}
	if found == nil {
		return nil, nil
	}
	return &Deployed{found.dir, found.ledger, found}, nil
}

func (p *planner) others(environment string) []string {
	var names []string
	for _, r := range p.records {
		if r.ledger != nil && r.ledger.Environment == environment {
			names = append(names, r.ledger.Deployment)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// readLikely reads the ledgers where the path template puts a deployment of
// that name, in whatever namespace.
func (p *planner) readLikely(name Name) error {
	base, patterns := name.likely(escape(manifest.K8sName(name.Deployment, 63)))
	if len(patterns) == 0 && base == "." {
		return nil
	}
	pattern := path.Join(append([]string{base}, patterns...)...)
	if f, ok := p.tree.tree.(Prefetcher); ok {
		likely := func(file string) bool {
			match, _ := path.Match(pattern+"/"+ledgerName, file)
			return match
		}
		if err := f.Prefetch([]string{base}, likely); err != nil {
			return err
		}
	}
	return p.readMatching(base, patterns)
}

func (p *planner) readMatching(dir string, segments []string) error {
	if len(segments) == 0 {
		what, _, err := p.tree.look(path.Join(dir, ledgerName))
		if err != nil || what != regular {
			return err
		}
		r, err := p.readRecord(dir, ledgerName)
		if err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
		p.records[dir] = r
		return nil
	}
	if what, _, err := p.tree.look(dir); dir != "." && (what != folder || err != nil) {
		return err
	}
	entries, err := p.tree.list(dir)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(entries) {
		match, _ := path.Match(segments[0], name)
		if !match || !entries[name].IsDir() {
			continue
		}
		if err := p.readMatching(path.Join(dir, name), segments[1:]); err != nil {
			return err
		}
	}
	return nil
}

// BranchOf returns the branch of an environment, or an error where that depends
// on the deployment.
func BranchOf(p *settings.Project, environment string, g settings.GitOps) (string, error) {
	return branchOf(g.Branch, environmentVariables(p, environment))
}
