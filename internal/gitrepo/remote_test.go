package gitrepo_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

func run(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, gittest.Env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// served makes a bare repository with one commit on main.
func served(t testing.TB) (root, path string) {
	t.Helper()
	root = t.TempDir()
	path = gittest.Bare(t, root, "r.git")
	gittest.Commit(t, path, "main", "base", map[string]string{"x": "1\n"})
	return root, path
}

func TestBadLocationsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"":                                "names no repository",
		"git://host/r.git":                "scheme git, want https, ssh, http or file",
		"ftp://u:secret@host/r.git":       `"ftp://***@host/r.git" has the scheme ftp`,
		"https://host":                    "names no repository on the server",
		"https:///r.git":                  "names no repository on the server",
		"https://u:secret@host/r?x=1":     "has a query or a fragment",
		"https://tok%zz@host/r":           `"https://***@host/r" is not a URL`,
		"ssh://host":                      "names no repository on the server",
		"ssh://-oProxyCommand=x/r":        "begins with a dash",
		"git@host:":                       "names a host but no repository",
		"file://elsewhere/r.git":          "names a host",
		"/no/such/repository":             "there is no such repository",
		"line\nbreak":                     "control characters",
		filepath.Join(os.TempDir(), "no"): "there is no such repository",
	} {
		_, err := gitrepo.Open(context.Background(), location, gitrepo.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || hint(err) == "" {
			t.Errorf("%q: %v, hint %q, want %q", location, err, hint(err), want)
		}
		if err != nil && strings.Contains(err.Error()+hint(err), "secret") {
			t.Errorf("%q: the message holds the password: %v", location, err)
		}
	}
	_, path := served(t)
	r := openAt(t, path, gitrepo.Options{})
	for _, branch := range []string{"", "HEAD", "-x", "a..b", "a b", "a/", "x.lock", "a~1"} {
		if _, err := r.Fetch(context.Background(), branch); err == nil || hint(err) == "" {
			t.Errorf("branch %q: %v", branch, err)
		}
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	t.Parallel()
	root, _ := served(t)
	git := gittest.HTTPServer(t, root, gittest.Options{})
	ssh := gittest.SSHServer(t, root, gittest.Options{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<html>hello</html>")
	}))
	t.Cleanup(web.Close)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	}))
	t.Cleanup(broken.Close)
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	_ = listener.Close()
	for name, c := range map[string]struct {
		location string
		options  gitrepo.Options
		as       any
		want     string
	}{
		"no repository over http": {git.URL + "/no.git", gitrepo.Options{}, new(*gitrepo.NotFoundError), "no such repository"},
		"no repository over ssh":  {ssh.URL + "/no.git", sshOptions(t, ssh), new(*gitrepo.NotFoundError), "no such repository"},
		"nobody listens":          {"http://" + closed + "/r.git", gitrepo.Options{}, new(*gitrepo.UnreachableError), "connection refused"},
		"nobody listens for ssh":  {"ssh://" + closed + "/r.git", gitrepo.Options{}, new(*gitrepo.UnreachableError), "connection refused"},
		"a web page":              {web.URL + "/r.git", gitrepo.Options{}, new(*gitrepo.ProtocolError), "not that of a Git server"},
		"out of order":            {broken.URL + "/r.git", gitrepo.Options{}, new(*gitrepo.UnreachableError), "503 Service Unavailable"},
		"an unknown authority":    {secure.URL + "/r.git", gitrepo.Options{}, new(*gitrepo.UnreachableError), "certificate"},
		"http where ssh is":       {strings.Replace(ssh.URL, "ssh://git@", "http://", 1), gitrepo.Options{}, new(*gitrepo.UnreachableError), ""},
		"ssh where http is":       {strings.Replace(web.URL, "http", "ssh", 1) + "/r.git", gitrepo.Options{Timeout: time.Second}, new(*gitrepo.UnreachableError), ""},
	} {
		_, err := openAt(t, c.location, c.options).Fetch(context.Background(), "main")
		if !errors.As(err, c.as) || !strings.Contains(err.Error(), c.want) || hint(err) == "" {
			t.Errorf("%s: %T %v, hint %q, want %T %q", name, err, err, hint(err), c.as, c.want)
		}
	}
	if _, err := openAt(t, secure.URL+"/r.git", gitrepo.Options{}).Fetch(context.Background(), "main"); !strings.Contains(hint(err), "GIT_SSL_CAINFO") {
		t.Errorf("hint for an unknown authority: %q", hint(err))
	}
}

