package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	sdk "code.gitea.io/sdk/gitea"
)

// Gitea and Forgejo, which have the same API, by Gitea's SDK
// (https://docs.gitea.com/api).

// giteaDrafts are the marks of a draft, the one to write first.
var giteaDrafts = []string{"WIP:", "[WIP]", "Draft:", "[Draft]"}

func giteaAPI(at address) string { return at.website() + "/api/v1" }

type gitea struct {
	*client
	owner, name string
}

func openGitea(c *client, at address) (Forge, error) {
	owner, name, err := at.ownerAndName(c.kind.title)
	if err != nil {
		return nil, err
	}
	c.authorize = func(h http.Header, token string) { h.Set("Authorization", "token "+token) }
	return &gitea{client: c, owner: owner, name: name}, nil
}

// Access implements [Forge].
func (g *gitea) Access(ctx context.Context) error {
	const doing = "looking at the repository"
	api, err := g.sdk(ctx, doing)
	if err != nil {
		return err
	}
	repo, _, err := api.GetRepo(g.owner, g.name)
	switch {
	case err != nil:
		return ours(err)
	case repo.Archived:
		return g.refused(doing, "the repository is archived", "unarchive it or choose another")
	case !repo.HasPullRequests:
		return g.refused(doing, "the repository has pull requests turned off", "turn them on in its settings, or set review: direct")
	case repo.Permissions != nil && !repo.Permissions.Push && !repo.Permissions.Admin:
		return g.lacks(doing, "write access to the repository")
	}
	_, _, err = api.ListRepoPullRequests(g.owner, g.name, sdk.ListPullRequestsOptions{ListOptions: sdk.ListOptions{Page: 1, PageSize: 1}})
	return ours(err)
}

// Latest implements [Forge]. A list cannot be asked for by branch; so one
// request finds out whether there is any, and the list, newest first, is read
// as far as the newest of them.
func (g *gitea) Latest(ctx context.Context, head, base string) (*PullRequest, error) {
	api, err := g.sdk(ctx, "looking for the pull request")
	if err != nil {
		return nil, err
	}
	some, _, err := api.GetPullRequestByBaseHead(g.owner, g.name, base, head)
	if err != nil {
		return nil, unlessNotFound(ours(err))
	}
	newest, err := g.newest(api, head, base)
	if err != nil {
		return nil, err
	}
	if newest == nil {
		newest = some
	}
	found := giteaPull(newest)
	if found.State == Open {
		found.Reviewed, err = g.reviewed(api, newest.Index)
	}
	return found, err
}

func (g *gitea) newest(api *sdk.Client, head, base string) (*sdk.PullRequest, error) {
	o := sdk.ListPullRequestsOptions{State: sdk.StateAll, ListOptions: sdk.ListOptions{PageSize: 50}}
	for o.Page = 1; o.Page <= maxPages; o.Page++ {
		page, resp, err := api.ListRepoPullRequests(g.owner, g.name, o)
		if err != nil {
			return nil, ours(err)
		}
		at := slices.IndexFunc(page, func(p *sdk.PullRequest) bool { return isBetween(p, head, base) })
		if at >= 0 {
			return page[at], nil
		}
		if resp.NextPage == 0 {
			break
		}
	}
	return nil, nil
}

// isBetween compares the names, not the refs: when the head branch is gone,
// its ref is refs/pull/N/head.
func isBetween(p *sdk.PullRequest, head, base string) bool {
	return p.Head != nil && p.Base != nil && p.Head.Name == head && p.Base.Name == base && p.Head.RepoID == p.Base.RepoID
}

func giteaPull(p *sdk.PullRequest) *PullRequest {
	state := Closed
	switch {
	case p.State == sdk.StateOpen:
		state = Open
	case p.HasMerged:
		state = Merged
	}
	title, _ := splitDraft(p.Title, giteaDrafts)
	pull := &PullRequest{Number: int(p.Index), URL: p.HTMLURL, State: state, Title: title, Body: p.Body}
	if p.Head != nil {
		pull.Head = p.Head.Sha
	}
	return pull
}

