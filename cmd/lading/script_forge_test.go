package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lading-dev/lading/internal/gittest"
)

// forgeCommand starts a server for the repositories below the working directory
// and sets FORGE to its URL. It speaks as much of Gitea's API as lading asks
// for, of one repository:
//
//	forge platform/rendered.git
//
// A pull request is merged, closed and shown by
//
//	pull merge 1
//	pull close 1
//	pull show 1
func forgeCommand(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	var lock sync.Mutex
	forges := make(map[*testscript.TestScript]*scriptForge)
	return map[string]func(*testscript.TestScript, bool, []string){
		"forge": func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) != 1 {
				ts.Fatalf("usage: forge owner/repository.git")
			}
			f := &scriptForge{name: strings.TrimSuffix(args[0], ".git"), repo: ts.MkAbs(args[0])}
			server := gittest.HTTPServer(t, ts.MkAbs("."), gittest.Options{Wrap: f.wrap})
			ts.Setenv("FORGE", server.URL)
			lock.Lock()
			defer lock.Unlock()
			forges[ts] = f
		},
		"pull": func(ts *testscript.TestScript, neg bool, args []string) {
			lock.Lock()
			f := forges[ts]
			lock.Unlock()
			if neg || len(args) != 2 || f == nil {
				ts.Fatalf("usage: pull merge|close|show number, after forge")
			}
			n, err := strconv.Atoi(args[1])
			ts.Check(err)
			ts.Check(f.pull(ts, args[0], n))
		},
	}
}

// A scriptForge is one repository with its pull requests.
type scriptForge struct {
	name, repo string
	lock       sync.Mutex
	pulls      []*scriptPull
	labels     []string
}

// A scriptPull is a pull request as the API shows it.
type scriptPull struct {
	Number int          `json:"number"`
	URL    string       `json:"html_url"`
	State  string       `json:"state"`
	Merged bool         `json:"merged"`
	Title  string       `json:"title"`
	Body   string       `json:"body"`
	Head   scriptBranch `json:"head"`
	Base   scriptBranch `json:"base"`
	labels []string
}

type scriptBranch struct {
	Label  string `json:"label"`
	Ref    string `json:"ref"`
	Sha    string `json:"sha"`
	RepoID int64  `json:"repo_id"`
}

func (f *scriptForge) wrap(git http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, "/api/v1/repos/"+f.name)
		if !ok {
			git.ServeHTTP(w, r)
			return
		}
		f.lock.Lock()
		defer f.lock.Unlock()
		answer, status := any(map[string]string{"message": "token is required"}), http.StatusUnauthorized
		if r.Header.Get("Authorization") == "token t0ken" {
			answer, status = f.answer(r, path)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer)
	})
}

// A scriptRequest is what bodies of requests may hold.
type scriptRequest struct {
	Head, Base, Title, State, Name string
	Body                           *string
	Labels                         []int
}

func (f *scriptForge) answer(r *http.Request, path string) (any, int) {
	var in scriptRequest
	_ = json.NewDecoder(r.Body).Decode(&in)
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case path == "":
		return map[string]any{"has_pull_requests": true, "permissions": map[string]bool{"push": true}}, http.StatusOK
	case r.Method == http.MethodDelete && parts[0] == "branches":
		_, _ = gittest.Try(f.repo, "update-ref", "-d", "refs/heads/"+strings.Join(parts[1:], "/"))
		return nil, http.StatusNoContent
	case parts[0] == "labels" && r.Method == http.MethodPost:
		f.labels = append(f.labels, in.Name)
		return map[string]any{"id": len(f.labels), "name": in.Name}, http.StatusCreated
	case parts[0] == "labels":
		var list []map[string]any
		for i, name := range f.labels {
			list = append(list, map[string]any{"id": i + 1, "name": name})
		}
		return list, http.StatusOK
	case parts[0] == "pulls" && len(parts) == 1 && r.Method == http.MethodPost:
		return f.open(in), http.StatusCreated
	case parts[0] == "pulls" && len(parts) == 1:
		return f.newestFirst(), http.StatusOK
	}
	return f.answerOne(r, parts, in)
}

