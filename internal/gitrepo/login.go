package gitrepo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// A credential is a name and a password or token, and where it was found.
type credential struct {
	source, user, password string
}

// login tries credentials for an http server, one source after the other:
// what the URL carries, variables of the environment, ~/.netrc, and git's
// credential helpers.
type login struct {
	options Options
	given   credential // from the URL
	origin  *url.URL
	sources []source
	current *credential
	tried   []string
}

// A source finds a credential for an address, or none.
type source func(ctx context.Context, at *url.URL) (*credential, error)

func newLogin(l location, o Options) *login {
	in := &login{options: o, given: credential{"the repository's URL", l.user, l.password}}
	in.moved(l.url())
	return in
}

// moved forgets credentials and looks for those of another address. What the
// URL carried was meant for its own host only.
func (l *login) moved(to *url.URL) {
	sources := []source{l.fromEnvironment, l.fromNetrc, l.fromHelper}
	if l.origin == nil {
		sources = append([]source{l.fromURL}, sources...)
	} else if l.origin.Scheme == to.Scheme && l.origin.Host == to.Host {
		return
	}
	l.origin, l.sources, l.current, l.tried = to, sources, nil, nil
	l.preempt()
}

// preempt chooses what is sent without being asked for: what costs nothing to
// find and is meant for this host. It spares a round trip, and servers that
// let anybody read ask for nothing.
func (l *login) preempt() {
	for len(l.sources) > 1 && l.current == nil {
		next := l.sources[0]
		l.sources = l.sources[1:]
		if c, err := next(context.Background(), l.origin); err == nil && c != nil {
			l.current = c
		}
	}
}

// apply adds the credential to a request, if it goes where that is meant for.
func (l *login) apply(req *http.Request) {
	if l.current != nil && req.URL.Host == l.origin.Host && req.URL.Scheme == l.origin.Scheme {
		req.SetBasicAuth(l.current.user, l.current.password)
	}
}

// next goes on to another credential after a refusal.
func (l *login) next(ctx context.Context) (more bool, err error) {
	if l.current != nil {
		l.tried = append(l.tried, l.current.source)
		l.current = nil
	}
	for len(l.sources) > 0 {
		next := l.sources[0]
		l.sources = l.sources[1:]
		if l.current, err = next(ctx, l.origin); err != nil || l.current != nil {
			return l.current != nil, err
		}
	}
	return false, nil
}

// refused makes the error that says which credentials were not good enough.
func (l *login) refused(name string, denied bool, said string) error {
	tried := l.tried
	if l.current != nil {
		tried = append(tried, l.current.source)
	}
	e := &AuthError{Repository: name, Denied: denied, Tried: tried, Words: l.scrub(said)}
	switch {
	case denied:
		e.next = "give the token the right to write to the repository's contents, or use another one"
	case l.options.getenv("LADING_GIT_TOKEN") != "" && l.options.getenv("LADING_GIT_HOST") == "":
		e.next = "say which host LADING_GIT_TOKEN is meant for: LADING_GIT_HOST=" + l.origin.Host
	default:
		e.next = fmt.Sprintf("set LADING_GIT_TOKEN and LADING_GIT_HOST=%s, add the host to ~/.netrc, or use the ssh address", l.origin.Host)
	}
	return e
}

// scrub removes the password from what a server says.
func (l *login) scrub(said string) string {
	if l.current != nil && l.current.password != "" {
		said = strings.ReplaceAll(said, l.current.password, "***")
	}
	return said
}

func (l *login) fromURL(context.Context, *url.URL) (*credential, error) {
	if l.given.user == "" && l.given.password == "" {
		return nil, nil
	}
	return &l.given, nil
}

// A tokenVariable is a variable of the environment that holds a token, and
// the host that the token is meant for.
type tokenVariable struct {
	name string
	// user is the name to send with the token; userFrom names a variable
	// that says otherwise.
	user, userFrom string
	// hosts name variables that say which server the token belongs to, as a
	// URL or host[:port]; the first that is set counts.
	hosts []string
	// host is the server where none of them is set; empty for none.
	host string
	// only is a variable that must be set; empty for none.
	only string
}