func (g *gitea) reviewed(api *sdk.Client, number int64) (bool, error) {
	said := []sdk.ReviewStateType{sdk.ReviewStateApproved, sdk.ReviewStateRequestChanges, sdk.ReviewStateComment}
	o := sdk.ListPullReviewsOptions{ListOptions: sdk.ListOptions{PageSize: 50}}
	for o.Page = 1; o.Page <= maxPages; o.Page++ {
		page, resp, err := api.ListPullReviews(g.owner, g.name, number, o)
		if err != nil {
			return false, ours(err)
		}
		if slices.ContainsFunc(page, func(r *sdk.PullReview) bool { return slices.Contains(said, r.State) }) {
			return true, nil
		}
		if resp.NextPage == 0 {
			break
		}
	}
	return false, nil
}

// Open implements [Forge].
func (g *gitea) Open(ctx context.Context, head, base string, c Content) (*PullRequest, error) {
	api, err := g.sdk(ctx, "opening the pull request")
	if err != nil {
		return nil, err
	}
	labels, err := g.labelIDs(api, c.Labels)
	if err != nil {
		return nil, err
	}
	users, teams := splitTeams(c.Reviewers)
	p, _, err := api.CreatePullRequest(g.owner, g.name, sdk.CreatePullRequestOption{
		Head: head, Base: base, Title: joinDraft(c.Title, c.Draft, giteaDrafts[0]), Body: c.Body, Labels: labels,
	})
	if err != nil {
		return nil, ours(err)
	}
	if len(c.Reviewers) > 0 {
		_, err = api.CreateReviewRequests(g.owner, g.name, p.Index, sdk.PullReviewRequestOptions{Reviewers: users, TeamReviewers: teams})
	}
	return giteaPull(p), ours(err)
}

// Update implements [Forge].
func (g *gitea) Update(ctx context.Context, number int, c Content) error {
	api, err := g.sdk(ctx, "updating the pull request")
	if err != nil {
		return err
	}
	p, _, err := api.GetPullRequest(g.owner, g.name, int64(number))
	if err != nil {
		return ours(err)
	}
	_, draft := splitDraft(p.Title, giteaDrafts)
	o := sdk.EditPullRequestOption{Title: joinDraft(c.Title, draft, giteaDrafts[0]), Body: &c.Body}
	if _, _, err = api.EditPullRequest(g.owner, g.name, int64(number), o); err != nil || len(c.Labels) == 0 {
		return ours(err)
	}
	labels, err := g.labelIDs(api, c.Labels)
	if err != nil {
		return err
	}
	_, _, err = api.AddIssueLabels(g.owner, g.name, int64(number), sdk.IssueLabelsOption{Labels: labels})
	return ours(err)
}

// Close implements [Forge].
func (g *gitea) Close(ctx context.Context, number int, comment string) error {
	api, err := g.sdk(ctx, "closing the pull request")
	if err != nil {
		return err
	}
	if comment != "" {
		if _, _, err := api.CreateIssueComment(g.owner, g.name, int64(number), sdk.CreateIssueCommentOption{Body: comment}); err != nil {
			return ours(err)
		}
	}
	closed := sdk.StateClosed
	_, _, err = api.EditPullRequest(g.owner, g.name, int64(number), sdk.EditPullRequestOption{State: &closed})
	return ours(err)
}

// SetAutoMerge implements [Forge].
func (g *gitea) SetAutoMerge(ctx context.Context, number int, on bool) error {
	api, err := g.sdk(ctx, autoMergeWords(on))
	if err != nil {
		return err
	}
	if !on {
		_, err = api.CancelScheduledAutoMerge(g.owner, g.name, int64(number))
		return unlessNotFound(ours(err)) // none was scheduled
	}
	repo, _, err := api.GetRepo(g.owner, g.name)
	if err != nil {
		return ours(err)
	}
	style := sdk.MergeStyle(repo.DefaultMergeStyle)
	if style == "" {
		style = sdk.MergeStyleMerge
	}
	_, _, err = api.MergePullRequest(g.owner, g.name, int64(number), sdk.MergePullRequestOption{Style: style, MergeWhenChecksSucceed: true})
	return unlessConflict(ours(err)) // it was scheduled already
}

func unlessConflict(err error) error {
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		return nil
	}
	return err
}

// DeleteBranch implements [Forge].
func (g *gitea) DeleteBranch(ctx context.Context, branch string) error {
	path := fmt.Sprintf("/repos/%s/%s/branches/%s", segments(g.owner), segments(g.name), segments(branch))
	return unlessNotFound(g.send(ctx, "deleting the branch", http.MethodDelete, path, nil, nil))
}

// MaxBody implements [Forge]. No limit is documented; this is what the
// smallest of its databases takes.
func (g *gitea) MaxBody() int { return 65535 }
