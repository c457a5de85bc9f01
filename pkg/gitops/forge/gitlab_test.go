package forge_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/gitops/forge/forgetest"
)

func TestGitLabIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		w := forgetest.NewWorld()
		w.Reviewer = "ada"
		mux := gitlabAPI(w)
		return start(t, w, "gitlab", "ssh://git@git.example.com:2222/acme/deploy.git", "/api/v4", "Authorization", "Bearer "+forgetest.Token, mux), w
	})
}

func gitlabAPI(w *forgetest.World) *http.ServeMux {
	mux := http.NewServeMux()
	project := "/api/v4/projects/{project}"
	handle := func(method, path string, handler http.HandlerFunc) {
		mux.HandleFunc(method+" "+project+path, func(rw http.ResponseWriter, r *http.Request) {
			if r.PathValue("project") != forgetest.Repository {
				says(rw, 404, "404 Project Not Found")
				return
			}
			handler(rw, r)
		})
	}
	handle("GET", "", func(rw http.ResponseWriter, _ *http.Request) {
		reply(rw, 200, object{"id": 7, "archived": false, "merge_requests_access_level": "enabled",
			"permissions": object{"project_access": nil, "group_access": object{"access_level": 30}}})
	})
	mux.HandleFunc("GET /api/v4/personal_access_tokens/self", func(rw http.ResponseWriter, _ *http.Request) {
		reply(rw, 200, object{"scopes": []string{"api"}})
	})
	mux.HandleFunc("GET /api/v4/users", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("username") != "ada" {
			reply(rw, 200, []object{})
			return
		}
		reply(rw, 200, []object{{"id": 11, "username": "ada"}})
	})
	handle("DELETE", "/repository/branches/{branch}", func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.Branches[r.PathValue("branch")]; !ok {
			says(rw, 404, "404 Branch Not Found")
			return
		}
		delete(w.Branches, r.PathValue("branch"))
		rw.WriteHeader(204)
	})
	gitlabRequests(w, handle)
	return mux
}

func gitlabRequests(w *forgetest.World, handle func(method, path string, handler http.HandlerFunc)) {
	one := "/merge_requests/{n}"
	handle("GET", "/merge_requests", func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var found []object
		for _, p := range w.Newest(func(p *forgetest.Pull) bool {
			return q.Get("source_branch") == p.Head && q.Get("target_branch") == p.Base && q.Get("state") == "all"
		}) {
			found = append(found, gitlabShape(p))
		}
		linked(w, rw, r, found)
	})
	handle("POST", "/merge_requests", func(rw http.ResponseWriter, r *http.Request) { gitlabCreate(w, rw, r) })
	handle("GET", one, numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) { reply(rw, 200, gitlabShape(p)) }))
	handle("PUT", one, numbered(w, gitlabUpdate))
	handle("POST", one+"/notes", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		p.Comments = append(p.Comments, text(read(r), "body"))
		reply(rw, 201, object{"id": 1})
	}))
	handle("GET", one+"/notes", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		notes := []object{}
		for range p.Comments {
			notes = append(notes, object{"type": nil})
		}
		if p.Remarked {
			notes = append(notes, object{"type": "DiffNote"})
		}
		linked(w, rw, r, notes)
	}))
	handle("GET", one+"/approvals", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		by := []object{}
		if p.Approved {
			by = append(by, object{"user": object{"username": "ada"}})
		}
		reply(rw, 200, object{"approved_by": by})
	}))
	handle("GET", one+"/reviewers", numbered(w, func(rw http.ResponseWriter, _ *http.Request, _ *forgetest.Pull) {
		reply(rw, 200, []object{{"state": "unreviewed"}})
	}))
	handle("PUT", one+"/merge", numbered(w, gitlabMerge))
	handle("POST", one+"/cancel_merge_when_pipeline_succeeds", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		if !p.AutoMerge {
			reply(rw, 201, object{"status": "error", "message": "Can't cancel the automatic merge", "http_status": 406})
			return
		}
		p.AutoMerge = false
		reply(rw, 201, object{"status": "success"})
	}))
}

func gitlabCreate(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	in := read(r)
	head, base := text(in, "source_branch"), text(in, "target_branch")
	_, known := w.Branches[head]
	switch {
	case !known:
		reply(rw, 400, object{"message": object{"source_branch": []string{"does not exist"}}})
	case w.Has(head, base):
		reply(rw, 409, object{"message": []string{"Another open merge request already exists for this source branch: !1"}})
	default:
		title, draft := strings.CutPrefix(text(in, "title"), "Draft: ")
		p := w.Create(forgetest.Pull{Head: head, Base: base, Title: title, Draft: draft, Body: text(in, "description")})
		addLabels(p, strings.FieldsFunc(text(in, "labels"), func(r rune) bool { return r == ',' }))
		for range list(in, "reviewer_ids") {
			p.Reviewers = append(p.Reviewers, "ada")
		}
		reply(rw, 201, gitlabShape(p))
	}
}

func gitlabUpdate(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
	in := read(r)
	if title, ok := in["title"].(string); ok {
		p.Title, p.Draft = strings.CutPrefix(title, "Draft: ")
		p.Body = text(in, "description")
	}
	addLabels(p, strings.FieldsFunc(text(in, "add_labels"), func(r rune) bool { return r == ',' }))
	if text(in, "state_event") == "close" {
		p.State = forge.Closed
	}
	reply(rw, 200, gitlabShape(p))
}

// gitlabMerge is not ready at the first attempt, as the real one after opening.
func gitlabMerge(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
	in := read(r)
	if p.Body == "" {
		p.Body = "checked"
		says(rw, 405, "405 Method Not Allowed")
		return
	}
	if in["auto_merge"] != true || in["sha"] != p.SHA {
		says(rw, 409, "SHA does not match HEAD of source branch")
		return
	}
	p.AutoMerge = true
	reply(rw, 200, gitlabShape(p))
}

func gitlabShape(p *forgetest.Pull) object {
	states := map[forge.State]string{forge.Open: "opened", forge.Closed: "closed", forge.Merged: "merged"}
	title, source, status := p.Title, 7, "mergeable"
	if p.Draft {
		title = "Draft: " + title
	}
	if p.Fork {
		source = 8
	}
	if p.Body == "" {
		status = "checking"
	}
	notes := len(p.Comments)
	if p.Remarked {
		notes++
	}
	return object{
		"iid": p.Number, "id": 1000 + p.Number, "web_url": "https://git.example.com/acme/deploy/-/merge_requests/1", "state": states[p.State],
		"title": title, "draft": p.Draft, "description": p.Body, "sha": p.SHA, "source_project_id": source, "target_project_id": 7,
		"source_branch": p.Head, "target_branch": p.Base, "user_notes_count": notes,
		"merge_when_pipeline_succeeds": p.AutoMerge, "detailed_merge_status": status,
	}
}
