// The contract between hydrators and promoters, as Argo CD's source hydrator and
// gitops-promoter have it: a file at the root of an environment's branch names
// the ("dry") commit of the settings that it was rendered from, and Git notes
// name newer commits that render the same.
// See https://gitops-promoter.readthedocs.io/en/latest/custom-hydrator/.

package gitops

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/lading-dev/lading/pkg/settings"
)

// The values of gitops.hydrator.
const (
	HydratorOff    = "off"
	HydratorBranch = "branch"
	HydratorNext   = "next"
)

// The names that the contract fixes.
const (
	hydratorFile = "hydrator.metadata"
	// HydratorNotes is the ref of the notes.
	HydratorNotes = "refs/notes/hydrator.metadata"
	// nextSuffix makes the branch from which a promoter opens pull requests.
	nextSuffix = "-next"
)

// A Dry is what else is told of the commit of the settings, besides what a [Run]
// knows.
type Dry struct {
	// URL is the repository of the settings, Date when the commit was written,
	// and Body what follows the first line of its message.
	URL, Body string
	Date      time.Time
}

// metadata is the content of hydrator.metadata, and of a note.
type metadata struct {
	RepoURL string `json:"repoURL,omitempty"`
	DrySHA  string `json:"drySha"`
	Author  string `json:"author,omitempty"`
	Date    string `json:"date,omitempty"`
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body,omitempty"`
}

func (m metadata) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}

// metadata describes the commit of the run.
func (r *Run) metadata() metadata {
	m := metadata{DrySHA: r.Commit, Subject: r.Subject, Body: strings.TrimSpace(r.Hydrate.Body)}
	if u := r.Hydrate.URL; u != "" && !isLocal(u) {
		m.RepoURL = withoutCredentials(u)
	}
	if r.Author.Name != "" {
		m.Author = fmt.Sprintf("%s <%s>", r.Author.Name, r.Author.Email)
	}
	if !r.Hydrate.Date.IsZero() {
		m.Date = r.Hydrate.Date.Format(time.RFC3339)
	}
	return m
}

// Hydrator returns how the environments of a branch take part in the contract.
func (b *Branch) Hydrator(run *Run) string {
	for _, g := range b.Settings(run) {
		if g.Hydrator != "" && g.Hydrator != HydratorOff {
			return g.Hydrator
		}
	}
	return HydratorOff
}

// Next is the branch from which a promoter proposes changes to this one.
func (b *Branch) Next() string { return b.Branch + nextSuffix }

// hydrate plans hydrator.metadata. It is written with other changes, and where
// it is missing: a newer commit alone is a matter for notes.
func (p *planner) hydrate() {
	if p.run.Hydrate == nil || p.branch.Hydrator(p.run) == HydratorOff {
		return
	}
	if err := p.hydratable(); err != nil {
		p.hydrateLater(err)
		return
	}
	present, before, err := p.hydrated()
	if err != nil {
		p.fail(err)
		return
	}
	if len(p.changes) == 0 && (before != nil || len(p.wanted) == 0) {
		return
	}
	newer, err := p.run.overtakes(p.ctx, present.DrySHA)
	if !newer || err != nil {
		p.fail(err)
		return
	}
	after, err := p.run.metadata().encode()
	p.fail(err)
	if !bytes.Equal(before, after) {
		p.changes = append(p.changes, Change{Path: hydratorFile, Before: before, After: after})
	}
}

// hydrateLater refuses, or tells of it in a preview.
func (p *planner) hydrateLater(err error) {
	if p.run.Preview {
		p.notice("publishing this would be refused: %s", err)
		return
	}
	p.fail(err)
}

// hydratable refuses runs of which no commit of the settings can be told.
func (p *planner) hydratable() error {
	if c := p.run.Commit; c == "" || strings.HasSuffix(c, DirtyMark) {
		return &SafetyError{
			Message: fmt.Sprintf("gitops.hydrator tells which commit branch %s was rendered from, and the settings are not as any commit has them", p.branch.Branch),
			Next:    "commit the settings and publish again, or set gitops.hydrator: off",
		}
	}
	for _, name := range sortedKeys(p.branch.Settings(p.run)) {
		if !p.complete[name] {
			return &SafetyError{
				Message: fmt.Sprintf("gitops.hydrator tells which commit all of %s was rendered from, and this run renders a part of it", name),
				Next:    "publish without -f, -l and names, once every deployment renders",
			}
		}
	}
	return nil
}

// hydrated reads what the branch has of hydrator.metadata; nil bytes where that
// is nothing.
func (p *planner) hydrated() (m metadata, data []byte, err error) {
	what, at, err := p.tree.look(hydratorFile)
	switch {
	case err != nil || what == absent:
		return m, nil, err
	case what != regular:
		return m, nil, inTheWay(hydratorFile, at, what)
	}
	if data, err = p.tree.read(hydratorFile); err != nil {
		return m, nil, err
	}
	if json.Unmarshal(data, &m) != nil {
		return m, nil, foreignFile(hydratorFile)
	}
	if m.RepoURL != "" && NormalizeURL(m.RepoURL) != p.run.Owner.Source && !p.run.TakeOver {
		return m, nil, &ConflictError{
			Path:    hydratorFile,
			Message: fmt.Sprintf("tells that the branch was rendered from %s, not from %s", NormalizeURL(m.RepoURL), p.run.Owner.Source),
			Next:    "give each project branches of its own, or take the branch over with --take-over",
		}
	}
	return m, data, nil
}

