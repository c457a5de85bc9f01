package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Bitbucket Cloud by its REST API
// (https://developer.atlassian.com/cloud/bitbucket/rest). It has neither
// labels nor auto-merge.

var bitbucketHosts = []string{"bitbucket.org", "altssh.bitbucket.org"}

func bitbucketAPI(address) string {
	return "https://api.bitbucket.org/2.0"
}

type bitbucket struct {
	*client
	repo string // workspace/name
}

func openBitbucket(c *client, at address) (Forge, error) {
	if _, _, err := at.ownerAndName("Bitbucket"); err != nil {
		return nil, err
	}
	if !c.kind.has(at.hostname()) {
		return nil, fmt.Errorf("the repository is on %q: of Bitbucket, only bitbucket.org has the API that is used here, not Data Center", at.host)
	}
	c.authorize, c.right = bitbucketAuthorize, bitbucketRight
	return &bitbucket{client: c, repo: at.path}, nil
}

// bitbucketAuthorize takes access tokens, and API tokens as user:token.
func bitbucketAuthorize(h http.Header, token string) {
	user, password, ok := strings.Cut(token, ":")
	if !ok {
		bearer(h, token)
		return
	}
	basic(h, user, password)
}

func bitbucketRight(_ http.Header, body []byte) string {
	var answer struct {
		Error struct {
			Detail struct {
				Required []string `json:"required"`
			} `json:"detail"`
		} `json:"error"`
	}
	if !decode(body, &answer) {
		return ""
	}
	return strings.Join(answer.Error.Detail.Required, ", ")
}

func (b *bitbucket) path(rest string) string { return "/repositories/" + segments(b.repo) + rest }

func (b *bitbucket) pull(number int, rest string) string {
	return b.path(fmt.Sprintf("/pullrequests/%d%s", number, rest))
}

