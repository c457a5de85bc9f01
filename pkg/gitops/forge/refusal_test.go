package forge_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// A script answers requests, by method and the end of the path, with what real
// servers say.
type script map[string]answer

type answer struct {
	status int
	header http.Header
	body   string
}

func (s script) RoundTrip(req *http.Request) (*http.Response, error) {
	for when, a := range s {
		method, end, _ := strings.Cut(when, " ")
		if method == req.Method && strings.HasSuffix(req.URL.Path, end) {
			header := a.header
			if header == nil {
				header = http.Header{}
			}
			return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: req}, nil
		}
	}
	return nil, errors.New("connection refused")
}

func scripted(t *testing.T, repository, token string, s script) forge.Forge {
	t.Helper()
	f, err := forge.For(forge.Options{
		Repository: repository, HTTPClient: &http.Client{Transport: s},
		Token: func() (string, error) { return token, nil },
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	onGitHub    = "https://github.com/acme/deploy"
	onGitLab    = "https://gitlab.com/acme/deploy"
	onGitea     = "https://gitea.com/acme/deploy"
	onBitbucket = "https://bitbucket.org/acme/deploy"
	onAzure     = "https://dev.azure.com/org/project/_git/deploy"
)

func TestAccessSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	developer := `{"permissions": {"project_access": {"access_level": 30}}}`
	for _, c := range []struct {
		name, repository, token string
		answers                 script
		want                    string
	}{
		{"a classic token without its scope", onGitHub, "ghp_x",
			script{"GET /deploy": {200, http.Header{"X-Oauth-Scopes": {"gist, read:org"}}, `{"permissions": {"push": true}}`}},
			"GitHub: looking at the repository: the token lacks the scope repo"},
		{"a token of somebody who may only read", onGitHub, "github_pat_x",
			script{"GET /deploy": {200, nil, `{"permissions": {"push": false}}`}},
			"GitHub: looking at the repository: the token lacks write access to the repository"},
		{"an app, whose maker may only read", onGitHub, "ghs_x",
			script{"GET /deploy": {200, nil, `{"permissions": {"push": false}}`}, "GET /pulls": {200, nil, `[]`}}, ""},
		{"a fine-grained token without pull requests", onGitHub, "github_pat_x",
			script{"GET /deploy": {200, nil, `{}`}, "GET /pulls": {403, http.Header{"X-Accepted-Github-Permissions": {"pull_requests=read"}}, `{"message": "Resource not accessible by personal access token"}`}},
			"GitHub: listing pull requests: the token lacks pull_requests=read: Resource not accessible by personal access token (HTTP 403)"},
		{"an archived repository", onGitHub, "x", script{"GET /deploy": {200, nil, `{"archived": true}`}},
			"GitHub: looking at the repository: refused: the repository is archived"},
		{"a repository that is hidden", onGitHub, "x", script{"GET /deploy": {404, nil, `{"message": "Not Found"}`}},
			"GitHub: looking at the repository: not found: Not Found (HTTP 404)"},
		{"a reporter", onGitLab, "x", script{"GET /deploy": {200, nil, `{"permissions": {"group_access": {"access_level": 20}}}`}},
			"GitLab: looking at the project: the token lacks the role Developer in the project"},
		{"a token that reads", onGitLab, "x",
			script{"GET /deploy": {200, nil, developer}, "GET /self": {200, nil, `{"scopes": ["read_api"]}`}},
			"GitLab: looking at the token: the token lacks the scope api"},
		{"a token that may not ask for itself", onGitLab, "x",
			script{"GET /deploy": {200, nil, developer}, "GET /self": {401, nil, `{"message": "401 Unauthorized"}`}}, ""},
		{"a scope that the server names", onGitLab, "x",
			script{"GET /deploy": {403, nil, `{"error": "insufficient_scope", "error_description": "The request requires higher privileges.", "scope": "api read_api"}`}},
			"GitLab: looking at the project: the token lacks the scope api read_api: insufficient_scope; The request requires higher privileges. (HTTP 403)"},
		{"the token of a job", onGitLab, "glcbt-x", script{"GET /deploy": {200, nil, developer}},
			"GitLab: looking at the project: the token lacks the scope api: the token of a CI job opens no merge requests, set GITLAB_TOKEN"},
		{"merge requests are off", onGitLab, "x", script{"GET /deploy": {200, nil, `{"merge_requests_access_level": "disabled"}`}},
			"GitLab: looking at the project: refused: the project has merge requests turned off"},
		{"Gitea, read only", onGitea, "x", script{"GET /deploy": {200, nil, `{"has_pull_requests": true, "permissions": {"pull": true}}`}},
			"Gitea: looking at the repository: the token lacks write access to the repository"},
		{"Gitea without pull requests", onGitea, "x", script{"GET /deploy": {200, nil, `{}`}},
			"Gitea: looking at the repository: refused: the repository has pull requests turned off"},
		{"Bitbucket, read only", onBitbucket, "x", script{"GET /deploy": {200, http.Header{"X-Oauth-Scopes": {"pullrequest, repository:write"}}, `{}`}},
			"Bitbucket: looking at the repository: the token lacks the scope pullrequest:write"},
		{"Bitbucket names the scope", onBitbucket, "x",
			script{"GET /deploy": {403, nil, `{"type": "error", "error": {"message": "Your credentials lack one or more required privilege scopes.", "detail": {"granted": ["account"], "required": ["repository"]}}}`}},
			"Bitbucket: looking at the repository: the token lacks repository: Your credentials lack one or more required privilege scopes. (HTTP 403)"},
		{"Azure DevOps shows its login", onAzure, "x", script{"GET /deploy": {203, nil, `<html>Sign In</html>`}},
			"Azure DevOps: looking at the repository: the server does not accept the token (HTTP 203)"},
		{"a disabled repository", onAzure, "x", script{"GET /deploy": {200, nil, `{"isDisabled": true}`}},
			"Azure DevOps: looking at the repository: refused: the repository is disabled"},
		{"nobody answers", onGitHub, "x", script{}, "GitHub: looking at the repository: no answer in 4 attempts: connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := scripted(t, c.repository, c.token, c.answers).Access(t.Context()); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAutoMergeIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, repository string
		on               bool
		answers          script
		want             string
	}{
		{"nothing to wait for", onGitHub, true,
			script{"GET /pulls/1": {200, nil, `{}`}, "GET /deploy": {200, nil, `{}`}, "POST /graphql": {200, nil, `{"errors": [{"type": "UNPROCESSABLE", "message": "Pull request is in clean status"}]}`}},
			"GitHub: turning auto-merge on: refused: Pull request is in clean status"},
		{"no right", onGitHub, true,
			script{"GET /pulls/1": {200, nil, `{}`}, "GET /deploy": {200, nil, `{}`}, "POST /graphql": {200, nil, `{"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]}`}},
			"GitHub: turning auto-merge on: the token may not do this: Resource not accessible by integration"},
		{"no right to merge", onGitLab, true,
			script{"GET /1": {200, nil, `{"detailed_merge_status": "mergeable"}`}, "PUT /merge": {401, nil, `{"message": "401 Unauthorized"}`}},
			"GitLab: turning auto-merge on: the token lacks the right to merge into the target branch: 401 Unauthorized (HTTP 401)"},
		{"a draft", onGitLab, true,
			script{"GET /1": {200, nil, `{"detailed_merge_status": "draft_status"}`}, "PUT /merge": {405, nil, `{"message": "405 Method Not Allowed"}`}},
			"GitLab: turning auto-merge on: refused: 405 Method Not Allowed (HTTP 405)"},
		{"never ready", onGitLab, true,
			script{"GET /1": {200, nil, `{"detailed_merge_status": "checking"}`}, "PUT /merge": {405, nil, `{"message": "405 Method Not Allowed"}`}},
			"GitLab: turning auto-merge on: refused: 405 Method Not Allowed (HTTP 405)"},
		{"a refusal that looks like success", onGitLab, false,
			script{"GET /1": {200, nil, `{"merge_when_pipeline_succeeds": true}`}, "POST /cancel_merge_when_pipeline_succeeds": {201, nil, `{"status": "error", "message": "Can't cancel the automatic merge"}`}},
			"GitLab: turning auto-merge off: refused: Can't cancel the automatic merge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := scripted(t, c.repository, "x", c.answers).SetAutoMerge(t.Context(), 1, c.on)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestGitLabIsAskedAgainOnlyWhileItChecks(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]int{"checking": 4, "preparing": 4, "draft_status": 1, "conflict": 1} {
		asked := 0
		f, err := forge.For(forge.Options{
			Repository: onGitLab, Token: func() (string, error) { return "x", nil }, Sleep: func(context.Context, time.Duration) error { return nil },
			HTTPClient: &http.Client{Transport: counter{script{
				"GET /1": {200, nil, `{"detailed_merge_status": "` + status + `"}`}, "PUT /merge": {405, nil, `{}`},
			}, http.MethodPut, &asked}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetAutoMerge(t.Context(), 1, true); err == nil || asked != want {
			t.Errorf("%s: asked %d times with %v, want %d and an error", status, asked, err, want)
		}
	}
}

// A counter counts the requests of one method.
type counter struct {
	script
	method string
	count  *int
}

func (c counter) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == c.method {
		*c.count++
	}
	return c.script.RoundTrip(req)
}

func TestBranchesThatStayAreTold(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]any{
		"staleOldObjectId": &forge.ConflictError{}, "writePermissionRequired": &forge.RightsError{}, "rejectedByPolicy": &forge.RefusedError{},
	} {
		err := scripted(t, onAzure, "x", script{
			"GET /refs":  {200, nil, `{"value": [{"name": "refs/heads/b", "objectId": "1"}]}`},
			"POST /refs": {200, nil, `{"value": [{"success": false, "updateStatus": "` + status + `"}]}`},
		}).DeleteBranch(t.Context(), "b")
		if got := typeOf(err); got != typeOf(want) {
			t.Errorf("%s is %s, want %s", status, got, typeOf(want))
		}
	}
}

func typeOf(v any) string {
	switch v.(type) {
	case *forge.ConflictError:
		return "conflict"
	case *forge.RightsError:
		return "rights"
	case *forge.RefusedError:
		return "refused"
	}
	return "something else"
}

func TestReviewersMustBeSomebody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, repository, reviewer string
		answers                    script
		want                       string
	}{
		{"nobody of that name", onGitLab, "bob", script{"GET /users": {200, nil, `[]`}}, `GitLab: looking for the reviewers: refused: there is no user "bob"`},
		{"a team", onGitLab, "acme/ops", script{}, `GitLab: looking for the reviewers: refused: "acme/ops" is a team, and GitLab asks only users`},
		{"a name instead of an id", onAzure, "ada", script{}, `Azure DevOps: opening the pull request: refused: the reviewer "ada" is not the id of an identity`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := scripted(t, c.repository, "x", c.answers).Open(t.Context(), "a", "b", forge.Content{Title: "x", Reviewers: []string{c.reviewer}})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// What was opened is told also when a reviewer could not be asked.
func TestOpenTellsWhatIsThereWithItsError(t *testing.T) {
	t.Parallel()
	p, err := scripted(t, onGitHub, "x", script{
		"POST /pulls":               {201, nil, `{"number": 7, "state": "open"}`},
		"POST /requested_reviewers": {422, nil, `{"message": "Reviews may only be requested from collaborators."}`},
	}).Open(t.Context(), "a", "b", forge.Content{Title: "x", Reviewers: []string{"bob"}})
	var refused *forge.RefusedError
	if !errors.As(err, &refused) || p == nil || p.Number != 7 {
		t.Errorf("got %+v and %v, want number 7 and a refusal", p, err)
	}
}

func TestWhatServersSayCannotSteerATerminal(t *testing.T) {
	t.Parallel()
	err := scripted(t, onGitHub, "x", script{"GET /deploy": {400, nil, `{"message": "a\u001b[2Jb\u009bc` + strings.Repeat("é", 400) + `"}`}}).Access(t.Context())
	text := err.Error()
	if strings.ContainsAny(text, "\x1b\u009b") || len(text) > 700 || strings.ContainsRune(text, '\ufffd') {
		t.Errorf("the error is %q", text)
	}
}