func TestCertificatesOfOnesOwnAreTrusted(t *testing.T) {
	t.Parallel()
	root, _ := served(t)
	var handler http.Handler
	_ = gittest.HTTPServer(t, root, gittest.Options{Wrap: func(h http.Handler) http.Handler { handler = h; return h }})
	secure := httptest.NewTLSServer(handler)
	t.Cleanup(secure.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GIT_SSL_CAINFO", "SSL_CERT_FILE"} {
		r := openAt(t, secure.URL+"/r.git", gitrepo.Options{Getenv: env(map[string]string{name: file})})
		publish(t, r, "main", name, write(name, "1\n"))
	}
	_, err := gitrepo.Open(context.Background(), secure.URL+"/r.git", gitrepo.Options{Getenv: env(map[string]string{"GIT_SSL_CAINFO": file + "x"})})
	if err == nil || hint(err) != "correct or unset GIT_SSL_CAINFO" {
		t.Errorf("a missing file: %v, hint %q", err, hint(err))
	}
}

func TestProxiesComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		http.Error(w, "no", http.StatusNotFound)
	}))
	t.Cleanup(proxy.Close)
	r := openAt(t, "http://git.example.com/r.git", gitrepo.Options{Getenv: env(map[string]string{"HTTP_PROXY": proxy.URL})})
	_, _ = r.Fetch(context.Background(), "main")
	if want := "http://git.example.com/r.git/info/refs?service=git-upload-pack"; asked != want {
		t.Errorf("the proxy was asked for %q, want %q", asked, want)
	}
}

