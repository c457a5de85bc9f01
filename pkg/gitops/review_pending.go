// What an open pull request proposes already, beside what a run plans.

package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// A pending is what a review branch has on top of its base: files by path, nil
// where they are removed.
type pending struct {
	files map[string][]byte
	// dirs are the directories in which ledgers changed.
	dirs []string
	// ledgers are what they said on the branch, or last.
	ledgers map[string]*Ledger
	// contested are the directories that the base has changed as well since the
	// branch began.
	contested []string
}

// pendingOf reads what a branch changed since its fork from the base, in whole
// directories, and leaves out what the base has by now.
func pendingOf(fork, head, base *gitrepo.Snapshot, owner Owner) (*pending, error) {
	changed := make(map[string]bool)
	if err := differing(fork, head, ".", changed); err != nil {
		return nil, err
	}
	dirs, ledgers, err := ledgersIn(changed, fork, head, owner)
	if err != nil {
		return nil, err
	}
	p := &pending{files: make(map[string][]byte), dirs: dirs, ledgers: ledgers}
	for _, dir := range append([]string{""}, dirs...) {
		if err := p.add(dir, changed, fork, head, base); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add takes the files of one directory, unless the base changed them too.
func (p *pending) add(dir string, changed map[string]bool, fork, head, base *gitrepo.Snapshot) error {
	files := make(map[string][]byte)
	for _, file := range sortedKeys(changed) {
		if holdingDir(p.dirs, file) != dir {
			continue
		}
		was, _ := stateOf(fork, file)
		wants, _ := stateOf(head, file)
		is, _ := stateOf(base, file)
		if is == wants {
			continue
		}
		if is != was {
			p.contested = append(p.contested, dir)
			return nil
		}
		data, err := readOrNil(head, file)
		if err != nil {
			return err
		}
		files[file] = data
	}
	maps.Copy(p.files, files)
	return nil
}

// keep drops what the run decides anew, and what nothing that is kept needs.
func (p *pending) keep(base Tree, decides func(dir string, l *Ledger) bool) error {
	drops := make(map[string]bool)
	kept := false
	for _, dir := range p.dirs {
		if isCommon(dir) || !p.has(dir) {
			continue
		}
		var err error
		if drops[dir], err = p.obsolete(base, dir, decides); err != nil {
			return err
		}
		kept = kept || !drops[dir]
	}
	maps.DeleteFunc(p.files, func(file string, _ []byte) bool {
		dir := holdingDir(p.dirs, file)
		return isCommon(dir) && !kept || drops[dir]
	})
	return nil
}

func (p *pending) clone() *pending {
	return &pending{files: maps.Clone(p.files), dirs: p.dirs, ledgers: p.ledgers, contested: p.contested}
}

func (p *pending) has(dir string) bool {
	for file := range p.files {
		if holdingDir(p.dirs, file) == dir {
			return true
		}
	}
	return false
}

// obsolete reports whether a run decides anew about a directory. It does not
// where the directory waits to be pinned, deleted or the like by a command of
// its own: a run must plan on that.
func (p *pending) obsolete(base Tree, dir string, decides func(string, *Ledger) bool) (bool, error) {
	file := path.Join(dir, ledgerName)
	before, err := readOrNil(base, file)
	if err != nil {
		return false, err
	}
	was, err := parseOrEmpty(file, before)
	if err != nil {
		return false, err
	}
	is, err := parseOrEmpty(file, p.files[file])
	if err != nil {
		return false, err
	}
	if is.Schema == 0 { // removed
		return decides(dir, was), nil
	}
	edited := was.State != is.State || (was.Pin == nil) != (is.Pin == nil)
	return !edited && decides(dir, is), nil
}

// isCommon reports the directories that several deployments share, and the root.
func isCommon(dir string) bool {
	name := path.Base(dir)
	return dir == "" || name == sharedDir || name == engineDir
}

// holdingDir returns that of some directories with ledgers which accounts for a
// file, "" where there is none: objects of other namespaces lie further down.
func holdingDir(dirs []string, file string) string {
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if slices.Contains(dirs, dir) {
			return dir
		}
	}
	return ""
}

// ledgersIn returns the directories with the ledgers that changed, which must be
// the owner's, and those ledgers.
func ledgersIn(changed map[string]bool, fork, head Tree, owner Owner) ([]string, map[string]*Ledger, error) {
	dirs, ledgers := []string{}, make(map[string]*Ledger)
	for _, file := range sortedKeys(changed) {
		if !isLedger(file) {
			continue
		}
		data, err := readOrNil(head, file)
		if err == nil && data == nil {
			data, err = readOrNil(fork, file)
		}
		if err != nil {
			return nil, nil, err
		}
		l, err := ParseLedger(file, data)
		if err != nil {
			return nil, nil, err
		}
		if l.Owner != owner {
			return nil, nil, &ConflictError{Path: file, Message: "the review branch changes what belongs to " + l.Owner.String(),
				Next: "give each project a gitops.review_branch of its own"}
		}
		dirs, ledgers[path.Dir(file)] = append(dirs, path.Dir(file)), l
	}
	return dirs, ledgers, nil
}

// differing collects the files that two snapshots have not in common. Trees
// with one name are not looked into.
func differing(a, b *gitrepo.Snapshot, dir string, changed map[string]bool) error {
	before, err := entriesOf(a, dir)
	if err != nil {
		return err
	}
	after, err := entriesOf(b, dir)
	if err != nil {
		return err
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range sortedKeys(names) {
		x, y := before[name], after[name]
		if x.Hash == y.Hash && x.Kind == y.Kind {
			continue
		}
		file := path.Join(dir, name)
		if x.Kind == gitrepo.Directory || y.Kind == gitrepo.Directory {
			if err := differing(a, b, file, changed); err != nil {
				return err
			}
		}
		if x.Hash != "" && x.Kind == gitrepo.File || y.Hash != "" && y.Kind == gitrepo.File {
			changed[file] = true
		}
	}
	return nil
}

func entriesOf(s *gitrepo.Snapshot, dir string) (map[string]gitrepo.Entry, error) {
	entries := make(map[string]gitrepo.Entry)
	if e, err := s.Stat(dir); err == nil && !e.IsDir() || errors.Is(err, fs.ErrNotExist) {
		return entries, nil
	}
	listed, err := s.ReadDir(dir)
	for _, e := range listed {
		entries[e.Name()] = e.(gitrepo.Entry)
	}
	return entries, err
}

// readOrNil reads a file, nil where there is none.
func readOrNil(t Tree, file string) ([]byte, error) {
	data, err := t.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}

func parseOrEmpty(file string, data []byte) (*Ledger, error) {
	if data == nil {
		return &Ledger{}, nil
	}
	return ParseLedger(file, data)
}

// madeByUs reports whether lading made a commit: it says so in a trailer.
func madeByUs(c *gitrepo.Commit) bool {
	for line := range strings.Lines(c.Message) {
		if strings.HasPrefix(line, renderedBy+": lading ") {
			return len(c.Parents()) <= 1
		}
	}
	return false
}

// foreignError names the first commit that is not ours.
func foreignError(branch string, c *gitrepo.Commit) error {
	subject, _, _ := strings.Cut(c.Message, "\n")
	return &ConflictError{
		Path:    branch,
		Message: fmt.Sprintf("commit %.10s of %s (%s) is on the review branch and was not made by lading", c.Hash(), c.Author.Name, oneLine(subject)),
		Next:    "merge or close the pull request, or take that commit off the branch; lading overwrites nobody's work",
	}
}

// commitsOn returns a branch's commits on top of its base, newest first, and
// the commit on which they stand.
func commitsOn(ctx context.Context, repo *gitrepo.Repo, base, head *gitrepo.Snapshot, known map[string]bool) ([]*gitrepo.Commit, string, error) {
	line, err := repo.Since(ctx, base, head)
	if err != nil {
		return nil, "", err
	}
	if i := slices.IndexFunc(line, func(c *gitrepo.Commit) bool { return known[c.Hash()] }); i >= 0 {
		line = line[:i]
	}
	if len(line) == 0 {
		return nil, head.Commit(), nil
	}
	return line, line[len(line)-1].Parent(), nil
}
