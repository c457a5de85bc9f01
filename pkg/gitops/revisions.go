// The rendered revisions of a deployment, as its ledgers tell.

package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// A Revision is a commit that changed the ledger of a deployment.
type Revision struct {
	Commit  string    `json:"commit"`
	Time    time.Time `json:"time"`
	Author  string    `json:"author"`
	Email   string    `json:"email"`
	Subject string    `json:"subject"`
	// Digest is the ledger's, over all objects; empty where the directory is
	// gone.
	Digest string      `json:"digest,omitempty"`
	State  string      `json:"state,omitempty"`
	Pin    *Pin        `json:"pin,omitempty"`
	Source *Source     `json:"source,omitempty"`
	Tool   *LedgerTool `json:"tool,omitempty"`
	// Objects are the changes since the revision before.
	Objects []ObjectChange `json:"objects"`
	// Problem tells why the ledger of this revision cannot be read.
	Problem string `json:"problem,omitempty"`
}

// Gone reports whether the revision has no objects that could be restored.
func (r *Revision) Gone() bool { return r.Digest == "" || r.State == stateDeleted }

// Revisions returns the newest revisions of a deployment's directory, newest
// first; 0 is all of them. Only ledgers are read: what merges, squashes or
// messages say of commits does not matter.
func Revisions(ctx context.Context, repo *gitrepo.Repo, tip *gitrepo.Snapshot, d *Deployed, limit int) ([]Revision, error) {
	more := limit
	if limit > 0 {
		more++ // what the last one is compared with
	}
	snapshots, err := repo.Revisions(ctx, tip, d.LedgerFile(), more)
	if err != nil {
		return nil, err
	}
	revisions := make([]Revision, len(snapshots))
	var before *Ledger
	for i := len(snapshots) - 1; i >= 0; i-- {
		l, err := ledgerOf(snapshots[i], d.LedgerFile(), &revisions[i])
		if err != nil {
			return nil, err
		}
		revisions[i].Objects = ledgerChanges(d.Directory, before, l)
		before = l
	}
	if limit > 0 && len(revisions) > limit {
		revisions = revisions[:limit]
	}
	return revisions, nil
}

// ledgerOf reads the ledger of a revision and fills in what it says; nil where
// there is none, or none that can be read.
func ledgerOf(s *gitrepo.Snapshot, file string, r *Revision) (*Ledger, error) {
	c := s.Tip()
	subject, _, _ := strings.Cut(c.Message, "\n")
	*r = Revision{Commit: c.Hash(), Time: c.Committer.When, Author: c.Author.Name, Email: c.Author.Email, Subject: oneLine(subject)}
	data, err := s.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l, err := ParseLedger(file, data)
	if err != nil {
		r.Problem = err.Error()
		return nil, nil
	}
	r.Digest, r.State, r.Pin, r.Source, r.Tool = l.Digest, l.State, l.Pin, &l.Source, &l.Tool
	return l, nil
}

// ledgerChanges compares two ledgers of a directory, either of which may be
// nil, by object.
func ledgerChanges(dir string, before, after *Ledger) []ObjectChange {
	changes := []ObjectChange{}
	had := make(map[string]Entry)
	if before != nil {
		for _, e := range before.Objects {
			had[e.Object] = e
		}
	}
	if after != nil {
		for _, e := range after.Objects {
			old, ok := had[e.Object]
			delete(had, e.Object)
			c := ObjectChange{Action: Added, Object: e.Object, File: path.Join(dir, e.File)}
			switch {
			case ok && old.Digest != e.Digest:
				c.Action = Changed
			case ok && old.File != e.File:
				c.Action, c.From = Moved, path.Join(dir, old.File)
			case ok:
				continue
			}
			changes = append(changes, c)
		}
	}
	for _, key := range sortedKeys(had) {
		changes = append(changes, ObjectChange{Action: Removed, Object: key, File: path.Join(dir, had[key].File)})
	}
	return changes
}

// Previous returns the newest revision whose objects are not the present ones,
// for rollbacks.
func Previous(ctx context.Context, repo *gitrepo.Repo, tip *gitrepo.Snapshot, d *Deployed) (*gitrepo.Snapshot, error) {
	for limit := 8; ; limit *= 8 {
		revisions, err := Revisions(ctx, repo, tip, d, limit)
		if err != nil {
			return nil, err
		}
		for _, r := range revisions {
			if !r.Gone() && r.Digest != d.Ledger.Digest {
				return repo.Ancestor(ctx, tip, r.Commit)
			}
		}
		if len(revisions) < limit {
			return nil, &SafetyError{Message: fmt.Sprintf("%s/%s has no other revision to roll back to",
				d.Ledger.Environment, d.Ledger.Deployment), Next: "see what there is: lading history"}
		}
	}
}
