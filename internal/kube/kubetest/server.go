// Package kubetest is a small Kubernetes API server for tests. It keeps objects
// in memory and serves them as the real one does where lading can tell: discovery
// (aggregated or one request a group), lists in pages and by label and field
// selectors, watches with resource versions, bookmarks and 410 Gone, logs of
// containers, access reviews, the server's version, and server-side apply as a
// dry run. It runs no controllers: tests change objects, and so play them.
//
// In a Go test:
//
//	s := kubetest.New(t, kubetest.Options{})
//	s.ApplyYAML(deploymentAndPods)             // create or replace; again to change
//	file, err := s.WriteKubeconfig(t.TempDir())
//	client, err := kube.Connect(kube.Options{Kubeconfig: file, …})
//
// Without a *testing.T, as in a command of script tests, use [Start],
// [Server.Kubeconfig] and [Server.Close]; a program in another process reaches
// the server by its kubeconfig. Servers go wrong on request: [Server.Deny] forbids,
// [Server.RequireToken] lets tokens expire, [Server.Fail] answers with any status,
// [Server.Stop] and [Server.Restart] are an outage, [Server.Cut] breaks open
// connections, [Server.Compact] forgets the history that watches need.
//
// Nothing can be written over HTTP; an attempt is answered with 405 and noted in
// [Server.Writes].
package kubetest

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Options say what a server is like.
type Options struct {
	// Legacy makes it a server from before aggregated discovery.
	Legacy bool
	// Plain serves HTTP without TLS.
	Plain bool
	// Token is what every request must bear, empty for anybody.
	Token string
	// Version is what it says of itself; v1.34.2 where empty.
	Version string
	// NoBookmarks makes watches send none.
	NoBookmarks bool
}

// A Server is a running API server.
type Server struct {
	// URL is its address, the same after a restart.
	URL string

	options Options
	store   *store
	logs    *logStore

	mu       sync.Mutex
	http     *httptest.Server
	down     context.CancelFunc // ends open watches and logs
	up       context.Context
	token    string
	denials  []Denial
	faults   []*Fault
	rejects  []func(map[string]any) *Refusal
	requests []string
	writes   []string
}

// New starts a server that ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server on a free port of this machine. It has no objects; it
// serves the kinds of [Types].
func Start(o Options) (*Server, error) {
	if o.Version == "" {
		o.Version = "v1.34.2"
	}
	s := &Server{options: o, store: newStore(), logs: newLogStore(), token: o.Token}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	scheme := "https://"
	if o.Plain {
		scheme = "http://"
	}
	s.URL = scheme + listener.Addr().String()
	s.serve(listener)
	return s, nil
}

func (s *Server) serve(listener net.Listener) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	server.Listener.Close() // the one that httptest made; ours has the right port
	server.Listener = listener
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that go away are no news
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up, s.down = context.WithCancel(context.Background())
	if s.options.Plain {
		server.Start()
	} else {
		server.EnableHTTP2 = true
		server.StartTLS()
	}
	s.http = server
}

// Close ends the server.
func (s *Server) Close() { s.Stop() }

// Stop is an outage: connections break, and new ones are refused.
func (s *Server) Stop() {
	s.mu.Lock()
	server := s.http
	s.http = nil
	s.down()
	s.mu.Unlock()
	if server != nil {
		server.CloseClientConnections()
		server.Close()
	}
}

// Restart ends an outage. The server has the same address and objects.
func (s *Server) Restart() error {
	s.Stop()
	_, address, _ := strings.Cut(s.URL, "://")
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s.serve(listener)
	return nil
}

// Cut breaks every open connection once; new ones are taken.
func (s *Server) Cut() {
	s.mu.Lock()
	server := s.http
	s.down()
	s.up, s.down = context.WithCancel(context.Background())
	s.mu.Unlock()
	if server != nil {
		server.CloseClientConnections()
	}
}

// running returns the context of the server's life until Stop or Cut.
func (s *Server) running() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.up
}

// CA returns the certificate that clients must trust, as PEM; nil where the
// server is plain.
func (s *Server) CA() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil || s.options.Plain {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
}

// Requests returns what was asked so far, as "GET /api/v1/pods?limit=500".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Writes returns the requests that would have changed something.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.writes...)
}

// note records a request.
func (s *Server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
}

// handle answers one request: who asks, what goes wrong on purpose, what may
// be done, and then the thing itself.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	if !s.authentic(r) {
		refuse(w, &Refusal{Status: http.StatusUnauthorized, Reason: "Unauthorized", Message: "Unauthorized"})
		return
	}
	if fault := s.fault(r); fault != nil {
		fault.answer(w, r)
		return
	}
	if s.general(w, r) {
		return
	}
	a, ok := s.parse(r.URL.Path)
	if !ok {
		refuse(w, &Refusal{Status: http.StatusNotFound, Reason: "NotFound", Message: "the server could not find the requested resource"})
		return
	}
	a.verb = verbOf(r, a)
	if d := s.denied(a); d != nil {
		refuse(w, d)
		return
	}
	s.act(w, r, a)
}

// general answers what is about no resource.
func (s *Server) general(w http.ResponseWriter, r *http.Request) bool {
	switch path := strings.TrimSuffix(r.URL.Path, "/"); {
	case path == "/version":
		major, minor := "1", strings.Split(s.options.Version+".0.0", ".")[1]
		reply(w, map[string]any{"major": major, "minor": minor, "gitVersion": s.options.Version, "platform": "linux/amd64"})
	case path == "/healthz" || path == "/livez" || path == "/readyz":
		fmt.Fprint(w, "ok")
	case strings.HasSuffix(path, "/selfsubjectaccessreviews"):
		s.review(w, r)
	case strings.HasSuffix(path, "/selfsubjectrulesreviews"):
		s.reviewRules(w)
	default:
		return s.discover(w, r, path)
	}
	return true
}

// act answers a request for a resource.
func (s *Server) act(w http.ResponseWriter, r *http.Request, a asked) {
	switch {
	case a.subresource == "log" && a.verb == "get":
		s.serveLog(w, r, a)
	case a.verb == "list":
		s.list(w, r, a)
	case a.verb == "watch":
		s.watch(w, r, a)
	case a.verb == "get" && a.subresource == "":
		s.get(w, a)
	case a.verb == "patch" && r.URL.Query().Get("dryRun") == "All":
		s.dryRun(w, r, a)
	default:
		s.mu.Lock()
		s.writes = append(s.writes, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		refuse(w, &Refusal{Status: http.StatusMethodNotAllowed, Reason: "MethodNotAllowed", Message: "this server takes no writes"})
	}
}