func TestCredentialsAreFoundInTurn(t *testing.T) {
	t.Parallel()
	root, path := served(t)
	home := t.TempDir()
	server := gittest.HTTPServer(t, root, gittest.Options{User: "ann", Password: "s3cret"})
	host := strings.TrimPrefix(server.URL, "http://")
	name, _, _ := net.SplitHostPort(host)
	netrc := filepath.Join(home, "netrc")
	stored := filepath.Join(home, "stored")
	for file, text := range map[string]string{
		netrc:                            "machine other login x password y\nmachine " + name + "\n  login ann\n  password s3cret\n",
		stored:                           "http://ann:s3cret@" + host + "\n",
		filepath.Join(home, "gitconfig"): "[credential]\n\thelper = store --file=" + stored + "\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		location string
		options  gitrepo.Options
	}{
		"the URL":          {strings.Replace(server.URL, "://", "://ann:s3cret@", 1), gitrepo.Options{}},
		"LADING_GIT_TOKEN": {server.URL, gitrepo.Options{Getenv: env(map[string]string{"LADING_GIT_TOKEN": "s3cret", "LADING_GIT_USERNAME": "ann", "LADING_GIT_HOST": host})}},
		"netrc":            {server.URL, gitrepo.Options{Getenv: env(map[string]string{"NETRC": netrc})}},
		"a wrong token, then netrc": {server.URL, gitrepo.Options{Getenv: env(map[string]string{"NETRC": netrc,
			"LADING_GIT_TOKEN": "wrong", "LADING_GIT_HOST": host})}},
		"git's helper": {server.URL, gitrepo.Options{Git: git, Home: home, Getenv: env(map[string]string{
			"PATH": os.Getenv("PATH"), "GIT_CONFIG_GLOBAL": filepath.Join(home, "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"})}},
	} {
		r := openAt(t, c.location+"/r.git", c.options)
		publish(t, r, "main", what, write("by/"+strings.ReplaceAll(what, " ", "-"), "1\n"))
		if strings.Contains(r.Name(), "s3cret") {
			t.Errorf("%s: the name holds the password: %s", what, r.Name())
		}
	}
	if got := gittest.Git(t, path, "rev-list", "--count", "main"); got != "6" {
		t.Errorf("%s commits, want 6", got)
	}
}

func TestRefusedCredentialsAreNamedButNotShown(t *testing.T) {
	t.Parallel()
	root, _ := served(t)
	for _, public := range []bool{false, true} {
		server := gittest.HTTPServer(t, root, gittest.Options{User: "ann", Password: "s3cret", Public: public})
		host := strings.TrimPrefix(server.URL, "http://")
		for _, c := range []struct {
			env         map[string]string
			want, hints string
		}{
			{nil, "wants credentials and none were found", "LADING_GIT_HOST=" + host},
			{map[string]string{"LADING_GIT_TOKEN": "wr0ng"}, "none were found", "say which host LADING_GIT_TOKEN is meant for: LADING_GIT_HOST=" + host},
			{map[string]string{"LADING_GIT_TOKEN": "wr0ng", "LADING_GIT_HOST": "other.example.com"}, "none were found", ""},
			{map[string]string{"GITHUB_TOKEN": "wr0ng"}, "none were found", ""},
			{map[string]string{"LADING_GIT_TOKEN": "wr0ng", "LADING_GIT_HOST": host}, "refused the credentials from LADING_GIT_TOKEN", ""},
			{map[string]string{"GITHUB_TOKEN": "wr0ng", "GITHUB_SERVER_URL": server.URL}, "refused the credentials from GITHUB_TOKEN", ""},
		} {
			r := openAt(t, server.URL+"/r.git", gitrepo.Options{Getenv: env(c.env)})
			s, err := r.Fetch(context.Background(), "main")
			if err == nil {
				err = r.Push(context.Background(), "main", commit(t, s, "mine", write("a", "1\n")))
			}
			var auth *gitrepo.AuthError
			if !errors.As(err, &auth) || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint(err), c.hints) {
				t.Errorf("public %v, %v: %v, hint %q, want %q", public, c.env, err, hint(err), c.want)
			}
			if err != nil && strings.Contains(err.Error()+hint(err), "wr0ng") {
				t.Errorf("the message holds the token: %v", err)
			}
		}
	}
}

func TestRedirectsDoNotTakeCredentialsAlong(t *testing.T) {
	t.Parallel()
	root, path := served(t)
	var leaked string
	target := gittest.HTTPServer(t, root, gittest.Options{Wrap: func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if a := r.Header.Get("Authorization"); a != "" {
				leaked = a
			}
			h.ServeHTTP(w, r)
		})
	}})
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL+"/r.git/info/refs?"+r.URL.RawQuery, http.StatusMovedPermanently)
	}))
	t.Cleanup(old.Close)
	r := openAt(t, strings.Replace(old.URL, "://", "://ann:s3cret@", 1)+"/moved.git", gitrepo.Options{})
	c := publish(t, r, "main", "mine", write("a", "1\n"))
	if got := gittest.Git(t, path, "rev-parse", "main"); got != c.Hash() {
		t.Errorf("main is %s, want %s", got, c.Hash())
	}
	if leaked != "" {
		t.Errorf("the other host got %q", leaked)
	}
}

