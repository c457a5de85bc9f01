package forge_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/gitops/forge/forgetest"
)

func TestGitHubIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		return startGitHub(t, "https://github.com/acme/deploy.git", "", "/graphql")
	})
}

func TestGitHubEnterpriseIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		return startGitHub(t, "git@git.example.com:acme/deploy.git", "/api/v3", "/api/graphql")
	})
}

func startGitHub(t *testing.T, repository, path, graphql string) (forge.Forge, *forgetest.World) {
	w := forgetest.NewWorld()
	w.Reviewer = "ada"
	mux := http.NewServeMux()
	mux.Handle(path+"/repos/acme/deploy/", http.StripPrefix(path+"/repos/acme/deploy", githubRepoAPI(w)))
	mux.HandleFunc("GET "+path+"/repos/acme/deploy", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-OAuth-Scopes", "repo, workflow")
		reply(rw, 200, object{"full_name": "acme/deploy", "archived": false, "permissions": object{"push": true}, "allow_squash_merge": true})
	})
	mux.HandleFunc("POST "+graphql, func(rw http.ResponseWriter, r *http.Request) { githubGraphQL(w, rw, r) })
	return start(t, w, "github", repository, path, "Authorization", "Bearer "+forgetest.Token, mux), w
}

func githubRepoAPI(w *forgetest.World) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pulls", func(rw http.ResponseWriter, r *http.Request) { githubList(w, rw, r) })
	mux.HandleFunc("POST /pulls", func(rw http.ResponseWriter, r *http.Request) { githubCreate(w, rw, r) })
	mux.HandleFunc("GET /pulls/{n}", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		reply(rw, 200, githubShape(p))
	}))
	mux.HandleFunc("PATCH /pulls/{n}", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		in := read(r)
		if title, ok := in["title"].(string); ok {
			p.Title, p.Body = title, text(in, "body")
		}
		if text(in, "state") == "closed" {
			p.State = forge.Closed
		}
		reply(rw, 200, githubShape(p))
	}))
	mux.HandleFunc("GET /pulls/{n}/reviews", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		reviews := []object{{"state": "PENDING"}, {"state": "PENDING"}, {"state": "PENDING"}}
		if p.Approved {
			reviews = append(reviews, object{"state": "APPROVED"})
		}
		if p.Remarked {
			reviews = append(reviews, object{"state": "COMMENTED"})
		}
		linked(w, rw, r, reviews)
	}))
	mux.HandleFunc("POST /pulls/{n}/requested_reviewers", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		p.Reviewers = append(p.Reviewers, list(read(r), "reviewers")...)
		reply(rw, 201, githubShape(p))
	}))
	mux.HandleFunc("POST /issues/{n}/labels", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		addLabels(p, list(read(r), "labels"))
		reply(rw, 200, []object{})
	}))
	mux.HandleFunc("POST /issues/{n}/comments", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		p.Comments = append(p.Comments, text(read(r), "body"))
		reply(rw, 201, object{"id": 1})
	}))
	mux.HandleFunc("DELETE /git/refs/heads/{branch...}", func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.Branches[r.PathValue("branch")]; !ok {
			says(rw, 422, "Reference does not exist")
			return
		}
		delete(w.Branches, r.PathValue("branch"))
		rw.WriteHeader(204)
	})
	return mux
}

func githubList(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var pulls []object
	for _, p := range w.Newest(func(p *forgetest.Pull) bool {
		return (q.Get("head") == "" || q.Get("head") == "acme:"+p.Head) && (q.Get("base") == "" || q.Get("base") == p.Base)
	}) {
		if q.Get("state") == "all" || p.State == forge.Open {
			pulls = append(pulls, githubShape(p))
		}
	}
	linked(w, rw, r, pulls)
}

func githubCreate(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	in := read(r)
	head, base := text(in, "head"), text(in, "base")
	_, known := w.Branches[head]
	switch {
	case !known:
		reply(rw, 422, object{"message": "Validation Failed", "errors": []object{{"resource": "PullRequest", "field": "head", "code": "invalid"}}})
	case w.Has(head, base):
		reply(rw, 422, object{"message": "Validation Failed", "errors": []object{{"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for acme:" + head + "."}}})
	default:
		p := w.Create(forgetest.Pull{Head: head, Base: base, Title: text(in, "title"), Body: text(in, "body"), Draft: in["draft"] == true})
		reply(rw, 201, githubShape(p))
	}
}

func githubShape(p *forgetest.Pull) object {
	repo := forgetest.Repository
	if p.Fork {
		repo += "-fork"
	}
	shape := object{
		"number": p.Number, "node_id": "PR_x", "html_url": "https://github.com/acme/deploy/pull/1", "state": "open", "merged_at": nil,
		"title": p.Title, "body": p.Body, "draft": p.Draft, "auto_merge": nil,
		"head": object{"ref": p.Head, "sha": p.SHA, "repo": object{"full_name": repo}}, "base": object{"ref": p.Base},
	}
	if p.State != forge.Open {
		shape["state"] = "closed"
	}
	if p.State == forge.Merged {
		shape["merged_at"] = "2026-05-04T03:02:01Z"
	}
	if p.AutoMerge {
		shape["auto_merge"] = object{"merge_method": "squash"}
	}
	return shape
}

func githubGraphQL(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	in := read(r)
	variables, _ := in["variables"].(map[string]any)
	p := w.Number(1)
	on := strings.Contains(text(in, "query"), "enablePullRequestAutoMerge(")
	if variables["id"] != "PR_x" || on && variables["method"] != "SQUASH" || on == p.AutoMerge {
		reply(rw, 200, object{"data": nil, "errors": []object{{"type": "UNPROCESSABLE", "message": "Pull request is in clean status"}}})
		return
	}
	p.AutoMerge = on
	reply(rw, 200, object{"data": object{}})
}