type bitbucketPull struct {
	ID          int    `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	State       string `json:"state"`
	Draft       bool   `json:"draft"`
	Source      struct {
		Commit struct {
			Hash string `json:"hash"`
		} `json:"commit"`
		Repository struct {
			FullName string `json:"full_name"`
		} `json:"repository"`
	} `json:"source"`
	Links struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
	Reviewers    []bitbucketUser `json:"reviewers"`
	Participants []struct {
		State string `json:"state"`
	} `json:"participants"`
	Comments int `json:"comment_count"`
}

type bitbucketUser struct {
	UUID      string `json:"uuid,omitempty"`
	AccountID string `json:"account_id,omitempty"`
}

// bitbucketPage is one of a list: the next is named in the body.
type bitbucketPage[T any] struct {
	Values []T    `json:"values"`
	Next   string `json:"next"`
}

func eachBitbucket[T any](ctx context.Context, b *bitbucket, doing, path string, query url.Values, visit func(T) bool) error {
	for range maxPages {
		var page bitbucketPage[T]
		if _, err := b.get(ctx, doing, path, query, &page); err != nil {
			return err
		}
		for _, item := range page.Values {
			if !visit(item) {
				return nil
			}
		}
		if query = queryOf(page.Next); query == nil {
			return nil
		}
	}
	return b.refused(doing, "the list does not end", "")
}

// Access implements [Forge]. The header tells the scopes of the token.
func (b *bitbucket) Access(ctx context.Context) error {
	const doing = "looking at the repository"
	header, err := b.get(ctx, doing, b.path(""), nil, nil)
	if err != nil {
		return err
	}
	if scopes := header.Get("X-OAuth-Scopes"); scopes != "" {
		if !hasScope(scopes, "pullrequest:write", "write:pullrequest:bitbucket") {
			return b.lacks(doing, "the scope pullrequest:write")
		}
	}
	_, err = b.get(ctx, "listing pull requests", b.path("/pullrequests"), url.Values{"pagelen": {"1"}}, nil)
	return err
}

// Latest implements [Forge].
func (b *bitbucket) Latest(ctx context.Context, head, base string) (*PullRequest, error) {
	newest, err := b.newest(ctx, head, base, "OPEN", "MERGED", "DECLINED", "SUPERSEDED")
	if err != nil || newest == nil {
		return nil, err
	}
	// Lists leave the reviewers out and shorten hashes.
	var p bitbucketPull
	if _, err := b.get(ctx, "looking at the pull request", b.pull(newest.ID, ""), nil, &p); err != nil {
		return nil, err
	}
	found := p.pullRequest()
	if found.Head, err = b.fullHash(ctx, found.Head); err != nil || found.State != Open {
		return found, err
	}
	found.Reviewed, err = b.reviewed(ctx, p)
	return found, err
}

func (b *bitbucket) newest(ctx context.Context, head, base string, states ...string) (*bitbucketPull, error) {
	query := url.Values{
		"q":       {fmt.Sprintf("source.branch.name = %s AND destination.branch.name = %s", quoteBBQL(head), quoteBBQL(base))},
		"state":   states,
		"sort":    {"-created_on"},
		"pagelen": {"50"},
	}
	var found *bitbucketPull
	err := eachBitbucket(ctx, b, "looking for the pull request", b.path("/pullrequests"), query, func(p bitbucketPull) bool {
		if strings.EqualFold(p.Source.Repository.FullName, b.repo) {
			found = &p
		}
		return found == nil
	})
	return found, err
}

// quoteBBQL writes a string of Bitbucket's query language.
func quoteBBQL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (p bitbucketPull) pullRequest() *PullRequest {
	state := Closed
	switch p.State {
	case "OPEN":
		state = Open
	case "MERGED":
		state = Merged
	}
	return &PullRequest{Number: p.ID, URL: p.Links.HTML.Href, State: state, Title: p.Title, Body: p.Description, Head: p.Source.Commit.Hash}
}

// fullHash asks for the whole of a hash that was shortened; one that is gone
// stays short.
func (b *bitbucket) fullHash(ctx context.Context, short string) (string, error) {
	if short == "" || len(short) >= 40 {
		return short, nil
	}
	commit := struct {
		Hash string `json:"hash"`
	}{short}
	_, err := b.get(ctx, "looking at the head commit", b.path("/commit/"+url.PathEscape(short)), nil, &commit)
	return commit.Hash, unlessNotFound(err)
}

func (b *bitbucket) reviewed(ctx context.Context, p bitbucketPull) (bool, error) {
	for _, participant := range p.Participants {
		if participant.State == "approved" || participant.State == "changes_requested" {
			return true, nil
		}
	}
	if p.Comments == 0 {
		return false, nil
	}
	type comment struct {
		Inline *struct{} `json:"inline"`
	}
	found := false
	err := eachBitbucket(ctx, b, "listing comments", b.pull(p.ID, "/comments"), url.Values{"pagelen": {"100"}}, func(c comment) bool {
		found = c.Inline != nil
		return !found
	})
	return found, err
}

// Open implements [Forge]. Bitbucket would change the open one instead of
// saying that there is one, so it is looked for first.
func (b *bitbucket) Open(ctx context.Context, head, base string, c Content) (*PullRequest, error) {
	const doing = "opening the pull request"
	there, err := b.newest(ctx, head, base, "OPEN")
	if err != nil {
		return nil, err
	}
	if there != nil {
		return nil, &ConflictError{Answer{Forge: b.kind.title, Doing: doing, Message: fmt.Sprintf("number %d is open already", there.ID)}}
	}
	branch := func(name string) any { return map[string]any{"branch": map[string]any{"name": name}} }
	in := map[string]any{
		"title": c.Title, "description": c.Body, "source": branch(head), "destination": branch(base),
		"reviewers": bitbucketReviewers(c.Reviewers), "draft": c.Draft, "close_source_branch": false,
	}
	var p bitbucketPull
	if err := b.send(ctx, doing, http.MethodPost, b.path("/pullrequests"), in, &p); err != nil {
		return nil, err
	}
	found := p.pullRequest()
	found.Head, err = b.fullHash(ctx, found.Head)
	return found, err
}

// bitbucketReviewers takes UUIDs in braces and account IDs: Bitbucket has no
// user names any more.
func bitbucketReviewers(names []string) []bitbucketUser {
	users := []bitbucketUser{}
	for _, name := range names {
		if strings.HasPrefix(name, "{") {
			users = append(users, bitbucketUser{UUID: name})
		} else {
			users = append(users, bitbucketUser{AccountID: name})
		}
	}
	return users
}

// Update implements [Forge]. PUT replaces everything, so what people set is
// sent back.
func (b *bitbucket) Update(ctx context.Context, number int, c Content) error {
	const doing = "updating the pull request"
	var p bitbucketPull
	if _, err := b.get(ctx, doing, b.pull(number, ""), nil, &p); err != nil {
		return err
	}
	reviewers := []bitbucketUser{}
	for _, r := range p.Reviewers {
		reviewers = append(reviewers, bitbucketUser{UUID: r.UUID})
	}
	in := map[string]any{"title": c.Title, "description": c.Body, "reviewers": reviewers, "draft": p.Draft}
	return b.send(ctx, doing, http.MethodPut, b.pull(number, ""), in, nil)
}

// Close implements [Forge].
func (b *bitbucket) Close(ctx context.Context, number int, comment string) error {
	const doing = "closing the pull request"
	if comment != "" {
		in := map[string]any{"content": map[string]any{"raw": comment}}
		if err := b.send(ctx, doing, http.MethodPost, b.pull(number, "/comments"), in, nil); err != nil {
			return err
		}
	}
	return b.send(ctx, doing, http.MethodPost, b.pull(number, "/decline"), nil, nil)
}

// SetAutoMerge implements [Forge].
func (b *bitbucket) SetAutoMerge(context.Context, int, bool) error { return ErrUnsupported }

// DeleteBranch implements [Forge].
func (b *bitbucket) DeleteBranch(ctx context.Context, branch string) error {
	path := b.path("/refs/branches/" + segments(branch))
	return unlessNotFound(b.send(ctx, "deleting the branch", http.MethodDelete, path, nil, nil))
}

// MaxBody implements [Forge].
func (b *bitbucket) MaxBody() int { return 32768 }