// overtakes reports whether the run may replace a commit as the one that was
// rendered: an older commit, or one that is not merged, may not.
func (r *Run) overtakes(ctx context.Context, present string) (bool, error) {
	if r.History == nil || present == "" || present == r.Commit || r.AllowOlder {
		return true, nil
	}
	relation, err := r.History.Relation(ctx, r.Commit, present)
	return relation != Ancestor, err
}

// merged reports whether the commit of the run is on the branch of the settings.
func (r *Run) merged(ctx context.Context, branch string) (bool, error) {
	if r.History == nil || r.AllowUnmerged {
		return true, nil
	}
	tip, err := r.History.Tip(ctx, branch)
	if err != nil || tip.Off != "" || tip.Commit == "" {
		return true, err
	}
	relation, err := r.History.Relation(ctx, r.Commit, tip.Commit)
	return relation == Same || relation == Ancestor, err
}

// Note proposes, on the tree of [HydratorNotes], that a commit of the branch has
// what the run rendered.
func (b *Branch) Note(ctx context.Context, run *Run, notes Tree, commit string) (*Proposal, error) {
	proposal := &Proposal{Message: "Notes added by lading\n", Owned: []string{}}
	for _, g := range b.Settings(run) {
		if ok, err := run.merged(ctx, g.Source.Branch); !ok || err != nil {
			return proposal, err
		}
	}
	file, err := noteFile(notes, commit)
	if err != nil {
		return nil, err
	}
	before, err := notes.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		before, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	var present metadata
	_ = json.Unmarshal(before, &present) // what is no note of the contract is replaced
	newer, err := run.overtakes(ctx, present.DrySHA)
	if present.DrySHA == run.Commit || !newer || err != nil {
		return proposal, err
	}
	after, err := metadata{DrySHA: run.Commit}.encode()
	proposal.Changes = []Change{{Path: file, Before: before, After: after}}
	return proposal, err
}

// noteFile is where the note of a commit lies or would lie: Git splits the names
// of commits after two digits, as often as it finds useful, and reads any
// split. See https://git-scm.com/docs/git-notes.
func noteFile(notes Tree, commit string) (string, error) {
	dir, rest := "", commit
	for len(rest) > 2 {
		entries, err := notes.ReadDir(path.Clean(dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		var whole, split bool
		for _, e := range entries {
			whole = whole || e.Name() == rest
			split = split || e.IsDir() && len(e.Name()) == 2
		}
		if whole || !split {
			break
		}
		dir, rest = dir+rest[:2]+"/", rest[2:]
	}
	return dir + rest, nil
}

// CheckHydrator reports environments that cannot take part in the contract,
// which has one commit of the settings for each branch.
func CheckHydrator(environments []Environment) settings.Problems {
	var problems settings.Problems
	for _, e := range environments {
		if e.GitOps.Hydrator == "" || e.GitOps.Hydrator == HydratorOff {
			continue
		}
		message, hint := hydratorProblem(e, environments)
		if message == "" {
			continue
		}
		const field = "gitops.hydrator"
		problems = append(problems, &settings.Problem{
			Position: e.Project.Place(e.Name, field), Path: field, Message: message, Hint: hint,
		})
	}
	return problems
}

func hydratorProblem(e Environment, all []Environment) (message, hint string) {
	const each = "let gitops.branch name {{environment}}, for example environment/{{environment}}"
	if e.Project == nil {
		return "needs a project: hydrator.metadata speaks for everything on a branch", "write a lading.yaml; 'lading init' does"
	}
	if e.GitOps.Review == "pull-request" {
		return fmt.Sprintf("cannot go with review: pull-request in environment %s", e.Name),
			"set hydrator: next, and leave the pull requests to gitops-promoter; or hydrator: off"
	}
	branch, err := branchOf(e.GitOps.Branch, environmentVariables(e.Project, e.Name))
	if err != nil {
		return fmt.Sprintf("environment %s has not one branch: %s", e.Name, err), each
	}
	for _, other := range siblings(e, all) {
		theirs, err := branchOf(other.GitOps.Branch, environmentVariables(e.Project, other.Name))
		if err != nil || NormalizeURL(other.GitOps.Repository) != NormalizeURL(e.GitOps.Repository) {
			continue
		}
		if theirs == branch || theirs == branch+nextSuffix {
			return fmt.Sprintf("environments %s and %s share branch %s, and hydrator.metadata speaks for one environment", e.Name, other.Name, theirs), each
		}
	}
	return "", ""
}

// siblings are the other environments of the project: as they were loaded or, for
// those that were not, as the project names them.
func siblings(e Environment, all []Environment) []Environment {
	var out []Environment
	for _, other := range all {
		if other.Name != e.Name {
			out = append(out, other)
		}
	}
	p := e.Project
	for _, spec := range p.Spec.Environments {
		if slices.ContainsFunc(all, func(o Environment) bool { return o.Name == spec.Name }) {
			continue
		}
		out = append(out, Environment{Name: spec.Name, Project: p, GitOps: settings.GitOps{
			Repository: cmp.Or(spec.GitOps.Repository, cmp.Or(p.Spec.GitOps.Repository, e.GitOps.Repository)),
			Branch:     cmp.Or(spec.GitOps.Branch, cmp.Or(p.Spec.GitOps.Branch, "main")),
		}})
	}
	return out
}
