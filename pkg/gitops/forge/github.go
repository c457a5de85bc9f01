package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// GitHub, in the cloud and as Enterprise Server, by its REST API
// (https://docs.github.com/rest/pulls). What REST lacks, auto-merge, is in
// github_automerge.go. Its SDK would make the program 5 MB larger.

var githubHosts = []string{"github.com", "ssh.github.com", "*.ghe.com"}

func githubAPI(at address) string {
	switch host := at.hostname(); {
	case host == "github.com" || host == "ssh.github.com":
		return "https://api.github.com"
	case strings.HasSuffix(host, ".ghe.com"):
		return "https://api." + host
	}
	return at.website() + "/api/v3"
}

type github struct {
	*client
	owner, name string
}

func openGitHub(c *client, at address) (Forge, error) {
	owner, name, err := at.ownerAndName("GitHub")
	if err != nil {
		return nil, err
	}
	c.right = githubRight
	return &github{client: c, owner: owner, name: name}, nil
}

// githubRight reads what GitHub says that a token would have needed.
func githubRight(h http.Header, _ []byte) string {
	if right := h.Get("X-Accepted-GitHub-Permissions"); right != "" {
		return right
	}
	return h.Get("X-Accepted-OAuth-Scopes")
}

func (g *github) repo(rest string) string {
	return "/repos/" + url.PathEscape(g.owner) + "/" + url.PathEscape(g.name) + rest
}

func (g *github) pull(number int, rest string) string {
	return g.repo(fmt.Sprintf("/pulls/%d%s", number, rest))
}

type githubRepo struct {
	Archived    bool `json:"archived"`
	Permissions *struct {
		Push bool `json:"push"`
	} `json:"permissions"`
	AllowMerge  bool `json:"allow_merge_commit"`
	AllowSquash bool `json:"allow_squash_merge"`
}

type githubPull struct {
	Number   int     `json:"number"`
	NodeID   string  `json:"node_id"`
	HTMLURL  string  `json:"html_url"`
	State    string  `json:"state"`
	MergedAt *string `json:"merged_at"`
	Title    string  `json:"title"`
	Body     string  `json:"body"`
	Head     struct {
		SHA  string `json:"sha"`
		Repo *struct {
			FullName string `json:"full_name"`
		} `json:"repo"`
	} `json:"head"`
	AutoMerge *struct{} `json:"auto_merge"`
}

// Access implements [Forge]. That a token may write pull requests cannot be
// asked of GitHub; what can be is.
func (g *github) Access(ctx context.Context) error {
	const doing = "looking at the repository"
	var repo githubRepo
	header, err := g.get(ctx, doing, g.repo(""), nil, &repo)
	if err != nil {
		return err
	}
	if repo.Archived {
		return g.refused(doing, "the repository is archived", "unarchive it or choose another")
	}
	if scopes := header.Get("X-OAuth-Scopes"); scopes != "" && !hasScope(scopes, "repo", "public_repo") {
		return g.lacks(doing, "the scope repo")
	}
	// The token of an app speaks for itself: what its maker may do is no answer.
	if repo.Permissions != nil && !repo.Permissions.Push && !strings.HasPrefix(g.token, "ghs_") {
		return g.lacks(doing, "write access to the repository")
	}
	_, err = g.get(ctx, "listing pull requests", g.repo("/pulls"), url.Values{"per_page": {"1"}}, nil)
	return err
}

// hasScope tells whether a list with commas has one of some scopes.
func hasScope(list string, wanted ...string) bool {
	for _, scope := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if slices.Contains(wanted, scope) {
			return true
		}
	}
	return false
}

// Latest implements [Forge]. Branches of the same name in a fork that the same
// owner has are passed over.
func (g *github) Latest(ctx context.Context, head, base string) (*PullRequest, error) {
	query := url.Values{
		"head": {g.owner + ":" + head}, "base": {base}, "state": {"all"},
		"sort": {"created"}, "direction": {"desc"}, "per_page": {"100"},
	}
	var found *PullRequest
	err := each(ctx, g.client, "looking for the pull request", g.repo("/pulls"), query, func(p githubPull) bool {
		if p.Head.Repo == nil || strings.EqualFold(p.Head.Repo.FullName, g.owner+"/"+g.name) {
			found = p.pullRequest()
		}
		return found == nil
	})
	if err != nil || found == nil || found.State != Open {
		return found, err
	}
	found.Reviewed, err = g.reviewed(ctx, found.Number)
	return found, err
}

