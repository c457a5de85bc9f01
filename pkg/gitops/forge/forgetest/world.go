package forgetest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// Token is the one that a [World] accepts.
const Token = "s3cr3t-T0ken.of_the-suite"

// Repository is where a [World] is, as owner/name.
const Repository = "acme/deploy"

// A World is what a server keeps of one repository. The fake of each forge
// shows it in the shapes of the forge's API.
type World struct {
	// Reviewer is the name of somebody whom the forge can ask.
	Reviewer string
	// NoLabels and NoAutoMerge tell what the forge does not have.
	NoLabels, NoAutoMerge bool
	// Page is how many items a page of a list has.
	Page int

	mu       sync.Mutex
	Branches map[string]string // name to commit
	Pulls    []*Pull           // by number, oldest first
	faults   []*Fault
	requests []string
	slept    []time.Duration
}

// A Pull is a pull request on the server. Title is without the mark of drafts.
type Pull struct {
	Number                          int
	Head, Base, SHA, Title, Body    string
	State                           forge.State
	Draft, Fork, Approved, Remarked bool
	AutoMerge                       bool
	Labels, Reviewers, Comments     []string
}

// A Fault is an answer that the server gives instead of its own.
type Fault struct {
	Method string // empty is any
	Status int
	Header map[string]string
	Body   string
	Times  int // 0 is always
}

// NewWorld returns a repository with the branches main and lading/prod.
func NewWorld() *World {
	return &World{Page: 2, Branches: map[string]string{
		"main":        strings.Repeat("a", 40),
		"lading/prod": strings.Repeat("b", 40),
	}}
}

// Now is when the server lives.
var Now = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// Handler serves an API after the faults and the check of the token.
func (w *World) Handler(authorized func(*http.Request) bool, api http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.requests = append(w.requests, r.Method+" "+r.URL.Path)
		rw.Header().Set("Date", Now.Format(http.TimeFormat))
		if fault := w.fault(r); fault != nil {
			fault.serve(rw)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		if !authorized(r) {
			rw.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(rw, `{"message": "who is %s?"}`, r.Header.Get("Authorization"))
			return
		}
		api.ServeHTTP(rw, r)
	})
}

func (w *World) fault(r *http.Request) *Fault {
	for i, fault := range w.faults {
		if fault.Method != "" && fault.Method != r.Method {
			continue
		}
		if fault.Times--; fault.Times == 0 {
			w.faults = slices.Delete(w.faults, i, i+1)
		}
		return fault
	}
	return nil
}

func (f *Fault) serve(rw http.ResponseWriter) {
	for name, value := range f.Header {
		rw.Header().Set(name, value)
	}
	rw.WriteHeader(f.Status)
	_, _ = rw.Write([]byte(f.Body))
}

// Fail makes the server answer with a fault from now on.
func (w *World) Fail(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, &f)
}

// Add puts a pull request from lading/prod into main on the server, and
// returns its number.
func (w *World) Add(p Pull) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.Head == "" {
		p.Head = "lading/prod"
	}
	if p.Base == "" {
		p.Base = "main"
	}
	return w.Create(p).Number
}

// Create is Add for handlers, which hold the world already.
func (w *World) Create(p Pull) *Pull {
	p.Number = len(w.Pulls) + 1
	if p.SHA == "" {
		p.SHA = w.Branches[p.Head]
	}
	if p.State == "" {
		p.State = forge.Open
	}
	w.Pulls = append(w.Pulls, &p)
	return &p
}

// Has tells whether a pull request between two branches is open.
func (w *World) Has(head, base string) bool {
	return slices.ContainsFunc(w.Pulls, func(p *Pull) bool {
		return p.Head == head && p.Base == base && p.State == forge.Open && !p.Fork
	})
}

// Number returns a pull request of the server; nil where there is none.
func (w *World) Number(n int) *Pull {
	if n < 1 || n > len(w.Pulls) {
		return nil
	}
	return w.Pulls[n-1]
}

// Newest lists what matches, newest first.
func (w *World) Newest(matches func(*Pull) bool) []*Pull {
	var found []*Pull
	for _, p := range slices.Backward(w.Pulls) {
		if matches(p) {
			found = append(found, p)
		}
	}
	return found
}

// Pull returns a copy of what the server has.
func (w *World) Pull(n int) Pull {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.Number(n)
}

// Change changes a pull request as people would.
func (w *World) Change(n int, change func(*Pull)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.Number(n))
}

// Sleep is for [forge.Options]: it takes no time and is remembered.
func (w *World) Sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slept = append(w.slept, d)
	return ctx.Err()
}

// Options are for a forge of the world's repository on a server.
func (w *World) Options(kind, repository, api string) forge.Options {
	return forge.Options{
		Repository: repository, Kind: kind, API: api, Sleep: w.Sleep,
		Token: func() (string, error) { return Token, nil },
	}
}

func (w *World) took() (requests []string, slept []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	requests, slept = w.requests, w.slept
	w.requests, w.slept = nil, nil
	return requests, slept
}

func (w *World) hasBranch(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.Branches[name]
	return ok
}
