package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Azure DevOps by its REST API
// (https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests).

var azureHosts = []string{"dev.azure.com", "ssh.dev.azure.com", "vs-ssh.visualstudio.com", "*.visualstudio.com"}

const azureVersion = "7.1"

// azureAPI is the collection: dev.azure.com/org, org.visualstudio.com, or what
// stands before the project on a server of one's own.
func azureAPI(at address) string {
	collection, _, _ := azurePath(at)
	switch host := at.hostname(); host {
	case "ssh.dev.azure.com", "vs-ssh.visualstudio.com", "dev.azure.com":
		return "https://dev.azure.com" + collection
	default:
		return at.website() + collection
	}
}

type azure struct {
	*client
	project, repo string
}

func openAzure(c *client, at address) (Forge, error) {
	_, project, repo := azurePath(at)
	if project == "" || repo == "" {
		return nil, fmt.Errorf("the repository's path on Azure DevOps is %q, want organisation/project/_git/name", at.path)
	}
	c.authorize, c.right = azureAuthorize, azureRight
	return &azure{client: c, project: project, repo: repo}, nil
}

// azurePath reads org/project/_git/repo, org/_git/repo (where both are named
// alike) and, of ssh, v3/org/project/repo.
func azurePath(at address) (collection, project, repo string) {
	parts := strings.Split(at.path, "/")
	if parts[0] == "v3" && len(parts) == 4 {
		return join([]string{unescaped(parts[1])}), unescaped(parts[2]), unescaped(parts[3])
	}
	before, repo, found := strings.Cut(at.path, "/_git/")
	if !found {
		repo, found = strings.CutPrefix(at.path, "_git/")
		before = ""
	}
	if !found || strings.Contains(repo, "/") {
		return "", "", ""
	}
	folders := strings.FieldsFunc(before, func(r rune) bool { return r == '/' })
	depth := 1 // of the collection
	if strings.HasSuffix(at.hostname(), ".visualstudio.com") {
		depth = 0
		if len(folders) > 0 && folders[0] == "DefaultCollection" {
			folders = folders[1:]
		}
	}
	if len(folders) <= depth {
		return join(folders), repo, repo
	}
	last := len(folders) - 1
	return join(folders[:last]), folders[last], repo
}

// unescaped reads %20, which Azure DevOps writes into ssh addresses, too.
func unescaped(part string) string {
	if plain, err := url.PathUnescape(part); err == nil {
		return plain
	}
	return part
}

func join(folders []string) string {
	text := ""
	for _, folder := range folders {
		text += "/" + url.PathEscape(folder)
	}
	return text
}

// azureAuthorize takes personal access tokens, and the tokens of pipelines and
// of Entra, which are JSON web tokens.
func azureAuthorize(h http.Header, token string) {
	if strings.HasPrefix(token, "eyJ") {
		bearer(h, token)
		return
	}
	basic(h, "", token)
}

// azurePermission is how refusals name it: You need the Git
// 'PullRequestContribute' permission ….
var azurePermission = regexp.MustCompile(`'(\w+)' permission`)

func azureRight(_ http.Header, body []byte) string {
	if m := azurePermission.FindSubmatch(body); m != nil {
		return "the permission " + string(m[1])
	}
	return ""
}

func (a *azure) path(rest string) string {
	return "/" + url.PathEscape(a.project) + "/_apis/git/repositories/" + url.PathEscape(a.repo) + rest
}

func version() url.Values { return url.Values{"api-version": {azureVersion}} }

// ask is send with the version that every request names.
func (a *azure) ask(ctx context.Context, doing, method, rest string, in, out any) error {
	_, err := a.do(ctx, call{doing: doing, method: method, path: a.path(rest), query: version(), in: in, out: out})
	return err
}

