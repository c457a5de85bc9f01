package forge

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
)

// identityID is the form of an identity: looking one up by name needs another
// server and another right.
var identityID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Open implements [Forge].
func (a *azure) Open(ctx context.Context, head, base string, c Content) (*PullRequest, error) {
	const doing = "opening the pull request"
	reviewers := []any{}
	for _, id := range c.Reviewers {
		if !identityID.MatchString(id) {
			return nil, a.refused(doing, fmt.Sprintf("the reviewer %q is not the id of an identity", id), "write ids of users and groups; the address of their page in the organisation's settings has them")
		}
		reviewers = append(reviewers, map[string]any{"id": id})
	}
	labels := []any{}
	for _, name := range c.Labels {
		labels = append(labels, map[string]any{"name": name})
	}
	in := map[string]any{
		"sourceRefName": "refs/heads/" + head, "targetRefName": "refs/heads/" + base, "title": c.Title,
		"description": c.Body, "isDraft": c.Draft, "labels": labels, "reviewers": reviewers,
	}
	var p azurePull
	if err := a.ask(ctx, doing, http.MethodPost, "/pullrequests", in, &p); err != nil {
		return nil, err
	}
	return a.pullRequest(p), nil
}

// Update implements [Forge].
func (a *azure) Update(ctx context.Context, number int, c Content) error {
	const doing = "updating the pull request"
	in := map[string]any{"title": c.Title, "description": c.Body}
	if err := a.ask(ctx, doing, http.MethodPatch, azureNumber(number, ""), in, nil); err != nil {
		return err
	}
	for _, name := range c.Labels {
		if err := a.ask(ctx, doing, http.MethodPost, azureNumber(number, "/labels"), map[string]any{"name": name}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Close implements [Forge].
func (a *azure) Close(ctx context.Context, number int, comment string) error {
	const doing = "closing the pull request"
	if comment != "" {
		// The thread is closed, so that nobody has to resolve it.
		words := map[string]any{"parentCommentId": 0, "content": comment, "commentType": "text"}
		in := map[string]any{"comments": []any{words}, "status": "closed"}
		if err := a.ask(ctx, doing, http.MethodPost, azureNumber(number, "/threads"), in, nil); err != nil {
			return err
		}
	}
	return a.ask(ctx, doing, http.MethodPatch, azureNumber(number, ""), map[string]any{"status": "abandoned"}, nil)
}

// nobody is the identity that turns auto-complete off.
const nobody = "00000000-0000-0000-0000-000000000000"

// SetAutoMerge implements [Forge]. Who opened the pull request completes it.
func (a *azure) SetAutoMerge(ctx context.Context, number int, on bool) error {
	doing := autoMergeWords(on)
	var p azurePull
	if err := a.ask(ctx, doing, http.MethodGet, azureNumber(number, ""), nil, &p); err != nil {
		return err
	}
	if on == (p.AutoComplete != nil) {
		return nil
	}
	who := nobody
	if on {
		who = p.CreatedBy.ID
	}
	in := map[string]any{"autoCompleteSetBy": map[string]any{"id": who}}
	return a.ask(ctx, doing, http.MethodPatch, azureNumber(number, ""), in, nil)
}

// zeroCommit stands for no commit.
const zeroCommit = "0000000000000000000000000000000000000000"

// DeleteBranch implements [Forge]. The commit is named, so that a branch that
// moved in between stays.
func (a *azure) DeleteBranch(ctx context.Context, branch string) error {
	const doing = "deleting the branch"
	commit, err := a.branch(ctx, doing, branch)
	if err != nil || commit == "" {
		return unlessNotFound(err)
	}
	in := []any{map[string]any{"name": "refs/heads/" + branch, "oldObjectId": commit, "newObjectId": zeroCommit}}
	var out struct {
		Value []struct {
			Success bool   `json:"success"`
			Status  string `json:"updateStatus"`
			Message string `json:"customMessage"`
		} `json:"value"`
	}
	if err := a.ask(ctx, doing, http.MethodPost, "/refs", in, &out); err != nil {
		return err
	}
	for _, one := range out.Value {
		if !one.Success {
			return a.notUpdated(doing, one.Status, one.Message)
		}
	}
	return nil
}

// branch returns the commit of a branch; the filter finds names that begin
// alike, too.
func (a *azure) branch(ctx context.Context, doing, name string) (string, error) {
	var list struct {
		Value []struct {
			Name   string `json:"name"`
			Object string `json:"objectId"`
		} `json:"value"`
	}
	query := version()
	query.Set("filter", "heads/"+name)
	_, err := a.get(ctx, doing, a.path("/refs"), query, &list)
	for _, ref := range list.Value {
		if ref.Name == "refs/heads/"+name {
			return ref.Object, err
		}
	}
	return "", err
}

// notUpdated tells a branch that moved from one that may not be deleted: both
// come with status 200.
func (a *azure) notUpdated(doing, status, message string) error {
	words := Answer{Forge: a.kind.title, Doing: doing, Message: a.hide(status)}
	if message != "" {
		words.Message = a.hide(status + ": " + message)
	}
	switch status {
	case "staleOldObjectId":
		return &ConflictError{words}
	case "writePermissionRequired", "forcePushRequired":
		return &RightsError{Answer: words, Needs: a.kind.rights}
	}
	return &RefusedError{Answer: words}
}

// MaxBody implements [Forge]: Azure DevOps allows 4,000 characters.
func (a *azure) MaxBody() int { return 4000 }