// tokenVariables are those that CI systems set and people know. A token is
// sent to its own host and to no other, whatever the settings say.
var tokenVariables = []tokenVariable{
	{name: "LADING_GIT_TOKEN", user: "lading", userFrom: "LADING_GIT_USERNAME", hosts: []string{"LADING_GIT_HOST"}},
	{name: "LADING_GIT_PASSWORD", user: "lading", userFrom: "LADING_GIT_USERNAME", hosts: []string{"LADING_GIT_HOST"}},
	{name: "GITHUB_TOKEN", user: "x-access-token", hosts: []string{"GITHUB_SERVER_URL"}, host: "https://github.com"},
	{name: "GH_TOKEN", user: "x-access-token", hosts: []string{"GITHUB_SERVER_URL"}, host: "https://github.com"},
	{name: "GH_ENTERPRISE_TOKEN", user: "x-access-token", hosts: []string{"GH_HOST"}},
	{name: "GITHUB_ENTERPRISE_TOKEN", user: "x-access-token", hosts: []string{"GH_HOST"}},
	{name: "GITLAB_TOKEN", user: "oauth2", hosts: []string{"CI_SERVER_URL"}, host: "https://gitlab.com"},
	{name: "CI_JOB_TOKEN", user: "gitlab-ci-token", hosts: []string{"CI_SERVER_URL"}},
	{name: "GITEA_TOKEN", user: "lading", hosts: []string{"GITEA_SERVER_URL"}},
	{name: "GITEA_TOKEN", user: "lading", hosts: []string{"GITHUB_SERVER_URL"}, only: "GITEA_ACTIONS"},
	{name: "FORGEJO_TOKEN", user: "lading", hosts: []string{"FORGEJO_SERVER_URL"}},
	{name: "FORGEJO_TOKEN", user: "lading", hosts: []string{"GITHUB_SERVER_URL"}, only: "FORGEJO_ACTIONS"},
	{name: "BITBUCKET_TOKEN", user: "x-token-auth", host: "https://bitbucket.org"},
	{name: "SYSTEM_ACCESSTOKEN", user: "build", hosts: []string{"SYSTEM_COLLECTIONURI"}},
}

func (l *login) fromEnvironment(_ context.Context, at *url.URL) (*credential, error) {
	for _, v := range tokenVariables {
		token := l.options.getenv(v.name)
		if token == "" || v.only != "" && l.options.getenv(v.only) == "" || !v.meant(l.options, at) {
			continue
		}
		user := v.user
		if v.userFrom != "" && l.options.getenv(v.userFrom) != "" {
			user = l.options.getenv(v.userFrom)
		}
		return &credential{v.name, user, token}, nil
	}
	return nil, nil
}

// meant reports whether the token belongs to the server. Where the scheme is
// not said it must be https, but for servers on this machine.
func (v tokenVariable) meant(o Options, at *url.URL) bool {
	host := v.host
	for _, name := range v.hosts {
		if given := o.getenv(name); given != "" {
			host = given
			break
		}
	}
	if host == "" {
		return false
	}
	if !strings.Contains(host, "://") {
		return strings.EqualFold(host, at.Host) && (at.Scheme == "https" || loopback(at.Hostname()))
	}
	u, err := url.Parse(host)
	return err == nil && strings.EqualFold(u.Scheme, at.Scheme) &&
		strings.EqualFold(withPort(u), withPort(at))
}

func withPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (l *login) fromNetrc(_ context.Context, at *url.URL) (*credential, error) {
	file := l.options.getenv("NETRC")
	if file == "" {
		if l.options.Home == "" {
			return nil, nil
		}
		file = filepath.Join(l.options.Home, ".netrc")
	}
	data, err := os.ReadFile(file)
	if err != nil || at.Scheme != "https" && !loopback(at.Hostname()) {
		return nil, nil
	}
	c := netrc(string(data), at.Hostname())
	if c != nil {
		c.source = file
	}
	return c, nil
}

// netrc finds a host's line, see
// https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html.
func netrc(text, host string) *credential {
	var found *credential
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch words[i] {
		case "machine", "default":
			if found != nil {
				return found
			}
			if words[i] == "default" {
				found = &credential{}
				continue
			}
			if next == host {
				found = &credential{}
			}
			i++
		case "login":
			if found != nil {
				found.user = next
			}
			i++
		case "password":
			if found != nil {
				found.password = next
			}
			i++
		case "macdef":
			return found // macros have no end that words could show
		}
	}
	return found
}
