package gittest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Options say what a server can do, and how it fails.
type Options struct {
	// NoFilter makes the server unable to leave objects out.
	NoFilter bool
	// AnyObject lets the server give objects that no ref leads to also in
	// version 0 of the protocol.
	AnyObject bool
	// Version0 makes the server ignore that clients know version 2.
	Version0 bool
	// User and Password are wanted by an HTTP server, where they are set.
	User, Password string
	// Public lets anybody read, and asks for the password at a push only.
	Public bool
	// DropAfter ends the conversation after so many bytes of a push, once.
	DropAfter int64
	// DropReply ends the conversation of a push that was carried out, before
	// the answer, once.
	DropReply bool
	// Wrap changes the HTTP server's handler; may be nil.
	Wrap func(http.Handler) http.Handler
}

// config is the configuration of git on the server.
func (o Options) config() []string {
	env := Env()
	for i, e := range env {
		if strings.HasPrefix(e, "GIT_CONFIG_COUNT=") {
			env[i] = "GIT_CONFIG_COUNT=7"
		}
	}
	return append(env,
		"GIT_CONFIG_KEY_4=uploadpack.allowFilter", "GIT_CONFIG_VALUE_4="+boolean(!o.NoFilter),
		"GIT_CONFIG_KEY_5=uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_5="+boolean(o.AnyObject),
		"GIT_CONFIG_KEY_6=http.receivepack", "GIT_CONFIG_VALUE_6=true")
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// A Server serves the bare repositories below a directory.
type Server struct {
	// URL is the address of the directory.
	URL string
	// KnownHosts is a file that names an ssh server's key, Key one with a
	// private key that it lets in.
	KnownHosts, Key string
	options         Options
	requests        atomic.Int64
	dropped         atomic.Bool
}

// Requests returns how many conversations the server had.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// drop reports, once, that the moment to fail has come.
func (s *Server) drop() bool { return s.dropped.CompareAndSwap(false, true) }

// HTTPServer serves repositories over smart HTTP until the test ends.
func HTTPServer(t testing.TB, root string, o Options) *Server {
	t.Helper()
	s := &Server{options: o}
	handler, err := s.handler(root)
	if err != nil {
		t.Fatal(err)
	}
	if o.Wrap != nil {
		handler = o.Wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Handler serves repositories over smart HTTP to anybody, for who has no test.
func Handler(root string) (http.Handler, error) { return (&Server{}).handler(root) }

func (s *Server) handler(root string) (http.Handler, error) {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("asking git where its programs lie: %w", err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Root: "/",
		Env:  append(s.options.config(), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1"),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if !s.allowed(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		// CGI knows the header as HTTP_GIT_PROTOCOL, which git reads as
		// GIT_PROTOCOL only where the server says so.
		b := *backend
		if version := r.Header.Get("Git-Protocol"); version != "" && !s.options.Version0 {
			b.Env = append(b.Env[:len(b.Env):len(b.Env)], "GIT_PROTOCOL="+version)
		}
		push := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-receive-pack")
		switch {
		case push && s.options.DropAfter > 0 && s.drop():
			r.Body = io.NopCloser(io.LimitReader(r.Body, s.options.DropAfter))
			r.ContentLength = s.options.DropAfter // git waits for all that was announced
			b.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case push && s.options.DropReply && s.drop():
			b.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		b.ServeHTTP(w, r)
	}), nil
}

func (s *Server) allowed(r *http.Request) bool {
	push := strings.Contains(r.URL.RawQuery, "git-receive-pack") || strings.HasSuffix(r.URL.Path, "/git-receive-pack")
	if s.options.User == "" || s.options.Public && !push {
		return true
	}
	user, password, _ := r.BasicAuth()
	return user == s.options.User && password == s.options.Password
}