func TestUnknownAndChangedHostKeysAreRefused(t *testing.T) {
	t.Parallel()
	root, _ := served(t)
	server, other := gittest.SSHServer(t, root, gittest.Options{}), gittest.SSHServer(t, root, gittest.Options{})
	data, err := os.ReadFile(other.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	address := func(s *gittest.Server) string {
		host, _, _ := strings.Cut(strings.TrimPrefix(s.URL, "ssh://git@"), "/")
		_, port, _ := net.SplitHostPort(host)
		return "[127.0.0.1]:" + port
	}
	changed := filepath.Join(t.TempDir(), "changed")
	if err := os.WriteFile(changed, []byte(strings.ReplaceAll(string(data), address(other), address(server))), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, wantChanged := range map[string]bool{other.KnownHosts: false, changed: true} {
		r := openAt(t, server.URL+"/r.git", gitrepo.Options{Getenv: env(map[string]string{
			"LADING_SSH_KEY": server.Key, "LADING_SSH_KNOWN_HOSTS": file})})
		_, err := r.Fetch(context.Background(), "main")
		var key *gitrepo.HostKeyError
		if !errors.As(err, &key) || key.Changed != wantChanged || !strings.HasPrefix(key.Fingerprint, "SHA256:") || hint(err) == "" {
			t.Errorf("%s: %v", file, err)
		}
	}
	r := openAt(t, server.URL+"/r.git", gitrepo.Options{Getenv: env(map[string]string{"LADING_SSH_KEY": server.Key})})
	var key *gitrepo.HostKeyError
	if _, err := r.Fetch(context.Background(), "main"); !errors.As(err, &key) || key.Changed {
		t.Errorf("without known_hosts: %v", err)
	}
}

func TestSSHKeysAreFoundInTurn(t *testing.T) {
	t.Parallel()
	root, _ := served(t)
	server := gittest.SSHServer(t, root, gittest.Options{})
	home := t.TempDir()
	key, err := os.ReadFile(server.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	known := map[string]string{"LADING_SSH_KNOWN_HOSTS": server.KnownHosts}
	r := openAt(t, server.URL+"/r.git", gitrepo.Options{Home: home, Getenv: env(known)})
	var auth *gitrepo.AuthError
	if _, err := r.Fetch(context.Background(), "main"); !errors.As(err, &auth) || !strings.Contains(hint(err), "LADING_SSH_KEY") {
		t.Errorf("without a key: %v, hint %q", err, hint(err))
	}
	run(t, home, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(home, ".ssh", "id_ecdsa"))
	if _, err := r.Fetch(context.Background(), "main"); !errors.As(err, &auth) || !strings.Contains(err.Error(), "id_ecdsa") {
		t.Errorf("with another key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(home, ".ssh", "id_ed25519"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	publish(t, r, "main", "by a file in ~/.ssh", write("a", "1\n"))

	socket := filepath.Join(t.TempDir(), "agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Process.Kill(); _ = agent.Wait() })
	for range 100 {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	add := exec.Command("ssh-add", "-q", server.Key)
	add.Env = append(gittest.Env(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add: %v %s", err, out)
	}
	known["SSH_AUTH_SOCK"] = socket
	publish(t, openAt(t, server.URL+"/r.git", gitrepo.Options{Getenv: env(known)}), "main", "by ssh-agent", write("b", "1\n"))
}

func TestHooksRefuseWithTheirWords(t *testing.T) {
	for _, w := range ways[1:] {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, w)
			gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
			gittest.Hook(t, f.path, "update", "echo \"$1 is protected\"; exit 1")
			r := f.open(t)
			err := r.Push(context.Background(), "main", commit(t, fetch(t, r, "main"), "mine", write("a", "1\n")))
			var refused *gitrepo.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(refused.Words, "refs/heads/main is protected") {
				t.Errorf("push: %v", err)
			}
			gittest.Git(t, f.path, "config", "receive.maxInputSize", "10")
			err = r.Push(context.Background(), "main", commit(t, fetch(t, r, "main"), "mine", write("a", strings.Repeat("x", 100))))
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "unpack") {
				t.Errorf("push to a full server: %v", err)
			}
		})
	}
}

func TestServerThatHangsIsNotWaitedForEver(t *testing.T) {
	for _, w := range []way{ways[1], ways[5]} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, w)
			gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
			gittest.Hook(t, f.path, "pre-receive", "sleep 3; exit 1")
			f.options.Timeout = time.Second
			r := f.open(t)
			start := time.Now()
			err := r.Push(context.Background(), "main", commit(t, fetch(t, r, "main"), "mine", write("a", "1\n")))
			var refused *gitrepo.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "no answer within 1s") || time.Since(start) > 20*time.Second {
				t.Errorf("after %s: %v", time.Since(start), err)
			}
			canceled, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			err = r.Push(canceled, "main", commit(t, fetch(t, r, "main"), "mine", write("a", "1\n")))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled: %v", err)
			}
			time.Sleep(3 * time.Second) // the hooks write into the repository's directory
		})
	}
}

