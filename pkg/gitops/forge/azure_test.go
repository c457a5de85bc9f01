package forge_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/gitops/forge/forgetest"
)

const adaID = "11111111-2222-3333-4444-555555555555"

func TestAzureDevOpsIsAForge(t *testing.T) {
	forgetest.Run(t, func(t *testing.T) (forge.Forge, *forgetest.World) {
		w := forgetest.NewWorld()
		w.Reviewer = adaID
		api := http.StripPrefix("/org/my project/_apis/git/repositories/deploy", azureAPI(w))
		mux := http.NewServeMux()
		mux.HandleFunc("/org/", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("api-version") != "7.1" {
				says(rw, 400, "No api-version was supplied")
				return
			}
			api.ServeHTTP(rw, r)
		})
		// base64 of ":" and the token
		return start(t, w, "", "git@ssh.dev.azure.com:v3/org/my%20project/deploy", "/org", "Authorization", "Basic OnMzY3IzdC1UMGtlbi5vZl90aGUtc3VpdGU=", mux), w
	})
}

func azureAPI(w *forgetest.World) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, _ *http.Request) {
		reply(rw, 200, object{"name": "deploy", "isDisabled": false})
	})
	mux.HandleFunc("GET /pullrequests", func(rw http.ResponseWriter, r *http.Request) { azureList(w, rw, r) })
	mux.HandleFunc("POST /pullrequests", func(rw http.ResponseWriter, r *http.Request) { azureCreate(w, rw, r) })
	mux.HandleFunc("GET /pullrequests/{n}", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) { reply(rw, 200, azureShape(p)) }))
	mux.HandleFunc("PATCH /pullrequests/{n}", numbered(w, azurePatch))
	mux.HandleFunc("POST /pullrequests/{n}/labels", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		addLabels(p, []string{text(read(r), "name")})
		reply(rw, 200, object{})
	}))
	mux.HandleFunc("POST /pullrequests/{n}/threads", numbered(w, func(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
		comments, _ := read(r)["comments"].([]any)
		p.Comments = append(p.Comments, text(comments[0].(map[string]any), "content"))
		reply(rw, 200, object{"id": 1})
	}))
	mux.HandleFunc("GET /pullrequests/{n}/threads", numbered(w, func(rw http.ResponseWriter, _ *http.Request, p *forgetest.Pull) {
		threads := []object{{"threadContext": nil}}
		if p.Remarked {
			threads = append(threads, object{"threadContext": object{"filePath": "/a.yaml"}, "isDeleted": false})
		}
		reply(rw, 200, object{"value": threads})
	}))
	mux.HandleFunc("GET /refs", func(rw http.ResponseWriter, r *http.Request) {
		refs := []object{}
		for name, commit := range w.Branches {
			if strings.HasPrefix("heads/"+name, r.URL.Query().Get("filter")) {
				refs = append(refs, object{"name": "refs/heads/" + name, "objectId": commit})
			}
		}
		reply(rw, 200, object{"value": refs})
	})
	mux.HandleFunc("POST /refs", func(rw http.ResponseWriter, r *http.Request) { azureRefs(w, rw, r) })
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" {
			r.URL.Path = "/"
		}
		mux.ServeHTTP(rw, r)
	})
}

func azureList(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var found []object
	for _, p := range w.Newest(func(p *forgetest.Pull) bool {
		return q.Get("searchCriteria.sourceRefName") == "refs/heads/"+p.Head && q.Get("searchCriteria.targetRefName") == "refs/heads/"+p.Base && q.Get("searchCriteria.status") == "all"
	}) {
		found = append(found, azureShape(p))
	}
	from, _ := strconv.Atoi(q.Get("$skip"))
	from = min(from, len(found))
	reply(rw, 200, object{"value": append([]object{}, found[from:min(from+w.Page, len(found))]...)})
}

func azureCreate(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	in := read(r)
	head, base := strings.TrimPrefix(text(in, "sourceRefName"), "refs/heads/"), strings.TrimPrefix(text(in, "targetRefName"), "refs/heads/")
	_, known := w.Branches[head]
	switch {
	case !known:
		says(rw, 400, "TF401398: The pull request cannot be activated because the source and/or the target branch no longer exists")
	case w.Has(head, base):
		says(rw, 409, "TF401179: An active pull request for the source and target branch already exists.")
	default:
		p := w.Create(forgetest.Pull{
			Head: head, Base: base, Title: text(in, "title"), Body: text(in, "description"), Draft: in["isDraft"] == true,
			Labels: azureFields(in, "labels", "name"), Reviewers: azureFields(in, "reviewers", "id"),
		})
		reply(rw, 201, azureShape(p))
	}
}

func azureFields(in object, key, field string) []string {
	var found []string
	items, _ := in[key].([]any)
	for _, item := range items {
		found = append(found, text(item.(map[string]any), field))
	}
	return found
}

func azurePatch(rw http.ResponseWriter, r *http.Request, p *forgetest.Pull) {
	in := read(r)
	if title, ok := in["title"].(string); ok {
		p.Title, p.Body = title, text(in, "description")
	}
	if text(in, "status") == "abandoned" {
		p.State = forge.Closed
	}
	if who, ok := in["autoCompleteSetBy"].(map[string]any); ok {
		p.AutoMerge = text(who, "id") == adaID
	}
	reply(rw, 200, azureShape(p))
}

func azureRefs(w *forgetest.World, rw http.ResponseWriter, r *http.Request) {
	var in []struct{ Name, OldObjectID, NewObjectID string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	name := strings.TrimPrefix(in[0].Name, "refs/heads/")
	if w.Branches[name] != in[0].OldObjectID || in[0].NewObjectID != strings.Repeat("0", 40) {
		reply(rw, 200, object{"value": []object{{"success": false, "updateStatus": "staleOldObjectId"}}})
		return
	}
	delete(w.Branches, name)
	reply(rw, 200, object{"value": []object{{"success": true, "updateStatus": "succeeded"}}})
}

func azureShape(p *forgetest.Pull) object {
	states := map[forge.State]string{forge.Open: "active", forge.Closed: "abandoned", forge.Merged: "completed"}
	shape := object{
		"pullRequestId": p.Number, "title": p.Title, "description": p.Body, "status": states[p.State], "isDraft": p.Draft,
		"lastMergeSourceCommit": object{"commitId": p.SHA}, "createdBy": object{"id": adaID},
	}
	if p.Fork {
		shape["forkSource"] = object{"name": "refs/heads/" + p.Head}
	}
	if p.AutoMerge {
		shape["autoCompleteSetBy"] = object{"id": adaID}
	}
	vote := 0
	if p.Approved {
		vote = 10
	}
	shape["reviewers"] = []object{{"id": adaID, "vote": vote}}
	return shape
}