// answerOne answers what is about one pull request.
func (f *scriptForge) answerOne(r *http.Request, parts []string, in scriptRequest) (any, int) {
	n, err := strconv.Atoi(parts[1])
	if err != nil { // pulls/base/head
		for _, p := range f.newestFirst() {
			if p.Base.Label == parts[1] && p.Head.Label == strings.Join(parts[2:], "/") {
				return p, http.StatusOK
			}
		}
	}
	if n < 1 || n > len(f.pulls) {
		return map[string]string{"message": "not found"}, http.StatusNotFound
	}
	p := f.pulls[n-1]
	switch {
	case parts[len(parts)-1] == "reviews":
		return []any{}, http.StatusOK
	case parts[len(parts)-1] == "merge":
		return map[string]string{"message": "not scheduled"}, http.StatusNotFound
	case parts[len(parts)-1] == "labels":
		f.label(p, in.Labels)
		return []any{}, http.StatusOK
	case r.Method == http.MethodPatch:
		if in.Title != "" {
			p.Title = in.Title
		}
		if in.Body != nil {
			p.Body = *in.Body
		}
		if in.State != "" {
			p.State = in.State
		}
		return p, http.StatusCreated
	}
	return p, http.StatusOK
}

func (f *scriptForge) open(in scriptRequest) *scriptPull {
	n := len(f.pulls) + 1
	p := &scriptPull{Number: n, URL: fmt.Sprintf("https://git.example.com/%s/pull/%d", f.name, n), State: "open", Title: in.Title,
		Body: *in.Body, Head: scriptBranch{Label: in.Head, Ref: in.Head}, Base: scriptBranch{Label: in.Base, Ref: in.Base}}
	f.label(p, in.Labels)
	f.pulls = append(f.pulls, p)
	return p
}

func (f *scriptForge) label(p *scriptPull, ids []int) {
	for _, id := range ids {
		p.labels = append(p.labels, f.labels[id-1])
	}
}

func (f *scriptForge) newestFirst() []*scriptPull {
	list := []*scriptPull{}
	for i := len(f.pulls) - 1; i >= 0; i-- {
		p := f.pulls[i]
		if tip, err := gittest.Try(f.repo, "rev-parse", "--verify", "--quiet", "refs/heads/"+p.Head.Ref); err == nil && p.State == "open" {
			p.Head.Sha = tip
		}
		list = append(list, p)
	}
	return list
}

// pull does what people do with a pull request.
func (f *scriptForge) pull(ts *testscript.TestScript, what string, n int) error {
	f.lock.Lock()
	defer f.lock.Unlock()
	p := f.pulls[n-1]
	switch what {
	case "merge":
		f.newestFirst()
		p.State, p.Merged = "closed", true
		return f.merge(p)
	case "close":
		f.newestFirst()
		p.State = "closed"
		return nil
	}
	fmt.Fprintf(ts.Stdout(), "%s [%s] %s\n\n%s", p.Title, p.State, strings.Join(p.labels, " "), p.Body)
	return nil
}

// merge makes a merge commit, as forges do by default.
func (f *scriptForge) merge(p *scriptPull) error {
	tree, err := gittest.Try(f.repo, "merge-tree", "--write-tree", p.Base.Ref, p.Head.Ref)
	if err != nil {
		return fmt.Errorf("merging: %w\n%s", err, tree)
	}
	commit, err := gittest.Try(f.repo, "commit-tree", tree, "-p", p.Base.Ref, "-p", p.Head.Ref, "-m", "Merge")
	if err != nil {
		return err
	}
	_, err = gittest.Try(f.repo, "update-ref", "refs/heads/"+p.Base.Ref, commit)
	return err
}