func TestLostConversationsAreJudgedByTheBranch(t *testing.T) {
	for name, over := range map[string]func(gittest.Options) func(testing.TB, string) (string, gitrepo.Options){"http": overHTTP, "ssh": overSSH} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, o := range map[string]gittest.Options{"dropped": {DropAfter: 250}, "lost answer": {DropReply: true}} {
				f := newFixture(t, way{name, over(o)})
				gittest.Commit(t, f.path, "main", "base", map[string]string{"x": "1\n"})
				r := f.open(t)
				c := commit(t, fetch(t, r, "main"), "mine", write("a", strings.Repeat("line\n", 500)), write("b", "1\n"))
				err := r.Push(context.Background(), "main", c)
				var refused *gitrepo.RefusedError
				if arrived := what == "lost answer"; arrived && err != nil || !arrived && !errors.As(err, &refused) {
					t.Errorf("%s: %v", what, err)
				}
				if err := r.Push(context.Background(), "main", c); err != nil {
					t.Errorf("%s, again: %v", what, err)
				}
				gittest.Fsck(t, f.path)
			}
		})
	}
}

func TestPathsOnServersMayHoldAnything(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	name := "it's a repo & more.git"
	path := gittest.Bare(t, root, name)
	gittest.Commit(t, path, "main", "base", map[string]string{"x": "1\n"})
	ssh := gittest.SSHServer(t, root, gittest.Options{})
	http := gittest.HTTPServer(t, root, gittest.Options{})
	escaped := strings.NewReplacer(" ", "%20", "&", "%26").Replace(name)
	publish(t, openAt(t, http.URL+"/"+escaped, gitrepo.Options{}), "main", "http", write("http", "1\n"))
	publish(t, openAt(t, ssh.URL+"/"+escaped, sshOptions(t, ssh)), "main", "ssh", write("ssh", "1\n"))
	gittest.Fsck(t, path)
}

func TestKeyMayStandInTheVariableItself(t *testing.T) {
	t.Parallel()
	root, _ := served(t)
	server := gittest.SSHServer(t, root, gittest.Options{})
	key, err := os.ReadFile(server.Key)
	if err != nil {
		t.Fatal(err)
	}
	r := openAt(t, server.URL+"/r.git", gitrepo.Options{Getenv: env(map[string]string{
		"LADING_SSH_KEY": string(key), "LADING_SSH_KNOWN_HOSTS": server.KnownHosts})})
	publish(t, r, "main", "mine", write("a", "1\n"))
	for value, want := range map[string]string{"-----BEGIN nonsense": "is not an ssh key", filepath.Join(root, "no"): "cannot be read"} {
		r := openAt(t, server.URL+"/r.git", gitrepo.Options{Getenv: env(map[string]string{
			"LADING_SSH_KEY": value, "LADING_SSH_KNOWN_HOSTS": server.KnownHosts})})
		if _, err := r.Fetch(context.Background(), "main"); err == nil || !strings.Contains(err.Error(), want) || hint(err) == "" {
			t.Errorf("key %q: %v", value, err)
		}
	}
}