type azurePull struct {
	ID          int    `json:"pullRequestId"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Status      string `json:"status"`
	Source      struct {
		Commit string `json:"commitId"`
	} `json:"lastMergeSourceCommit"`
	Fork      *struct{} `json:"forkSource"`
	CreatedBy struct {
		ID string `json:"id"`
	} `json:"createdBy"`
	AutoComplete *struct{} `json:"autoCompleteSetBy"`
	Reviewers    []struct {
		Vote int `json:"vote"`
	} `json:"reviewers"`
}

// Access implements [Forge].
func (a *azure) Access(ctx context.Context) error {
	const doing = "looking at the repository"
	var repo struct {
		Disabled bool `json:"isDisabled"`
	}
	if err := a.ask(ctx, doing, http.MethodGet, "", nil, &repo); err != nil {
		return err
	}
	if repo.Disabled {
		return a.refused(doing, "the repository is disabled", "enable it in the project's settings")
	}
	query := version()
	query.Set("$top", "1")
	_, err := a.get(ctx, "listing pull requests", a.path("/pullrequests"), query, nil)
	return err
}

// Latest implements [Forge]. The order of the list is not documented, so the
// highest number of all pages counts.
func (a *azure) Latest(ctx context.Context, head, base string) (*PullRequest, error) {
	query := version()
	query.Set("searchCriteria.sourceRefName", "refs/heads/"+head)
	query.Set("searchCriteria.targetRefName", "refs/heads/"+base)
	query.Set("searchCriteria.status", "all")
	var newest *azurePull
	err := a.each(ctx, "looking for the pull request", "/pullrequests", query, func(p azurePull) {
		if p.Fork == nil && (newest == nil || p.ID > newest.ID) {
			newest = &p
		}
	})
	if err != nil || newest == nil {
		return nil, err
	}
	// A list shortens descriptions.
	var p azurePull
	if err := a.ask(ctx, "looking at the pull request", http.MethodGet, azureNumber(newest.ID, ""), nil, &p); err != nil {
		return nil, err
	}
	found := a.pullRequest(p)
	if found.State == Open {
		found.Reviewed, err = a.reviewed(ctx, p)
	}
	return found, err
}

func azureNumber(number int, rest string) string {
	return fmt.Sprintf("/pullrequests/%d%s", number, rest)
}

// each visits all pull requests that a query finds. Nothing tells where the
// list ends, and a server may give less than it is asked for: an empty page is
// the end.
func (a *azure) each(ctx context.Context, doing, rest string, query url.Values, visit func(azurePull)) error {
	query.Set("$top", "100")
	seen := 0
	for range maxPages {
		query.Set("$skip", strconv.Itoa(seen))
		var list struct {
			Value []azurePull `json:"value"`
		}
		if _, err := a.get(ctx, doing, a.path(rest), query, &list); err != nil {
			return err
		}
		for _, p := range list.Value {
			visit(p)
		}
		if len(list.Value) == 0 {
			return nil
		}
		seen += len(list.Value)
	}
	return a.refused(doing, "the list does not end", "")
}

func (a *azure) pullRequest(p azurePull) *PullRequest {
	state := Closed
	switch p.Status {
	case "active":
		state = Open
	case "completed":
		state = Merged
	}
	page := fmt.Sprintf("%s/%s/_git/%s/pullrequest/%d", a.base, url.PathEscape(a.project), url.PathEscape(a.repo), p.ID)
	return &PullRequest{Number: p.ID, URL: page, State: state, Title: p.Title, Body: p.Description, Head: p.Source.Commit}
}

func (a *azure) reviewed(ctx context.Context, p azurePull) (bool, error) {
	for _, r := range p.Reviewers {
		if r.Vote != 0 {
			return true, nil
		}
	}
	var threads struct {
		Value []struct {
			Place   *struct{} `json:"threadContext"`
			Deleted bool      `json:"isDeleted"`
		} `json:"value"`
	}
	err := a.ask(ctx, "listing comments", http.MethodGet, azureNumber(p.ID, "/threads"), nil, &threads)
	for _, thread := range threads.Value {
		if thread.Place != nil && !thread.Deleted {
			return true, err
		}
	}
	return false, err
}
