package forge_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/gitops/forge/forgetest"
)

func TestGiteaIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		return startGitea(t, "gitea", "https://git.example.com/acme/deploy")
	})
}

func TestForgejoIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		return startGitea(t, "", "git@codeberg.org:acme/deploy.git")
	})
}

func startGitea(t *testing.T, kind, repository string) (forge.Forge, *forgetest.World) {
	w := forgetest.NewWorld()
	w.Reviewer = "ada"
	mux := http.NewServeMux()
	mux.Handle("/api/v1/repos/acme/deploy/", http.StripPrefix("/api/v1/repos/acme/deploy", giteaRepoAPI(w)))
	mux.HandleFunc("GET /api/v1/repos/acme/deploy", func(rw http.ResponseWriter, _ *http.Request) {
		reply(rw, 200, object{"full_name": "acme/deploy", "has_pull_requests": true, "permissions": object{"push": true}, "default_merge_style": "rebase"})
	})
	return start(t, w, kind, repository, "/api/v1", "Authorization", "token "+forgetest.Token, mux), w
}

func giteaRepoAPI(w *forgetest.World) http.Handler {
	mux := http.NewServeMux()
	labels := &giteaLabels{names: []string{"bug", "docs", "lading", "theirs"}}
	mux.HandleFunc("GET /labels", func(rw http.ResponseWriter, r *http.Request) { linked(w, rw, r, labels.shapes()) })
	mux.HandleFunc("POST /labels", func(rw http.ResponseWriter, r *http.Request) {
		labels.names = append(labels.names, text(read(r), "name"))
		reply(rw, 201, labels.shapes()[len(labels.names)-1])
	})
	mux.HandleFunc("POST /issues/{n}/labels", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		addLabels(p, labels.named(list(read(r), "labels")))
		reply(rw, 200, []object{})
	}))
	mux.HandleFunc("POST /issues/{n}/comments", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		p.Comments = append(p.Comments, text(read(r), "body"))
		reply(rw, 201, object{"id": 1})
	}))
	mux.HandleFunc("DELETE /branches/{branch...}", func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.Branches[r.PathValue("branch")]; !ok {
			says(rw, 404, "Not Found")
			return
		}
		delete(w.Branches, r.PathValue("branch"))
		rw.WriteHeader(204)
	})
	giteaPulls(mux, w, labels)
	return mux
}

func giteaPulls(mux *http.ServeMux, w *forgetest.World, labels *giteaLabels) {
	mux.HandleFunc("GET /pulls", func(rw http.ResponseWriter, r *http.Request) {
		var pulls []object
		for _, p := range w.Newest(func(*forgetest.Pull) bool { return true }) {
			pulls = append(pulls, giteaShape(w, p))
		}
		linked(w, rw, r, pulls)
	})
	mux.HandleFunc("POST /pulls", func(rw http.ResponseWriter, r *http.Request) { giteaCreate(w, labels, rw, r) })
	// The oldest is answered: the order is not documented.
	mux.HandleFunc("GET /pulls/{base}/{head...}", func(rw http.ResponseWriter, r *http.Request) {
		at := slices.IndexFunc(w.Pulls, func(p *forgetest.Pull) bool {
			return p.Base == r.PathValue("base") && p.Head == r.PathValue("head") && !p.Fork
		})
		if at < 0 {
			says(rw, 404, "Not Found")
			return
		}
		reply(rw, 200, giteaShape(w, w.Pulls[at]))
	})
	mux.HandleFunc("GET /pulls/{n}", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) { reply(rw, 200, giteaShape(w, p)) }))
	mux.HandleFunc("PATCH /pulls/{n}", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		in := read(r)
		if title := text(in, "title"); title != "" {
			p.Title, p.Draft = strings.CutPrefix(title, "WIP: ")
		}
		if body, ok := in["body"].(string); ok {
			p.Body = body
		}
		if text(in, "state") == "closed" {
			p.State = forge.Closed
		}
		reply(rw, 201, giteaShape(w, p))
	}))
	mux.HandleFunc("POST /pulls/{n}/requested_reviewers", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		p.Reviewers = append(p.Reviewers, list(read(r), "reviewers")...)
		reply(rw, 201, []object{})
	}))
	giteaReviews(mux, w)
}

func giteaReviews(mux *http.ServeMux, w *forgetest.World) {
	reviews := numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		reviews := []object{{"state": "REQUEST_REVIEW"}, {"state": "PENDING"}}
		if p.Approved {
			reviews = append(reviews, object{"state": "APPROVED"})
		}
		if p.Remarked {
			reviews = append(reviews, object{"state": "COMMENT"})
		}
		linked(w, rw, r, reviews)
	})
	mux.HandleFunc("GET /pulls/{n}/reviews", reviews)
	mux.HandleFunc("POST /pulls/{n}/merge", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		in := read(r)
		switch {
		case text(in, "Do") != "rebase" || in["merge_when_checks_succeed"] != true:
			says(rw, 405, "Please try again later")
		case p.AutoMerge:
			says(rw, 409, "pull request is already scheduled to auto merge when checks succeed")
		default:
			p.AutoMerge = true
			rw.WriteHeader(201)
		}
	}))
	mux.HandleFunc("DELETE /pulls/{n}/merge", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		if !p.AutoMerge {
			says(rw, 404, "Not Found")
			return
		}
		p.AutoMerge = false
		rw.WriteHeader(204)
	}))
}

type giteaLabels struct{ names []string }

func (l *giteaLabels) shapes() []object {
	var shapes []object
	for i, name := range l.names {
		shapes = append(shapes, object{"id": i + 1, "name": name})
	}
	return shapes
}

func (l *giteaLabels) named(ids []string) []string {
	var names []string
	for i, name := range l.names {
		if slices.Contains(ids, fmt.Sprint(i+1)) {
			names = append(names, name)
		}
	}
	return names
}

func giteaCreate(w *forgetest.World, labels *giteaLabels, rw http.ResponseWriter, r *http.Request) {
	in := read(r)
	head, base := text(in, "head"), text(in, "base")
	_, known := w.Branches[head]
	switch {
	case !known:
		says(rw, 422, "head branch does not exist")
	case w.Has(head, base):
		says(rw, 409, "pull request already exists for these targets")
	default:
		title, draft := strings.CutPrefix(text(in, "title"), "WIP: ")
		p := w.Create(forgetest.Pull{Head: head, Base: base, Title: title, Draft: draft, Body: text(in, "body")})
		addLabels(p, labels.named(list(in, "labels")))
		reply(rw, 201, giteaShape(w, p))
	}
}

func giteaShape(w *forgetest.World, p *forgetest.Pull) object {
	title, ref, headRepo := p.Title, p.Head, 7
	if p.Draft {
		title = "WIP: " + title
	}
	if _, there := w.Branches[p.Head]; !there {
		ref = fmt.Sprintf("refs/pull/%d/head", p.Number)
	}
	if p.Fork {
		headRepo = 8
	}
	state := "closed"
	if p.State == forge.Open {
		state = "open"
	}
	return object{
		"number": p.Number, "html_url": "https://git.example.com/acme/deploy/pulls/1", "state": state, "merged": p.State == forge.Merged,
		"title": title, "body": p.Body, "draft": p.Draft,
		"head": object{"label": p.Head, "ref": ref, "sha": p.SHA, "repo_id": headRepo},
		"base": object{"label": p.Base, "ref": p.Base, "repo_id": 7},
	}
}
