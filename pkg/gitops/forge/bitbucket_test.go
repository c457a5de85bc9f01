package forge_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/gitops/forge/forgetest"
)

func TestBitbucketIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		w := forgetest.NewWorld()
		w.Reviewer, w.NoLabels, w.NoAutoMerge = "{11111111-2222-3333-4444-555555555555}", true, true
		mux := http.NewServeMux()
		mux.Handle("/2.0/repositories/acme/deploy/", http.StripPrefix("/2.0/repositories/acme/deploy", bitbucketAPI(w)))
		mux.HandleFunc("GET /2.0/repositories/acme/deploy", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-OAuth-Scopes", "pullrequest:write, repository:write")
			reply(rw, 200, object{"full_name": "acme/deploy"})
		})
		return start(t, w, "", "git@bitbucket.org:acme/deploy.git", "/2.0", "Authorization", "Bearer "+forgetest.Token, mux), w
	})
}

func bitbucketSays(rw http.ResponseWriter, status int, message string) {
	reply(rw, status, object{"type": "error", "error": object{"message": message}})
}

// valued answers with a page whose next is named in the body.
func valued(w *forgetest.World, rw http.ResponseWriter, r *http.Request, items []object) {
	page, next := pageOf(w, r, items)
	out := object{"values": page, "pagelen": w.Page}
	if next != nil {
		out["next"] = "https://api.bitbucket.invalid" + r.URL.Path + "?" + next.Encode()
	}
	reply(rw, 200, out)
}

func bitbucketAPI(w *forgetest.World) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pullrequests", func(rw http.ResponseWriter, r *http.Request) { bitbucketList(w, rw, r) })
	mux.HandleFunc("POST /pullrequests", func(rw http.ResponseWriter, r *http.Request) { bitbucketCreate(w, rw, r) })
	mux.HandleFunc("GET /pullrequests/{n}", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		reply(rw, 200, bitbucketShape(p, true))
	}))
	mux.HandleFunc("PUT /pullrequests/{n}", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		in := read(r)
		p.Title, p.Body, p.Draft, p.Reviewers = text(in, "title"), text(in, "description"), in["draft"] == true, bitbucketUUIDs(in)
		reply(rw, 200, bitbucketShape(p, true))
	}))
	mux.HandleFunc("POST /pullrequests/{n}/comments", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		content, _ := read(r)["content"].(map[string]any)
		p.Comments = append(p.Comments, text(content, "raw"))
		reply(rw, 201, object{"id": 1})
	}))
	mux.HandleFunc("GET /pullrequests/{n}/comments", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		comments := []object{}
		for range p.Comments {
			comments = append(comments, object{"id": 1})
		}
		if p.Remarked {
			comments = append(comments, object{"id": 2, "inline": object{"path": "a.yaml", "to": 3}})
		}
		valued(w, rw, r, comments)
	}))
	mux.HandleFunc("POST /pullrequests/{n}/decline", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		p.State = forge.Closed
		reply(rw, 200, bitbucketShape(p, true))
	}))
	mux.HandleFunc("GET /commit/{short}", func(rw http.ResponseWriter, r *http.Request) {
		reply(rw, 200, object{"hash": strings.Repeat(r.PathValue("short")[:1], 40)})
	})
	mux.HandleFunc("DELETE /refs/branches/{branch...}", func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.Branches[r.PathValue("branch")]; !ok {
			bitbucketSays(rw, 404, "Branch not found")
			return
		}
		delete(w.Branches, r.PathValue("branch"))
		rw.WriteHeader(204)
	})
	return mux
}

var bitbucketStates = map[forge.State]string{forge.Open: "OPEN", forge.Closed: "DECLINED", forge.Merged: "MERGED"}

func bitbucketList(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	states := r.URL.Query()["state"]
	var found []object
	for _, p := range w.Newest(func(p *forgetest.Pull) bool {
		return r.URL.Query().Get("q") == fmt.Sprintf("source.branch.name = %q AND destination.branch.name = %q", p.Head, p.Base)
	}) {
		if strings.Contains(strings.Join(states, " "), bitbucketStates[p.State]) {
			found = append(found, bitbucketShape(p, false))
		}
	}
	valued(w, rw, r, found)
}

func bitbucketCreate(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	in := read(r)
	head := bitbucketBranch(in, "source")
	if _, known := w.Branches[head]; !known {
		bitbucketSays(rw, 400, "branch not found: "+url.PathEscape(head))
		return
	}
	p := w.Create(forgetest.Pull{
		Head: head, Base: bitbucketBranch(in, "destination"), Title: text(in, "title"), Body: text(in, "description"),
		Draft: in["draft"] == true, Reviewers: bitbucketUUIDs(in),
	})
	reply(rw, 201, bitbucketShape(p, true))
}

func bitbucketBranch(in object, key string) string {
	end, _ := in[key].(map[string]any)
	branch, _ := end["branch"].(map[string]any)
	return text(branch, "name")
}

func bitbucketUUIDs(in object) []string {
	var ids []string
	users, _ := in["reviewers"].([]any)
	for _, user := range users {
		ids = append(ids, text(user.(map[string]any), "uuid"))
	}
	return ids
}

// bitbucketShape leaves out in lists what the API leaves out there.
func bitbucketShape(p *forgetest.Pull, whole bool) object {
	repo := forgetest.Repository
	if p.Fork {
		repo = "someone/deploy"
	}
	shape := object{
		"id": p.Number, "title": p.Title, "description": p.Body, "state": bitbucketStates[p.State], "draft": p.Draft,
		"source":        object{"branch": object{"name": p.Head}, "commit": object{"hash": fmt.Sprintf("%.12s", p.SHA)}, "repository": object{"full_name": repo}},
		"links":         object{"html": object{"href": "https://bitbucket.org/acme/deploy/pull-requests/1"}},
		"comment_count": len(p.Comments),
	}
	if p.Remarked {
		shape["comment_count"] = len(p.Comments) + 1
	}
	if !whole {
		return shape
	}
	reviewers := []object{}
	for _, id := range p.Reviewers {
		reviewers = append(reviewers, object{"uuid": id, "display_name": "Ada"})
	}
	shape["reviewers"] = reviewers
	state := any(nil)
	if p.Approved {
		state = "approved"
	}
	shape["participants"] = []object{{"role": "REVIEWER", "state": state}}
	return shape
}