func (p githubPull) pullRequest() *PullRequest {
	state := Closed
	switch {
	case p.State == "open":
		state = Open
	case p.MergedAt != nil:
		state = Merged
	}
	return &PullRequest{Number: p.Number, URL: p.HTMLURL, State: state, Title: p.Title, Body: p.Body, Head: p.Head.SHA}
}

// reviewed looks for a review that somebody has sent; remarks on lines are
// reviews too.
func (g *github) reviewed(ctx context.Context, number int) (bool, error) {
	type review struct {
		State string `json:"state"`
	}
	found := false
	err := each(ctx, g.client, "listing reviews", g.pull(number, "/reviews"), url.Values{"per_page": {"100"}}, func(r review) bool {
		found = r.State != "PENDING"
		return !found
	})
	return found, err
}

// Open implements [Forge].
func (g *github) Open(ctx context.Context, head, base string, c Content) (*PullRequest, error) {
	in := map[string]any{"title": c.Title, "body": c.Body, "head": head, "base": base, "draft": c.Draft}
	var p githubPull
	if err := g.send(ctx, "opening the pull request", http.MethodPost, g.repo("/pulls"), in, &p); err != nil {
		return nil, conflictIfExists(err)
	}
	err := g.label(ctx, p.Number, c.Labels)
	return p.pullRequest(), errors.Join(err, g.ask(ctx, p.Number, c.Reviewers))
}

// conflictIfExists tells the one refusal apart that means that another run was
// quicker.
func conflictIfExists(err error) error {
	var refused *RefusedError
	if errors.As(err, &refused) && strings.Contains(refused.Message, "already exists") {
		return &ConflictError{refused.Answer}
	}
	return err
}

func (g *github) label(ctx context.Context, number int, labels []string) error {
	if len(labels) == 0 {
		return nil
	}
	path := g.repo(fmt.Sprintf("/issues/%d/labels", number))
	return g.send(ctx, "labelling the pull request", http.MethodPost, path, map[string]any{"labels": labels}, nil)
}

func (g *github) ask(ctx context.Context, number int, reviewers []string) error {
	if len(reviewers) == 0 {
		return nil
	}
	users, teams := splitTeams(reviewers)
	in := map[string]any{"reviewers": users, "team_reviewers": teams}
	return g.send(ctx, "asking for reviews", http.MethodPost, g.pull(number, "/requested_reviewers"), in, nil)
}

// Update implements [Forge].
func (g *github) Update(ctx context.Context, number int, c Content) error {
	in := map[string]any{"title": c.Title, "body": c.Body}
	if err := g.send(ctx, "updating the pull request", http.MethodPatch, g.pull(number, ""), in, nil); err != nil {
		return err
	}
	return g.label(ctx, number, c.Labels)
}

// Close implements [Forge].
func (g *github) Close(ctx context.Context, number int, comment string) error {
	const doing = "closing the pull request"
	path := g.repo(fmt.Sprintf("/issues/%d/comments", number))
	if comment != "" {
		if err := g.send(ctx, doing, http.MethodPost, path, map[string]any{"body": comment}, nil); err != nil {
			return err
		}
	}
	return g.send(ctx, doing, http.MethodPatch, g.pull(number, ""), map[string]any{"state": "closed"}, nil)
}

// DeleteBranch implements [Forge].
func (g *github) DeleteBranch(ctx context.Context, branch string) error {
	err := g.send(ctx, "deleting the branch", http.MethodDelete, g.repo("/git/refs/heads/"+segments(branch)), nil, nil)
	if strings.Contains(answerOf(err).Message, "Reference does not exist") {
		return nil
	}
	return unlessNotFound(err)
}

// MaxBody implements [Forge]: the limit is in characters.
func (g *github) MaxBody() int { return 65536 }
