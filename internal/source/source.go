// Package source is the Git repository in which the settings lie: which commit
// is checked out, which files differ from it, and how it stands to the branch
// from which renders are published. It reads the clone around the settings and,
// for what that does not have, the remote called origin. It changes nothing.
package source

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lading-dev/lading/pkg/gitops"
)

// A Repo is a clone with settings in its work tree.
type Repo struct {
	// Dir is the top of the work tree, without symbolic links.
	Dir string
	// Commit is what is checked out, empty before the first commit. Author
	// wrote it and Subject is the first line of its message.
	Commit  string
	Author  gitops.Person
	Subject string
	// Date is when the author wrote it, Body what follows the first line.
	Date time.Time
	Body string
	// URL is the remote called origin as the clone's configuration has it,
	// empty where there is none.
	URL string

	// access is the URL after git's url.<base>.insteadOf rules.
	access string
	git    *git.Repository
	tree   *object.Tree
	// digests are those of committed files that were looked at.
	digests map[string]string
}

// Find returns the repository that holds a directory, or nil where none does.
func Find(dir string) (*Repo, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, nil
	}
	if err != nil {
		return nil, readError(dir, err)
	}
	work, err := repo.Worktree()
	if errors.Is(err, git.ErrIsBareRepository) {
		return nil, nil
	}
	if err != nil {
		return nil, readError(dir, err)
	}
	r := &Repo{git: repo, digests: make(map[string]string)}
	if r.Dir, err = filepath.EvalSymlinks(work.Filesystem.Root()); err != nil {
		return nil, readError(dir, err)
	}
	if err := r.readOrigin(); err != nil {
		return nil, readError(dir, err)
	}
	return r, r.readHead()
}

// readOrigin reads the remote's URL twice: as it is written, which tells whose
// the settings are, and as git would use it, for instance with the token that
// a CI system puts in.
func (r *Repo) readOrigin() error {
	local, err := r.git.Config()
	if err != nil {
		return err
	}
	r.URL = local.Raw.Section("remote").Subsection("origin").Option("url")
	rules := local.URLs
	if global, err := config.LoadConfig(config.GlobalScope); err == nil {
		for name, rule := range global.URLs {
			if rules[name] == nil {
				rules[name] = rule
			}
		}
	}
	r.access = insteadOf(r.URL, rules)
	return nil
}

// insteadOf applies the rule with the longest beginning of a URL.
func insteadOf(url string, rules map[string]*config.URL) string {
	longest, out := 0, url
	for _, rule := range rules {
		if n := len(rule.InsteadOf); n > longest && strings.HasPrefix(url, rule.InsteadOf) {
			longest, out = n, rule.ApplyInsteadOf(url)
		}
	}
	return out
}

func (r *Repo) readHead() error {
	head, err := r.git.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil
	}
	if err != nil {
		return readError(r.Dir, err)
	}
	commit, err := r.git.CommitObject(head.Hash())
	if err != nil {
		return readError(r.Dir, err)
	}
	r.Commit = commit.Hash.String()
	r.Author = gitops.Person{Name: commit.Author.Name, Email: commit.Author.Email}
	r.Subject, r.Body, _ = strings.Cut(commit.Message, "\n")
	r.Date = commit.Author.When
	r.tree, err = commit.Tree()
	if err != nil {
		return readError(r.Dir, err)
	}
	return nil
}

func readError(dir string, err error) error {
	return fmt.Errorf("reading the Git repository of %s: %w", dir, err)
}

// Within returns the slash-separated path of a file below the top, and whether
// it lies there.
func (r *Repo) Within(file string) (string, bool) {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	rel, err := filepath.Rel(r.Dir, file)
	rel = filepath.ToSlash(rel)
	return rel, err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// Differs reports whether a file, given by the digest of its content
// ("sha256:<hex>"), is not as it was committed.
func (r *Repo) Differs(name, digest string) bool {
	if r.tree == nil {
		return true
	}
	committed, known := r.digests[name]
	if !known {
		if f, err := r.tree.File(path.Clean(name)); err == nil {
			if text, err := f.Contents(); err == nil {
				sum := sha256.Sum256([]byte(text))
				committed = "sha256:" + hex.EncodeToString(sum[:])
			}
		}
		r.digests[name] = committed
	}
	return committed != digest
}
