package forge

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// SetAutoMerge implements [Forge]. The commit is named, so that only what was
// seen is merged.
func (g *gitlab) SetAutoMerge(ctx context.Context, number int, on bool) error {
	doing := autoMergeWords(on)
	for left := attempts; ; left-- {
		var m mergeRequest
		if _, err := g.get(ctx, doing, g.mr(number, ""), nil, &m); err != nil {
			return err
		}
		if m.AutoMerge == on {
			return nil
		}
		if !on {
			return g.cancelAutoMerge(ctx, number)
		}
		err := g.autoMerge(ctx, number, m.SHA)
		if err == nil || !m.beingChecked() || left == 1 || g.sleep == nil {
			return err
		}
		if err := g.sleep(ctx, 2*time.Second); err != nil {
			return err
		}
	}
}

// beingChecked tells that GitLab is not yet ready: it refuses for some seconds
// after opening (https://gitlab.com/gitlab-org/gitlab/-/issues/353984).
func (m mergeRequest) beingChecked() bool {
	return slices.Contains([]string{"", "unchecked", "checking", "preparing"}, m.MergeStatus)
}

func (g *gitlab) autoMerge(ctx context.Context, number int, sha string) error {
	doing := autoMergeWords(true)
	// The second name is for servers before 17.11.
	in := map[string]any{"auto_merge": true, "merge_when_pipeline_succeeds": true, "sha": sha}
	err := g.send(ctx, doing, http.MethodPut, g.mr(number, "/merge"), in, nil)
	var token *TokenError
	var refused *RefusedError
	switch {
	case errors.As(err, &token):
		// This one request answers 401 to a good token that may not merge.
		return &RightsError{Answer: token.Answer, Right: "the right to merge into the target branch", Needs: g.kind.rights}
	case errors.As(err, &refused):
		refused.Help = "auto-merge needs a pipeline for the merge request, no conflicts, and no draft"
	}
	return err
}

// cancelAutoMerge looks into the answer: a refusal comes with status 201
// (https://gitlab.com/gitlab-org/gitlab/-/merge_requests/255702).
func (g *gitlab) cancelAutoMerge(ctx context.Context, number int) error {
	doing := autoMergeWords(false)
	var answer struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}
	err := g.send(ctx, doing, http.MethodPost, g.mr(number, "/cancel_merge_when_pipeline_succeeds"), nil, &answer)
	if err == nil && answer.Status == "error" {
		return g.refused(doing, g.hide(answer.Message), "turn it off on the merge request's page")
	}
	return err
}
