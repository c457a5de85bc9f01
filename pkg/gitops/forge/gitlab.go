package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// GitLab by its REST API (https://docs.gitlab.com/api/merge_requests). Its SDK
// would make the program 8 MB larger.

var gitlabHosts = []string{"gitlab.com", "altssh.gitlab.com"}

// gitlabDrafts are the marks of a draft, the one to write first.
var gitlabDrafts = []string{"Draft:", "[Draft]", "(Draft)"}

func gitlabAPI(at address) string {
	if at.hostname() == "altssh.gitlab.com" {
		return "https://gitlab.com/api/v4"
	}
	return at.website() + "/api/v4"
}

type gitlab struct {
	*client
	project string // as a segment of a path
}

func openGitLab(c *client, at address) (Forge, error) {
	if !strings.Contains(at.path, "/") {
		return nil, fmt.Errorf("the repository's path on GitLab is %q, want group/name", at.path)
	}
	c.authorize, c.right = gitlabAuthorize, gitlabRight
	return &gitlab{client: c, project: "/projects/" + url.PathEscape(at.path)}, nil
}

// gitlabAuthorize knows the token of a CI job by its prefix: it goes into a
// header of its own.
func gitlabAuthorize(h http.Header, token string) {
	if isJobToken(token) {
		h.Set("JOB-TOKEN", token)
		return
	}
	bearer(h, token)
}

func isJobToken(token string) bool { return strings.HasPrefix(token, "glcbt-") }

func (g *gitlab) mr(number int, rest string) string {
	return g.project + fmt.Sprintf("/merge_requests/%d%s", number, rest)
}

// gitlabRight reads the scope that an insufficient one should have been.
func gitlabRight(_ http.Header, body []byte) string {
	var answer struct {
		Scope string `json:"scope"`
	}
	if decode(body, &answer) && answer.Scope != "" {
		return "the scope " + answer.Scope
	}
	return ""
}

type mergeRequest struct {
	IID           int    `json:"iid"`
	WebURL        string `json:"web_url"`
	State         string `json:"state"`
	Title         string `json:"title"`
	Draft         bool   `json:"draft"`
	Description   string `json:"description"`
	SHA           string `json:"sha"`
	SourceProject int    `json:"source_project_id"`
	TargetProject int    `json:"target_project_id"`
	Notes         int    `json:"user_notes_count"`
	AutoMerge     bool   `json:"merge_when_pipeline_succeeds"`
	MergeStatus   string `json:"detailed_merge_status"`
}

// Access implements [Forge].
func (g *gitlab) Access(ctx context.Context) error {
	const doing = "looking at the project"
	type access struct {
		Level int `json:"access_level"`
	}
	var project struct {
		Archived      bool   `json:"archived"`
		MergeRequests string `json:"merge_requests_access_level"`
		Permissions   struct {
			Project access `json:"project_access"`
			Group   access `json:"group_access"`
		} `json:"permissions"`
	}
	if _, err := g.get(ctx, doing, g.project, nil, &project); err != nil {
		return err
	}
	const developer = 30
	switch {
	case isJobToken(g.token):
		return g.lacks(doing, "the scope api: the token of a CI job opens no merge requests, set GITLAB_TOKEN")
	case project.Archived:
		return g.refused(doing, "the project is archived", "unarchive it or choose another")
	case project.MergeRequests == "disabled":
		return g.refused(doing, "the project has merge requests turned off", "turn them on in its settings, or set review: direct")
	case max(project.Permissions.Project.Level, project.Permissions.Group.Level) < developer:
		return g.lacks(doing, "the role Developer in the project")
	}
	return g.tokenScope(ctx)
}

// tokenScope asks for the scopes of the token. Not every kind of token may ask
// that; those show what they lack later.
func (g *gitlab) tokenScope(ctx context.Context) error {
	const doing = "looking at the token"
	var token struct {
		Scopes []string `json:"scopes"`
	}
	_, err := g.get(ctx, doing, "/personal_access_tokens/self", nil, &token)
	if err == nil && len(token.Scopes) > 0 && !hasScope(strings.Join(token.Scopes, ","), "api") {
		return g.lacks(doing, "the scope api")
	}
	return unlessTokenOrRights(err)
}

// Latest implements [Forge].
func (g *gitlab) Latest(ctx context.Context, head, base string) (*PullRequest, error) {
	query := url.Values{
		"source_branch": {head}, "target_branch": {base}, "state": {"all"},
		"order_by": {"created_at"}, "sort": {"desc"}, "per_page": {"100"},
	}
	var found *PullRequest
	var notes int
	err := each(ctx, g.client, "looking for the merge request", g.project+"/merge_requests", query, func(m mergeRequest) bool {
		if m.SourceProject == m.TargetProject {
			found, notes = m.pullRequest(), m.Notes
		}
		return found == nil
	})
	if err != nil || found == nil || found.State != Open {
		return found, err
	}
	found.Reviewed, err = g.reviewed(ctx, found.Number, notes)
	return found, err
}

