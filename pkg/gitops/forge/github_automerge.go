package forge

import (
	"context"
	"net/http"
	"strings"
)

// GitHub has auto-merge only in its GraphQL API
// (https://docs.github.com/graphql/reference/mutations).

const (
	enableAutoMerge  = `mutation($id: ID!, $method: PullRequestMergeMethod) { enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: $method}) { clientMutationId } }`
	disableAutoMerge = `mutation($id: ID!) { disablePullRequestAutoMerge(input: {pullRequestId: $id}) { clientMutationId } }`
)

// SetAutoMerge implements [Forge].
func (g *github) SetAutoMerge(ctx context.Context, number int, on bool) error {
	doing := autoMergeWords(on)
	var p githubPull
	if _, err := g.get(ctx, doing, g.pull(number, ""), nil, &p); err != nil {
		return err
	}
	if on == (p.AutoMerge != nil) {
		return nil
	}
	if !on {
		return g.graphQL(ctx, doing, disableAutoMerge, map[string]any{"id": p.NodeID})
	}
	var repo githubRepo
	if _, err := g.get(ctx, doing, g.repo(""), nil, &repo); err != nil {
		return err
	}
	return g.graphQL(ctx, doing, enableAutoMerge, map[string]any{"id": p.NodeID, "method": repo.mergeMethod()})
}

func autoMergeWords(on bool) string {
	if on {
		return "turning auto-merge on"
	}
	return "turning auto-merge off"
}

// mergeMethod is the first that the repository allows: a merge commit keeps
// the commits that carry signatures and trailers.
func (r githubRepo) mergeMethod() string {
	switch {
	case r.AllowMerge:
		return "MERGE"
	case r.AllowSquash:
		return "SQUASH"
	}
	return "REBASE"
}

// graphQL sends a query. Its failures come with status 200.
func (g *github) graphQL(ctx context.Context, doing, query string, variables map[string]any) error {
	var out struct {
		Errors []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	base := strings.TrimSuffix(g.base, "/v3") // of Enterprise Server
	in := map[string]any{"query": query, "variables": variables}
	_, answer, err := g.exchangeJSON(ctx, doing, http.MethodPost, base+"/graphql", in, &out)
	if err != nil || len(out.Errors) == 0 {
		return err
	}
	a := Answer{Forge: g.kind.title, Doing: doing, Message: g.hide(messageOf(answer))}
	switch out.Errors[0].Type {
	case "FORBIDDEN", "INSUFFICIENT_SCOPES":
		return &RightsError{Answer: a, Needs: g.kind.rights}
	case "RATE_LIMITED":
		return &RateLimitError{Answer: a}
	case "NOT_FOUND":
		return &NotFoundError{a}
	}
	return &RefusedError{Answer: a, Help: "auto-merge must be allowed in the repository's settings, and the branch must require a check or a review to wait for"}
}