func (m mergeRequest) pullRequest() *PullRequest {
	state := Closed
	switch m.State {
	case "opened", "locked": // locked: being merged just now
		state = Open
	case "merged":
		state = Merged
	}
	title, _ := splitDraft(m.Title, gitlabDrafts)
	return &PullRequest{Number: m.IID, URL: m.WebURL, State: state, Title: title, Body: m.Description, Head: m.SHA}
}

// reviewed looks at what reviewers said, and at remarks on lines where there
// are remarks at all.
func (g *gitlab) reviewed(ctx context.Context, number, notes int) (bool, error) {
	const doing = "listing reviews"
	var approvals struct {
		By []struct{} `json:"approved_by"`
	}
	if _, err := g.get(ctx, doing, g.mr(number, "/approvals"), nil, &approvals); err != nil || len(approvals.By) > 0 {
		return err == nil, err
	}
	found := false
	reviewers := func(r struct {
		State string `json:"state"`
	}) bool {
		found = r.State == "approved" || r.State == "requested_changes" || r.State == "reviewed"
		return !found
	}
	if err := each(ctx, g.client, doing, g.mr(number, "/reviewers"), nil, reviewers); err != nil || found || notes == 0 {
		return found, err
	}
	remarks := func(n struct {
		Type string `json:"type"`
	}) bool {
		found = n.Type == "DiffNote"
		return !found
	}
	err := each(ctx, g.client, doing, g.mr(number, "/notes"), url.Values{"per_page": {"100"}}, remarks)
	return found, err
}

// Open implements [Forge].
func (g *gitlab) Open(ctx context.Context, head, base string, c Content) (*PullRequest, error) {
	reviewers, err := g.userIDs(ctx, c.Reviewers)
	if err != nil {
		return nil, err
	}
	in := map[string]any{
		"source_branch": head, "target_branch": base, "title": joinDraft(c.Title, c.Draft, gitlabDrafts[0]),
		"description": c.Body, "labels": strings.Join(c.Labels, ","), "reviewer_ids": reviewers,
	}
	var m mergeRequest
	if err := g.send(ctx, "opening the merge request", http.MethodPost, g.project+"/merge_requests", in, &m); err != nil {
		return nil, err
	}
	return m.pullRequest(), nil
}

// userIDs finds the numbers that the API wants for names.
func (g *gitlab) userIDs(ctx context.Context, names []string) ([]int, error) {
	const doing = "looking for the reviewers"
	ids := []int{}
	for _, name := range names {
		var users []struct {
			ID int `json:"id"`
		}
		if strings.Contains(name, "/") {
			return nil, g.refused(doing, fmt.Sprintf("%q is a team, and GitLab asks only users", name), "name users")
		}
		if _, err := g.get(ctx, doing, "/users", url.Values{"username": {name}}, &users); err != nil {
			return nil, err
		}
		if len(users) == 0 {
			return nil, g.refused(doing, fmt.Sprintf("there is no user %q", name), "name users of this server")
		}
		ids = append(ids, users[0].ID)
	}
	return ids, nil
}

// Update implements [Forge].
func (g *gitlab) Update(ctx context.Context, number int, c Content) error {
	const doing = "updating the merge request"
	var m mergeRequest
	if _, err := g.get(ctx, doing, g.mr(number, ""), nil, &m); err != nil {
		return err
	}
	in := map[string]any{"title": joinDraft(c.Title, m.Draft, gitlabDrafts[0]), "description": c.Body}
	if len(c.Labels) > 0 {
		in["add_labels"] = strings.Join(c.Labels, ",")
	}
	return g.send(ctx, doing, http.MethodPut, g.mr(number, ""), in, nil)
}

// Close implements [Forge].
func (g *gitlab) Close(ctx context.Context, number int, comment string) error {
	const doing = "closing the merge request"
	if comment != "" {
		if err := g.send(ctx, doing, http.MethodPost, g.mr(number, "/notes"), map[string]any{"body": comment}, nil); err != nil {
			return err
		}
	}
	return g.send(ctx, doing, http.MethodPut, g.mr(number, ""), map[string]any{"state_event": "close"}, nil)
}

// DeleteBranch implements [Forge].
func (g *gitlab) DeleteBranch(ctx context.Context, branch string) error {
	path := g.project + "/repository/branches/" + url.PathEscape(branch)
	return unlessNotFound(g.send(ctx, "deleting the branch", http.MethodDelete, path, nil, nil))
}

// MaxBody implements [Forge].
func (g *gitlab) MaxBody() int { return 1 << 20 }
